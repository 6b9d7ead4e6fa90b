"""Lines of input: what is a line, what is JSON, and when a group of them ends."""

import gzip
import io
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError
from cnerkit.workflows.division import Tokens
from cnerkit.workflows.lines import Line, chunks, is_live, read_lines, sentence_of, tokenize


def lines_of(content, form=None):
    return list(read_lines(io.BytesIO(content), "in", form))


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20), max_size=6))
def test_lines_come_back_as_they_went_in_whatever_they_hold(texts):
    content = "".join(f"{text}\n" for text in texts).encode()
    assert [line.text for line in lines_of(content, "text")] == [
        text.removeprefix("\ufeff") if i == 0 else text for i, text in enumerate(texts)
    ]


def test_only_the_end_of_a_line_is_taken_off():
    texts = [line.text for line in lines_of("\ufeff 甲\u3000\r\n\n乙\u2028丙\x85丁".encode())]
    assert texts == [" 甲\u3000", "", "乙\u2028丙\x85丁"]


def test_damaged_gzip_data_is_named():
    packed = io.BytesIO(gzip.compress("甲\n".encode() * 1000)[:30])
    with pytest.raises(DataError, match="in: the gzip data is damaged"):
        list(read_lines(gzip.GzipFile(fileobj=packed), "in"))


def test_a_line_that_is_not_utf8_is_named_by_its_number_and_the_rest_goes_on():
    first, second, third = lines_of(b"a\nb\xff\nc\n")
    assert (first.text, third.text) == ("a", "c")
    assert second == Line("in", 2, problem="byte 2 of the line is not UTF-8 (0xff)")


def test_json_lines_keep_their_other_fields():
    (line, empty) = lines_of('{"id": 7, "text": "甲", "tags": ["x"]}\n\n'.encode())
    assert line == Line("in", 1, "甲", {"id": 7, "tags": ["x"]})
    assert empty == Line("in", 2, "")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"text": "甲"}\n{"text": ', "the line is not JSON: "),
        ('{"text": "甲"}\n{"text": 3}', 'the line is not a JSON object with a string "text"'),
        ('{"text": "甲"}\n[1]', 'the line is not a JSON object with a string "text"'),
        ('{"text": "甲"}\n' + "[" * 100_000, "the line is not JSON: "),
        ('{"text": "甲"}\n{"text": "\\udC00"}', "the line holds half of a surrogate pair, U+DC00"),
        ('{"text": "甲"}\n{"text": "甲", "a": ["\\ud800"]}', "the line holds half of a surrogate pair, U+D800"),
    ],
    ids=["cut", "number", "list", "deep", "half", "half-elsewhere"],
)
def test_a_bad_line_among_json_lines_is_named(content, problem):
    assert lines_of(content.encode())[1].problem.startswith(problem)


def test_a_whole_surrogate_pair_is_one_character():
    assert lines_of(rb'{"text": "\ud83d\ude00"}')[0].text == "\U0001f600"


def test_what_ended_a_line_is_kept():
    assert [(line.text, line.end) for line in lines_of(b"a\r\n\n\xff\r\nb")] == [
        ("a", "\r\n"),
        ("", "\n"),
        ("", "\r\n"),
        ("b", ""),
    ]


def test_text_that_only_looks_like_json_is_text():
    assert lines_of(b"{not json}\n")[0].text == "{not json}"
    assert lines_of(b'{"name": 1}\n')[0].text == '{"name": 1}'
    assert lines_of(b'{"text": "a"}\n', "text")[0].text == '{"text": "a"}'


@given(st.lists(st.integers(0, 30), max_size=20), st.integers(1, 40))
def test_chunks_keep_order_and_stay_near_their_size(lengths, tokens):
    lines = [Line("in", number, "x" * length) for number, length in enumerate(lengths)]
    found = list(chunks(lines, live=False, tokens=tokens))
    assert [line for chunk in found for line in chunk] == lines
    assert all(sum(len(line.text) + 1 for line in chunk[:-1]) < tokens for chunk in found)


def test_a_live_line_is_answered_before_the_next_one_is_typed():
    answered = threading.Event()

    def typed():
        yield Line("in", 1, "甲")
        assert answered.wait(10)
        yield Line("in", 2, "乙")

    groups = chunks(typed(), live=True)
    assert next(groups) == [Line("in", 1, "甲")]
    answered.set()
    assert next(groups) == [Line("in", 2, "乙")]
    assert list(groups) == []


def test_a_failure_while_reading_a_live_stream_is_not_swallowed():
    def broken():
        yield Line("in", 1, "甲")
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(chunks(broken(), live=True))


def test_a_live_reader_waits_when_enough_is_there():
    taken = []

    def many():
        for number in range(1000):
            taken.append(number)
            yield Line("in", number, "x" * 99)

    groups = chunks(many(), live=True, tokens=1000)
    next(groups)
    assert len(taken) < 40
    assert sum(len(group) for group in groups) > 900


def test_files_are_not_live_and_pipes_are(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with path.open("rb") as file:
        assert not is_live(file)
    reader, writer = os.pipe()
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert is_live(pipe)
    assert not is_live(io.BytesIO())


def test_tokens_are_code_points_or_words_with_their_offsets():
    assert tokenize("甲 乙", Tokens.CHARACTERS) == (("甲", " ", "乙"), [0, 1, 2, 3])
    assert tokenize(" to  be.", Tokens.SPACES) == (("to", "be."), [1, 5])
    assert tokenize(" to  be.", Tokens.WORDS) == (("to", "be", "."), [1, 5, 7])
    assert sentence_of(Line("f", 3, "甲乙"), Tokens.CHARACTERS).id == "f:3"
