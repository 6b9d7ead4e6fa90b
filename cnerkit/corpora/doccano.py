"""doccano's JSON lines: a text and its labels, as triples or as objects with ids that relations refer to.

doccano has written three kinds of offsets, and says of none which it is: UTF-16 code units before March 2019 (doccano#99),
code points until version 1.4, UTF-16 code units again since version 1.5 (doccano#2290, #2484). They differ only behind
characters beyond U+FFFF, such as most emoji; there, nothing is taken for granted. What is written counts UTF-16 code units,
as doccano does now, and says so in a field of the record wherever it matters. Projects that count grapheme clusters as
characters have offsets of a fourth kind, which are not read.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Hints, Offsets, Parse, Record
from cnerkit.corpora.offsets import CODE_POINTS, UNIT_NAMES, UTF_16, Counting, OffsetMap
from cnerkit.corpora.records import (
    id_to_write,
    list_of,
    offsets_to_write,
    other_fields,
    sentence_of,
    span,
    text_of,
    text_to_write,
    type_of,
)
from cnerkit.corpora.regions import Region, refuse_dangling, rewrite
from cnerkit.errors import DataError, UsageError
from cnerkit.text import Entity, Sentence

_LISTS = ("label", "labels", "entities", "annotations")
_UNIT = "offsets"
_KEPT = "other fields of entities"
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_SHAPE = '"label": [[0, 2, "PER"]]'
_AMBIGUOUS = "characters beyond U+FFFF, which count as one in code points and as two in UTF-16, and doccano has written both"
_DECIDE = "say --offsets utf-16 for a file of doccano 1.5 or later, --offsets code-points for one of 1.4 or of another tool"


@dataclass(frozen=True, slots=True)
class _Label:
    """One label as it stands in a file; ``fields`` is its object, None for a triple."""

    start: object
    end: object
    type: object
    fields: Mapping[str, Any] | None


def evidence(sample: Sequence[Record]) -> str | None:
    """What tells that records are doccano's: labels as ``[start, end, type]``, or with ``start_offset`` and ``end_offset``."""
    shapes = Counter(filter(None, map(_shape, sample)))
    if not shapes:
        return None
    shape, count = shapes.most_common(1)[0]
    return f"{shape} ({count} of the first {len(sample)})"


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:
    """What reads the records of a file.

    A number as a label is always refused, whatever names the user gives: numbers are keys of doccano's database, which
    counts on from project to project (doccano#113, #1096), so that an order of names does not tell which is meant.

    Raises:
        UsageError: Offsets may count code points or UTF-16 code units, and the difference matters.
    """
    unsure = 0 if hints.offsets else sum(map(_asks, sample))
    if unsure:
        what = f"two readings are possible: {unsure} of the first {len(sample)} records have offsets behind {_AMBIGUOUS}"
        raise UsageError(what, where=name, fix=_DECIDE)
    return partial(_sentence, unit=hints.offsets)


def record(sentence: Sentence) -> dict[str, Any]:
    """The record of a sentence: ``label`` with triples, or the objects that it was read from.

    Raises:
        DataError: Its tokens are words, an entity has several fragments, or a relation refers to what is left out.
    """
    extra, text = dict(sentence.extra or {}), text_to_write(sentence)
    kept = extra.pop(_KEPT, None)
    made: dict[str, Any] = {"id": id_to_write(sentence), "text": text}
    if sentence.entities is not None:
        spans, places = offsets_to_write(sentence), OffsetMap(text, UTF_16)
        if kept is None:
            made["label"] = [[places.offset(start), places.offset(end), type_] for start, end, type_ in spans]
        else:
            made[kept["name"]] = _objects(kept["objects"], spans, places, extra.get("relations"))
        if any(places.offset(end) != end for _, end, _ in spans):
            made[_UNIT] = UTF_16.unit
    return extra | made


def _sentence(record: Record, id_: str, notes: Counter[str], *, unit: Offsets | None) -> Sentence:
    text = text_of(record, _text_name(record))
    name, labels = _labels(record)
    declared = _declared(record)
    extra = other_fields(record, "id", "text", _text_name(record), *_LISTS, _UNIT)
    if labels is None:
        return sentence_of(id_, text, None, notes, extra)
    places = OffsetMap(text, Counting(unit or declared or "code-points"))
    entities = [span(*places.span(label.start, label.end), _type(label)) for label in labels]
    if unit is declared is None and _is_ambiguous(text, labels):
        raise DataError(f"its offsets are behind {_AMBIGUOUS}", fix=_DECIDE)
    if labels:
        places.note(notes)
    if any(label.fields for label in labels) or (name in ("entities", "annotations") and not labels):
        extra[_KEPT] = {"name": name, "objects": list(map(_object, labels, entities))}
    return sentence_of(id_, text, entities, notes, extra)


