"""Which entities a grid would not give back as they are, and which to leave out so that it gives back the others.

Contiguous entities always come back, nested or not: their edges lead from token to token, and so one path joins a pair.
Discontinuous ones that share tokens may make paths that no entity was written for, or so many that not all are read.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cnerkit.codecs.grid_paths import MAX_PATHS, MOST_STEPS, Steps, entities_of, relations_of
from cnerkit.text import Entity


@dataclass(frozen=True, slots=True)
class Inversion:
    """What becomes of a sentence's entities in a grid of either flavour and back.

    Attributes:
        extra: Entities that come back and were none.
        missing: Entities that do not come back, since more paths join their ends than are read.
    """

    extra: frozenset[Entity] = frozenset()
    missing: frozenset[Entity] = frozenset()

    @property
    def is_exact(self) -> bool:
        """True when decoding gives what was encoded."""
        return not self.extra and not self.missing


def inversion(entities: Collection[Entity], *, max_paths: int = MAX_PATHS, steps: Steps | None = None) -> Inversion:
    """What becomes of a sentence's entities in a grid and back.

    Raises:
        DataError: They are too entangled to find out within ``steps``, or in some seconds.
    """
    if all(entity.is_contiguous for entity in entities):
        return Inversion()
    steps, relations = steps or Steps(MOST_STEPS), relations_of(entities)
    steps.spend(len(relations.edges))
    back, given = entities_of(relations, max_paths=max_paths, steps=steps), frozenset(entities)
    return Inversion(back - given, given - back)


def entities_to_leave_out(
    entities: Collection[Entity], *, longest_first: bool, max_paths: int = MAX_PATHS
) -> tuple[Entity, ...]:
    """The entities without which a grid gives back all others.

    They are found one at a time: of the discontinuous entities that have a part in what comes back wrongly, the one with the
    fewest or the most tokens. Entities that do not overlap, over others either, have no influence on one another.

    Args:
        entities: Of one sentence.
        longest_first: Leave out those with the most tokens before those with fewer.
        max_paths: As in decoding.

    Returns:
        What to leave out, in the order in which it was found; contiguous entities are never among it.

    Raises:
        DataError: They are too entangled to find out in some seconds.
    """
    steps, left_out = Steps(MOST_STEPS), []
    for group in _overlapping(entities):
        while not (found := inversion(group, max_paths=max_paths, steps=steps)).is_exact:
            involved = sorted(_involved(group, found))
            sign = -1 if longest_first else 1
            chosen = min(involved, key=lambda entity: sign * _n_tokens(entity))
            group.remove(chosen)
            left_out.append(chosen)
    return tuple(left_out)


def _overlapping(entities: Collection[Entity]) -> Iterator[set[Entity]]:
    """The entities in groups that share no tokens, each from where one starts to where another ends."""
    group: set[Entity] = set()
    end = 0
    for entity in sorted(entities):
        if entity.start >= end and group:
            yield group
            group = set()
        group.add(entity)
        end = max(end, entity.end)
    yield group


def _involved(entities: Collection[Entity], found: Inversion) -> Iterator[Entity]:
    """The discontinuous entities without which something would not come back wrongly.

    There is one: a wrong path either skips tokens, by an edge that only a discontinuous entity brings, or it goes from token
    to token between the ends of a discontinuous one; and of contiguous entities none is missing, for theirs is the smallest
    path.
    """
    wrong = relations_of(found.extra)
    for entity in entities:
        if not entity.is_contiguous:
            ends = wrong.pairs.get((entity.start, entity.end - 1), ())
            if entity in found.missing or entity.type in ends or not wrong.edges.isdisjoint(relations_of([entity]).edges):
                yield entity


def _n_tokens(entity: Entity) -> int:
    return sum(part.end - part.start for part in entity.fragments)
