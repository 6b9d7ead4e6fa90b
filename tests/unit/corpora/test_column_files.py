"""Lines of tokens and tags: layouts, rows, quirks, and writing them back."""

import io
import itertools
import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.columns import Layout, Row, split_position
from cnerkit.corpora.conll import ColumnReader, ConllWriter
from cnerkit.corpora.problems import Problems
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError

TAB, SPACE = Layout("\t"), Layout(" ")


def rows_of(text, layout=TAB, *, surrogates=False, **quirks):
    data = text.encode("utf-8", "surrogatepass")
    return list(ColumnReader(TextSource(io.BytesIO(data), "x", surrogates=surrogates), layout, **quirks))


def read(text, layout=TAB, **quirks):
    rows = rows_of(text, layout, **quirks)
    assert not any(each.problems for each in rows)
    return [list(zip(each.tokens, each.tags, strict=True)) for each in rows]


@pytest.mark.parametrize(
    ("line", "layout", "token", "tag", "tag_column"),
    [
        pytest.param("李\tB-PER", TAB, "李", "B-PER", 3, id="tab"),
        pytest.param("李 B-PER", SPACE, "李", "B-PER", 3, id="space"),
        pytest.param("李   B-PER", SPACE, "李", "B-PER", 5, id="several-spaces"),
        pytest.param("  O", SPACE, " ", "O", 3, id="token-is-a-space"),
        pytest.param(" \tO", TAB, " ", "O", 3, id="token-is-a-space-before-a-tab"),
        pytest.param("\u3000 O", SPACE, "\u3000", "O", 3, id="token-is-an-ideographic-space"),
        pytest.param("\u2028\tO", TAB, "\u2028", "O", 3, id="token-is-a-line-separator"),
        pytest.param("New York\tB-LOC", TAB, "New York", "B-LOC", 10, id="space-inside-a-token"),
        pytest.param("李\tNR\tB-PER", Layout("\t", 3, tag=2), "李", "B-PER", 6, id="last-of-three"),
        pytest.param("1  李 B-PER O", Layout(" ", 4, token=1, tag=2), "李", "B-PER", 6, id="chosen-of-four"),
        pytest.param("科0\tO", Layout("\t", indexed=True), "科", "O", 4, id="position"),
        pytest.param("310\tO", Layout("\t", indexed=True), "3", "O", 5, id="digit-with-position-10"),
        pytest.param("10\tO", Layout("\t", indexed=True), "1", "O", 4, id="digit-with-position-0"),
        pytest.param("\ufffd\ufffd0\tO", Layout("\t", indexed=True), "\ufffd", "O", 5, id="destroyed-half-of-an-emoji"),
        pytest.param("\ufffd7\tO", Layout("\t", indexed=True), "\ufffd", "O", 4, id="single-replacement-character"),
        pytest.param("\ufe0f0\tO", Layout("\t", indexed=True), "\ufe0f", "O", 4, id="variation-selector"),
    ],
)
def test_a_line_is_read_by_its_layout(line, layout, token, tag, tag_column):
    assert layout.parse(line, 1) == Row(token, tag, tag_column)


@pytest.mark.parametrize(
    ("line", "layout", "column", "what", "fix"),
    [
        pytest.param(
            "李", TAB, 2, "expected 2 columns separated by a tab, got 1: '李'", "write one token and its tag", id="missing"
        ),
        pytest.param(
            "李 O", TAB, 4, "expected 2 columns separated by a tab, got 1", "separated by spaces, others by a tab", id="other"
        ),
        pytest.param("李\tNR\tO", TAB, 6, "expected 2 columns separated by a tab, got 3", "write one token", id="too-many"),
        pytest.param("\tO", TAB, 1, "the token is empty", "write the token before its tag", id="empty-token"),
        pytest.param(" O", SPACE, 1, "the token is empty", "write the token before its tag", id="empty-token-before-space"),
        pytest.param("李\t", TAB, 3, "the tag of '李' is empty", "write O", id="empty-tag"),
        pytest.param("   ", SPACE, 4, "expected 2 columns separated by spaces, got 1", "write one token", id="only-spaces"),
        pytest.param(
            "科\tO", Layout("\t", indexed=True), 1, "expected a character and its position, got '科'", "中0", id="position"
        ),
        pytest.param(
            "科²\tO", Layout("\t", indexed=True), 1, "expected a character and its position", "--from conll", id="superscript"
        ),
    ],
)
def test_a_line_that_does_not_fit_says_what_where_and_what_next(line, layout, column, what, fix):
    problem = layout.parse(line, 7)
    assert problem.what.startswith(what)
    assert fix in problem.fix
    assert (problem.line, problem.column) == (7, column)


