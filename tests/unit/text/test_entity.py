"""Entities: what they refuse, and how they compare."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 2), (-1, 2)], ids=["empty", "reversed", "negative"])
def test_a_fragment_that_holds_no_token_is_refused(start, end):
    with pytest.raises(DataError, match=rf"fragment \[{start}, {end}\) is empty or negative\nfix: .*end is exclusive"):
        Fragment(start, end)


@pytest.mark.parametrize(
    "parts", [((0, 2), (2, 3)), ((0, 3), (1, 4)), ((4, 5), (0, 1))], ids=["touching", "overlapping", "out-of-order"]
)
def test_fragments_must_be_sorted_and_apart(parts):
    with pytest.raises(DataError, match="overlap, touch or are out of order"):
        Entity(tuple(Fragment(*part) for part in parts), "PER")


def test_an_entity_needs_a_fragment_and_a_type():
    with pytest.raises(DataError, match="has no fragment"):
        Entity((), "PER")
    with pytest.raises(DataError, match="entity at 2 has no type"):
        Entity.span(2, 3, "")


def test_entities_are_equal_by_value_whatever_made_them():
    assert {Entity.span(0, 2, "PER"), Entity((Fragment(0, 2),), "PER")} == {Entity.span(0, 2, "PER")}
    assert Entity.span(0, 2, "PER") != Entity.span(0, 2, "ORG")


@given(st.lists(st.integers(1, 5), min_size=2, max_size=8))
def test_the_hull_of_an_entity_reaches_from_its_first_to_its_last_token(steps):
    edges = [sum(steps[: i + 1]) for i in range(len(steps) - len(steps) % 2)]
    entity = Entity(tuple(Fragment(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)), "X")
    assert (entity.start, entity.end) == (edges[0], edges[-1])
    assert entity.is_contiguous == (len(edges) == 2)
