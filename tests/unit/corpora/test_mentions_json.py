"""Words with entity_mentions, as nested corpora are published."""

import io
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import mentions
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line, sample_objects
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Fragment, Sentence


def reader_of(records, hints=Hints()):  # noqa: B008 - a frozen value
    source = TextSource(io.BytesIO(json.dumps(records).encode()), "x.json")
    parse = mentions.parser(sample_objects(source.head(), "x.json"), hints, "x.json")
    return RecordReader(source, parse, ids="dev")


def only(record):
    (sentence,) = reader_of([record])
    return sentence


def again(sentences):
    """What is read from what was written of some sentences."""
    return list(reader_of([json.loads(json_line(mentions.record(sentence), sentence)) for sentence in sentences]))


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def annotated(draw):
    """Nested, overlapping and repeated entities over words."""
    tokens = draw(st.lists(words, min_size=1, max_size=6))
    numbers = st.integers(0, len(tokens) - 1)
    spans = st.tuples(numbers, numbers, words).map(lambda each: Entity.span(min(each[:2]), max(each[:2]) + 1, each[2]))
    return Sentence(draw(words), tuple(tokens), draw(st.frozensets(spans, max_size=4)))


RECORD = {
    "tokens": ["Mice", "lack", "the", "IL-2", "gene", "."],
    "doc_id": "D:7",
    "sent_id": "D:7-3",
    "entity_mentions": [
        {"start": 3, "end": 4, "entity_type": "protein", "text": "IL-2"},
        {"start": 3, "end": 5, "entity_type": "DNA", "text": "IL-2 gene"},
    ],
}


def test_ends_are_exclusive_and_the_id_is_that_of_the_sentence():
    reader = reader_of([RECORD])
    expected = frozenset({Entity.span(3, 4, "protein"), Entity.span(3, 5, "DNA")})
    assert list(reader) == [Sentence("D:7-3", tuple(RECORD["tokens"]), expected, " ")]
    assert reader.notes == {}


def test_a_record_is_written_back_with_its_ids_and_other_fields_of_entities():
    mentions_ = [{**RECORD["entity_mentions"][0], "mention_type": "NAM"}, RECORD["entity_mentions"][1]]
    record = {**RECORD, "entity_mentions": mentions_, "relations": [{"type": "of"}]}
    assert mentions.record(only(record)) == record


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        pytest.param({}, "dev-1", id="none"),
        pytest.param({"doc_id": "D"}, "dev-1", id="only-a-document"),
        pytest.param({"id": 5}, "5", id="id"),
        pytest.param({"sent_id": "s"}, "s", id="sentence"),
        pytest.param({"sent_id": 0}, "0", id="number"),
        pytest.param({"doc_id": "D", "sent_id": 3}, "D-3", id="document-and-number"),
        pytest.param({"doc_id": "D", "sent_id": "D:3"}, "D:3", id="sentence-with-its-document"),
        pytest.param({"doc_id": 1, "sent_id": 12}, "1-12", id="numbers-that-begin-alike"),
    ],
)
def test_a_sentence_is_called_by_what_its_record_has(ids, expected):
    assert only({"tokens": ["a"], "entity_mentions": [], **ids}).id == expected


@given(sentences=st.lists(annotated(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(sentences):
    longer = sum(len(token) > 1 for sentence in sentences for token in sentence.tokens)
    joiner = " " if longer * 2 > sum(map(len, sentences)) else ""
    assert again(sentences) == [replace(each, joiner=joiner) for each in sentences]


def test_surfaces_that_differ_are_counted_and_offsets_count():
    reader = reader_of([{**RECORD, "entity_mentions": [{"start": 3, "end": 5, "entity_type": "DNA", "text": "IL-2gene"}]}])
    (sentence,) = reader
    assert sentence.entities == {Entity.span(3, 5, "DNA")}
    assert reader.notes == {"surfaces that differ from the text at their offsets, which count": 1}


MALFORMED = [
    pytest.param({"entity_mentions": {}}, "expected a list `entity_mentions`, got {}", id="mapping"),
    pytest.param({"entity_mentions": ["DNA"]}, "expected an entity with start, end and entity_type, got 'DNA'", id="text"),
    pytest.param({"entity_mentions": [{"start": 0}]}, "expected an entity with start, end and entity_type", id="no-end"),
    pytest.param({"entity_mentions": [{"start": 0, "end": 1}]}, "expected an entity_type that is text", id="no-type"),
    pytest.param({"entity_mentions": [{"start": 5, "end": 7}]}, "the offsets 5 and 7 are beyond the 6 tokens", id="beyond"),
    pytest.param({"entity_mentions": [{"start": True, "end": 2}]}, "offsets must be whole numbers, got True and 2", id="bool"),
    pytest.param({"tokens": [["a"]]}, "expected a list of words as `tokens`, got [['a']]", id="tokens"),
    pytest.param({"doc_id": []}, "expected numbers or strings as ids, got []", id="doc-id"),
    pytest.param({"sent_id": 1.5}, "expected numbers or strings as ids, got 1.5", id="sent-id"),
]


@pytest.mark.parametrize(("change", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_place_and_a_fix(change, message):
    with pytest.raises(DataError) as caught:
        only({**RECORD, **change})
    assert caught.value.where == "x.json:1:1"
    assert message in caught.value.what
    assert caught.value.fix


def test_what_the_format_cannot_carry_is_refused_by_name():
    with pytest.raises(DataError, match="s-1: the sentence is not annotated"):
        mentions.record(Sentence("s-1", ("a",)))
    entity = Entity((Fragment(0, 1), Fragment(2, 3)), "X")
    with pytest.raises(DataError, match="s-1: the X at 0 is discontinuous"):
        mentions.record(Sentence("s-1", tuple("abc"), frozenset({entity})))


def test_the_format_is_told_by_its_two_lists():
    assert mentions.evidence([RECORD, {"tokens": ["a"]}]) == "lists `tokens` and `entity_mentions` in 1 of the first 2 records"
    assert mentions.evidence([{"tokens": ["a"], "entities": []}, {"text": "a", "entity_mentions": []}]) is None


entities = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("start", "end", "entity_type", "text"), values | st.integers(0, 3))
)


@given(
    record=st.fixed_dictionaries(
        {},
        optional={
            "tokens": st.lists(words) | values,
            "entity_mentions": st.lists(entities | values) | values,
            "doc_id": values,
            "sent_id": values,
        },
    )
)
def test_any_record_is_a_sentence_or_refused(record):
    mentions.evidence([record])
    with suppress(CnerkitError):
        assert only(record).tokens == tuple(record["tokens"])
