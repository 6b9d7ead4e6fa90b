"""Counts and the ratios made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.scoring.counts import Counts, harmonic_mean

NUMBERS = st.integers(0, 10**6)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_precision_recall_and_f1_are_the_shares_that_they_are_defined_as(right, invented, missed):
    counts = Counts(right, invented, missed)
    assert counts.precision == (right / (right + invented) if right + invented else 0)
    assert counts.recall == (right / (right + missed) if right + missed else 0)
    assert counts.f1 == pytest.approx(harmonic_mean(counts.precision, counts.recall), rel=1e-12)


def test_nothing_gold_and_nothing_predicted_scores_zero():
    nothing = Counts()
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)


def test_the_harmonic_mean_of_two_zeros_is_zero():
    assert harmonic_mean(0, 0) == 0


def test_counts_add_up():
    assert Counts(1, 2, 3) + Counts(10, 20, 30) == Counts(11, 22, 33)


def test_support_is_what_is_gold_and_predicted_what_is_not_missed():
    assert (Counts(5, 2, 1).support, Counts(5, 2, 1).predicted) == (6, 7)
