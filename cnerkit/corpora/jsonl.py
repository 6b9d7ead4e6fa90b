"""Span JSON lines: a text, or its words as ``tokens``, and entities as start, exclusive end and label.

An entity that is discontinuous has its pieces as ``fragments``; its start and end are those of all of it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.entity_fields import entity_fields, fields_of, with_fields
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.records import (
    characters,
    check_offsets,
    compare_surface,
    entities_to_write,
    id_to_write,
    json_line,
    list_of,
    other_fields,
    span,
    text_of,
    tokens_of,
    type_of,
    unrepeated,
)
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence

_SHAPE = 'write {"start": 0, "end": 2, "label": "PER"}'


def evidence(sample: Sequence[Record]) -> str | None:
    """Entities with ``start`` and ``end``; or nothing but a text or words in any record."""
    spans = sum(_has_spans(record) for record in sample)
    if spans:
        return f"a list `entities` with start and end in {spans} of the first {len(sample)} records"
    if sample and all(map(_has_text_only, sample)):
        return f"nothing but text in the first {len(sample)} records"
    return None


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:  # noqa: ARG001 - one reading is possible
    """What reads records: there is only one way."""
    return _sentence


def record(sentence: Sentence) -> dict[str, Any]:
    """``text`` when the tokens are single characters, else ``tokens``; no ``entities`` when it is not annotated.

    Entities are in the order of start, end and label.
    """
    found: dict[str, Any] = {"id": id_to_write(sentence)}
    if sentence.in_characters and "text" not in (sentence.extra or {}):
        found["text"] = sentence.text
    else:
        found["tokens"] = list(sentence.tokens)
        if sentence.joiner != " ":
            found["joiner"] = sentence.joiner
    if sentence.entities is not None:
        found["entities"] = _spans(sentence)
    return with_fields(found, sentence)


def span_line(sentence: Sentence) -> str:
    """A sentence as a line of JSON.

    Raises:
        DataError: It holds what JSON in UTF-8 cannot carry.
    """
    return json_line(record(sentence), sentence)


def _sentence(record: Record, id_: str, notes: Counter[str]) -> Sentence:
    if "tokens" in record:
        tokens, joiner = tokens_of(record), record.get("joiner", " ")
        extra = other_fields(record, "id", "tokens", "joiner", "entities")
    else:
        tokens, joiner = characters(text_of(record)), ""
        extra = other_fields(record, "id", "text", "entities")
    if not isinstance(joiner, str):
        raise DataError(f"expected a string `joiner`, got {quote(joiner)}", fix='write what stands between words, as " "')
    given = list_of(record, "entities")
    if not given:
        return Sentence(id_, tokens, None if given is None else frozenset(), joiner, extra or None)
    entities = [_entity(one, len(tokens)) for one in given]
    sentence = Sentence(id_, tokens, unrepeated(entities, notes), joiner, extra or None)
    if max(map(len, given)) > 3:  # more than start, end and label
        return _with_fields(sentence, given, entities, notes)
    return sentence


def _with_fields(sentence: Sentence, given: Sequence[Record], entities: Sequence[Entity], notes: Counter[str]) -> Sentence:
    """The sentence with what its record says of its entities besides; their surfaces are only compared."""
    for one, entity in zip(given, entities, strict=True):
        if "text" in one:
            compare_surface(one["text"], sentence.surface(entity), notes)
    others = [other_fields(one, "start", "end", "fragments", "label" if "label" in one else "type") for one in given]
    return replace(sentence, extra={**(sentence.extra or {}), **entity_fields("entities", others, entities)} or None)


def _entity(given: Any, length: int) -> Entity:
    try:
        start, end = check_offsets(given["start"], given["end"], length)
    except (KeyError, TypeError) as error:
        raise DataError(f"expected an entity with start, end and label, got {quote(given)}", fix=_SHAPE) from error
    type_ = type_of(given["label"] if "label" in given else given.get("type"), "label", given)
    fragments = list_of(given, "fragments") if "fragments" in given else None
    if fragments is None:
        return span(start, end, type_)
    entity = Entity(tuple(_fragment(one, length) for one in fragments), type_)
    if (entity.start, entity.end) != (start, end):
        what = f"the fragments of {quote(given)} reach from {entity.start} to {entity.end}, not from {start} to {end}"
        raise DataError(what, fix="start and end are those of the first and the last fragment")
    return entity


def _fragment(given: Any, length: int) -> Fragment:
    if not isinstance(given, list) or len(given) != 2:
        raise DataError(f"expected a fragment as [start, end], got {quote(given)}", fix='write "fragments": [[0, 1], [2, 3]]')
    return Fragment(*check_offsets(given[0], given[1], length))


def _spans(sentence: Sentence) -> list[dict[str, Any]]:
    entities = entities_to_write(sentence)
    spans = list(map(_span, entities))
    if sentence.extra:
        for found, entity, fields in zip(spans, entities, fields_of(sentence, entities, "entities"), strict=True):
            found.update(fields)
            if "text" in fields:
                found["text"] = sentence.surface(entity)
    return spans


def _span(entity: Entity) -> dict[str, Any]:
    parts = entity.fragments
    span: dict[str, Any] = {"start": parts[0].start, "end": parts[-1].end, "label": entity.type}
    if len(parts) > 1:
        span["fragments"] = [[part.start, part.end] for part in parts]
    return span


def _has_spans(record: Record) -> bool:
    entities = record.get("entities")
    return isinstance(entities, list) and any(isinstance(one, dict) and one.keys() >= {"start", "end"} for one in entities)


def _has_text_only(record: Record) -> bool:
    """True for a text or words, and no list or object that could be another format's."""
    lists = {key: value for key, value in record.items() if isinstance(value, list | dict)}
    words = lists.pop("tokens", [])
    has_text = isinstance(record.get("text"), str) or bool(words)
    return has_text and all(isinstance(word, str) for word in words) and not lists.pop("entities", []) and not lists
