"""Offsets in code points, UTF-16 code units and bytes: converted exactly or refused, and told from surfaces."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.offsets import CODE_POINTS, UTF_16, Counting, Mark, OffsetMap, Surfaces, recognise_counting, same_surface
from cnerkit.errors import DataError, UsageError

ENCODINGS = {"utf-16": ("utf-16-le", 2), "bytes": ("utf-8", 1)}
texts = st.text(
    st.one_of(st.sampled_from("a李é😀\r\n\u2028\u0301👩\u200d"), st.characters(exclude_categories=["Cs"])), max_size=20
)


def length_by_definition(text, unit):
    encoding, size = ENCODINGS[unit]
    return len(text.encode(encoding)) // size


@pytest.mark.parametrize("unit", ENCODINGS)
@given(text=texts)
def test_an_offset_is_the_length_of_the_encoded_text_before_it(unit, text):
    places = OffsetMap(text, Counting(unit))
    expected = [length_by_definition(text[:place], unit) for place in range(len(text) + 1)]
    assert [places.offset(place) for place in range(len(text) + 1)] == expected
    assert [places.code_point(offset) for offset in expected] == list(range(len(text) + 1))
    assert places.length == expected[-1]


@pytest.mark.parametrize("unit", ENCODINGS)
@given(text=texts)
def test_an_offset_that_starts_no_character_is_refused(unit, text):
    places = OffsetMap(text, Counting(unit))
    starts = {length_by_definition(text[:place], unit) for place in range(len(text) + 1)}
    for offset in set(range(places.length)) - starts:
        assert places.code_point(offset) is None
        with pytest.raises(DataError, match=rf"^the offset {offset} lies inside the character "):
            places.span(offset, places.length)


@pytest.mark.parametrize("unit", ["code-points", "utf-16", "bytes"])
@given(text=texts)
def test_folded_line_ends_count_as_in_a_text_without_carriage_returns(unit, text):
    folded, plain = text.replace("\r\n", "\n"), OffsetMap(text, Counting(unit, folded=True))
    normal = OffsetMap(folded, Counting(unit))
    assert plain.length == normal.length
    for place in range(len(folded)):
        start, end = plain.span(normal.offset(place), normal.offset(place + 1))
        assert text[start:end].replace("\r\n", "\n") == folded[place]


@given(text=texts)
def test_code_points_are_themselves(text):
    places = OffsetMap(text)
    assert places.is_identity
    assert [places.code_point(place) for place in range(len(text) + 1)] == list(range(len(text) + 1))


def test_the_half_of_an_emoji_is_named():
    with pytest.raises(
        DataError, match="the offset 2 lies inside the character '😀' \\(U\\+1F600\\), counting UTF-16 code units"
    ):
        OffsetMap("李😀白", UTF_16).span(0, 2)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        pytest.param(-1, 1, "the offsets -1 and 1 are negative", id="negative"),
        pytest.param(1, 1, "the offsets 1 and 1 are reversed or empty", id="empty"),
        pytest.param(2, 1, "the offsets 2 and 1 are reversed or empty", id="reversed"),
        pytest.param(0, 1.0, "offsets must be whole numbers, got 0 and 1.0", id="float"),
        pytest.param(True, 2, "offsets must be whole numbers, got True and 2", id="bool"),
        pytest.param(None, "1", "offsets must be whole numbers, got None and '1'", id="text"),
        pytest.param(0, 10**30, "are beyond the text, which has 3 code points", id="huge"),
    ],
)
def test_offsets_that_are_none_are_refused(start, end, message):
    with pytest.raises(DataError, match=re.escape(message)):
        OffsetMap("李😀白").span(start, end)


def test_offsets_beyond_the_text_that_fit_it_in_utf_16_name_the_flag():
    with pytest.raises(DataError) as caught:
        OffsetMap("李😀白").span(3, 4)
    assert caught.value.what == (
        "the offsets 3 and 4 are beyond the text, which has 3 code points, but not beyond its 4 UTF-16 code units"
    )
    assert caught.value.fix.startswith("say --offsets utf-16 if ")
    with pytest.raises(DataError) as caught:
        OffsetMap("李😀白").span(3, 5)
    assert "UTF-16" not in caught.value.what


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("李\n白", "李\\n白", True, id="label-studio-writes-a-backslash"),
        pytest.param("李\r\n白", "李\n白", True, id="crlf"),
        pytest.param("李\r白", "李\n白", True, id="cr"),
        pytest.param("李 白", "李\n白", False, id="space"),
    ],
)
def test_surfaces_are_the_same_however_their_line_ends_are_written(one, other, same):
    assert same_surface(one, other) is same


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        pytest.param([], CODE_POINTS, id="nothing-tells"),
        pytest.param([("李白", [(0, 1, "李")])], CODE_POINTS, id="no-difference"),
        pytest.param([("😀李白", [(1, 3, "李白")])], CODE_POINTS, id="code-points"),
        pytest.param([("😀李白", [(2, 4, "李白")])], UTF_16, id="utf-16"),
        pytest.param([("a\r\n李白", [(2, 4, "李白")])], Counting(folded=True), id="folded"),
        pytest.param([("😀😀\r\n李白", [(5, 7, "李白")])], Counting("utf-16", folded=True), id="utf-16-folded"),
        pytest.param([("😀李白", [(2, 4, "李白"), (0, 2, "something else")])], UTF_16, id="a-surface-that-fits-nowhere"),
    ],
)
def test_surfaces_tell_what_offsets_count(passages, expected):
    assert recognise_counting([(text, [Mark(*mark) for mark in marks]) for text, marks in passages], "x.json") == expected


def test_surfaces_that_contradict_one_another_ask_for_the_flag():
    passages = [("😀李白", [Mark(1, 3, "李白")]), ("😀李白", [Mark(2, 4, "李白")]), ("😀", [Mark(0, 1, "😀")])]
    with pytest.raises(UsageError) as caught:
        recognise_counting(passages, "x.json")
    assert str(caught.value) == (
        "x.json: two readings are possible: 2 surfaces stand at their offsets if these count code points, "
        "1 more only if they count UTF-16 code units\n"
        "fix: say --offsets code-points or --offsets utf-16; the surfaces that differ are then counted"
    )


def test_what_the_user_says_is_not_recognised_but_how_line_ends_count_is():
    crlf = [("😀\r\n李白", [Mark(2, 4, "李白")])]
    assert recognise_counting(crlf, "x", "code-points") == Counting(folded=True)
    assert recognise_counting([("😀李白", [Mark(2, 4, "李白")])], "x", "code-points") == CODE_POINTS
    assert recognise_counting(crlf, "x", "bytes") == Counting("bytes")
    both = [("a\r\n李", [Mark(2, 3, "李")]), ("a\r\n李", [Mark(3, 4, "李")])]
    assert recognise_counting(both, "x", "utf-16") == UTF_16


@given(text=texts, data=st.data())
def test_any_way_of_counting_is_recognised_up_to_what_it_says_of_the_text(text, data):
    counting = data.draw(st.sampled_from([CODE_POINTS, UTF_16]))
    places = OffsetMap(text, counting)
    cuts = data.draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    spans = [cut for cut in cuts if cut[0] < cut[1]]
    marks = [Mark(places.offset(start), places.offset(end), text[start:end]) for start, end in spans]
    found = recognise_counting([(text, marks)], "x")
    assert all(Surfaces(text).fits(mark, found) for mark in marks)


def test_many_offsets_in_a_long_text_take_no_time_to_speak_of():
    text = "李😀" * 200_000
    places = OffsetMap(text, UTF_16)
    assert [places.code_point(places.offset(place)) for place in range(0, len(text), 4)] == list(range(0, len(text), 4))
    surfaces = Surfaces(text)
    assert all(surfaces.fits(Mark(3 * at, 3 * at + 1, "李"), UTF_16) for at in range(100_000))
    assert not any(surfaces.fits(Mark(0, len(text), "李"), UTF_16) for _ in range(100_000))