@pytest.mark.parametrize("field", ["", "科", "科a", "0", "科1a", "科٣", "科1" + "0" * 9])
def test_a_field_without_a_position_has_none(field):
    assert split_position(field) is None


def test_sentences_end_at_empty_lines_however_many_and_at_the_end():
    assert read("\n\n李\tO\n\n\n\n白\tO\n爱\tO") == [[("李", "O")], [("白", "O"), ("爱", "O")]]


def test_lines_that_begin_a_document_are_left_out_and_end_a_sentence():
    assert read("-DOCSTART- -X- O\n\n李 N O\n-DOCSTART- -X- O\n白 N O\n", Layout(" ", 3, tag=2)) == [
        [("李", "O")],
        [("白", "O")],
    ]
    assert read("-DOCSTART-\n\n李\tO\n") == [[("李", "O")]]


def test_characters_that_other_programs_take_for_line_ends_are_tokens():
    odd = ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e", "\r"]
    assert read("".join(f"{character}\tO\n" for character in odd)) == [[(character, "O") for character in odd]]


def test_an_empty_tag_is_what_the_catalogue_says_and_counted():
    reader = ColumnReader(TextSource(io.BytesIO(b"0\t\nA\tO\n\n0\t\n"), "x"), TAB, empty_tag="O")
    assert [list(rows.tags) for rows in reader] == [["O", "O"], ["O"]]
    assert reader.repairs == {"empty tags read as O": 2}


def test_halves_of_a_surrogate_pair_on_two_lines_become_their_character():
    text = "a\tO\n\ud83d\tB-X\n\udc8b\tO\nb\tO\n\n"
    reader = ColumnReader(
        TextSource(io.BytesIO(text.encode("utf-8", "surrogatepass")), "x", surrogates=True), TAB, join_surrogates=True
    )
    (rows,) = reader
    assert rows.tokens == ("a", "💋", "b")
    assert list(rows.tags) == ["O", "B-X", "O"]
    assert [rows.place(at) for at in range(3)] == [(1, 3), (2, 3), (4, 3)]
    assert reader.repairs == {"surrogate pairs joined": 1}


@pytest.mark.parametrize("text", ["\ud83d\tO\n", "\udc8b\tO\n\ud83d\tO\n", "\ud83d\tO\n\n\udc8b\tO\n"])
def test_half_of_a_surrogate_pair_alone_is_a_problem(text):
    problems = [p for rows in rows_of(text, surrogates=True, join_surrogates=True) for p in rows.problems]
    assert problems[0].what.startswith("half of a surrogate pair, U+D")
    assert problems[0].line == 1


ARABIC = "نعم O\n  O\n. O\nلا  B-PERS\n O\n. Oبلى O\nعبد الله B-PERS\nابن I-PERS\n. O\n"
"""Spelled by the rules of a corpus that is known for such lines: one with only a tag, two in one, a name with a space."""


def mended(text, **quirks):
    reader = ColumnReader(TextSource(io.BytesIO(text.encode()), "x"), SPACE, mend_lines=True, **quirks)
    return list(reader), reader.repairs


def test_odd_lines_are_read_as_what_they_were_meant_to_be_and_counted():
    sentences, repairs = mended(ARABIC.replace("\n  O", ""), sentence_end=".")
    assert [rows.problems for rows in sentences] == [()] * 3
    assert [list(zip(rows.tokens, rows.tags, strict=True)) for rows in sentences] == [
        [("نعم", "O"), (".", "O")],
        [("لا", "B-PERS"), (".", "O")],
        [("بلى", "O"), ("عبد الله", "B-PERS"), ("ابن", "I-PERS"), (".", "O")],
    ]
    assert repairs == {
        "lines without a token, left out": 1,
        "lines that hold two records, read as two": 1,
        "tokens with a space inside": 1,
    }


def test_what_was_mended_keeps_its_place():
    sentences, _ = mended(ARABIC, sentence_end=".")
    places = [rows.place(at) for rows in sentences for at in range(len(rows.tokens))]
    assert places == [(1, 5), (2, 3), (3, 3), (4, 5), (6, 3), (6, 8), (7, 10), (8, 5), (9, 3)]


