"""Holm's adjustment against the definition that it is a shortcut for."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.scoring.multiplicity import holm


def closed(p_values):
    """The closed test: a null is rejected when every intersection that it is part of is, each by Bonferroni."""
    places = range(len(p_values))
    sets = [chosen for size in range(1, len(p_values) + 1) for chosen in combinations(places, size)]
    whole = {chosen: min(1.0, len(chosen) * min(p_values[place] for place in chosen)) for chosen in sets}
    return [max(p for chosen, p in whole.items() if place in chosen) for place in places]


@given(st.lists(st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.04, 0.05, 0.3, 0.9, 1.0]), max_size=5))
def test_adjusted_p_values_are_those_of_the_closed_test(p_values):
    assert list(holm(p_values)) == pytest.approx(closed(p_values), abs=1e-15)


def test_a_single_p_value_stays_as_it_is():
    assert holm([0.03]) == (0.03,)


def test_the_order_is_that_of_the_tests():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx((0.06, 0.03, 0.06))
