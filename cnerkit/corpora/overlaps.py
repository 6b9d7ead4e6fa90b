"""How the entities of a sentence overlap: nested, crossing, on one span, in several fragments."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from cnerkit.text import Entity


@dataclass(slots=True)
class Overlaps:
    """A tally of overlaps, over any number of sentences.

    Pairs are told by the hulls of entities: from the first token to the last, gaps included.

    Attributes:
        nested: Pairs of which one hull lies within the other and is shorter.
        crossing: Pairs whose hulls share tokens though neither lies within the other.
        same_span: Pairs with the same hull.
        discontinuous: Entities of several fragments.
    """

    nested: int = 0
    crossing: int = 0
    same_span: int = 0
    discontinuous: int = 0

    def add(self, entities: Collection[Entity]) -> None:
        """Count the overlaps of one more sentence, in n log n comparisons for n entities."""
        if len(entities) == 1:
            (entity,) = entities
            self.discontinuous += not entity.is_contiguous
            return
        self.discontinuous += sum(not entity.is_contiguous for entity in entities)
        hulls = sorted([(entity.start, -entity.end) for entity in entities])
        if any(start < -end for (_, end), (start, _) in pairwise(hulls)):
            for group in _groups(hulls):
                self._add_group(group)

    @property
    def pairs(self) -> int:
        """Pairs of all kinds."""
        return self.nested + self.crossing + self.same_span

    def _add_group(self, hulls: list[tuple[int, int]]) -> None:
        """Count the pairs of hulls that hang together, sorted by start, the longer first."""
        ends: list[int] = []
        same, previous = 0, None
        for start, negative_end in hulls:
            end = -negative_end
            within = len(ends) - bisect_left(ends, end)
            overlapping = len(ends) - bisect_right(ends, start)
            same = same + 1 if (start, end) == previous else 0
            self.same_span += same
            self.nested += within - same
            self.crossing += overlapping - within
            insort(ends, end)
            previous = start, end


def first_of(entities: Collection[Entity], kind: str) -> tuple[Entity, ...]:
    """An example: the first pair that is ``nested``, ``crossing`` or of the ``same_span``, or the first ``discontinuous`` one.

    Returns:
        Nothing when there is none.
    """
    ordered = sorted(entities, key=lambda entity: (entity.start, -entity.end, entity.type))
    if kind == "discontinuous":
        return next(((entity,) for entity in ordered if not entity.is_contiguous), ())
    seen: list[tuple[int, int, int]] = []
    for number, entity in enumerate(ordered):
        other = _partner(seen, entity, kind)
        if other is not None:
            return ordered[other], entity
        insort(seen, (entity.end, -entity.start, number))
    return ()


def _partner(seen: list[tuple[int, int, int]], entity: Entity, kind: str) -> int | None:
    """The number of one of the entities ``seen``, which start no later, that makes a pair of the kind with another.

    They are sorted by end, negative start and number, so that only one of them need be looked at: that of the largest end, of
    the same hull, or of the largest smaller end.
    """
    start, end = entity.start, entity.end
    after = {"nested": len(seen), "same_span": bisect_left(seen, (end, 1 - start)), "crossing": bisect_left(seen, (end,))}
    place = after[kind] - 1
    if place < 0:
        return None
    other_end, negative_start, number = seen[place]
    same = (-negative_start, other_end) == (start, end)
    is_pair = {"nested": other_end >= end and not same, "same_span": same, "crossing": other_end > start}
    return number if is_pair[kind] else None


def _groups(hulls: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The sorted hulls, cut where none goes on; groups of one are left out."""
    group: list[tuple[int, int]] = []
    reach = 0
    for start, negative_end in hulls:
        if start >= reach and group:
            if len(group) > 1:
                yield group
            group = []
        group.append((start, negative_end))
        reach = max(reach, -negative_end)
    if len(group) > 1:
        yield group
