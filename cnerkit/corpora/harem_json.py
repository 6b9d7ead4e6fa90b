"""HAREM as JSON: documents as ``doc_text``, and entities with an id each, their surface and offsets, ends exclusive."""

from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.entity_fields import entity_fields, fields_of, with_fields
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.records import (
    check_offsets,
    compare_surface,
    contiguous_to_write,
    list_of,
    other_fields,
    sentence_of,
    span,
    text_of,
    text_to_write,
    type_of,
)
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

_SHAPE = 'write {"entity_id": "0", "text": "Lisboa", "label": "LOCAL", "start_offset": 0, "end_offset": 6}'


def evidence(sample: Sequence[Record]) -> str | None:
    """A text ``doc_text`` and a list ``entities``."""
    found = sum(isinstance(record.get("doc_text"), str) and isinstance(record.get("entities"), list) for record in sample)
    return f"`doc_text` and a list `entities` in {found} of the first {len(sample)} records" if found else None


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:  # noqa: ARG001 - one reading is possible
    """What reads records: there is only one way."""
    return _document


def record(sentence: Sentence) -> dict[str, Any]:
    """The text and the entities in the order of start, end and label; those without an ``entity_id`` are given one.

    Raises:
        DataError: The tokens are words, the document is not annotated, or an entity is discontinuous.
    """
    text = text_to_write(sentence)
    entities = contiguous_to_write(sentence)
    fields = fields_of(sentence, entities, "entities")
    taken = {str(each.get("entity_id")) for each in fields}
    free = (str(number) for number in count() if str(number) not in taken)
    listed = [
        {
            "entity_id": each["entity_id"] if "entity_id" in each else next(free),
            "text": text[entity.start : entity.end],
            "label": entity.type,
            "start_offset": entity.start,
            "end_offset": entity.end,
            **each,
        }
        for entity, each in zip(entities, fields, strict=True)
    ]
    return with_fields({"doc_id": sentence.id, "doc_text": text, "entities": listed}, sentence)


def _document(record: Record, id_: str, notes: Counter[str]) -> Sentence:
    text, given = text_of(record, "doc_text"), list_of(record, "entities")
    extra = other_fields(record, "doc_id", "doc_text", "entities")
    document = record.get("doc_id", id_)
    if not isinstance(document, str):
        raise DataError(f"expected text as `doc_id`, got {quote(document)}", fix="give each document an id of its own")
    if given is None:
        return sentence_of(document, text, None, notes, extra)
    entities = [_entity(one, len(text)) for one in given]
    for one, entity in zip(given, entities, strict=True):
        if "text" in one:
            compare_surface(one["text"], text[entity.start : entity.end], notes)
    others = [other_fields(one, "text", "label", "start_offset", "end_offset") for one in given]
    return sentence_of(document, text, entities, notes, extra | entity_fields("entities", others, entities))


def _entity(given: Any, length: int) -> Entity:
    if not isinstance(given, dict) or not given.keys() >= {"start_offset", "end_offset"}:
        raise DataError(f"expected an entity with start_offset, end_offset and label, got {quote(given)}", fix=_SHAPE)
    start, end = check_offsets(given["start_offset"], given["end_offset"], length)
    return span(start, end, type_of(given.get("label"), "label", given))
