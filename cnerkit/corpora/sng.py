"""JSON lines as SNG's authors publish MSRA: a text, and entities as [start, inclusive end, type, surface]."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.entity_fields import with_fields
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.records import (
    check_offsets,
    compare_surface,
    list_of,
    offsets_to_write,
    other_fields,
    sentence_of,
    span,
    text_of,
    text_to_write,
    type_of,
)
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence


def evidence(sample: Sequence[Record]) -> str | None:
    """A list ``label`` of lists of four."""
    found = sum(map(_has_fours, sample))
    return f"a list `label` of [start, end, type, surface] in {found} of the first {len(sample)} records" if found else None


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:  # noqa: ARG001 - one reading is possible
    """What reads records: there is only one way."""
    return _sentence


def record(sentence: Sentence) -> dict[str, Any]:
    """The text, and the entities in the order of start, end and type.

    Raises:
        DataError: The tokens are words, the sentence is not annotated, or an entity is discontinuous.
    """
    text = text_to_write(sentence)
    label = [[start, end - 1, type_, text[start:end]] for start, end, type_ in offsets_to_write(sentence)]
    return with_fields({"text": text, "label": label}, sentence)


def _sentence(record: Record, id_: str, notes: Counter[str]) -> Sentence:
    text, given = text_of(record), list_of(record, "label")
    extra = other_fields(record, "text", "label")
    if given is None:
        return sentence_of(id_, text, None, notes, extra)
    entities = [_entity(one, len(text)) for one in given]
    for one, entity in zip(given, entities, strict=True):
        compare_surface(one[3], text[entity.start : entity.end], notes)
    return sentence_of(id_, text, entities, notes, extra)


def _entity(given: Any, length: int) -> Entity:
    if not isinstance(given, list) or len(given) != 4:
        fix = 'write [0, 1, "PER", "李白"], its last character included'
        raise DataError(f"expected an entity as [start, end, type, surface], got {quote(given)}", fix=fix)
    start, end = check_offsets(given[0], given[1], length, inclusive=True)
    return span(start, end, type_of(given[2], "type", given))


def _has_fours(record: Record) -> bool:
    label = record.get("label")
    return isinstance(label, list) and any(isinstance(one, list) and len(one) == 4 for one in label)
