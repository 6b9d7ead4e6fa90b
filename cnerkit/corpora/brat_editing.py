"""The ``.ann`` of a document whose entities may have changed since it was read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from cnerkit.corpora.brat_document import Original
from cnerkit.corpora.brat_records import Mention, Other, lines_with, next_number, parse, renamed_line
from cnerkit.corpora.problems import Problem
from cnerkit.text import Entity, Fragment

Renamed = dict[Entity, Entity]


def annotations(entities: frozenset[Entity], original: Original, notes: Counter[str]) -> str:
    """The content of an ``.ann`` with these entities, as near to the original as can be.

    Args:
        entities: Over the original's text.
        original: What the file held.
        notes: Where records are counted that go since they refer to an entity that is gone.

    Raises:
        DataError: A type cannot stand in a line; without a place.
    """
    if original.ann is None:
        return "".join(lines_with(entities, original.text, original.convention.offsets(original.text)))
    before = frozenset(entity for _, entity in original.entities)
    return original.ann if entities == before else _edited(original.ann, entities, before, original, notes)


def _edited(ann: str, entities: frozenset[Entity], before: frozenset[Entity], original: Original, notes: Counter[str]) -> str:
    renamed = _renamed(before - entities, entities - before)
    records = [each for each in parse(ann, Counter()) if not isinstance(each, Problem)]
    lines: list[str | None] = list(ann.split("\n"))
    for at, entity in original.entities:
        if entity in renamed:
            lines[at] = renamed_line(lines[at] or "", renamed[entity].type)
    there = (before & entities) | renamed.keys()
    gone = {at for at, entity in original.entities if entity not in there}
    for at in gone:
        lines[at] = None
    for other in _dependent(records, gone):
        lines[other.line] = None
        notes[f"{other.kind} of entities that are gone, left out"] += 1
    new = entities - before - set(renamed.values())
    numbered = next_number(each for each in records if isinstance(each, Mention))
    return _joined(
        lines,
        lines_with(new, original.text, original.convention.offsets(original.text), numbered),
        "\r" if "\r\n" in ann else "",
    )


def _renamed(gone: Iterable[Entity], new: Iterable[Entity]) -> Renamed:
    """Entities that are there with another type: those at whose place one is gone, and one is new."""
    old_at, new_at = _by_place(gone), _by_place(new)
    return {old[0]: new_at[place][0] for place, old in old_at.items() if len(old) == 1 and len(new_at.get(place, ())) == 1}


def _by_place(entities: Iterable[Entity]) -> dict[tuple[Fragment, ...], list[Entity]]:
    found = defaultdict(list)
    for entity in entities:
        found[entity.fragments].append(entity)
    return found


def _dependent(records: Iterable[Mention | Other], gone: set[int]) -> Iterator[Other]:
    """The records that refer to the mentions of lines that are gone, or to other records that do."""
    referring: dict[str, list[Other]] = defaultdict(list)
    left: Counter[str] = Counter()
    lost = []
    for record in records:
        left[record.id] += record.line not in gone
        if record.line in gone:
            lost.append(record.id)
        elif isinstance(record, Other):
            for id_ in record.refers_to:
                referring[id_].append(record)
    while lost:
        id_ = lost.pop()
        if left[id_]:
            continue  # an id that was given twice still stands for something
        for record in referring.pop(id_, ()):
            if record.line not in gone:
                gone.add(record.line)
                left[record.id] -= 1
                lost.append(record.id)
                yield record


def _joined(lines: list[str | None], new: Iterable[str], before_end: str) -> str:
    kept = [line for line in lines if line is not None]
    added = [line.removesuffix("\n") + before_end for line in new]
    if not added:
        return "\n".join(kept)
    if kept and not kept[-1]:
        kept.pop()
    return "\n".join([*kept, *added, ""])
