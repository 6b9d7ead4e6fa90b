"""Overlaps are counted as the definition says, and quickly; an example of each kind is found."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.overlaps import Overlaps, first_of
from cnerkit.text import Entity, Fragment

_STARTS = st.integers(0, 12)
_ENTITIES = st.builds(
    lambda start, length, type_: Entity.span(start, start + length, type_), _STARTS, st.integers(1, 8), st.sampled_from("ab")
)


def kind_of(one, other):
    """The definition, for one pair of hulls."""
    if (one.start, one.end) == (other.start, other.end):
        return "same_span"
    if one.end <= other.start or other.end <= one.start:
        return None
    within = (one.start <= other.start and other.end <= one.end) or (other.start <= one.start and one.end <= other.end)
    return "nested" if within else "crossing"


def tally(*sentences):
    found = Overlaps()
    for entities in sentences:
        found.add(entities)
    return found


@given(st.sets(_ENTITIES, max_size=9))
def test_counts_and_examples_are_those_of_all_pairs(entities):
    pairs = [kind_of(one, other) for one, other in combinations(entities, 2)]
    found = tally(entities)
    for kind in ("nested", "crossing", "same_span"):
        assert getattr(found, kind) == pairs.count(kind)
        example = first_of(entities, kind)
        assert bool(example) == (kind in pairs)
        assert not example or kind_of(*example) == kind


def test_sentences_add_up_and_fragments_count_by_their_hull():
    split = Entity((Fragment(0, 1), Fragment(3, 4)), "症状")
    assert tally({split}, {split, Entity.span(1, 2, "部位")}, frozenset()) == Overlaps(nested=1, discontinuous=2)
    assert first_of([Entity.span(1, 2, "部位"), split], "discontinuous") == (split,)


@pytest.mark.parametrize("count", [20_000])
def test_deep_nesting_is_counted_without_looking_at_every_pair(count):
    found = tally([Entity.span(at, 2 * count - at, "层") for at in range(count)])
    assert found == Overlaps(nested=count * (count - 1) // 2)
