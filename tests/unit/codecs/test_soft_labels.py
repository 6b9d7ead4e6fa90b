import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.soft_labels import HierarchicalLabel, SoftLabels
from cnerkit.codecs.tags import TagCodec
from cnerkit.errors import DataError
from cnerkit.text import TypeHierarchy

SLASHES = TypeHierarchy("/")
# No name stands at two levels: each level has letters of its own, as in FiNE.
PATHS = st.one_of(
    st.tuples(st.sampled_from("ab")),
    st.tuples(st.sampled_from("ab"), st.sampled_from("cde")),
    st.tuples(st.sampled_from("ab"), st.sampled_from("cde"), st.sampled_from("fgh")),
)
INVENTORIES = st.lists(PATHS, min_size=1, max_size=6, unique=True).map(lambda paths: tuple("/".join(path) for path in paths))


def definition(truth, candidate, *, beta, gamma, gate):
    """The worth of a candidate as the specification words it, for labels as (letter, path)."""
    if truth == candidate:
        return 1.0
    if not truth[0] or not candidate[0]:
        return 0.0
    agree = truth[0] == candidate[0] or any(one == other for one, other in zip(truth[1], candidate[1], strict=False))
    if gate == "related" and not agree:
        return 0.0
    miss = max(len(truth[1]) - len(candidate[1]), 0)
    wrong = (truth[0] != candidate[0]) + len(set(candidate[1]) - set(truth[1]))
    return beta ** -(miss + gamma * wrong)


@given(INVENTORIES, st.sampled_from([1.5, 2.0, 4.0]), st.sampled_from([1.5, 2.0]), st.sampled_from(["related", "none"]))
def test_the_matrix_is_what_the_definition_gives_for_each_two_labels(types, beta, gamma, gate):
    found = SoftLabels(types, SLASHES, beta=beta, gamma=gamma, gate=gate)
    pairs = [(label.segment, label.path) for label in found.labels]
    expected = [[definition(one, other, beta=beta, gamma=gamma, gate=gate) for other in pairs] for one in pairs]
    np.testing.assert_allclose(found.worth, expected, rtol=1e-12)


@given(INVENTORIES)
def test_comparing_names_at_their_level_is_the_same_where_no_name_stands_at_two(types):
    by_set, by_level = SoftLabels(types, SLASHES), SoftLabels(types, SLASHES, match="level")
    by_set.refuse_ambiguous()
    np.testing.assert_array_equal(by_set.worth, by_level.worth)


@given(INVENTORIES)
def test_the_matrix_is_symmetric_between_labels_of_equal_depth_and_o_is_worth_nothing_but_to_itself(types):
    found = SoftLabels(types, SLASHES)
    level = np.array([label.level for label in found.labels])
    same = level[:, None] == level[None, :]
    np.testing.assert_array_equal(found.worth[same], found.worth.T[same])
    assert found.worth[0].tolist() == found.worth[:, 0].tolist() == [1.0] + [0.0] * 4 * len(types)


@given(INVENTORIES)
def test_with_gamma_2_the_worth_is_beta_to_the_rank(types):
    found = SoftLabels(types, SLASHES, beta=3.0, gamma=2.0)
    np.testing.assert_allclose(found.worth, 3.0**found.ranks, rtol=1e-12)


def test_labels_are_in_the_order_of_the_codecs_tags():
    types = ("work/video", "person")
    tags = TagCodec(types, Scheme.BIOES).tags
    assert [HierarchicalLabel.parse(tag, SLASHES) for tag in tags] == list(SoftLabels(types, SLASHES).labels)


def test_without_a_hierarchy_a_type_is_one_name_whatever_it_holds():
    found = SoftLabels(("PER.NAM", "PER.NOM", "a/b"))
    assert {label.level for label in found.labels[1:]} == {1}
    assert found.worth[1, 5] == 4.0**-2  # B-PER.NAM for B-PER.NOM: only the letter agrees
    assert found.worth[1, 6] == 0


def test_a_category_called_as_a_segment_letter_is_no_letter():
    found = SoftLabels(("S", "B"))
    s_s, b_s = found.labels.index(HierarchicalLabel("S", ("S",))), found.labels.index(HierarchicalLabel("B", ("S",)))
    assert found.wrong[s_s, b_s] == 1
    i_b, b_s = found.labels.index(HierarchicalLabel("I", ("B",))), found.labels.index(HierarchicalLabel("B", ("S",)))
    assert (found.wrong[b_s, i_b], found.worth[b_s, i_b]) == (2, 0)


def test_a_name_at_two_levels_is_refused_where_names_are_compared_as_sets():
    types = ("A/X", "X/A")
    with pytest.raises(DataError) as caught:
        SoftLabels(types, SLASHES).refuse_ambiguous()
    assert str(caught.value).startswith("the category name 'A' stands at the levels 1 and 2 of the hierarchy")
    assert "data.types" in caught.value.fix
    by_level = SoftLabels(types, SLASHES, match="level")
    by_level.refuse_ambiguous()
    assert by_level.worth[1, 5] == 4.0**-4


def test_a_type_of_four_levels_is_refused():
    with pytest.raises(DataError, match=r"the type '/a/b/c/d' has 4 levels\nfix: map it to a type of at most 3 levels"):
        SoftLabels(("/a/b/c/d",), SLASHES)


def test_a_type_with_a_nameless_level_is_refused():
    with pytest.raises(DataError, match="the type '/a//b' has a level without a name"):
        SoftLabels(("/a//b",), SLASHES)


def test_ranks_put_the_truth_first_and_what_is_worth_nothing_last():
    found = SoftLabels(("a", "a/c"), SLASHES)
    assert found.ranks[0, 1:].tolist() == [-math.inf] * 8
    deep, parent = found.labels.index(HierarchicalLabel("B", ("a", "c"))), found.labels.index(HierarchicalLabel("B", ("a",)))
    assert found.ranks[deep, deep] == 0
    assert found.ranks[deep, parent] == -1  # a level is missing
    assert found.ranks[parent, deep] == -2  # a name is wrong
