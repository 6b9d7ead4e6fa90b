"""Stretches of tags between O's."""

from collections import Counter
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.stretches import count_stretches, stretches


@given(st.lists(st.sampled_from(["O", "O", "O", "B-x", "I-x", "B-y", "PER", ""])))
def test_stretches_are_the_groups_of_neighbours_that_are_not_o(tags):
    expected, start = [], 0
    for outside, group in groupby(tags, key="O".__eq__):
        stretch = tuple(group)
        if not outside:
            expected.append((start, stretch))
        start += len(stretch)
    assert list(stretches(tags)) == list(stretches(tuple(tags))) == expected


@given(st.lists(st.lists(st.sampled_from(["O", "O", "B-x", "I-x", "B-O", "PER", "", "OO", "OB-x", "B-x\nI-x", "o"]))))
def test_stretches_of_many_sentences_are_counted_as_they_are_found_one_by_one(sentences):
    assert count_stretches(sentences) == Counter(stretch for tags in sentences for _, stretch in stretches(tags))
