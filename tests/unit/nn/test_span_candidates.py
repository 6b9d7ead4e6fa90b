"""Spans that may be entities, and those drawn among them that are none, against slow readings of the definitions."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.nn.span_candidates import Negatives, spans_up_to

EVERYTHING = Negatives(near=10_000, far=10_000)


def by_definition(max_length, n_tokens):
    return [[start, end] for start in range(n_tokens) for end in range(start + 1, min(n_tokens, start + max_length) + 1)]


@given(st.integers(1, 12), st.integers(0, 12))
def test_candidates_are_all_spans_up_to_the_length_by_start_and_end(max_length, n_tokens):
    assert spans_up_to(max_length, n_tokens).tolist() == by_definition(max_length, n_tokens)


@pytest.mark.parametrize("max_length", [0, -3])
def test_a_length_that_no_span_has_is_refused(max_length):
    with pytest.raises(ValueError, match=f"spans of at most {max_length} tokens are none"):
        spans_up_to(max_length, 5)


places = st.tuples(st.integers(0, 9), st.integers(1, 6)).map(lambda drawn: (drawn[0], min(10, sum(drawn))))


@given(st.frozensets(places, max_size=4), st.integers(1, 6))
def test_when_enough_are_wanted_all_spans_that_are_no_entity_are_drawn(entities, max_length):
    drawn = EVERYTHING.draw(10, max_length, entities).tolist()
    assert drawn == [span for span in by_definition(max_length, 10) if tuple(span) not in entities]


@given(st.frozensets(places, min_size=1, max_size=4), st.integers(1, 6))
def test_near_ones_share_a_token_with_an_entity(entities, max_length):
    drawn = Negatives(near=10_000, far=0).draw(10, max_length, entities).tolist()
    touching = [
        [start, end]
        for start, end in by_definition(max_length, 10)
        if (start, end) not in entities and any(start < other_end and begin < end for begin, other_end in entities)
    ]
    assert drawn == touching


@pytest.mark.parametrize(
    ("entities", "count"),
    [pytest.param([], 4, id="as-if-one"), pytest.param([(0, 1)], 4, id="one"), pytest.param([(0, 1), (5, 9)], 8, id="two")],
)
def test_far_ones_are_as_many_for_each_entity_and_for_a_sentence_without(entities, count):
    assert len(Negatives(near=0, far=4).draw(30, 9, entities)) == count


def test_what_is_drawn_follows_from_torchs_seed_and_changes_with_it():
    def drawn(seed):
        torch.manual_seed(seed)
        return Negatives(near=2, far=3).draw(40, 12, [(3, 7), (20, 22)]).tolist()

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert len(drawn(1)) <= 10
