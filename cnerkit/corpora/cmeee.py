"""CMeEE's JSON: ``text``, and entities with ``start_idx``, ``end_idx``, type and surface.

Releases differ in whether ``end_idx`` is the last character of an entity or the one after it. The surfaces tell which; files
are written with the last character, as in the first release.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

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
from cnerkit.errors import DataError, UsageError
from cnerkit.text import Entity, Sentence

Ends = Literal["inclusive", "exclusive"]

_SHAPE = 'write {"start_idx": 0, "end_idx": 1, "type": "dis", "entity": "感冒"}'
_FIX = "say --ends inclusive when end_idx is the last character, or --ends exclusive when it is the one after"


def evidence(sample: Sequence[Record]) -> str | None:
    """A list ``entities`` with ``start_idx`` and ``end_idx``, and which end the surfaces tell."""
    found = sum(any(True for _ in _given(record)) for record in sample)
    if not found:
        return None
    fitting = _fitting(sample)
    ends = "".join(f"; {kind} ends fit {count} surfaces" for kind, count in sorted(fitting.items()))
    return f"a list `entities` with start_idx and end_idx in {found} of the first {len(sample)} records{ends}"


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:
    """What reads records, with the ends that the surfaces of the sample or a hint tell.

    Raises:
        UsageError: They do not tell; from what is returned when an entity comes that the sample had nothing like.
    """
    ends = hints.ends or _ends(sample, name)

    def parse(record: Record, id_: str, notes: Counter[str]) -> Sentence:
        text, given = text_of(record), list_of(record, "entities")
        extra = other_fields(record, "text", "entities")
        if given is None:
            return sentence_of(id_, text, None, notes, extra)
        if given and ends is None:
            raise UsageError("nothing in its first records tells what end_idx is", where=name, fix=_FIX)
        entities = [_entity(one, len(text), inclusive=ends == "inclusive") for one in given]
        for one, entity in zip(given, entities, strict=True):
            if "entity" in one:
                compare_surface(one["entity"], text[entity.start : entity.end], notes)
        others = [other_fields(one, "start_idx", "end_idx", "type", "entity") for one in given]
        return sentence_of(id_, text, entities, notes, extra | entity_fields("entities", others, entities))

    return parse


def record(sentence: Sentence) -> dict[str, Any]:
    """The text and the entities in the order of start, end and type, with inclusive ends and their surfaces.

    Raises:
        DataError: The tokens are words, the sentence is not annotated, or an entity is discontinuous.
    """
    text = text_to_write(sentence)
    entities = contiguous_to_write(sentence)
    listed = [
        {
            "start_idx": entity.start,
            "end_idx": entity.end - 1,
            "type": entity.type,
            "entity": text[entity.start : entity.end],
            **fields,
        }
        for entity, fields in zip(entities, fields_of(sentence, entities, "entities"), strict=True)
    ]
    return with_fields({"text": text, "entities": listed}, sentence)


def _ends(sample: Sequence[Record], name: str) -> Ends | None:
    """What the surfaces of a sample tell; None when it has no entities."""
    fitting = _fitting(sample)
    if len(fitting) == 1:
        return next(iter(fitting))
    if fitting:
        what = (
            f"two readings are possible: end_idx is the last character of {fitting['inclusive']} surfaces, "
            f"and the one after it of {fitting['exclusive']}"
        )
        raise UsageError(what, where=name, fix=_FIX)
    if any(True for record in sample for _ in _given(record)):
        what = "two readings are possible: no entity has a surface that tells whether end_idx is its last character"
        raise UsageError(what, where=name, fix=_FIX)
    return None


def _fitting(sample: Sequence[Record]) -> Counter[Ends]:
    """How many surfaces are the text up to ``end_idx``, with that character and without it."""
    fitting: Counter[Ends] = Counter()
    for record in sample:
        text = record.get("text")
        for entity in _given(record):
            start, end, surface = entity["start_idx"], entity["end_idx"], entity.get("entity")
            if isinstance(text, str) and type(start) is int and type(end) is int and 0 <= start <= end <= len(text):
                fitting["inclusive"] += end < len(text) and text[start : end + 1] == surface
                fitting["exclusive"] += start < end and text[start:end] == surface
    return +fitting


def _given(record: Record) -> Iterator[Mapping[str, Any]]:
    """The entities of a record that are in this format."""
    entities = record.get("entities")
    for each in entities if isinstance(entities, list) else ():
        if isinstance(each, dict) and each.keys() >= {"start_idx", "end_idx"}:
            yield each


def _entity(given: Any, length: int, *, inclusive: bool) -> Entity:
    if not isinstance(given, dict) or not given.keys() >= {"start_idx", "end_idx"}:
        raise DataError(f"expected an entity with start_idx, end_idx and type, got {quote(given)}", fix=_SHAPE)
    start, end = check_offsets(given["start_idx"], given["end_idx"], length, inclusive=inclusive)
    return span(start, end, type_of(given.get("type"), "type", given))
