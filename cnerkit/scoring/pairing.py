"""Which entities share tokens, and the best way to pair them one to one."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from cnerkit.text import Entity


def extent(entity: Entity) -> int:
    """The tokens of an entity as the bits of a number: two share those of ``one & other``."""
    bits = 0
    for part in entity.fragments:
        bits |= ((1 << (part.end - part.start)) - 1) << part.start
    return bits


def overlapping(first: Sequence[Entity], second: Sequence[Entity]) -> Iterator[tuple[int, int]]:
    """The places of entities that share a token, one of each, in the order of the second.

    Fast where entities are many and overlap little, as in a long document.

    Args:
        first: Sorted.
        second: In any order.
    """
    starts = [entity.start for entity in first]
    reached = list(accumulate((entity.end for entity in first), max))
    for place, entity in enumerate(second):
        for other in range(bisect_right(reached, entity.start), bisect_left(starts, entity.end)):
            if _share_a_token(first[other], entity):
                yield other, place


def _share_a_token(one: Entity, other: Entity) -> bool:
    if one.end <= other.start or other.end <= one.start:
        return False
    return (one.is_contiguous and other.is_contiguous) or bool(extent(one) & extent(other))


def best_pairing(weights: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """The one-to-one pairing with the largest sum of weights; ties go by order.

    One left side after the other is added, along the path of pairs made and undone that gains most, which keeps the pairing of
    those so far the best one (the primal form of Kuhn's method, 1955).

    Args:
        weights: Of each left side, the positive weight of a pair with each right side that it may have.

    Returns:
        The right side of each left one that has one.
    """
    pairs: dict[int, int] = {}
    owners: dict[int, int] = {}
    for left in range(len(weights)):
        came, last = _best_path(left, weights, pairs, owners)
        if last is None:
            continue
        if last in owners:
            del pairs[owners[last]]
        right: int | None = last
        while right is not None:
            owner = owners[right] = came[right]
            pairs[owner], right = right, pairs.get(owner)
    return pairs


def _best_path(
    left: int, weights: Sequence[Mapping[int, int]], pairs: Mapping[int, int], owners: Mapping[int, int]
) -> tuple[dict[int, int], int | None]:
    """Where the path ends that gains most, None when none gains, and the left side from which each right one is reached.

    It ends at a free right side, or takes one from a left side that has none from then on. None gains more than the heaviest
    pair of the new left side, without which the rest is a pairing of those so far: the search ends at such a path.
    """
    most = max(weights[left].values(), default=0)
    gains, totals, came, queue = {left: 0}, dict[int, int](), dict[int, int](), deque([left])
    while queue:
        here = queue.popleft()
        for right, weight in weights[here].items():
            total = gains[here] + weight
            if pairs.get(here) == right or (right in totals and total <= totals[right]):
                continue
            totals[right], came[right] = total, here
            if right not in owners:
                if total == most:
                    return came, right
            else:
                gains[owners[right]] = total - weights[owners[right]][right]
                queue.append(owners[right])
    ends = {right: gains[owners[right]] if right in owners else total for right, total in totals.items()}
    last = max(ends, key=ends.__getitem__, default=None)
    return came, last if last is not None and ends[last] > 0 else None
