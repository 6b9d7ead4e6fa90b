"""Lines of chunks, each text/tag."""

import io
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnerkit.corpora import text_slash
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
    return list(text_slash.read(TextSource(io.BytesIO(data), "x.txt"), "x", Hints(), notes)), notes


@st.composite
def flat(draw, alphabet, types):
    """Sentences of these characters with entities side by side; their text is not empty and no line ends in it."""
    text = draw(st.text(st.sampled_from(alphabet), min_size=1, max_size=12).filter(lambda text: not text.endswith("\r")))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pairs = draw(st.sampled_from([list(pairwise(cuts)), list(zip(cuts[::2], cuts[1::2], strict=False))]))
    return sentence(text, *[(start, end, draw(st.sampled_from(types))) for start, end in pairs])


def written(*sentences):
    return "".join(text_slash.write(sentences))


def test_each_chunk_is_an_entity_or_outside():
    data = "李白/nr 来到/o 长安/ns \n今天/o \n"
    (first, second), _ = read(data)
    assert first == sentence("李白来到长安", (0, 2, "nr"), (4, 6, "ns"), id="x-1")
    assert second == sentence("今天", id="x-2")
    assert written(first, second) == data


def test_neighbours_of_one_type_stay_two_entities():
    data = "台/ns 港/ns 澳/ns \n"
    ((found,), _) = read(data)
    assert found.entities == {Entity.span(0, 1, "ns"), Entity.span(1, 2, "ns"), Entity.span(2, 3, "ns")}
    assert written(found) == data


def test_a_chunk_is_divided_at_its_last_slash():
    data = "1/2/o km/h/unit //o \n"
    ((found,), _) = read(data)
    assert found == sentence("1/2km/h/", (3, 7, "unit"), id="x-1")
    assert written(found) == data


@pytest.mark.parametrize(
    "data", ["李白/nr 说/O", "\ufeff李白/nr 说/o\r\n", "\n李白/nr 说/o \n\n"], ids=["upper", "windows", "empty-lines"]
)
def test_the_outside_tag_in_either_case_and_any_line_end_are_read(data):
    ((found,), notes) = read(data)
    assert found == sentence("李白说", (0, 2, "nr"), id="x-1")
    assert notes.total() == (2 if data.startswith("\n") else 0)


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        pytest.param("李白/nr 来 到/o ", 7, "'来'", id="space-within"),
        pytest.param("李白/nr  到/o ", 7, "''", id="two-spaces"),
        pytest.param(" 李白/nr ", 1, "''", id="space-before"),
        pytest.param("/nr ", 1, "'/nr'", id="no-text"),
        pytest.param("李白/ ", 1, "'李白/'", id="no-tag"),
        pytest.param("李白/n\tr", 1, "'李白/n\\\\tr'", id="tab-in-tag"),
        pytest.param("   ", 1, "''", id="only-spaces"),
    ],
)
def test_a_chunk_without_a_tag_is_refused_with_its_place(line, column, shown):
    with pytest.raises(DataError, match=rf"x\.txt:2:{column}: expected text/tag, got {shown} \(the first of 2 problems"):
        read(f"今天/o \n{line}\n今天\n")


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param(sentence("王 五"), "character 1 is a space, which parts chunks", id="space"),
        pytest.param(sentence("李白", (0, 2, "O")), "a chunk cannot have the tag 'O'", id="outside"),
        pytest.param(sentence("李白", (0, 2, "/person")), "a chunk cannot have the tag '/person'", id="slash"),
        pytest.param(sentence("李白", (0, 2, "a b")), "a chunk cannot have the tag 'a b'", id="space-in-type"),
        pytest.param(sentence("李白", (0, 2, "a"), (1, 2, "b")), "the a at 0 and the b at 1 overlap", id="nested"),
        pytest.param(sentence("李白", (0, 2, "a"), (0, 2, "b")), "the a at 0 and the b at 0 overlap", id="one-span-two-types"),
        pytest.param(sentence("一\n二"), "the text has a line break", id="line-break"),
        pytest.param(sentence(""), "the text is empty", id="empty"),
        pytest.param(sentence("李\0"), "the text holds a NUL", id="nul"),
        pytest.param(sentence("李\ud800"), r"half of a surrogate pair, U\+D800", id="half"),
        pytest.param(sentence("李").without_entities(), "the sentence is not annotated", id="not-annotated"),
    ],
)
def test_what_chunks_cannot_carry_is_refused(bad, expected):
    with pytest.raises(DataError, match=expected):
        written(bad)


CHUNKS = "2 of 2 lines are chunks of text and tag parted by a slash; tags o, nr"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("李白/nr 来/o \n今天/o ", CHUNKS, id="chunks"),
        pytest.param("李白/nr 来/v \n", None, id="no-outside"),
        pytest.param("2024/05\n今天/明天\n", None, id="slashes-in-text"),
        pytest.param("李\tB-PER\n", None, id="columns"),
    ],
)
def test_chunks_are_recognised_by_their_tags(text, expected):
    assert text_slash.evidence(head(text)) == expected


@given(st.lists(flat("李白/o\u3000\ufeff\r\t😀", ["nr", "ns", "地"]), max_size=4))
def test_sentences_that_were_written_are_read_back_the_same(sentences):
    found, notes = read(written(*sentences))
    assert found == [Sentence(f"x-{n}", each.tokens, each.entities) for n, each in enumerate(sentences, start=1)]
    assert not notes


@given(st.binary(max_size=40) | st.text(st.sampled_from("李/o nr\n\r\t"), max_size=30).map(str.encode))
def test_any_bytes_are_refused_or_mean_something(data):
    try:
        found, _ = read(data)
    except CnerkitError:
        return
    assume(not any(each.text.endswith("\r") for each in found))
    assert read(written(*found))[0] == found


def test_a_long_line_takes_no_quadratic_time():
    ((found,), _) = read("字/ns " * 50_000)
    assert len(found.entities) == 50_000
    assert len(written(found)) == 6 * 50_000 - 50_000 + 1


def test_a_line_as_long_as_a_book_is_told_by_the_chunks_that_it_begins_with():
    assert text_slash.evidence(head("李白/nr 来到/o " * 9_999 + "\n")).startswith("1 of 1 lines are chunks")
    assert text_slash.evidence(head("李白 来到 " * 9_999 + "\n")) is None
    assert text_slash.evidence(head("李" * 99_999 + "/o \n")).startswith("1 of 1 lines are chunks")
