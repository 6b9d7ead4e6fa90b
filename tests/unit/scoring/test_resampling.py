"""Intervals and tests of micro F1 against plain loops, other libraries and full enumeration."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats

from cnerkit.errors import DataError
from cnerkit.scoring import resampling
from cnerkit.scoring.resampling import approximate_randomisation, counts_of, interval, paired_difference
from cnerkit.text import Entity, Fragment


def random_counts(rng, *shape, ability=0.7):
    """Counts of (…, sentence, 3) with the same gold in every run."""
    gold = rng.poisson(2, shape[-1])
    right = rng.binomial(gold, ability, shape)
    return np.stack([right, right + rng.poisson(0.5, shape), np.broadcast_to(gold, shape)], axis=-1)


def equal_systems(rng, *shape):
    one, other = random_counts(rng, *shape), random_counts(rng, *shape)
    other[..., :2] += (one[..., 2] - other[..., 2])[..., None]
    other[..., 2] = one[..., 2]
    other[..., 0] = np.clip(other[..., 0], 0, other[..., 2])
    other[..., 1] = np.maximum(other[..., 1], other[..., 0])
    return one, other


def f1(rows):
    """The definition, of the counts of some sentences."""
    right, predicted, gold = (sum(int(row[place]) for row in rows) for place in range(3))
    return 2 * right / (predicted + gold) if predicted + gold else 0.0


def scipy_f1(right, predicted, gold, axis):
    return 2 * right.sum(axis) / (predicted.sum(axis) + gold.sum(axis))


def test_counts_are_of_sets_of_entities_in_each_sentence():
    person, gapped = Entity.span(0, 2, "PER"), Entity((Fragment(0, 1), Fragment(2, 3)), "PER")
    counts = counts_of([{person, gapped}, [], [person]], [[person, person], {gapped}, {Entity.span(0, 2, "LOC")}])
    assert counts.tolist() == [[1, 1, 2], [0, 1, 0], [0, 1, 1]]
    assert counts.dtype == np.int64


def test_counts_of_no_sentence_have_three_columns():
    assert counts_of([], []).shape == (0, 3)


def test_counts_of_unequally_many_sentences_are_refused():
    with pytest.raises(DataError, match="more gold sentences than predicted ones, which end after 1"):
        counts_of([[], []], [[]])


def test_the_interval_of_one_run_is_that_of_a_loop_over_the_same_draws():
    counts = random_counts(np.random.default_rng(1), 12)
    groups, sizes = np.unique(counts, axis=0, return_counts=True)
    draws = np.random.default_rng(5).multinomial(12, sizes / 12, 300)
    scores = [f1([row for row, times in zip(groups, draw, strict=True) for _ in range(times)]) for draw in draws]
    found = interval(counts, samples=300, seed=5, level=0.9)
    assert found.value == pytest.approx(f1(counts), abs=1e-12)
    assert (found.low, found.high) == pytest.approx(np.quantile(scores, [0.05, 0.95]), abs=1e-12)


def test_a_paired_difference_is_that_of_a_loop_over_the_same_draws():
    one, other = equal_systems(np.random.default_rng(2), 12)
    rows, sizes = np.unique(np.concatenate([one, other], axis=1), axis=0, return_counts=True)
    observed = f1(one) - f1(other)
    deviations = []
    for draw in np.random.default_rng(5).multinomial(12, sizes / 12, 300):
        drawn = np.repeat(rows, draw, axis=0)
        deviations.append(f1(drawn[:, :3]) - f1(drawn[:, 3:]) - observed)
    found = paired_difference(one, other, samples=300, seed=5)
    assert found.difference == pytest.approx(observed, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(observed + np.quantile(deviations, [0.025, 0.975]), abs=1e-12)
    extreme = sum(abs(deviation) * math.sqrt(12 / 11) >= abs(observed) - 1e-12 for deviation in deviations)
    assert found.p == (extreme + 1) / 301


def test_several_seeds_are_as_the_module_says_in_a_loop_over_the_same_draws():
    counts = random_counts(np.random.default_rng(3), 4, 15)
    rows, sizes = np.unique(counts.transpose(1, 0, 2).reshape(15, -1), axis=0, return_counts=True)
    generator = np.random.default_rng(5)
    by_seed = []
    for draw in generator.multinomial(15, sizes / 15, 200):
        drawn = np.repeat(rows, draw, axis=0).reshape(15, 4, 3)
        by_seed.append([f1(drawn[:, seed]) for seed in range(4)])
    observed = [f1(run) for run in counts]
    mean = math.fsum(observed) / 4
    means = [math.fsum(scores) / 4 for scores in by_seed]
    variance = math.fsum((each - mean) ** 2 for each in means) / 200
    about = [
        [score - each - (seen - mean) for score, seen in zip(scores, observed, strict=True)]
        for scores, each in zip(by_seed, means, strict=True)
    ]
    shared = math.fsum(value**2 for row in about for value in row) / 200 / 3 / 4
    shrink = math.sqrt(max(0.0, 1 - shared / variance))
    spread = math.sqrt(math.fsum((seen - mean) ** 2 for seen in observed) / 3 / 4)
    students = generator.standard_t(3, 200)
    drawn = [mean + shrink * (each - mean) + spread * t for each, t in zip(means, students, strict=True)]
    found = interval(counts, samples=200, seed=5)
    assert found.value == pytest.approx(mean, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=1e-10)


def test_the_interval_agrees_with_scipys_percentile_bootstrap():
    counts = random_counts(np.random.default_rng(4), 150)
    oracle = scipy.stats.bootstrap(
        tuple(counts.T),
        scipy_f1,
        paired=True,
        vectorized=True,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    found = interval(counts, samples=20_000)
    width = oracle.high - oracle.low
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.08 * width)


def test_many_equal_seeds_that_differ_by_nothing_are_one_seed():
    counts = random_counts(np.random.default_rng(5), 80)
    one, three = interval(counts), interval(np.stack([counts] * 3))
    assert (three.low, three.high) == pytest.approx((one.low, one.high), abs=1e-12)


def test_where_sentences_do_not_differ_several_seeds_have_the_t_interval_of_their_scores():
    sentence = np.array([[6, 10, 10], [7, 10, 10], [8, 10, 10], [7, 10, 10]])
    counts = np.repeat(sentence[:, None], 50, axis=1)
    scores = [0.6, 0.7, 0.8, 0.7]
    expected = scipy.stats.t(3, loc=0.7, scale=scipy.stats.sem(scores)).interval(0.9)
    found = interval(counts, samples=100_000, level=0.9)
    assert (found.low, found.high) == pytest.approx(expected, abs=0.003)


def test_paired_seeds_cancel_what_a_seed_does_to_both_systems():
    luck = np.array([0, 1, 3])[:, None]
    one = np.stack([np.full((3, 60), 5) + luck, np.full((3, 60), 10), np.full((3, 60), 10)], axis=2)
    other = one - np.array([1, 0, 0])
    found = paired_difference(one, other)
    assert (found.low, found.high) == pytest.approx((0.1, 0.1))
    assert found.p == 1 / 10_001


def test_a_test_of_identical_systems_has_p_1_and_one_of_opposite_systems_is_never_0():
    right = np.tile([1, 1, 1], (40, 1))
    assert paired_difference(right, right, samples=50).p == 1
    assert approximate_randomisation(right, right, samples=50) == 1
    wrong = np.tile([0, 1, 1], (40, 1))
    assert paired_difference(right, wrong, samples=50).p == 1 / 51
    assert approximate_randomisation(right, wrong, samples=50) == 1 / 51


def test_nothing_follows_from_a_single_sentence():
    right, wrong = np.array([[1, 1, 1]]), np.array([[0, 1, 1]])
    assert paired_difference(right, wrong, samples=50).p == approximate_randomisation(right, wrong, samples=50) == 1


@pytest.mark.parametrize("n_seeds", [1, 3])
def test_approximate_randomisation_comes_near_the_enumeration_of_every_exchange(n_seeds):
    one, other = equal_systems(np.random.default_rng(6), n_seeds, 10)

    def difference(swaps):
        swapped = np.array(swaps)[None, :, None]
        sides = np.where(swapped, other, one), np.where(swapped, one, other)
        return sum(f1(first) - f1(second) for first, second in zip(*sides, strict=True)) / n_seeds

    observed = abs(difference([False] * 10))
    every = [abs(difference(swaps)) >= observed - 1e-12 for swaps in itertools.product([False, True], repeat=10)]
    expected = sum(every) / len(every)
    assert 0.05 < expected < 0.95
    assert approximate_randomisation(one, other, samples=20_000) == pytest.approx(expected, abs=0.02)


def test_the_order_of_the_sentences_and_the_size_of_a_chunk_change_nothing(monkeypatch):
    one, other = equal_systems(np.random.default_rng(7), 2, 40)
    order = np.random.default_rng(8).permutation(40)
    whole = paired_difference(one, other, samples=100), approximate_randomisation(one, other, samples=100)
    shuffled = one[:, order], other[:, order]
    assert (paired_difference(*shuffled, samples=100), approximate_randomisation(*shuffled, samples=100)) == whole
    monkeypatch.setattr(resampling, "_AT_ONCE", 90)
    assert (paired_difference(one, other, samples=100), approximate_randomisation(one, other, samples=100)) == whole


def test_another_seed_draws_other_samples_and_the_same_seed_the_same():
    counts = random_counts(np.random.default_rng(9), 50)
    assert interval(counts, seed=1) == interval(counts, seed=1) != interval(counts, seed=2)


def test_sentences_without_entities_score_zero_with_an_interval_of_zero():
    assert interval(np.zeros((5, 3), dtype=np.int64)) == resampling.Interval(0.0, 0.0, 0.0)


def test_no_interval_leaves_the_scale():
    counts = np.repeat(np.array([[1, 10, 10], [10, 10, 10]])[:, None], 20, axis=1)
    assert (interval(counts).low, interval(counts).high) == (0.0, 1.0)
    found = paired_difference(counts, counts[::-1])
    assert (found.low, found.high) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("n_seeds", "luck"),
    [pytest.param(1, 0.0, id="one"), pytest.param(3, 0.0, id="three"), pytest.param(3, 1.0, id="three-that-differ-much")],
)
def test_about_one_in_twenty_true_nulls_is_rejected(n_seeds, luck):
    rng, rejected = np.random.default_rng(10), 0
    for number in range(100):
        gold = rng.poisson(1.5, 60)
        systems = []
        for _ in range(2):
            found = 1 / (1 + np.exp(-1 - luck * rng.standard_normal((n_seeds, 1)) - rng.standard_normal(60)))
            right = rng.binomial(gold, found)
            systems.append(np.stack([right, right + rng.poisson(0.3, right.shape), np.broadcast_to(gold, right.shape)], axis=2))
        rejected += paired_difference(*systems, samples=199, seed=number).p <= 0.05
    assert rejected <= 13, "100 times 5 % is 5, with a deviation of 2.2"


def test_no_sentence_is_refused():
    for nothing in (np.zeros((0, 3), dtype=np.int64), np.zeros((2, 0, 3), dtype=np.int64)):
        with pytest.raises(DataError, match="there is no sentence to draw from\nfix: score a split that has sentences"):
            interval(nothing)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda c: interval(c[:, :2]), r"\(seed, sentence, 3\), and these are \(4, 2\)", id="columns"),
        pytest.param(lambda c: interval(c[:0, None]), r"and these are \(0, 1, 3\)", id="no-seed"),
        pytest.param(lambda c: interval(c, samples=0), "at least 1 sample is drawn, not 0", id="samples"),
        pytest.param(lambda c: interval(c, level=1.0), "between 0 and 1, and 1.0 is not", id="level"),
        pytest.param(lambda c: paired_difference(c, c[:3]), r"these have \(4, 3\) and \(3, 3\)", id="lengths"),
        pytest.param(
            lambda c: approximate_randomisation(c, c + np.array([0, 0, 1])),
            r"sentence 0 has \[1 2\] gold entities",
            id="other-gold",
        ),
        pytest.param(lambda c: approximate_randomisation(c, c, samples=0), "at least 1 sample is drawn, not 0", id="swaps"),
    ],
)
def test_counts_that_do_not_fit_are_refused_with_their_values(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones((4, 3), dtype=np.int64))
