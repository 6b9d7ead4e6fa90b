"""SNG's JSON lines: a text, and lists of start, inclusive end, type and surface."""

import io
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import sng
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line, sample_objects
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Fragment, Sentence


def reader_of(records, hints=Hints()):  # noqa: B008 - a frozen value
    source = TextSource(io.BytesIO(json.dumps(records).encode()), "x.json")
    parse = sng.parser(sample_objects(source.head(), "x.json"), hints, "x.json")
    return RecordReader(source, parse, ids="dev")


def only(record):
    (sentence,) = reader_of([record])
    return sentence


def again(sentences):
    """What is read from what was written of some sentences."""
    return list(reader_of([json.loads(json_line(sng.record(sentence), sentence)) for sentence in sentences]))


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


def test_ends_are_inclusive_and_nothing_that_is_nested_is_repaired():
    reader = reader_of(
        [{"text": "见张三李四", "label": [[1, 4, "nr", "张三李四"], [3, 4, "nr", "李四"], [3, 4, "ns", "李四"]]}]
    )
    entities = {Entity.span(1, 5, "nr"), Entity.span(3, 5, "nr"), Entity.span(3, 5, "ns")}
    assert list(reader) == [Sentence("dev-1", tuple("见张三李四"), frozenset(entities))]
    assert reader.notes == {}


@given(sentences=st.lists(annotated(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(sentences):
    assert again(sentences) == [replace(each, id=f"dev-{number}") for number, each in enumerate(sentences, start=1)]


def test_other_fields_are_written_back():
    record = {"text": "李白", "label": [[0, 1, "nr", "李白"]], "source": {"page": 1}, "id": "a-1"}
    sentence = only(record)
    assert sentence.id == "a-1"
    assert sng.record(sentence) == record


def test_surfaces_that_differ_and_repeats_are_counted():
    reader = reader_of([{"text": "李白", "label": [[0, 1, "nr", "李太白"], [0, 1, "nr", 7]]}])
    assert [sentence.entities for sentence in reader] == [{Entity.span(0, 2, "nr")}]
    assert reader.notes == {
        "surfaces that differ from the text at their offsets, which count": 2,
        "entities given twice, counted once": 1,
    }


def test_a_record_without_labels_is_not_annotated_and_an_empty_list_is():
    assert [each.entities for each in reader_of([{"text": "a"}, {"text": "b", "label": []}])] == [None, frozenset()]


MALFORMED = [
    pytest.param({}, "expected a list `label`, got {}", id="mapping"),
    pytest.param(["nr"], "expected an entity as [start, end, type, surface], got 'nr'", id="text"),
    pytest.param([[0, 1, "nr"]], "expected an entity as [start, end, type, surface], got [0, 1, 'nr']", id="three"),
    pytest.param([[0, 2, "nr", "李白"]], "the offsets 0 and 2 are beyond the 2 tokens", id="beyond"),
    pytest.param([[1, 0, "nr", ""]], "the offsets 1 and 0 are reversed or empty", id="reversed"),
    pytest.param([[-1, 0, "nr", "李"]], "the offsets -1 and 0 are negative", id="negative"),
    pytest.param([["0", 1, "nr", "李白"]], "offsets must be whole numbers, got '0' and 1", id="text-as-offset"),
    pytest.param([[0, 1, "", "李白"]], "expected a type that is text, got [0, 1, '', '李白']", id="empty-type"),
]


@pytest.mark.parametrize(("label", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_place_and_a_fix(label, message):
    with pytest.raises(DataError) as caught:
        only({"text": "李白", "label": label})
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
        sng.record(sentence)


def test_the_format_is_told_by_lists_of_four():
    records = [{"text": "李白", "label": [[0, 1, "nr", "李白"]]}, {"text": "a", "label": []}]
    assert sng.evidence(records) == "a list `label` of [start, end, type, surface] in 1 of the first 2 records"
    others = [{"text": "a", "label": [[0, 1, "X"]]}, {"text": "a", "label": [{"start": 0}]}, {"text": "a", "label": {}}]
    assert sng.evidence(others) is None


fours = st.lists(st.integers(-1, 3) | values, min_size=3, max_size=5)


@given(record=st.fixed_dictionaries({}, optional={"text": words | values, "label": st.lists(fours | values) | values}))
def test_any_record_is_a_sentence_or_refused(record):
    sng.evidence([record])
    with suppress(CnerkitError):
        assert only(record).text == record["text"]
