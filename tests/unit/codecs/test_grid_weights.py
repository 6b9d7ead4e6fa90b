"""Entities of a grid with weights, and which of them stay when none may overlap."""

import pytest

from cnerkit.codecs.grid import EdgeRule, GridCodec, PairRule
from cnerkit.codecs.grid_labels import GridFlavour
from cnerkit.codecs.overlap import heaviest
from cnerkit.text import Entity, Fragment

LONG, SHORT = Entity.span(0, 3, "LOC"), Entity.span(1, 2, "ORG")
BROKEN = Entity((Fragment(0, 1), Fragment(2, 3)), "LOC")


def weighed(codec, named, overflows=None):
    cells = [(row, column, codec.labels.index(label)) for row, column, label, _ in named]
    return codec.decode_weighted(cells, [weight for *_, weight in named], overflows)


NAMED = [
    (0, 1, "NNC", 0.9),
    (1, 0, "PNC", 0.8),
    (1, 2, "NNC", 0.7),
    (2, 1, "PNC", 0.95),
    (2, 0, "THC-LOC", 0.6),
    (0, 2, "HTC-LOC", 0.75),
]


@pytest.mark.parametrize(
    ("edge_rule", "pair_rule", "expected"),
    [
        pytest.param("and", "or", 0.7, id="the-weakest-edge"),
        pytest.param("and", "and", 0.6, id="both-ends-count"),
        pytest.param("and", "thc", 0.6, id="the-first-end-counts"),
        pytest.param("or", "or", 0.75, id="the-better-of-two-counts"),
        pytest.param("nnc", "or", 0.7, id="the-first-edge-counts"),
    ],
)
def test_an_entity_weighs_as_much_as_the_weakest_relation_that_the_rules_ask_for(edge_rule, pair_rule, expected):
    codec = GridCodec(("LOC", "ORG"), edge_rule=EdgeRule(edge_rule), pair_rule=PairRule(pair_rule))
    assert weighed(codec, NAMED) == {LONG: expected}


def test_what_is_on_for_one_of_two_labels_counts_where_either_will_do():
    codec = GridCodec(("LOC", "ORG"))
    assert weighed(codec, [*NAMED[:4], (0, 2, "HTC-LOC", 0.99), (1, 1, "THC-ORG", 0.55)]) == {LONG: 0.7, SHORT: 0.55}


def test_edges_that_skip_tokens_count():
    codec = GridCodec(("LOC", "ORG"))
    assert weighed(codec, [(0, 2, "NNC", 0.9), (2, 0, "PNC", 0.51), (2, 0, "THC-LOC", 0.8)]) == {BROKEN: 0.51}


def test_grids_with_one_label_for_each_relation_are_weighed_too():
    codec = GridCodec(("LOC", "ORG"), GridFlavour.W2NER)
    assert weighed(codec, [(0, 1, "NNW", 0.4), (1, 2, "NNW", 0.9), (2, 0, "THW-LOC", 0.6), (1, 1, "THW-ORG", 0.3)]) == {
        LONG: 0.4,
        SHORT: 0.3,
    }


def test_the_entities_are_those_of_the_cells_and_overflows_are_told():
    codec = GridCodec(("LOC",), max_paths=2)
    cells = [cell for a in range(5) for b in range(a + 1, 5) for cell in ((a, b, 0), (b, a, 1))] + [(4, 0, 2)]
    plain, weighted = [], []
    assert set(codec.decode_weighted(cells, [0.6] * len(cells), weighted)) == codec.decode(cells, plain)
    assert plain == weighted != []
    assert codec.decode_weighted([], []) == {}


def test_the_heaviest_of_those_that_share_a_token_stays():
    assert heaviest({LONG: 0.7, SHORT: 0.9, BROKEN: 0.6}) == {SHORT: 0.9, BROKEN: 0.6}
    assert heaviest({LONG: 0.9, SHORT: 0.7, BROKEN: 0.6}) == {LONG: 0.9}


def test_of_equal_weights_the_first_in_the_text_stays():
    later = Entity.span(1, 3, "LOC")
    assert heaviest({later: 0.5, LONG: 0.5}) == {LONG: 0.5}
