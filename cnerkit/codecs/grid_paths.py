"""What a grid says of a sentence, whatever its labels are called: edges between tokens, and pairs of first and last tokens.

An entity is written as the edges between its consecutive tokens and the pair of its ends, and read as a path along edges from
the one end of a pair to the other (CRENER, algorithm 1). The edges of all entities are one set, so that a pair may be joined
by paths that no entity was written for, up to ``2 ** (distance - 1)`` of them. Hence paths are counted before any is followed.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment

MAX_PATHS = 64
"""How many paths may join a pair; of more, one is read and the pair is reported."""
MOST_STEPS = 1 << 23
"""How much searching a sentence from a file may take: some seconds."""

Edge = tuple[int, int]
"""Two tokens of which the second is later."""


@dataclass(frozen=True, slots=True)
class Relations:
    """The edges and pairs of a sentence.

    Attributes:
        edges: Each two consecutive tokens of an entity.
        pairs: First and last token of each entity, which may be the same, with the types of those entities.
    """

    edges: AbstractSet[Edge]
    pairs: Mapping[Edge, Sequence[str]]


@dataclass(frozen=True, order=True, slots=True)
class Overflow:
    """A pair that more paths join than are read, of which the one in the smallest steps was read."""

    head: int
    tail: int
    type: str


@dataclass(slots=True)
class Steps:
    """How much more searching is allowed; a step is a look at one edge or token."""

    left: float = math.inf

    def spend(self, count: int) -> None:
        """Take steps.

        Raises:
            DataError: There are not as many left.
        """
        self.left -= count
        if self.left < 0:
            raise DataError(
                "the discontinuous entities of the sentence are too entangled to be told from the cells of a grid",
                fix="divide the text into shorter sentences, or choose a format that lists the tokens of each entity",
            )


def relations_of(entities: Iterable[Entity]) -> Relations:
    """The edges and pairs of a sentence's entities, in time that depends on how many tokens they cover, not how often."""
    pairs: dict[Edge, list[str]] = {}
    edges: set[Edge] = set()
    spans: set[tuple[int, int]] = set()
    for entity in entities:
        parts = entity.fragments
        types = pairs.setdefault((parts[0].start, parts[-1].end - 1), [])
        if entity.type not in types:
            types.append(entity.type)
        for part in parts:
            spans.add((part.start, part.end))
        for left, right in pairwise(parts):
            edges.add((left.end - 1, right.start))
    covered = 0
    for start, end in sorted(spans):
        if end - 1 > covered:
            edges.update(pairwise(range(max(start, covered), end)))
            covered = end - 1
    return Relations(edges, pairs)


def entities_of(
    relations: Relations,
    *,
    max_paths: int = MAX_PATHS,
    overflows: list[Overflow] | None = None,
    steps: Steps | None = None,
) -> frozenset[Entity]:
    """The entities along all paths that join the pairs.

    Args:
        relations: Of one sentence.
        max_paths: When more paths join a pair, only the one that always steps to the nearest token is read.
        overflows: Gets the pairs that were read so.
        steps: What the search is taken from; None for a search whose only bound is that of the sentence's length.

    Raises:
        DataError: There are no steps left.
    """
    reach, skips = _reach(relations.edges), _Skips(relations.edges)
    found: set[Entity] = set()
    by_tail: dict[int, list[int]] = {}
    for (head, tail), types in relations.pairs.items():
        if skips.any_within(head, tail):
            by_tail.setdefault(tail, []).append(head)
        elif reach.get(head, head) >= tail:
            found.update([_span(head, tail + 1, type_) for type_ in types])
    if not by_tail:
        return frozenset(found)
    first, last = min(map(min, by_tail.values())), max(by_tail)
    near = [(head, tail) for head, tail in relations.edges if first <= head and tail <= last]
    web = _Web(near, max_paths, steps or Steps())
    for tail, heads in by_tail.items():
        for head, paths in web.towards(tail, heads):
            types = relations.pairs[head, tail]
            web.steps.spend(len(paths.found) * len(types))
            if paths.too_many and overflows is not None:
                overflows += [Overflow(head, tail, type_) for type_ in types]
            found.update([Entity(fragments, type_) for fragments in paths.found for type_ in types])
    return frozenset(found)


def _reach(edges: AbstractSet[Edge]) -> dict[int, int]:
    """How far the edges to the next token lead from each token without a gap: what answers a pair at once."""
    reach: dict[int, int] = {}
    for token in sorted([head for head, tail in edges if tail - head == 1], reverse=True):
        reach[token] = reach.get(token + 1, token + 1)
    return reach


