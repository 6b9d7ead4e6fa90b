"""Grids of both flavours: labels, cells and arrays there and back, and decoding any cells against its definition."""

import tracemalloc
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.grid import EdgeRule, GridCodec, PairRule
from cnerkit.codecs.grid_labels import GridFlavour, split_label
from cnerkit.codecs.grid_paths import Overflow
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence

TYPES = ("LOC", "PER", "职务-兼")
FLAVOURS = pytest.mark.parametrize("flavour", list(GridFlavour))


def over(tokens, type_):
    """The entity over some tokens, given by their numbers."""
    breaks = [0, *(at for at in range(1, len(tokens)) if tokens[at] - tokens[at - 1] > 1), len(tokens)]
    return Entity(tuple(Fragment(tokens[start], tokens[end - 1] + 1) for start, end in pairwise(breaks)), type_)


def sentence_of(entities, length=9):
    return Sentence("train-1", ("字",) * length, frozenset(entities))


def named(codec, cells):
    """Cells with the names of their labels."""
    return {(row, column, codec.labels[label]) for row, column, label in cells}


@st.composite
def contiguous(draw):
    """Contiguous entities of any kind: flat, nested, crossing, several types over one span."""
    spans = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 9), st.sampled_from(TYPES)), max_size=12))
    return frozenset(Entity.span(start, min(9, start + length), type_) for start, length, type_ in spans)


def test_labels_are_those_of_consecutive_tokens_and_then_of_ends_with_types_by_name():
    assert GridCodec(["PER", "LOC", "PER"]).labels == ("NNC", "PNC", "THC-LOC", "THC-PER", "HTC-LOC", "HTC-PER")
    assert GridCodec(["PER", "LOC"], GridFlavour.W2NER).labels == ("NNW", "THW-LOC", "THW-PER")
    assert GridCodec(["b", "a"]) == GridCodec(("a", "b"))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        pytest.param("NNC", ("crener", "NNC", ""), id="nnc"),
        pytest.param("PNC", ("crener", "PNC", ""), id="pnc"),
        pytest.param("HTC-Work-Video", ("crener", "HTC", "Work-Video"), id="type-with-a-dash"),
        pytest.param("THC--", ("crener", "THC", "-"), id="type-is-a-dash"),
        pytest.param("NNW", ("w2ner", "NNW", ""), id="nnw"),
        pytest.param("THW-地名", ("w2ner", "THW", "地名"), id="thw"),
        *(
            pytest.param(label, None, id=label or "empty")
            for label in ("", "THC", "THC-", "NNC-", "NNC-PER", "HTW-PER", "-PER")
        ),
    ],
)
def test_a_label_is_taken_apart_or_is_none(label, expected):
    found = split_label(label)
    assert (found and (found.flavour, found.relation.name, found.type)) == expected
    assert found is None or str(found) == label


# 东 、 西 湖 区: two districts that share their last two characters, and the lake in the second of them.
DISTRICTS = frozenset({over([0, 3, 4], "LOC"), over([2, 3, 4], "LOC"), over([2, 3], "PER")})


def test_entities_that_share_their_tail_are_written_as_the_union_of_their_cells():
    codec = GridCodec(["LOC", "PER"])
    edges = {(0, 3), (2, 3), (3, 4)}
    expected = {(a, b, "NNC") for a, b in edges} | {(b, a, "PNC") for a, b in edges}
    expected |= {(4, 0, "THC-LOC"), (0, 4, "HTC-LOC"), (4, 2, "THC-LOC"), (2, 4, "HTC-LOC")}
    expected |= {(3, 2, "THC-PER"), (2, 3, "HTC-PER")}
    cells = codec.encode(sentence_of(DISTRICTS, 5))
    assert named(codec, cells) == expected
    assert cells == sorted(set(cells))
    assert codec.decode(cells) == DISTRICTS


def test_w2ner_writes_edges_above_the_diagonal_and_ends_below_it():
    codec = GridCodec(["LOC", "PER"], GridFlavour.W2NER)
    grid = codec.encode_array(sentence_of(DISTRICTS, 5))
    nnw, loc, per = 1, 2, 3
    expected = [
        [0, 0, 0, nnw, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, nnw, 0],
        [0, 0, per, 0, nnw],
        [loc, 0, loc, 0, 0],
    ]
    assert grid.tolist() == expected
    assert grid.dtype == np.int16
    assert codec.decode_array(grid) == DISTRICTS


