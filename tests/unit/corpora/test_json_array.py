"""One JSON array of objects: read object by object, however it is broken up, with every mistake at its place."""

import io
import json
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import jsonl
from cnerkit.corpora.array import ArrayReader
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.records import RecordReader, sample_objects
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError


class Trickle(io.BytesIO):
    """A stream that gives few bytes at a time."""

    def __init__(self, data, size):
        super().__init__(data)
        self._size = size

    def read(self, size=-1):
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


def source_of(text, chunk=1 << 16):
    return TextSource(Trickle(text.encode(), chunk), "x.json")


def items(text, chunk=1 << 16):
    return list(ArrayReader(source_of(text, chunk)))


def mistake(text, chunk=1 << 16):
    """Line and column of the only mistake, which is what is found last, and what is wrong."""
    *good, (problem, line) = items(text, chunk)
    assert not any(isinstance(each, Problem) for each, _ in good)
    assert isinstance(problem, Problem)
    assert line <= problem.line
    return f"{problem.line}:{problem.column}: {problem.what}"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a{}[],"\\: \n李😀', max_size=3), inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(st.text("abc}{", max_size=3), values, max_size=3)


@given(
    written=st.lists(objects, max_size=5),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
    chunk=st.sampled_from([1, 2, 7, 64]),
    around=st.tuples(st.text(" \t\n", max_size=2), st.text(" \t\n", max_size=2)),
)
def test_objects_are_those_that_python_reads_from_the_whole(written, indent, ascii_only, chunk, around):
    text = around[0] + json.dumps(written, indent=indent, ensure_ascii=ascii_only) + around[1]
    assert [found for found, _ in items(text, chunk)] == json.loads(text) == written


@pytest.mark.parametrize("chunk", [1, 5, 1 << 16])
def test_each_object_comes_with_the_line_on_which_it_begins(chunk):
    text = '\n[{"a": 1}, {"b":\n2}\n,\n\n {"c": {"d": [\n{}]}}]\n'
    assert items(text, chunk) == [({"a": 1}, 2), ({"b": 2}, 2), ({"c": {"d": [{}]}}, 6)]


def test_empty_arrays_hold_nothing():
    assert items("[]") == items(" [\n\n ] \n") == []


MISTAKES = [
    pytest.param("[", "2:1: the array is not closed", id="only-a-bracket"),
    pytest.param("[\n  ", "3:1: the array is not closed", id="only-space"),
    pytest.param('[{"a": 1}', "1:10: the array is not closed", id="no-end"),
    pytest.param('[{"a": 1},\n', "2:1: the array is not closed", id="ends-after-a-comma"),
    pytest.param('[{"a": 1}\n {"a": 2}]', "2:2: a comma or the closing bracket is missing", id="no-comma"),
    pytest.param('[{"a": 1};{"a": 2}]', "1:10: a comma or the closing bracket is missing", id="semicolon"),
    pytest.param('[{"a": 1}\n}]', "2:1: a comma or the closing bracket is missing", id="brace-too-many"),
    pytest.param('[{"a": 1},\n]', "2:1: expected a JSON object, got ']'", id="comma-at-the-end"),
    pytest.param('[,{"a": 1}]', "1:2: expected a JSON object, got ','", id="comma-first"),
    pytest.param('[{"a": 1},,{"a": 1}]', "1:11: expected a JSON object, got ','", id="two-commas"),
    pytest.param('[{"a": 1}, 7]', "1:12: expected a JSON object, got '7'", id="number"),
    pytest.param('[[{"a": 1}]]', "1:2: expected a JSON object, got '['", id="array-in-array"),
    pytest.param('[{"a": 1}]\n\n[]', "3:1: there is more after the end of the array", id="two-arrays"),
    pytest.param('[{"a": 1}]]', "1:11: there is more after the end of the array", id="bracket-too-many"),
    pytest.param('[{"a": 1},\n {"李": 1, b: 2}]', "2:11: not JSON: Expecting property name", id="key-without-quotes"),
    pytest.param("[{'a': 1}]", "1:3: not JSON: Expecting property name", id="single-quotes"),
    pytest.param('[{"a": 1}, {"b": }]', "1:18: not JSON: Expecting value", id="no-value"),
    pytest.param('[{"a": 1}, {"b" 1}]', "1:17: not JSON: Expecting ':' delimiter", id="no-colon"),
    pytest.param('[{"a": 1}, {"b": "c\nd"}]', "1:20: not JSON: Invalid control character at", id="line-break-in-a-string"),
    pytest.param('[{"a": 1}, {"b": "c}]', "1:22: not JSON: Invalid control character at", id="open-string"),
    pytest.param('[{"a": 1}, {"b": "\\x"}]', "1:19: not JSON: Invalid \\escape", id="escape"),
    pytest.param('[{"a": {"b": 1}', "1:16: not JSON: Expecting ',' delimiter", id="open-object"),
    pytest.param('[{"a": 1},\n{"b": 1, "b": 2}]', "2:1: the key 'b' stands twice in one object", id="key-twice"),
    pytest.param('[{"a": "\\udc00"}]', "1:2: character 0 is half of a surrogate pair, U+DC00", id="half-of-a-pair"),
    pytest.param('[{"a": ' + "[" * 100_000 + "]}", "1:2: JSON that cannot be read: it is nested too deeply", id="too-deep"),
    pytest.param('[\n{"a": ' + "9" * 5000 + "}]", "2:1: JSON that cannot be read: Exceeds the limit", id="endless-number"),
]


@pytest.mark.parametrize("chunk", [3, 1 << 16])
@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_malformed_array_is_refused_at_its_line_and_column(text, message, chunk):
    found = mistake(text, chunk)
    assert found.startswith(message)


def test_the_mistake_of_an_array_is_named_with_a_fix_and_what_came_before_is_read():
    reader = iter(RecordReader(source_of('[{"text": "a"},\n{"text": }]'), jsonl.parser([], Hints(), ""), ids="dev"))
    assert next(reader).id == "dev-1"
    with pytest.raises(DataError) as caught:
        next(reader)
    fix = "write objects in double quotes, with commas between them and brackets around all"
    assert str(caught.value) == f"x.json:2:10: not JSON: Expecting value\nfix: {fix}"


def test_records_that_are_no_sentences_are_counted_with_their_lines():
    text = '[{"text": "a"},\n{"text": 1}, {"text": 2},\n{"text": "b"}]'
    with pytest.raises(DataError, match=r"x\.json:2:1: expected a string `text`, got 1 \(the first of 2 problems"):
        list(RecordReader(source_of(text), jsonl.parser([], Hints(), ""), ids="dev"))


def test_bytes_that_are_no_utf8_are_refused_at_their_place():
    source = TextSource(io.BytesIO('[{"a": "李"},\n {"b": "'.encode() + b'\xff"}]'), "x.json")
    with pytest.raises(DataError, match=r"x\.json:2:9: byte 0xFF is not valid UTF-8"):
        list(ArrayReader(source))


@given(text=st.text(st.sampled_from('[]{}",:1a \n\\'), max_size=30), chunk=st.sampled_from([1, 3, 64]))
def test_any_text_is_read_as_python_reads_it_or_refused(text, chunk):
    text = "[" + text
    found = [each for each, _ in items(text, chunk)]
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    if expected is not None and all(isinstance(each, dict) for each in expected) and not isinstance(found[-1:], Problem):
        assert found == expected or "twice" in found[-1].what
    else:
        assert isinstance(found[-1], Problem)


@pytest.mark.parametrize("chunk", [7, 1 << 16])
def test_looking_at_the_head_before_reading_changes_nothing(chunk):
    text = "[" + ",\n".join(json.dumps({"text": "李白" * 20, "n": n}, ensure_ascii=False) for n in range(3000)) + "]"
    source = source_of(text, chunk)
    assert source.head() == source.head()
    records = list(RecordReader(source, jsonl.parser([], Hints(), ""), ids="dev"))
    assert [sentence.extra["n"] for sentence in records] == list(range(3000))


def test_a_sample_is_what_is_whole_in_the_first_lines():
    head = source_of('[{"a": 1},\n{"b": 2},\n{"c": ').head()
    assert sample_objects(head, "x") == [{"a": 1}, {"b": 2}]


def calls(work):
    """How many functions are called, Python's and C's: the same on every machine, however busy."""
    counted = 0

    def count(_frame, event, _argument):
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            lambda n: "[" + ",".join(json.dumps({"text": "李白" * 50, "n": k}) for k in range(n)) + "]", id="one-line"
        ),
        pytest.param(lambda n: '[{"text": "' + "李" * 1000 * n + '"}]', id="one-large-object"),
        pytest.param(lambda n: '[{"n": [' + ",".join(["{}"] * 50 * n) + "]}]", id="braces-in-one-object"),
        pytest.param(lambda n: '[{"a": "' + "x" * 500 * n + '"}' + ',{"b": 1}' * 10 * n + "]", id="small-after-a-large-one"),
        pytest.param(lambda n: "[" + "\n" * 500 * n + "]", id="lines"),
    ],
)
def test_the_work_of_reading_grows_no_faster_than_the_array(text):
    small, large = (calls(lambda n=n: items(text(n))) for n in (500, 2000))
    assert large < 4.5 * small


@pytest.mark.parametrize("end", [b",\n", b", "], ids=["lines", "one-line"])
def test_a_long_array_is_read_in_the_memory_of_a_few_objects(end):
    one = json.dumps({"text": "李白" * 500}, ensure_ascii=False).encode() + end

    class Endless(io.RawIOBase):
        sent = 0

        def read(self, _=-1):
            self.sent += 1
            return b"[" * (self.sent == 1) + (one * 20 if self.sent < 800 else b"{}]" * (self.sent == 800))

    tracemalloc.start()
    try:
        source = TextSource(Endless(), "x.json")
        assert not source.head().whole
        assert sample_objects(source.head(), "x.json")
        count = sum(1 for _ in ArrayReader(source))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 799 * 20 + 1
    assert peak < 5_000_000, f"{len(one) * count} bytes were read"


def test_a_mistake_at_the_beginning_does_not_read_all_the_rest():
    data = b'[{"a" 1},\n' + b'{"a": 1},\n' * 500_000
    stream = io.BytesIO(data)
    (problem, _), *others = ArrayReader(TextSource(stream, "x.json"))
    assert (problem.line, problem.column, others) == (1, 7, [])
    assert stream.tell() < 1_000_000