class _Skips:
    """The edges that skip tokens, by where they begin; flat and nested corpora have none."""

    def __init__(self, edges: AbstractSet[Edge]) -> None:
        skips = sorted([(head, tail) for head, tail in edges if tail - head > 1])
        self._heads = [head for head, _ in skips]
        self._nearest = list(accumulate((tail for _, tail in reversed(skips)), min))[::-1]

    def any_within(self, head: int, tail: int) -> bool:
        """True when one may be on a path between two tokens."""
        if not self._heads:
            return False
        place = bisect_left(self._heads, head)
        return place < len(self._heads) and self._nearest[place] <= tail


@dataclass(frozen=True, slots=True)
class _Paths:
    """The tokens of the paths that join a pair, as fragments; only the smallest path when there are too many."""

    found: Sequence[tuple[Fragment, ...]]
    too_many: bool


class _Web:
    """The edges of a sentence in which some skip tokens."""

    def __init__(self, edges: Iterable[Edge], max_paths: int, steps: Steps) -> None:
        self.onward: dict[int, list[int]] = {}
        for head, tail in sorted(edges):
            self.onward.setdefault(head, []).append(tail)
        self.max_paths, self.steps = max_paths, steps
        self._tokens = list(self.onward)
        self._edges_before = [0, *accumulate(map(len, self.onward.values()))]

    def towards(self, tail: int, heads: Sequence[int]) -> Iterator[tuple[int, _Paths]]:
        """The paths to one tail from each of the heads that any joins to it."""
        counts = self._counts(min(heads), tail)
        approach = _Approach(self, tail, counts)
        for head in heads:
            if counts.get(head, 0) > self.max_paths:
                yield head, _Paths([approach.smallest(head)], too_many=True)
            elif head in counts:
                yield head, _Paths(list(approach.every(head)), too_many=False)

    def _counts(self, lowest: int, tail: int) -> dict[int, int]:
        """How many paths lead to a tail from each token from ``lowest`` on that any leads from; no more exactly than asked."""
        first, last = bisect_left(self._tokens, lowest), bisect_left(self._tokens, tail)
        self.steps.spend(self._edges_before[last] - self._edges_before[first])
        counts = {tail: 1}
        for token in reversed(self._tokens[first:last]):
            count = 0
            for after in self.onward[token]:
                count += counts.get(after, 0)
                if after >= tail or count > self.max_paths:
                    break
            if count:
                counts[token] = count
        return counts


class _Approach:
    """The steps by which one tail is reached; none of them leads astray, for only tokens with a count are stepped on."""

    def __init__(self, web: _Web, tail: int, counts: Mapping[int, int]) -> None:
        self._web, self._tail, self._counts = web, tail, counts
        self._nearest: dict[int, int] = {}
        self._onward: dict[int, list[int]] = {}

    def smallest(self, head: int) -> tuple[Fragment, ...]:
        """The path that always steps to the nearest token."""
        tokens = [head]
        while (here := tokens[-1]) != self._tail:
            if here not in self._nearest:
                self._nearest[here] = next(after for after in self._web.onward[here] if after in self._counts)
            tokens.append(self._nearest[here])
        return self._fragments(tokens)

    def every(self, head: int) -> Iterator[tuple[Fragment, ...]]:
        """All paths, depth first, without recursion since they may be as long as the sentence."""
        tokens, branches = [head], [iter(self._steps_from(head))]
        while branches:
            after = next(branches[-1], None)
            if after is None:
                branches.pop()
                tokens.pop()
            elif after == self._tail:
                yield self._fragments([*tokens, after])
            else:
                tokens.append(after)
                branches.append(iter(self._steps_from(after)))

    def _steps_from(self, token: int) -> list[int]:
        if token not in self._onward:
            onward = self._web.onward[token]
            self._onward[token] = [after for after in onward[: bisect_right(onward, self._tail)] if after in self._counts]
        return self._onward[token]

    def _fragments(self, tokens: Sequence[int]) -> tuple[Fragment, ...]:
        self._web.steps.spend(len(tokens))
        breaks = [place for place, (before, after) in enumerate(pairwise(tokens), start=1) if after - before > 1]
        parts = pairwise([0, *breaks, len(tokens)])
        return tuple([_fragment(tokens[start], tokens[end - 1] + 1) for start, end in parts])


@lru_cache(maxsize=1 << 14)
def _fragment(start: int, end: int) -> Fragment:
    """One value for equal fragments, which is dearer to make than to find."""
    return Fragment(start, end)


@lru_cache(maxsize=1 << 14)
def _span(start: int, end: int, type_: str) -> Entity:
    """One value for equal entities, for the same reason: corpora repeat places and types."""
    return Entity.span(start, end, type_)
