"""Grids in files: entities there and back in both flavours, and refusals that name sentence, entities and cells."""

import io
import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.overlap import Overlap
from cnerkit.corpora.records import RecordReader, json_line
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.grids import LACKING, WHY_LEFT_OUT, grid_losses, grid_record, parse_grid

FLAVOURS = pytest.mark.parametrize("flavour", ["crener", "w2ner"])


def over(tokens, type_):
    """The entity over some tokens, given by their numbers."""
    tokens = sorted(tokens)
    breaks = [0, *(at for at in range(1, len(tokens)) if tokens[at] - tokens[at - 1] > 1), len(tokens)]
    return Entity(tuple(Fragment(tokens[start], tokens[end - 1] + 1) for start, end in pairwise(breaks)), type_)


def reader_of(*records):
    content = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    return RecordReader(TextSource(io.BytesIO(content.encode()), "grids.jsonl"), parse_grid, ids="train")


@st.composite
def sentences(draw):
    """Words with any entities, discontinuous ones among them, of types with dashes and slashes."""
    tokens = draw(st.lists(st.sampled_from(["雨", "Regen", "дождь", "😀"]), min_size=1, max_size=9))
    places = st.sets(st.integers(0, len(tokens) - 1), min_size=1)
    entities = draw(st.frozensets(st.builds(over, places, st.sampled_from(["PER", "a-b", "/x/y"])), max_size=8))
    return Sentence("train-1", tuple(tokens), entities, draw(st.sampled_from(["", " ", "|"])))


@FLAVOURS
@given(sentence=sentences(), policy=st.sampled_from([Overlap.OUTERMOST, Overlap.INNERMOST]))
def test_what_a_policy_leaves_of_a_sentence_is_written_and_read_as_it_is(flavour, sentence, policy):
    lost = grid_losses(sentence, policy)
    kept = replace(sentence, entities=sentence.entities - lost.keys())
    assert list(reader_of(grid_record(kept, flavour))) == [kept]
    assert not any(entity.is_contiguous for entity in lost)
    assert set(lost.values()) <= {WHY_LEFT_OUT}


@given(sentence=sentences())
def test_a_sentence_is_refused_by_the_writer_exactly_when_something_would_be_left_out(sentence):
    if grid_losses(sentence, Overlap.OUTERMOST):
        for refused in (lambda: grid_record(sentence, "crener"), lambda: grid_losses(sentence, Overlap.ERROR)):
            with pytest.raises(DataError, match=r"^a grid of its entities would be read with \d+ entit(y|ies) more: "):
                refused()
    else:
        assert grid_losses(sentence, Overlap.ERROR) == {}
        assert list(reader_of(grid_record(sentence, "crener"))) == [sentence]


def test_cells_are_written_in_order_with_the_names_of_their_labels():
    sentence = Sentence("3", tuple("沈括生"), frozenset({over([0, 1], "PER"), over([2], "EVT")}))
    assert grid_record(sentence, "crener") == {
        "id": "3",
        "tokens": ["沈", "括", "生"],
        "joiner": "",
        "cells": [
            [0, 1, "NNC"],
            [0, 1, "HTC-PER"],
            [1, 0, "PNC"],
            [1, 0, "THC-PER"],
            [2, 2, "THC-EVT"],
            [2, 2, "HTC-EVT"],
        ],
    }
    w2ner = grid_record(replace(sentence, joiner=" "), "w2ner")
    assert w2ner == {"id": "3", "tokens": ["沈", "括", "生"], "cells": [[0, 1, "NNW"], [1, 0, "THW-PER"], [2, 2, "THW-EVT"]]}


def test_a_record_without_cells_is_annotated_and_other_fields_come_back():
    record = {"id": 5, "tokens": ["Regen"], "cells": [], "page": 9}
    (sentence,) = reader_of(record)
    assert sentence.entities == frozenset()
    assert grid_record(sentence, "w2ner") == record


# 手 、 脚 腕 肿 、 痛: 手腕痛 and 脚腕肿痛 share 腕 and 痛.
CROSSING = Sentence("train-8", tuple("手、脚腕肿、痛"), frozenset({over([0, 3, 6], "SYM"), over([2, 3, 4, 6], "SYM")}))


@pytest.mark.parametrize("policy", [Overlap.ERROR, Overlap.LAYERS])
def test_entities_that_would_come_back_with_others_are_refused_by_name(policy):
    with pytest.raises(DataError) as caught:
        grid_losses(CROSSING, policy)
    assert str(caught.value) == (
        "a grid of its entities would be read with 2 entities more: "
        "SYM '手 腕肿 痛' over [0, 1) and [3, 5) and [6, 7); SYM '脚腕 痛' over [2, 4) and [6, 7)\n"
        "fix: say --overlap outermost or innermost to leave discontinuous entities out until it is read right, or --scheme span"
    )


@pytest.mark.parametrize(
    ("policy", "expected"), [(Overlap.OUTERMOST, over([0, 3, 6], "SYM")), (Overlap.INNERMOST, over([2, 3, 4, 6], "SYM"))]
)
def test_outermost_leaves_out_the_shortest_and_innermost_the_longest(policy, expected):
    assert grid_losses(CROSSING, policy) == {expected: WHY_LEFT_OUT}


def test_only_the_first_of_many_entities_are_named():
    crossing = {over([at, 4, 5 + at], "T") for at in range(4)} | {over([a, 5 + b], "T") for a in range(4) for b in range(4)}
    with pytest.raises(DataError) as caught:
        grid_losses(Sentence("1", ("w",) * 9, frozenset(crossing)), Overlap.ERROR)
    assert "read with 12 entities more: T 'w w w' over [0, 1) and [4, 5) and [6, 7); T" in caught.value.what
    assert caught.value.what.endswith("[8, 9); and 9 more")


