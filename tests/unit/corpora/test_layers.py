"""Columns with several tags per token: rows of each layer, odd lines, and the text of a file."""

import io
import re
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.columns import Layout
from cnerkit.corpora.layers import LayerReader, layered_text
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError

TWO = Layout("\t", 3, more_tags=(2,))
ENDED = Layout("\t", 4, more_tags=(2,))
NUMBERED = Layout("\t", 4, token=1, tag=2, more_tags=(3,), header="#")


def reader_of(text, layout=TWO):
    return LayerReader(TextSource(io.BytesIO(text.encode()), "x"), layout)


def read(text, layout=TWO):
    """Token and tags of each line, sentence by sentence."""
    sentences = list(reader_of(text, layout))
    assert not any(rows.problems for layers in sentences for rows in layers)
    assert all(rows.tokens == layers[0].tokens and rows.lines == layers[0].lines for layers in sentences for rows in layers)
    return [list(zip(layers[0].tokens, *(rows.tags for rows in layers), strict=True)) for layers in sentences]


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        pytest.param("北\tB-地\tB-校\n大\tO\tI-校\n\n在\tO\tO\n", TWO, id="token-first"),
        pytest.param("北\tB-地\tB-校\t\n大\tO\tI-校\t\n\n在\tO\tO\t\n\n\n", ENDED, id="a-tab-at-the-end-of-each-line"),
        pytest.param("#\turl\t[date]\t\n1\t北\tB-地\tB-校\n2\t大\tO\tI-校\n\n#\turl\n1\t在\tO\tO\n", NUMBERED, id="numbers"),
        pytest.param("-DOCSTART-\tO\tO\n\n北\tB-地\tB-校\n大\tO\tI-校\n-DOCSTART-\tO\tO\n在\tO\tO\n", TWO, id="documents"),
        pytest.param("北 B-地  B-校\n大 O I-校\n\n\n在 O O", Layout(" ", 3, more_tags=(2,)), id="spaces"),
    ],
)
def test_each_column_of_tags_is_a_layer_of_the_same_tokens(text, layout):
    assert read(text, layout) == [[("北", "B-地", "B-校"), ("大", "O", "I-校")], [("在", "O", "O")]]


def test_a_header_is_told_by_its_first_column_so_that_its_sign_can_be_a_token():
    reader = reader_of("#\turl\t[date]\t\n1\t#\tO\tO\n2\t#\tB-校\tO\n\n", NUMBERED)
    ((outer, _),) = reader
    assert (outer.tokens, list(outer.tags)) == (("#", "#"), ["O", "B-校"])
    assert reader.repairs == {"header lines, left out": 1}


def test_without_headers_in_its_layout_a_file_can_begin_a_line_with_their_sign():
    assert read("#\tO\tO\n北\tO\tO\n") == [[("#", "O", "O"), ("北", "O", "O")]]


def test_a_token_that_nobody_can_see_is_a_token():
    assert read("\u200e\tB-校\tO\n") == [[("\u200e", "B-校", "O")]]


def test_empty_columns_at_the_end_of_a_line_are_left_out_and_counted():
    reader = reader_of("北\tB-地\tB-校\t\n大\tO\tI-校\n京\tO\tO\t\t\n")
    ((inner, outer),) = reader
    assert (inner.tokens, list(outer.tags)) == (("北", "大", "京"), ["B-校", "I-校", "O"])
    assert reader.repairs == {"empty columns at the end of a line, left out": 2}


@pytest.mark.parametrize("broken", ["", "京\n"], ids=["quick", "careful"])
def test_the_place_of_a_tag_is_that_of_its_own_column(broken):
    ((first, second),) = reader_of(f"北京\tB-地点\tB-校\n大\tO\tI-校\n{broken}")
    assert [first.place(at) for at in range(2)] == [(1, 4), (2, 3)]
    assert [second.place(at) for at in range(2)] == [(1, 9), (2, 5)]


