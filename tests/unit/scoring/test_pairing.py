"""Overlaps and best pairings against their definitions."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from cnerkit.scoring.pairing import best_pairing, extent, overlapping
from cnerkit.text import Entity, Fragment

SPANS = st.tuples(st.integers(0, 7), st.integers(1, 3)).map(lambda span: Fragment(span[0], span[0] + span[1]))
ONE_FRAGMENT = st.builds(lambda part: Entity((part,), "PER"), SPANS)
TWO_FRAGMENTS = st.builds(
    lambda at, gap: Entity((Fragment(at, at + 1), Fragment(at + gap, at + gap + 1)), "PER"),
    st.integers(0, 4),
    st.integers(2, 4),
)
ENTITIES = st.lists(ONE_FRAGMENT | TWO_FRAGMENTS, max_size=6, unique=True)


def tokens(entity):
    return {token for part in entity.fragments for token in range(part.start, part.end)}


@given(first=ENTITIES.map(sorted), second=ENTITIES)
def test_entities_overlap_when_they_share_a_token(first, second):
    expected = {
        (one, other)
        for (one, left), (other, right) in product(enumerate(first), enumerate(second))
        if tokens(left) & tokens(right)
    }
    found = list(overlapping(first, second))
    assert (set(found), len(found)) == (expected, len(expected))


@given(entity=ONE_FRAGMENT | TWO_FRAGMENTS)
def test_the_extent_has_a_bit_for_each_token(entity):
    assert extent(entity) == sum(2**token for token in tokens(entity))


def largest_sum(weights, taken=frozenset()):
    """The definition: every left side stays alone or takes a right side that is free."""
    if not weights:
        return 0
    first, *rest = weights
    paired = (weight + largest_sum(rest, taken | {right}) for right, weight in first.items() if right not in taken)
    return max([largest_sum(rest, taken), *paired])


@given(weights=st.lists(st.dictionaries(st.integers(0, 4), st.integers(1, 6), max_size=4), max_size=5))
def test_no_one_to_one_pairing_weighs_more(weights):
    pairs = best_pairing(weights)
    assert len(set(pairs.values())) == len(pairs)
    assert sum(weights[left][right] for left, right in pairs.items()) == largest_sum(weights)


def test_a_long_chain_of_overlaps_is_paired_without_deep_recursion():
    weights = [*({place - 1: 1, place: 1} for place in range(1, 3000)), {0: 1}]
    assert best_pairing(weights) == {place: place + 1 for place in range(2999)} | {2999: 0}