def test_a_line_that_holds_two_records_needs_the_end_of_a_sentence_to_be_known_for_it():
    ((rows,), repairs) = mended(". Oبلى O\n")
    assert rows.tokens == (". Oبلى",)
    assert repairs == {"tokens with a space inside": 1}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        pytest.param(" B-PERS", "the token is empty", id="an-entity-without-a-token"),
        pytest.param("a", "expected 2 columns separated by spaces, got 1", id="no-tag"),
        pytest.param("a b c", "expected 2 columns separated by spaces, got 3", id="no-tag-at-the-end"),
        pytest.param("a " * 2000 + "B-PERS b", "expected 2 columns separated by spaces, got more than 2000", id="too-many"),
        pytest.param(" a B-PERS", "expected 2 columns separated by spaces, got 3", id="a-space-before-the-token"),
    ],
)
def test_lines_that_are_odd_in_another_way_stay_mistakes(line, what):
    ((rows,), repairs) = mended(f"{line}\n. O\n", sentence_end=".")
    assert [problem.what.startswith(what) for problem in rows.problems] == [True]
    assert not repairs


@pytest.mark.parametrize("layout", [TAB, Layout(" ", 3, tag=2)], ids=["tabs", "three-columns"])
def test_odd_lines_are_mended_in_two_columns_between_spaces_only(layout):
    line = layout.separator.join([""] + ["O"] * (layout.n_columns - 1))
    (rows,) = rows_of(f"{line}\n", layout, mend_lines=True)
    assert [problem.kind for problem in rows.problems] == ["empty tokens"]


def test_a_sentence_ends_behind_its_last_token_outside_of_entities_and_at_empty_lines():
    text = "a\tO\n.\tO\n.\tO\n.\tB-X\nb\tO\n\nc\tO\n"
    sentences = rows_of(text, sentence_end=".")
    assert [rows.tokens for rows in sentences] == [("a", "."), (".",), (".", "b"), ("c",)]
    assert [list(rows.lines) for rows in sentences] == [[1, 2], [3], [4, 5], [7]]


def test_sentences_without_empty_lines_are_read_in_flat_memory():
    def peak(n_sentences):
        stream = io.BufferedReader(Lines(b"%s O\n. O\n" % (b"x" * 500), n_sentences))
        tracemalloc.start()
        try:
            assert sum(1 for _ in ColumnReader(TextSource(stream, "x"), SPACE, sentence_end=".")) == n_sentences
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(3_000) < 1.5 * peak(1_000)


class Lines(io.RawIOBase):
    """The same lines many times over, made as they are read."""

    def __init__(self, lines, times):
        self._pieces, self._left = itertools.repeat(lines, times), b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while len(self._left) < len(buffer) and (piece := next(self._pieces, None)):
            self._left += piece
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def test_surrogate_pairs_are_joined_where_a_token_ends_sentences():
    text = "\ud83d\tO\n\udc8b\tO\n.\tO\n"
    (rows,) = rows_of(text, surrogates=True, join_surrogates=True, sentence_end=".")
    assert rows.tokens == ("💋", ".")


def test_header_lines_end_a_sentence_and_are_counted():
    layout = Layout("\t", 3, token=1, tag=2, header="#")
    reader = ColumnReader(TextSource(io.BytesIO(b"#\turl\n1\ta\tO\n2\t#\tO\n#\turl\n1\tb\tO\n"), "x"), layout)
    assert [rows.tokens for rows in reader] == [("a", "#"), ("b",)]
    assert reader.repairs == {"header lines, left out": 2}


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        pytest.param(TAB, "tokens in column 1 and tags in column 2 of 2, separated by a tab", id="plain"),
        pytest.param(
            Layout(" ", 6, 1, 2, more_tags=(3, 5)),
            "tokens in column 2 and tags in columns 3, 4 and 6 of 6, separated by spaces",
            id="several-tags",
        ),
    ],
)
def test_a_layout_is_described_in_words(layout, words):
    assert layout.describe() == words


@pytest.mark.parametrize("separator", ["\t", " "])
def test_a_line_of_very_many_columns_is_one_mistake_that_costs_little(separator):
    layout = Layout(separator)
    line = f"a{separator}" * 1_000_000
    assert len(layout.fields(line)) == 2001
    problem = layout.parse(line, 1)
    assert problem.what.startswith(
        f"expected 2 columns separated by {'a tab' if separator != ' ' else 'spaces'}, got more than 2000"
    )
    assert problem.column == 5


cells = st.text(st.characters(exclude_characters="\t\n\0", exclude_categories=["Cs"]), max_size=2)
pieces = st.sampled_from(
    ["\n", "\n\n", "\t", " ", "李\tO\n", "白\tB-X\n", "\tO\n", "李\t\n", "  O\n", "-DOCSTART-\tO\n", "O\t", "a\n"]
)


@given(text=st.lists(st.one_of(pieces, cells), min_size=1, max_size=20).map("".join), separator=st.sampled_from("\t "))
def test_the_quick_way_through_regular_blocks_reads_what_the_careful_way_reads(text, separator):
    layout = Layout(separator)
    careful = ColumnReader(TextSource(io.BytesIO(text.encode()), "x"), layout)
    careful._is_regular = lambda _: False
    assert [facts(rows) for rows in rows_of(text, layout)] == [facts(rows) for rows in careful]


