from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from cnerkit.nn.cooccurrence import count_cooccurrences


def counted(sentences, window):
    tokens = np.array([token for sentence in sentences for token in sentence], np.int32)
    found = count_cooccurrences(tokens, np.array([len(sentence) for sentence in sentences], np.int64), window)
    pairs = list(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    return dict(zip(pairs, found.counts.tolist(), strict=True))


def by_definition(sentences, window):
    """A plain loop over pairs of places."""
    total = Counter()
    for sentence in sentences:
        for one, other in combinations(range(len(sentence)), 2):
            if other - one <= window:
                total[sentence[one], sentence[other]] += 1 / (other - one)
                total[sentence[other], sentence[one]] += 1 / (other - one)
    return total


@pytest.mark.parametrize("window", [1, 2, 5, 100])
@pytest.mark.parametrize("n_distinct", [1, 3, 40])
def test_counts_are_those_of_a_loop_over_pairs_of_places(window, n_distinct):
    random = np.random.default_rng(0)
    sentences = [random.integers(0, n_distinct, length).tolist() for length in (9, 0, 1, 30, 2)]
    expected = by_definition(sentences, window)
    found = counted(sentences, window)
    assert found.keys() == expected.keys()
    assert all(found[pair] == pytest.approx(expected[pair], rel=1e-12) for pair in expected)


def test_closer_tokens_count_more_and_sentences_are_apart():
    assert counted([[0, 1, 2], [0, 3]], 2) == {
        (0, 1): 1, (1, 0): 1, (1, 2): 1, (2, 1): 1, (0, 2): 0.5, (2, 0): 0.5, (0, 3): 1, (3, 0): 1
    }  # fmt: skip


def test_a_token_beside_itself_counts_in_both_orders():
    assert counted([[0, 0]], 15) == {(0, 0): 2}


@pytest.mark.parametrize("sentences", [[], [[]], [[0], [1]]], ids=["no-sentence", "no-token", "one-token-each"])
def test_tokens_without_neighbours_have_no_pairs(sentences):
    assert counted(sentences, 15) == {}


def test_some_pairs_are_those_at_the_places():
    found = count_cooccurrences(np.array([0, 1, 2], np.int32), np.array([3]), 2).some(np.array([5, 0]))
    assert (found.rows.tolist(), found.columns.tolist(), found.counts.tolist(), len(found)) == ([2, 0], [1, 1], [1, 1], 2)


def test_nonsense_is_refused():
    tokens = np.array([0, 1], np.int32)
    with pytest.raises(ValueError, match="got a window of 0, and lengths of 2 for 2 tokens"):
        count_cooccurrences(tokens, np.array([2]), 0)
    with pytest.raises(ValueError, match="got a window of 1, and lengths of 3 for 2 tokens"):
        count_cooccurrences(tokens, np.array([3]), 1)
