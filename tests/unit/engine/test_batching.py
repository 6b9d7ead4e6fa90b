from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cnerkit.engine.batching import Budget, cut_by_length, epoch_batches, grouped

lengths_of_sentences = st.lists(st.integers(0, 60), max_size=200)
budgets = st.builds(Budget, st.integers(1, 200), st.none() | st.integers(1, 12), st.none() | st.integers(1, 9000))


@given(lengths_of_sentences, budgets, st.integers(0, 5), st.integers(0, 5))
def test_each_sentence_with_tokens_is_in_one_batch_and_empty_ones_in_none(lengths, budget, seed, epoch):
    batches = epoch_batches(lengths, budget, seed=seed, epoch=epoch)
    assert sorted(place for batch in batches for place in batch) == [place for place, length in enumerate(lengths) if length]


@given(lengths_of_sentences, budgets)
def test_no_batch_of_several_sentences_is_over_the_budget(lengths, budget):
    for batch in epoch_batches(lengths, budget, seed=1, epoch=0):
        padded = len(batch) * max(lengths[place] for place in batch)
        assert len(batch) == 1 or padded <= budget.tokens
        assert len(batch) <= (budget.sentences or len(batch))
        cells = len(batch) * max(lengths[place] for place in batch) ** 2
        assert len(batch) == 1 or budget.cells is None or cells <= budget.cells


def test_a_sentence_over_the_budget_is_a_batch_alone():
    assert cut_by_length(range(4), [3, 50, 3, 4], Budget(10)) == [(1,), (3, 0), (2,)]


@given(lengths_of_sentences, budgets, st.integers(0, 5), st.integers(0, 5))
def test_batches_follow_from_seed_and_epoch_alone(lengths, budget, seed, epoch):
    first = epoch_batches(lengths, budget, seed=seed, epoch=epoch)
    assert first == epoch_batches(list(lengths), budget, seed=seed, epoch=epoch)


def test_every_epoch_and_every_seed_has_its_own_order():
    lengths = [number % 30 + 1 for number in range(500)]
    orders = [epoch_batches(lengths, Budget(100), seed=seed, epoch=epoch) for seed in range(3) for epoch in range(3)]
    assert len({tuple(order) for order in orders}) == 9


def test_cells_bound_long_sentences_where_tokens_bound_short_ones():
    lengths = [100] * 8 + [10] * 8
    assert [len(batch) for batch in cut_by_length(range(16), lengths, Budget(400, cells=20000))] == [2, 2, 2, 2, 8]


def test_little_of_a_batch_of_cells_is_padding():
    lengths = [(number * 37) % 100 + 1 for number in range(5000)]
    batches = epoch_batches(lengths, Budget(10**9, cells=65_536), seed=1, epoch=0)
    padded = sum(len(batch) * max(lengths[place] for place in batch) ** 2 for batch in batches)
    assert padded < 1.07 * sum(length**2 for length in lengths)


def test_batches_come_in_random_order_of_length():
    lengths = [number % 50 + 1 for number in range(2000)]
    longest = [max(lengths[place] for place in batch) for batch in epoch_batches(lengths, Budget(300), seed=1, epoch=0)]
    rises = sum(one < other for one, other in pairwise(longest))
    assert 0.3 < rises / len(longest) < 0.7


def test_little_of_a_batch_is_padding():
    lengths = [(number * 37) % 100 + 1 for number in range(5000)]
    batches = epoch_batches(lengths, Budget(1024), seed=1, epoch=0)
    padded = sum(len(batch) * max(lengths[place] for place in batch) for batch in batches)
    assert padded < 1.05 * sum(lengths)


def test_groups_are_consecutive_and_the_last_may_be_smaller():
    batches = [(1,), (2,), (3,), (4,), (5,)]
    assert grouped(batches, 2) == [[(1,), (2,)], [(3,), (4,)], [(5,)]]