@FLAVOURS
def test_an_entity_of_one_token_is_on_the_diagonal(flavour):
    codec, entities = GridCodec(["x"], flavour), {over([2], "x")}
    assert {cell[:2] for cell in codec.encode(sentence_of(entities))} == {(2, 2)}
    assert codec.decode(codec.encode(sentence_of(entities))) == entities


@FLAVOURS
@given(entities=contiguous())
def test_contiguous_entities_come_back_from_cells_whatever_their_overlaps_and_types(flavour, entities):
    codec = GridCodec(TYPES, flavour)
    assert codec.decode(codec.encode(sentence_of(entities))) == entities


@given(entities=contiguous())
def test_the_array_of_crener_has_the_cells_and_gives_the_entities_back(entities):
    codec, sentence = GridCodec(TYPES), sentence_of(entities)
    grid = codec.encode_array(sentence)
    assert (grid.shape, grid.dtype) == ((9, 9, 8), np.bool_)
    assert list(map(tuple, np.argwhere(grid).tolist())) == codec.encode(sentence)
    assert codec.decode_array(grid) == entities


@given(entities=contiguous())
def test_the_array_of_w2ner_has_the_cells_or_is_refused_when_types_share_their_ends(entities):
    codec, sentence = GridCodec(TYPES, GridFlavour.W2NER), sentence_of(entities)
    if len({(entity.start, entity.end) for entity in entities}) < len(entities):
        with pytest.raises(DataError, match=r"has the labels THW-.* and THW-.*, and a cell of w2ner's array holds one"):
            codec.encode_array(sentence)
        return
    grid = codec.encode_array(sentence)
    assert [(row, column, grid[row, column] - 1) for row, column in np.argwhere(grid).tolist()] == codec.encode(sentence)
    assert codec.decode_array(grid) == entities


def test_types_that_share_their_ends_are_refused_by_name_and_place():
    entities = {over([1, 2], "PER"), over([1, 2], "LOC")}
    with pytest.raises(DataError) as caught:
        GridCodec(["LOC", "PER"], GridFlavour.W2NER).encode_array(sentence_of(entities))
    assert str(caught.value) == (
        "train-1: the cell [2, 1] has the labels THW-LOC and THW-PER, and a cell of w2ner's array holds one\n"
        "fix: drop or rename one of the types with data.types, or choose a model with crener's grid"
    )


@FLAVOURS
@pytest.mark.parametrize("length", [0, 1, 4])
def test_a_sentence_without_entities_has_an_empty_grid(flavour, length):
    codec, sentence = GridCodec(["x"], flavour), sentence_of((), length)
    assert codec.encode(sentence) == []
    grid = codec.encode_array(sentence)
    assert grid.shape[:2] == (length, length)
    assert not grid.any()
    assert codec.decode_array(grid) == codec.decode([]) == frozenset()


@FLAVOURS
def test_a_grid_cut_out_of_a_padded_batch_is_read_as_if_it_were_alone(flavour):
    codec = GridCodec(["LOC", "PER"], flavour)
    grid = codec.encode_array(sentence_of(DISTRICTS, 5))
    batch = np.ones((2, 8, 8, *grid.shape[2:]), grid.dtype)
    batch[1, :5, :5] = grid
    assert codec.decode_array(batch[1, :5, :5]) == DISTRICTS


@st.composite
def any_cells(draw):
    """A codec of any rules, and any cells of a sentence of six tokens."""
    flavour = draw(st.sampled_from(GridFlavour))
    codec = GridCodec(
        ["x", "y"],
        flavour,
        max_paths=draw(st.integers(1, 5)),
        edge_rule=draw(st.sampled_from(EdgeRule)),
        pair_rule=draw(st.sampled_from(PairRule)),
    )
    edges = [(a, b) for a in range(6) for b in range(a + 1, 6)]
    consecutive = draw(st.sets(st.sampled_from(edges)))
    places = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, len(codec.labels) - 1))
    mirrored = {(b, a, 1) for a, b in consecutive} if flavour is GridFlavour.CRENER else set()
    return codec, {(a, b, 0) for a, b in consecutive} | mirrored | draw(st.sets(places, max_size=20))


