from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.label_nodes import NOTHING, LabelNodes
from cnerkit.codecs.soft_labels import SoftLabels
from cnerkit.text import TypeHierarchy

SLASHES = TypeHierarchy("/")
TYPES = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join), min_size=1, max_size=6, unique=True)


def nodes_of(*types, hierarchy=SLASHES):
    labels = SoftLabels(types, hierarchy).labels
    return labels, LabelNodes(labels)


def test_flat_types_have_a_level_of_letters_and_one_of_types():
    _, nodes = nodes_of("PER", "a/b", hierarchy=None)
    assert nodes.levels == ((NOTHING, ("B",), ("I",), ("E",), ("S",)), (NOTHING, ("PER",), ("a/b",)))
    assert nodes.label_index[0] == (0, 5)
    assert nodes.label_index[5] == (1, 7)
    assert nodes.child_parent == ()


def test_a_name_under_two_parents_is_two_nodes():
    _, nodes = nodes_of("a/x", "b/x")
    assert nodes.levels[2] == (NOTHING, ("a", "x"), ("b", "x"))
    assert nodes.child_parent == ((9, 6), (10, 7))


@given(TYPES)
def test_a_label_is_told_by_its_nodes_and_each_is_below_the_one_before(types):
    labels, nodes = nodes_of(*types)
    assert len(set(nodes.label_index)) == len(labels)
    starts = [0, *accumulate(nodes.sizes)]
    parents = dict(nodes.child_parent)
    for label, row in zip(labels, nodes.label_index, strict=True):
        named = [nodes.levels[level][number - starts[level]] for level, number in enumerate(row)]
        assert named[0] == ((label.segment,) if label.segment else NOTHING)
        assert [node for node in named[1:] if node] == [label.path[:level] for level in range(1, label.level + 1)]
        for level in range(2, label.level + 1):
            assert parents[row[level]] == row[level - 1]