def test_entities_that_would_not_come_back_are_refused_by_name():
    entities = frozenset({Entity.span(0, 15, "T"), over(range(0, 15, 2), "T")})
    with pytest.raises(
        DataError, match="read without 1 of them, since too many paths join their ends: T 'w w w w w w w w' over"
    ):
        grid_losses(Sentence("1", ("w",) * 15, entities), Overlap.ERROR)


def test_a_sentence_that_is_not_annotated_is_refused():
    with pytest.raises(DataError, match=r"^the sentence is not annotated\nfix: give every sentence its entities"):
        grid_record(Sentence("1", ("w",)), "crener")


def cells(*given, tokens="abcd"):
    return {"tokens": list(tokens), "cells": list(map(list, given))}


WHOLE = [(0, 1, "NNC"), (1, 0, "PNC"), (1, 0, "THC-X"), (0, 1, "HTC-X")]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        pytest.param(cells((0, 1, "NNX")), "'NNX' is no label of a grid", id="unknown"),
        pytest.param(cells((0, 1, "NNC-X")), "'NNC-X' is no label of a grid", id="edge-with-a-type"),
        pytest.param(cells((0, 1, "THC")), "'THC' is no label of a grid", id="end-without-a-type"),
        pytest.param(
            cells(*WHOLE, (0, 1, "NNW")), "'HTC-X' and 'NNW' are labels of different kinds of grids", id="both-flavours"
        ),
        pytest.param(cells(*WHOLE[:2]), 'no entity explains the cell [0, 1, "NNC"] (and 1 more in this record)', id="no-ends"),
        pytest.param(cells(*WHOLE[1:]), 'no entity explains the cell [0, 1, "HTC-X"] (and 2 more in this record)', id="no-nnc"),
        pytest.param(cells(*WHOLE, (2, 0, "NNC")), 'no entity explains the cell [2, 0, "NNC"]', id="wrong-side"),
        pytest.param(cells(*WHOLE, (3, 3, "NNC")), 'no entity explains the cell [3, 3, "NNC"]', id="next-to-itself"),
        pytest.param(
            cells((0, 2, "NNW"), (3, 0, "THW-X")), 'no entity explains the cell [0, 2, "NNW"] (and 1 more', id="w2ner"
        ),
        pytest.param(cells((0, 9, "NNW")), "the cell [0, 9] is outside of the grid of 4 tokens", id="outside"),
    ],
)
def test_a_grid_that_entities_do_not_explain_is_refused_with_its_line(record, message):
    with pytest.raises(DataError) as caught:
        list(reader_of(cells(*WHOLE), record))
    assert caught.value.where == "grids.jsonl:2:1"
    assert caught.value.what.startswith(message)
    assert caught.value.fix


def test_one_cell_of_two_is_enough_for_the_ends_of_an_entity_and_is_noted():
    whole, half = reader_of(cells(*WHOLE)), reader_of(cells(*WHOLE[:3]))
    assert list(whole) == list(half) == [Sentence("train-1", tuple("abcd"), frozenset({Entity.span(0, 2, "X")}), " ")]
    assert (whole.notes, half.notes) == ({}, {LACKING: 1})


def test_ends_that_too_many_paths_join_are_refused_by_their_tokens():
    dense = [(a, b, "NNW") for b in range(20) for a in range(b)]
    with pytest.raises(DataError) as caught:
        list(reader_of(cells(*dense, (19, 0, "THW-X"), (2, 0, "THW-X"), tokens="a" * 20)))
    assert str(caught.value) == (
        "grids.jsonl:1:1: more than 64 paths lead from token 0 to token 19, "
        "so that the entities of the type X there cannot be told\n"
        "fix: take out the cells that belong to no entity; or use a format that lists the tokens of each entity"
    )


@pytest.mark.parametrize("flavour", ["crener", "w2ner"])
def test_a_sentence_of_a_hundred_thousand_tokens_is_written_and_read(flavour):
    sentence = Sentence("1", ("字",) * 100_000, frozenset({over([3, 99_998], "X"), Entity.span(50_000, 50_009, "Y")}))
    assert parse_grid(json.loads(json_line(grid_record(sentence, flavour), sentence)), "1", Counter()) == sentence


NAMES = st.sampled_from(["NNC", "PNC", "THC-X", "HTC-X", "NNW", "THW-X"])
ODD = st.none() | st.booleans() | st.integers(-2, 12) | st.floats() | st.text(max_size=3) | NAMES
NUMBERS = st.integers(0, 5)
CELLS = st.lists(st.tuples(NUMBERS, NUMBERS, NAMES).map(list) | st.lists(ODD, max_size=4) | ODD, max_size=12)


@given(st.fixed_dictionaries({}, optional={"tokens": st.just(list("abcdef")) | ODD, "joiner": ODD, "cells": CELLS | ODD}))
def test_any_record_is_read_or_refused_with_a_fix(record):
    try:
        sentence = parse_grid(record, "1", Counter())
    except DataError as error:
        refusal = error
    else:
        refusal = None
        assert sentence.entities is not None
    assert refusal is None or refusal.fix


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(["NNW", "THW-X", "THW-Y"])).map(list), max_size=8))
def test_what_is_read_of_well_formed_cells_is_written_as_the_same_cells(given_cells):
    with suppress(DataError):
        sentence = parse_grid({"tokens": list("abcdef"), "cells": given_cells}, "1", Counter())
        assert sorted(grid_record(sentence, "w2ner")["cells"]) == sorted(map(list, set(map(tuple, given_cells))))