def read_by_definition(codec, cells):
    """Entities and overflows of six tokens by definition: each set of tokens whose neighbours and ends are related."""
    on = named(codec, cells)

    def related(head, tail, forward, backward, rule):
        first, second = (head, tail, forward) in on, (tail, head, backward) in on
        return {"and": first and second, "or": first or second, "nnc": first, "thc": second}[rule]

    def is_entity(tokens, type_):
        if codec.flavour is GridFlavour.W2NER:
            edges = all((a, b, "NNW") in on for a, b in pairwise(tokens))
            return edges and (tokens[-1], tokens[0], f"THW-{type_}") in on
        edges = all(related(a, b, "NNC", "PNC", codec.edge_rule) for a, b in pairwise(tokens))
        return edges and related(tokens[0], tokens[-1], f"HTC-{type_}", f"THC-{type_}", codec.pair_rule)

    by_ends = {}
    for size in range(1, 7):
        for tokens in combinations(range(6), size):
            for type_ in codec.types:
                if is_entity(tokens, type_):
                    by_ends.setdefault((tokens[0], tokens[-1], type_), []).append(tokens)
    entities, overflows = set(), set()
    for (head, tail, type_), paths in by_ends.items():
        if len(paths) > codec.max_paths:
            overflows.add(Overflow(head, tail, type_))
        read = [min(paths)] if len(paths) > codec.max_paths else paths
        entities |= {over(tokens, type_) for tokens in read}
    return entities, overflows


@given(any_cells())
def test_any_cells_are_read_as_the_definition_says_under_every_rule_and_bound(case):
    codec, cells = case
    overflows = []
    assert (codec.decode(cells, overflows), set(overflows)) == read_by_definition(codec, cells)
    assert len(overflows) == len(set(overflows))


@given(any_cells())
def test_an_array_is_read_as_its_cells_are(case):
    codec, cells = case
    if codec.flavour is GridFlavour.CRENER:
        grid = np.zeros((6, 6, len(codec.labels)), np.bool_)
        for cell in cells:
            grid[cell] = True
    else:
        cells = {(row, column, label) for (row, column), label in {cell[:2]: cell[2] for cell in cells}.items()}
        grid = np.zeros((6, 6), np.int16)
        for row, column, label in cells:
            grid[row, column] = label + 1
    from_array, from_cells = [], []
    assert codec.decode_array(grid, from_array) == codec.decode(cells, from_cells)
    assert sorted(from_array) == sorted(from_cells)


def test_scores_of_crener_are_on_above_the_threshold():
    codec, entities = GridCodec(["x"]), {over([0, 1], "x")}
    scores = np.where(codec.encode_array(sentence_of(entities, 2)), 1.5, -1.5)
    assert codec.decode_scores(scores) == codec.decode_scores(scores, 1.4) == entities
    assert codec.decode_scores(scores, 1.5) == frozenset()
    assert codec.decode_scores(np.zeros((2, 2, 4))) == frozenset()


def test_the_greatest_score_of_a_cell_decides_in_w2ner():
    codec = GridCodec(["x", "y"], GridFlavour.W2NER)
    scores = np.zeros((2, 2, 4))
    scores[..., 0] = 1.0
    scores[0, 1] = [-9.0, -1.0, -8.0, -7.0]
    scores[1, 0] = [1.0, 3.0, 2.0, 4.0]
    assert codec.decode_scores(scores) == {over([0, 1], "y")}


@FLAVOURS
def test_an_array_of_another_shape_is_the_callers_mistake(flavour):
    with pytest.raises(ValueError, match=r"^a grid of 3 tokens must have the shape \(3, 3.*\), not \(3, 4, 9\)$"):
        GridCodec(["x"], flavour).decode_array(np.zeros((3, 4, 9)))


@FLAVOURS
def test_a_sentence_that_is_not_annotated_or_has_another_type_is_refused(flavour):
    codec = GridCodec(["PER", "LOC"], flavour)
    with pytest.raises(DataError, match=r"^train-7: the sentence is not annotated\nfix: train on annotated sentences only$"):
        codec.encode(Sentence("train-7", ("字",)))
    with pytest.raises(DataError, match=r"^train-1: the type 'GPE' is not among those of the model: LOC, PER\n"):
        codec.encode_array(sentence_of({over([0], "GPE")}))


@FLAVOURS
def test_cells_take_memory_for_the_entities_and_not_for_the_square_of_the_sentence(flavour):
    codec = GridCodec(["x"], flavour)
    sentence = sentence_of({over([5, 6, 99_990], "x"), over([40_000], "x")}, 100_000)
    tracemalloc.start()
    back = codec.decode(codec.encode(sentence))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert back == sentence.entities
    assert peak < 1_000_000