def facts(rows):
    return rows.tokens, list(rows.tags), [rows.place(at) for at in range(len(rows.tokens))], rows.problems


def test_a_line_without_its_position_is_a_problem_at_its_place():
    (rows,) = rows_of("科0\tO\n技\tO\n全0\tO\n\n", Layout("\t", indexed=True))
    assert rows.tokens == ("科", "全")
    assert [(problem.line, problem.column) for problem in rows.problems] == [(2, 1)]


# The first character of a file would be a byte-order mark, and be left out, if it were U+FEFF.
positions = st.lists(
    st.tuples(st.characters(exclude_characters="\t\n\r\0-\ufeff", exclude_categories=["Cs"]), st.integers(0, 39)), min_size=1
)


@given(rows=positions)
def test_a_character_and_its_position_are_told_apart_whatever_the_character(rows):
    text = "".join(f"{character}{position}\tO\n" for character, position in rows)
    (found,) = rows_of(text, Layout("\t", indexed=True))
    assert found.tokens == tuple(character for character, _ in rows)


tokens = st.text(st.characters(exclude_characters="\t\n\0", exclude_categories=["Cs"]), min_size=1).filter("-DOCSTART-".__ne__)


@given(sentences=st.lists(st.lists(st.tuples(tokens, st.sampled_from(["O", "B-X", "I-地 名/a"])), min_size=1), min_size=1))
def test_what_is_written_is_read_again(sentences):
    writer = ConllWriter()
    text = "".join(writer.text([token for token, _ in rows], [tag for _, tag in rows]) for rows in sentences)
    source = TextSource(io.BytesIO(text.encode()), "x")
    assert [list(zip(rows.tokens, rows.tags, strict=True)) for rows in ColumnReader(source, TAB)] == sentences


def test_a_text_that_begins_with_the_byte_order_mark_as_a_token_keeps_it():
    writer = ConllWriter()
    text = writer.text(["\ufeff", "a"], ["O", "O"]) + writer.text(["\ufeff"], ["O"])
    assert [rows.tokens for rows in ColumnReader(TextSource(io.BytesIO(text.encode()), "x"), TAB)] == [
        ("\ufeff", "a"),
        ("\ufeff",),
    ]


@pytest.mark.parametrize(
    ("tokens", "what"),
    [
        pytest.param(("a", "\t"), r"token 1 is '\t', which a line cannot hold", id="tab"),
        pytest.param(("a\nb",), r"token 0 is 'a\nb', which a line cannot hold", id="new-line"),
        pytest.param(("\n", "a", "\t"), r"token 0 is '\n', which a line cannot hold", id="new-line-and-tab"),
        pytest.param(("a", ""), "token 1 is '', which a line cannot hold", id="empty"),
        pytest.param(("", "a"), "token 0 is '', which a line cannot hold", id="first-empty"),
        pytest.param(("\0",), r"token 0 is '\x00', which a line cannot hold", id="nul"),
        pytest.param(("\ud83d",), r"token 0 is '\ud83d', which a line cannot hold", id="half-of-a-pair"),
        pytest.param(("-DOCSTART-",), "token 0 is '-DOCSTART-', which a line cannot hold", id="document-start"),
        pytest.param((), "a sentence without tokens cannot be written in lines", id="no-tokens"),
    ],
)
@pytest.mark.parametrize("tag", ["O", "B-X"])
def test_what_a_line_cannot_hold_is_refused_by_name(tokens, what, tag):
    with pytest.raises(DataError, match=f"^{re.escape(what)}"):
        ConllWriter().text(tokens, [tag] * len(tokens))


def test_a_tag_that_a_line_cannot_hold_is_refused():
    with pytest.raises(DataError, match=r"a line cannot hold the tag 'B-a\\tb'"):
        ConllWriter().text(["a"], ["B-a\tb"])


def test_single_characters_that_spell_a_document_start_are_written():
    assert ConllWriter().text("-DOCSTART-", ["O"] * 10).count("\tO\n") == 10


def test_a_file_is_refused_with_its_first_problem_and_the_count_of_each_kind():
    problems = Problems("x.txt")
    for rows in rows_of("李\tO\n白\n\n\tO\n爱\nO\n"):
        for problem in rows.problems:
            problems.add(problem)
    what = (
        r"^x\.txt:2:2: .*got 1: '白' \(the first of 4 problems in the file: lines with a missing column: 3, empty tokens: 1\)"
    )
    with pytest.raises(DataError, match=what):
        problems.refuse()
