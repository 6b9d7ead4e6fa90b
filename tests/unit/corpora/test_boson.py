"""Marks within lines of text."""

import io
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnerkit.corpora import boson
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
    return list(boson.read(TextSource(io.BytesIO(data), "x.txt"), "x", Hints(), notes)), notes


@st.composite
def flat(draw, alphabet, types):
    """Sentences of these characters with entities side by side; their text is not empty and no line ends in it."""
    text = draw(st.text(st.sampled_from(alphabet), min_size=1, max_size=12).filter(lambda text: not text.endswith("\r")))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pairs = draw(st.sampled_from([list(pairwise(cuts)), list(zip(cuts[::2], cuts[1::2], strict=False))]))
    return sentence(text, *[(start, end, draw(st.sampled_from(types))) for start, end in pairs])


def written(*sentences):
    return "".join(boson.write(sentences))


def test_marks_are_entities_and_no_part_of_the_text():
    ((found,), notes) = read("{{person_name:李白}}昨天到{{location: 长安}}。\n")
    assert found == sentence("李白昨天到长安。", (0, 2, "person_name"), (5, 7, "location"), id="x-1")
    assert written(found) == "{{person_name:李白}}昨天到{{location:长安}}。\n"
    assert not notes


def test_one_space_after_the_colon_is_no_part_of_the_name():
    ((found,), _) = read("{{a:  李}}\n")
    assert found == sentence(" 李", (0, 2, "a"), id="x-1")
    assert written(found) == "{{a:  李}}\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("集合{1, 2}与}{", sentence("集合{1, 2}与}{"), id="single"),
        pytest.param("{{{a:李}}", sentence("{李", (1, 2, "a")), id="before"),
        pytest.param("{{a:李}}}", sentence("李}", (0, 1, "a")), id="after"),
        pytest.param("{{a:{李}白}}", sentence("{李}白", (0, 4, "a")), id="within"),
        pytest.param("{{/组织/公司:李:白}}", sentence("李:白", (0, 3, "/组织/公司")), id="colon-and-slashes"),
    ],
)
def test_single_braces_are_text(line, expected):
    ((found,), _) = read(line)
    assert (found.text, found.entities) == (expected.text, expected.entities)
    assert written(found) == line + "\n"


@pytest.mark.parametrize(
    ("line", "column", "kind"),
    [
        pytest.param("有{{a:李白", 2, "malformed marks", id="no-end"),
        pytest.param("有{{李白}}", 2, "malformed marks", id="no-type"),
        pytest.param("有{{a:}}", 2, "malformed marks", id="no-name"),
        pytest.param("有{{a: }}", 2, "malformed marks", id="only-a-space"),
        pytest.param("有{{a b:李}}", 2, "malformed marks", id="space-in-type"),
        pytest.param("{{a:李{{b:白}}}}", 1, "malformed marks", id="nested"),
        pytest.param("{{a:李}}白}}", 9, "braces that close no mark", id="no-beginning"),
    ],
)
def test_a_malformed_mark_is_refused_with_its_place(line, column, kind):
    expected = rf"x\.txt:1:{column}: expected a mark as in {{{{type:name}}}}, got .*{kind}: 1, .*\nfix: write marks as"
    other = "}}" if kind == "malformed marks" else "{{"
    with pytest.raises(DataError, match=expected):
        read(f"{line}\n{other}\n")


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param(sentence("模板{{x}}"), "braces in the text would be read as part of a mark", id="braces"),
        pytest.param(sentence("a}}"), "braces in the text", id="closing"),
        pytest.param(sentence("李}", (0, 2, "a")), "braces in the text", id="name-ends-in-a-brace"),
        pytest.param(sentence("李", (0, 1, "a:b")), "a mark cannot have the type 'a:b'", id="colon"),
        pytest.param(sentence("李", (0, 1, "a b")), "a mark cannot have the type 'a b'", id="space"),
        pytest.param(sentence("李白", (0, 2, "a"), (0, 1, "b")), "overlap, which marks in a line cannot hold", id="nested"),
        pytest.param(sentence("李\n白"), "the text has a line break", id="line-break"),
        pytest.param(sentence("李\r"), "the text ends in a carriage return", id="carriage-return"),
    ],
)
def test_what_marks_cannot_carry_is_refused(bad, expected):
    with pytest.raises(DataError, match=expected):
        written(bad)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{{a:李}}\n没有\n{{a:白}}{{b:甫}}\n", "3 marks such as {{a:…}} in its lines", id="marks"),
        pytest.param("没有\n", None, id="none"),
        pytest.param("{{a:李}}和{{x}}\n", None, id="other-braces"),
        pytest.param('{"a": {"b": {"c": 1}}}\n', None, id="json"),
    ],
)
def test_marks_are_recognised_when_all_double_braces_are_marks(text, expected):
    assert boson.evidence(head(text)) == expected


@given(st.lists(flat("李白 :a\u3000\ufeff\r\t", ["person_name", "/a/b"]), max_size=4))
def test_sentences_that_were_written_are_read_back_the_same(sentences):
    found, _ = read(written(*sentences))
    assert found == [Sentence(f"x-{n}", each.tokens, each.entities) for n, each in enumerate(sentences, start=1)]


@given(flat("李{}: ", ["a"]))
def test_braces_in_a_text_are_refused_or_come_back(given_):
    try:
        line = written(given_)
    except DataError:
        assert "{{" in given_.text or "}}" in given_.text or any(given_.surface(each)[-1] == "}" for each in given_.entities)
        return
    ((found,), _) = read(line)
    assert (found.text, found.entities) == (given_.text, given_.entities)


@given(st.binary(max_size=40) | st.text(st.sampled_from("{}:李a \n"), max_size=30).map(str.encode))
def test_any_bytes_are_refused_or_mean_something(data):
    try:
        found, _ = read(data)
    except CnerkitError:
        return
    assume(not any(each.text.endswith("\r") for each in found))
    assert read(written(*found))[0] == found


@pytest.mark.parametrize(
    "line",
    [
        "{{" * 200_000,
        "{{a:" * 200_000,
        "{{a:李" * 200_000,
        "{" * 400_000,
        "{{a:" + "李" * 400_000,
        "{{a:" + "李{" * 200_000,
        "{{a:李}}" * 100_000,
    ],
)
def test_a_long_line_takes_no_quadratic_time(line):
    try:
        ((found,), _) = read(line)
    except DataError:
        return
    assert len(found.entities) == 100_000
