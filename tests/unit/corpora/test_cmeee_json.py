"""CMeEE's JSON, whose releases differ in what end_idx is."""

import io
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import cmeee
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line, sample_objects
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError, UsageError
from cnerkit.text import Entity, Fragment, Sentence


def reader_of(records, hints=Hints()):  # noqa: B008 - a frozen value
    source = TextSource(io.BytesIO(json.dumps(records).encode()), "x.json")
    parse = cmeee.parser(sample_objects(source.head(), "x.json"), hints, "x.json")
    return RecordReader(source, parse, ids="dev")


def only(record):
    (sentence,) = reader_of([record])
    return sentence


def again(sentences):
    """What is read from what was written of some sentences."""
    return list(reader_of([json.loads(json_line(cmeee.record(sentence), sentence)) for sentence in sentences]))


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def annotated(draw):
    """Nested, overlapping and repeated entities over characters."""
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
    numbers = st.integers(0, len(text) - 1)
    spans = st.tuples(numbers, numbers, words).map(lambda each: Entity.span(min(each[:2]), max(each[:2]) + 1, each[2]))
    return Sentence(draw(words), tuple(text), draw(st.frozensets(spans, max_size=4)))


def entity(start, end, surface=None, **more):
    return {"start_idx": start, "end_idx": end, "type": "dis", **({} if surface is None else {"entity": surface}), **more}


def record(*entities, text="孩子得了感冒"):
    return {"text": text, "entities": list(entities)}


@pytest.mark.parametrize("end", [pytest.param(5, id="inclusive"), pytest.param(6, id="exclusive")])
def test_the_surfaces_tell_whether_ends_are_inclusive(end):
    records = [record(entity(4, end, "感冒")), record(entity(0, end - 4, "孩子"), entity(3, end, "咳嗽"))]
    reader = reader_of(records)
    expected = [{Entity.span(4, 6, "dis")}, {Entity.span(0, 2, "dis"), Entity.span(3, 6, "dis")}]
    assert [sentence.entities for sentence in reader] == expected
    assert reader.notes == {"surfaces that differ from the text at their offsets, which count": 1}
    kind = "inclusive" if end == 5 else "exclusive"
    what = "a list `entities` with start_idx and end_idx in 2 of the first 2 records"
    assert cmeee.evidence(records) == f"{what}; {kind} ends fit 2 surfaces"


@pytest.mark.parametrize(
    ("records", "message"),
    [
        pytest.param(
            [record(entity(4, 5, "感冒")), record(entity(0, 2, "孩子"), entity(4, 6, "感冒"))],
            "two readings are possible: end_idx is the last character of 1 surfaces, and the one after it of 2",
            id="both",
        ),
        pytest.param([record(entity(4, 5))], "two readings are possible: no entity has a surface that tells", id="no-surfaces"),
        pytest.param([record(entity(4, 5, "咳嗽"))], "two readings are possible: no entity has a surface", id="neither-fits"),
        pytest.param([record(entity("4", 5, "感冒"))], "two readings are possible: no entity", id="no-numbers"),
        pytest.param([record(entity(-2, -1, "感冒"))], "two readings are possible: no entity", id="negative"),
    ],
)
def test_where_nothing_tells_the_flag_is_asked_for(records, message):
    with pytest.raises(UsageError) as caught:
        reader_of(records)
    assert caught.value.where == "x.json"
    assert message in caught.value.what
    fix = "say --ends inclusive when end_idx is the last character, or --ends exclusive when it is the one after"
    assert caught.value.fix == fix


def test_entities_that_come_after_a_sample_without_any_are_not_guessed():
    parse = cmeee.parser([record(), {"text": "a"}], Hints(), "x.json")
    assert [parse(each, "1", {}).entities for each in (record(), {"text": "a"})] == [frozenset(), None]
    with pytest.raises(UsageError, match=r"x\.json: nothing in its first records tells what end_idx is\nfix: say --ends"):
        parse(record(entity(4, 5, "感冒")), "1", {})


@pytest.mark.parametrize(
    ("ends", "expected"), [pytest.param("inclusive", 5, id="inclusive"), pytest.param("exclusive", 4, id="exclusive")]
)
def test_a_hint_goes_before_the_surfaces(ends, expected):
    (sentence,) = reader_of([record(entity(3, 4, "了感"), entity(3, 4, "了"))], Hints(ends=ends))
    assert sentence.entities == {Entity.span(3, expected, "dis")}


@given(sentences=st.lists(annotated(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(sentences):
    assert again(sentences) == [replace(each, id=f"dev-{number}") for number, each in enumerate(sentences, start=1)]


def test_files_are_written_with_inclusive_ends_surfaces_and_what_else_they_had():
    (sentence,) = reader_of([{**record(entity(4, 6, "感冒", sure=True)), "page": [3]}])
    assert cmeee.record(sentence) == {**record(entity(4, 5, "感冒", sure=True)), "page": [3]}


MALFORMED = [
    pytest.param({"entities": []}, "expected a string `text`, got None", id="no-text"),
    pytest.param({"text": "a", "entities": "b"}, "expected a list `entities`, got 'b'", id="text"),
    pytest.param(record(7), "expected an entity with start_idx, end_idx and type, got 7", id="number"),
    pytest.param(record({"start_idx": 0}), "expected an entity with start_idx, end_idx and type", id="no-end"),
    pytest.param(record(entity(4, 6, "感冒")), "the offsets 4 and 6 are beyond the 6 tokens", id="beyond"),
    pytest.param(record(entity(4, None)), "offsets must be whole numbers, got 4 and None", id="null"),
    pytest.param(record({"start_idx": 0, "end_idx": 1}), "expected a type that is text", id="no-type"),
]


@pytest.mark.parametrize(("given_", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_place_and_a_fix(given_, message):
    with pytest.raises(DataError) as caught:
        list(reader_of([given_], Hints(ends="inclusive")))
    assert caught.value.where == "x.json:1:1"
    assert message in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        pytest.param(Sentence("s-1", ("Li", "Bai"), frozenset(), " "), "s-1: offsets count characters, and this", id="words"),
        pytest.param(Sentence("s-1", ("a",)), "s-1: the sentence is not annotated\nfix: give", id="not-annotated"),
        pytest.param(
            Sentence("s-1", tuple("abc"), frozenset({Entity((Fragment(0, 1), Fragment(2, 3)), "X")})),
            "s-1: the X at 0 is discontinuous",
            id="discontinuous",
        ),
    ],
)
def test_what_the_format_cannot_carry_is_refused_by_name(sentence, message):
    with pytest.raises(DataError, match=message):
        cmeee.record(sentence)


def test_the_format_is_told_by_the_names_of_the_offsets():
    assert cmeee.evidence([{"text": "a", "entities": []}, {"text": "a", "entities": [{"start": 0, "end": 1}, 3]}]) is None


offsets = st.integers(-1, 3) | values
given_entities = st.fixed_dictionaries(
    {}, optional={"start_idx": offsets, "end_idx": offsets, "type": words | values, "entity": words | values}
)
records = st.fixed_dictionaries({}, optional={"text": words | values, "entities": st.lists(given_entities | values) | values})


@given(sample=st.lists(records, max_size=2), one=records, ends=st.sampled_from([None, "inclusive", "exclusive"]))
def test_any_record_is_a_sentence_or_refused(sample, one, ends):
    cmeee.evidence([*sample, one])
    with suppress(CnerkitError):
        *_, sentence = reader_of([*sample, one], Hints(ends=ends))
        assert sentence.text == one["text"]