def _text_name(record: Record) -> str:
    """What the text is called; versions of 2021 say ``data`` (doccano#1605)."""
    return "data" if record.get("text") is None and record.get("data") is not None else "text"


def _labels(record: Record) -> tuple[str, list[_Label] | None]:
    """The name of the list of labels and its labels; None when the record is not annotated."""
    names = [name for name in _LISTS if record.get(name) is not None]
    if not names:
        return "label", None
    if len(names) > 1:
        raise DataError(f"the record has both `{names[0]}` and `{names[1]}`", fix="keep the one that holds the entities")
    return names[0], list(map(_label, list_of(record, names[0]) or ()))


def _label(given: Any) -> _Label:
    if isinstance(given, list) and len(given) == 3:
        return _Label(given[0], given[1], given[2], None)
    if isinstance(given, dict) and {"start_offset", "end_offset", "label"} <= given.keys():
        return _Label(given["start_offset"], given["end_offset"], given["label"], given)
    raise DataError(f"expected a label with start, end and type, got {quote(given)}", fix=f"write {_SHAPE}")


def _type(label: _Label) -> str:
    if type(label.type) is int:
        what = f"the label {quote(label.type)} is a number, a key of the database that the file comes from, which tells no name"
        raise DataError(what, fix="replace the numbers by names: doccano exports its labels with their `id` and `text`")
    return type_of(label.type, "label", label.fields or [label.start, label.end, label.type])


def _declared(record: Record) -> Offsets | None:
    given = record.get(_UNIT)
    if given is None:
        return None
    found = next((unit for unit in UNIT_NAMES if unit == given), None)
    if found is None:
        what = f"expected `{_UNIT}` to say what offsets count, got {quote(given)}"
        raise DataError(what, fix=f"write {', '.join(UNIT_NAMES)}, or leave it out")
    return found


def _asks(record: Record) -> bool:
    """True for a record of the sample that is ambiguous; what is broken is left to the reader."""
    try:
        return _declared(record) is None and _is_ambiguous(text_of(record, _text_name(record)), _labels(record)[1] or ())
    except DataError:
        return False


def _is_ambiguous(text: str, labels: Sequence[_Label]) -> bool:
    """True when offsets are as good in UTF-16 code units as in code points, and mean another place."""
    first = _BEYOND.search(text)
    if not labels or not first:
        return False
    code_points, utf_16 = OffsetMap(text, CODE_POINTS), OffsetMap(text, UTF_16)
    read = [code_points.find(each.start, each.end) for each in labels]
    if not all(read) or not all(utf_16.find(each.start, each.end) for each in labels):
        return False
    return any(place[1] > first.start() for place in read if place)


def _object(label: _Label, entity: Entity) -> dict[str, Any]:
    """The object of a label, with offsets in code points."""
    return {**(label.fields or {"label": label.type}), "start_offset": entity.start, "end_offset": entity.end}


def _objects(
    objects: Sequence[Mapping[str, Any]], spans: Sequence[tuple[int, int, str]], places: OffsetMap, relations: object
) -> list[dict[str, Any]]:
    """The objects for entities, as they were where these are still the same; new ones get the next ids."""
    regions = [Region(each["start_offset"], each["end_offset"], (each["label"],), each) for each in objects]
    rewritten = rewrite(regions, spans)
    refuse_dangling(rewritten.lost, _ends(relations))
    next_id = 1 + max((each["id"] for each in objects if type(each.get("id")) is int), default=0)
    new = [Region(*span[:2], span[2:], {"id": id_}) for id_, span in enumerate(rewritten.new, start=next_id)]
    return [
        {
            **each.fields,
            "label": each.types[0],
            "start_offset": places.offset(each.start),
            "end_offset": places.offset(each.end),
        }
        for each in (*rewritten.kept, *new)
    ]


def _ends(relations: object) -> list[tuple[str, object]]:
    given = relations if isinstance(relations, list) else []
    return [("a relation", each.get(end)) for each in given if isinstance(each, dict) for end in ("from_id", "to_id")]


def _shape(record: Record) -> str | None:
    if not isinstance(record.get(_text_name(record)), str):
        return None
    for name in _LISTS:
        first = next(iter(given), None) if isinstance(given := record.get(name), list) else None
        if isinstance(first, dict) and {"start_offset", "end_offset"} <= first.keys():
            return f"a list `{name}` with start_offset and end_offset"
        if isinstance(first, list) and len(first) == 3 and type(first[0]) is type(first[1]) is int:
            return f"a list `{name}` of [start, end, type]"
    return None
