"""Entities that overlap: which of them stay in a target that cannot hold them together, and how they part into flat layers."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Literal

from cnerkit.errors import DataError
from cnerkit.text import Entity

Carried = Literal["nested", "discontinuous"]
"""A kind of entities that a target may hold beside flat ones. What holds discontinuous ones holds nested ones too."""

_start, _end = attrgetter("start"), attrgetter("end")


class Overlap(StrEnum):
    """What becomes of entities that a target cannot hold together."""

    ERROR = "error"
    """They are an error."""
    OUTERMOST = "outermost"
    """Of those that overlap, the longest stays."""
    INNERMOST = "innermost"
    """Of those that overlap, the shortest stays."""
    LAYERS = "layers"
    """All stay, in one column of tags per level."""


class Clash(StrEnum):
    """Why an entity cannot stay; where several reasons hold, the first of these counts."""

    SAME_SPAN = "same span"
    NESTED = "nested"
    CROSSING = "crossing"
    DISCONTINUOUS = "discontinuous"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entity that overlaps ``other``, which begins no later; or a discontinuous one, by itself."""

    clash: Clash
    entity: Entity
    other: Entity | None = None


def conflicts(entities: Collection[Entity], carries: Collection[Carried]) -> list[Conflict]:
    """Each entity of a sentence that a target cannot hold, by itself or beside one before it, in the order of the text.

    Of those that begin together the longest comes first. An entity that overlaps several stands against the one that reaches
    furthest, so that there is one conflict at most for each.
    """
    found = []
    if "discontinuous" not in carries:
        found = [Conflict(Clash.DISCONTINUOUS, entity) for entity in entities if not entity.is_contiguous]
    if "nested" not in carries:
        found += _overlapping([entity for entity in entities if entity.is_contiguous])
    return sorted(found, key=lambda conflict: _reading_order(conflict.entity))


def unfit(entities: Collection[Entity], policy: Overlap, carries: Collection[Carried]) -> Mapping[Entity, Clash]:
    """The entities of a sentence that do not stay in a target, each with the reason.

    The longest or shortest of those that overlap stays; of equal lengths the one that begins first, and of equal spans the one
    whose type comes first. What is discontinuous never stays in a target that cannot hold it.

    Args:
        entities: Those of one sentence.
        policy: What to do about those that the target cannot hold.
        carries: The kinds that it can hold; nested ones in any case when the policy is layers.

    Raises:
        DataError: The policy is error, and the target cannot hold all; names the first and counts all. Without a place.
    """
    if policy is Overlap.LAYERS:
        carries = {*carries, "nested"}
    found = conflicts(entities, carries)
    if found and policy is Overlap.ERROR:
        raise _refusal(found)
    lost = {conflict.entity: conflict.clash for conflict in found if conflict.other is None}
    if len(lost) < len(found):
        whole = [entity for entity in entities if entity.is_contiguous]
        lost |= _beaten(sorted(whole, key=_longest_first if policy is Overlap.OUTERMOST else _shortest_first))
    return lost


def heaviest(weights: Mapping[Entity, float]) -> dict[Entity, float]:
    """The entities that stay when of those that share a token the heaviest does, chosen from the heaviest to the lightest.

    Of equal weights the one that comes first in the text stays.
    """
    taken: set[int] = set()
    stay = {}
    for entity in sorted(weights, key=lambda entity: (-weights[entity], entity)):
        tokens = [token for part in entity.fragments for token in range(part.start, part.end)]
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            stay[entity] = weights[entity]
    return stay


def heaviest_nested(weights: Mapping[Entity, float]) -> dict[Entity, float]:
    """The contiguous entities that stay when of those that cross or have one span the heaviest does, as in ``heaviest``.

    One may lie within another.
    """
    reach: dict[int, int] = {}
    """The furthest end of those that begin at a token."""
    back: dict[int, int] = {}
    """The earliest start of those that end at a token."""
    spans: set[tuple[int, int]] = set()
    stay = {}
    for entity in sorted(weights, key=lambda entity: (-weights[entity], entity)):
        start, end = entity.start, entity.end
        within = range(start + 1, end)
        crosses = any(reach.get(at, end) > end or back.get(at, start) < start for at in within)
        if crosses or (start, end) in spans:
            continue
        spans.add((start, end))
        reach[start], back[end] = max(end, reach.get(start, end)), min(start, back.get(end, start))
        stay[entity] = weights[entity]
    return stay