@pytest.mark.parametrize(
    ("line", "column", "what", "fix"),
    [
        pytest.param("北\tO", 4, "expected 3 columns separated by a tab, got 2: '北\\tO'", "write one token", id="too-few"),
        pytest.param("北\tO\tO\tX", 7, "expected 3 columns separated by a tab, got 4", "write one token", id="too-many"),
        pytest.param("北 O O", 6, "expected 3 columns separated by a tab, got 1", "others by a tab", id="spaces"),
        pytest.param("\tO\tO", 1, "the token is empty", "write the token before its tag", id="no-token"),
        pytest.param("北\t\tO", 3, "the tag of '北' is empty", "write O", id="no-first-tag"),
        pytest.param("北\tO\t", 5, "the tag of '北' is empty", "write O", id="no-second-tag"),
    ],
)
def test_a_line_that_does_not_fit_is_one_problem_and_missing_in_all_layers(line, column, what, fix):
    ((first, second),) = reader_of(f"京\tO\tO\n{line}\n大\tO\tO\n")
    (problem,) = first.problems
    assert problem.what.startswith(what)
    assert fix in problem.fix
    assert (problem.line, problem.column) == (2, column)
    assert second.problems == ()
    assert first.tokens == second.tokens == ("京", "大")


tokens = st.text(st.characters(exclude_characters="\t\n\0", exclude_categories=["Cs"]), min_size=1, max_size=3)
tags = st.sampled_from(["O", "B-校", "I-地 名/a"])
rows = st.lists(st.tuples(tokens.filter("-DOCSTART-".__ne__), tags, tags, tags), min_size=1, max_size=5)


@given(sentences=st.lists(st.tuples(rows, st.integers(1, 3)), min_size=1, max_size=5))
def test_what_is_written_is_read_again_with_as_many_columns_as_the_most_layers(sentences):
    parts = []
    for lines, n_layers in sentences:
        words, *layers = zip(*lines, strict=True)
        parts.append((words, layers[:n_layers]))
    most = max(n_layers for _, n_layers in sentences)
    text = "".join(layered_text(parts))
    layout = Layout("\t", 1 + most, more_tags=tuple(range(2, 1 + most)))
    expected = [[(*line[: 1 + n_layers], *["O"] * (most - n_layers)) for line in lines] for lines, n_layers in sentences]
    assert read(text, layout) == expected


def test_a_file_without_sentences_is_empty():
    assert list(layered_text([])) == []


@pytest.mark.parametrize(
    ("words", "layers", "what"),
    [
        pytest.param(["a", "b\t"], [["O", "O"]], r"token 1 is 'b\t', which a line cannot hold", id="token"),
        pytest.param(["a"], [["B-x\n"]], r"a line cannot hold the tag 'B-x\n'", id="tag"),
        pytest.param(["a"], [["O"], ["B-\tx"]], r"a line cannot hold the tag 'B-\tx'", id="tag-of-another-layer"),
        pytest.param([], [[]], "a sentence without tokens cannot be written in lines", id="no-tokens"),
    ],
)
def test_what_lines_cannot_hold_is_refused_by_name(words, layers, what):
    with pytest.raises(DataError, match=f"^{re.escape(what)}"):
        list(layered_text([(words, layers)]))


def test_a_disk_without_room_for_the_temporary_file_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(CnerkitError, match=r"nowhere: cannot write"):
        list(layered_text([(["a"], [["O"]])]))


lines = st.text(st.sampled_from("北#\t\t\t \nO-B校1"), max_size=60)


@given(text=lines, layout=st.sampled_from([TWO, ENDED, NUMBERED, Layout(" ", 3, more_tags=(2,))]))
def test_whatever_the_lines_hold_every_line_is_a_row_a_problem_or_between_sentences(text, layout):
    text += "\n北"
    sentences = list(reader_of(text, layout))
    n_rows = sum(len(layers[0].tokens) + len(layers[0].problems) for layers in sentences)
    assert n_rows == sum(not layout.is_between(line) for line in text.split("\n"))
    assert all(len({rows.tokens for rows in layers}) == 1 for layers in sentences)
