from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.nn.encoders.windows import windows_over


def offsets_of(per_token):
    return np.concatenate(([0], np.cumsum(per_token, dtype=np.int64)))


def context(token, window, n_tokens):
    """Tokens of context on the poorer side; the ends of the sentence lack none."""
    left = token - window.start if window.start else n_tokens
    right = window.end - 1 - token if window.end < n_tokens else n_tokens
    return min(left, right)


@st.composite
def layouts(draw):
    capacity = draw(st.integers(1, 12))
    per_token = draw(st.lists(st.integers(1, capacity), min_size=1, max_size=80))
    return per_token, capacity, draw(st.integers(0, 20))


@given(layouts())
def test_every_token_is_owned_once_by_a_window_that_holds_it_and_fits_the_encoder(layout):
    per_token, capacity, overlap = layout
    windows = windows_over(offsets_of(per_token), capacity, overlap)
    assert [token for window in windows for token in range(window.own_start, window.own_end)] == list(range(len(per_token)))
    for window in windows:
        assert 0 <= window.start <= window.own_start <= window.own_end <= window.end <= len(per_token)
        assert 1 <= sum(per_token[window.start : window.end]) <= capacity


@given(n_tokens=st.integers(1, 200), capacity=st.integers(1, 20), overlap=st.integers(0, 30))
def test_a_tokens_vector_comes_from_the_window_in_which_it_is_most_central(n_tokens, capacity, overlap):
    windows = windows_over(offsets_of([1] * n_tokens), capacity, overlap)
    for window in windows:
        for token in range(window.own_start, window.own_end):
            rivals = [rival for rival in windows if rival.start <= token < rival.end]
            assert context(token, window, n_tokens) == max(context(token, rival, n_tokens) for rival in rivals)


@given(n_tokens=st.integers(1, 200), capacity=st.integers(2, 20), overlap=st.integers(0, 30))
def test_neighbours_share_the_overlap_or_half_a_window_and_all_are_full(n_tokens, capacity, overlap):
    windows = windows_over(offsets_of([1] * n_tokens), capacity, overlap)
    for before, after in pairwise(windows):
        assert before.end - after.start >= min(overlap, capacity // 2)
        assert before.end - before.start == after.end - after.start == capacity


@pytest.mark.parametrize(
    ("per_token", "capacity", "overlap", "expected"),
    [
        pytest.param([1] * 10, 10, 4, [(0, 10, 0, 10)], id="just-fits"),
        pytest.param([1] * 11, 10, 4, [(0, 10, 0, 5), (1, 11, 5, 11)], id="one-too-long"),
        pytest.param([1] * 22, 10, 4, [(0, 10, 0, 8), (6, 16, 8, 14), (12, 22, 14, 22)], id="three-windows"),
        pytest.param([4, 4, 4], 10, 0, [(0, 2, 0, 1), (1, 3, 1, 3)], id="cut-at-a-token-border"),
        pytest.param([10, 10], 10, 5, [(0, 1, 0, 1), (1, 2, 1, 2)], id="tokens-as-long-as-the-encoder"),
    ],
)
def test_windows_are_cut_as_drawn_on_paper(per_token, capacity, overlap, expected):
    windows = windows_over(offsets_of(per_token), capacity, overlap)
    assert [(window.start, window.end, window.own_start, window.own_end) for window in windows] == expected


def test_tokens_with_many_pieces_do_not_multiply_the_windows():
    windows = windows_over(offsets_of([10] * 300), capacity=100, overlap=64)
    assert len(windows) <= 300 * 10 / 50 + 1