def layers(entities: Iterable[Entity]) -> list[list[Entity]]:
    """Entities parted into layers of which none overlap, innermost first, each in the order of the text.

    From the shortest to the longest, an entity goes to the first layer above all those that it shares a token with, as in the
    columns of GENIA and LitBank. Of two with one span, the one whose type comes first lies below.
    """
    found: list[list[Entity]] = []
    skyline = _Skyline()
    for entity in sorted(entities, key=_shortest_first):
        level = skyline.pile(entity)
        if level == len(found):
            found.append([])
        found[level].append(entity)
    return [sorted(layer) for layer in found]


class _Skyline:
    """How many layers lie on each token: ``heights[i]`` from token ``starts[i]`` up to the next start."""

    def __init__(self) -> None:
        self._starts, self._heights = [0], [0]

    def pile(self, entity: Entity) -> int:
        """Put an entity upon all that it shares a token with, and tell its layer, from 0."""
        level = max(self._highest(part.start, part.end) for part in entity.fragments)
        for part in entity.fragments:
            self._raise(part.start, part.end, level + 1)
        return level

    def _highest(self, start: int, end: int) -> int:
        return max(self._heights[bisect_right(self._starts, start) - 1 : bisect_left(self._starts, end)])

    def _raise(self, start: int, end: int, height: int) -> None:
        """Let everything from ``start`` to ``end`` be of one height: what was lower there is covered."""
        first, after = bisect_left(self._starts, start), bisect_left(self._starts, end)
        goes_on = after == len(self._starts) or self._starts[after] > end
        beyond = [self._heights[after - 1]] if goes_on else []
        self._starts[first:after] = [start, end] if goes_on else [start]
        self._heights[first:after] = [height, *beyond]


def _overlapping(entities: Iterable[Entity]) -> list[Conflict]:
    """The contiguous entities that overlap one before them."""
    found = []
    furthest: Entity | None = None
    for entity in sorted(entities, key=_reading_order):
        if furthest is not None and entity.start < furthest.end:
            found.append(Conflict(_clash(entity, furthest), entity, furthest))
        if furthest is None or entity.end > furthest.end:
            furthest = entity
    return found


def _beaten(ranked: Iterable[Entity]) -> dict[Entity, Clash]:
    """The contiguous entities that overlap one that stays and comes before them in a ranking."""
    stay: list[Entity] = []
    lost = {}
    for entity in ranked:
        first = bisect_right(stay, entity.start, key=_end)
        after = bisect_left(stay, entity.end, lo=first, key=_start)
        if first == after:
            insort(stay, entity, key=_start)
        else:
            # Of more than two in its way, those between the first and the last lie within it.
            clashes = {_clash(entity, other) for other in (*stay[first : min(first + 2, after)], stay[after - 1])}
            lost[entity] = min(clashes, key=list(Clash).index)
    return lost


def _clash(one: Entity, other: Entity) -> Clash:
    """How two contiguous entities overlap that do."""
    before, beyond = one.start - other.start, one.end - other.end
    if before == beyond == 0:
        return Clash.SAME_SPAN
    return Clash.CROSSING if before * beyond > 0 else Clash.NESTED


def _refusal(found: Sequence[Conflict]) -> DataError:
    entity, other = found[0].entity, found[0].other
    if other is None:
        parts = " and ".join(f"[{part.start}, {part.end})" for part in entity.fragments)
        what = f"the entity {entity.type} over {parts} is discontinuous"
        fix = "choose a format that holds discontinuous entities, such as jsonl; --overlap outermost leaves them out"
    else:
        what = f"the entities {_name(other)} and {_name(entity)} overlap"
        fix = "say --overlap outermost, innermost or layers; or choose a format that holds them all, such as jsonl"
    counts = Counter(conflict.clash for conflict in found)
    by_clash = ", ".join(f"{clash}: {counts[clash]}" for clash in Clash if counts[clash])
    more = f"; the first of {len(found)} in this sentence that cannot be written ({by_clash})" if len(found) > 1 else ""
    return DataError(what + more, fix=fix)


def _name(entity: Entity) -> str:
    return f"{entity.type} [{entity.start}, {entity.end})"


def _length(entity: Entity) -> int:
    return sum(part.end - part.start for part in entity.fragments)


def _reading_order(entity: Entity) -> tuple[int, int, str]:
    return entity.start, -entity.end, entity.type


def _shortest_first(entity: Entity) -> tuple[int, int, str]:
    return _length(entity), entity.start, entity.type


def _longest_first(entity: Entity) -> tuple[int, int, str]:
    return -_length(entity), entity.start, entity.type
