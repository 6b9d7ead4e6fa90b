"""Plain lines of text."""

import io
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnerkit.corpora import text
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Sentence


def sentence(text, *spans, id="a"):  # noqa: A002 - the field's own word
    return Sentence(id, tuple(text), frozenset(Entity.span(*each) for each in spans))


def head(text):
    return TextSource(io.BytesIO(text.encode()), "x.txt").head()


def read(data):
    """The sentences of a file, and what was overlooked in it."""
    notes = Counter()
    data = data.encode() if isinstance(data, str) else data
    return list(text.read(TextSource(io.BytesIO(data), "x.txt"), "x", Hints(), notes)), notes


def written(*sentences):
    return "".join(text.write(sentences))


def test_each_line_is_a_sentence_that_is_not_annotated():
    found, notes = read("李白 \r\n\n \u3000\n诗")
    assert found == [Sentence("x-1", tuple("李白 ")), Sentence("x-2", tuple(" \u3000")), Sentence("x-3", ("诗",))]
    assert notes == {"empty lines, skipped": 1}


def test_entities_are_left_out_and_words_are_joined_on_writing():
    assert written(sentence("李白", (0, 2, "PER")), Sentence("b", ("New", "York"), None, " ")) == "李白\nNew York\n"


def test_a_byte_order_mark_that_belongs_to_a_text_comes_back():
    data = written(sentence("\ufeff李"), sentence("\ufeff白"))
    assert [each.text for each in read(data)[0]] == ["\ufeff李", "\ufeff白"]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param("", "the text is empty, and empty lines are skipped when they are read\nfix: choose a JSON", id="empty"),
        pytest.param("一\n二", "the text has a line break, .*\nfix: say --sentences lines, or choose a JSON", id="line-break"),
        pytest.param("一\r", "the text ends in a carriage return", id="carriage-return"),
        pytest.param("一\0", "the text holds a NUL", id="nul"),
    ],
)
def test_what_lines_cannot_carry_is_refused(bad, expected):
    with pytest.raises(DataError, match=expected):
        written(sentence(bad))


def test_text_is_never_recognised_since_every_file_is_text():
    assert text.evidence(head("今天\n")) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_come_back(data):
    try:
        found, _ = read(data)
    except CnerkitError:
        return
    assume(not any(each.text.endswith("\r") for each in found))
    assert read(written(*found))[0] == found


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), min_size=1).filter(lambda t: t[-1] != "\r")))
def test_any_lines_come_back(lines):
    data = written(*map(sentence, lines))
    assert [each.text for each in read(data)[0]] == lines
