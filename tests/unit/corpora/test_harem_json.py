"""HAREM as JSON: documents, and entities with ids."""

import io
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import harem_json
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line, sample_objects
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Fragment, Sentence


def reader_of(records, hints=Hints()):  # noqa: B008 - a frozen value
    source = TextSource(io.BytesIO(json.dumps(records).encode()), "x.json")
    parse = harem_json.parser(sample_objects(source.head(), "x.json"), hints, "x.json")
    return RecordReader(source, parse, ids="dev")


def only(record):
    (sentence,) = reader_of([record])
    return sentence


def again(sentences):
    """What is read from what was written of some sentences."""
    return list(reader_of([json.loads(json_line(harem_json.record(sentence), sentence)) for sentence in sentences]))


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


RECORD = {
    "doc_id": "H-7",
    "doc_text": "Ana mora\nem Faro.",
    "entities": [
        {"entity_id": "4", "text": "Ana", "label": "PESSOA", "start_offset": 0, "end_offset": 3},
        {"entity_id": "0", "text": "Faro", "label": "LOCAL", "start_offset": 12, "end_offset": 16},
    ],
}


def test_a_document_is_one_sentence_of_characters_with_its_line_breaks():
    entities = frozenset({Entity.span(0, 3, "PESSOA"), Entity.span(12, 16, "LOCAL")})
    assert only(RECORD) == Sentence("H-7", tuple("Ana mora\nem Faro."), entities)


def test_a_document_is_written_back_with_the_ids_of_its_entities():
    record = {**RECORD, "source": "web"}
    assert harem_json.record(only(record)) == record


def test_new_entities_get_ids_that_are_free():
    sentence = only(RECORD)
    more = replace(sentence, entities=sentence.entities | {Entity.span(0, 8, "OBRA"), Entity.span(4, 8, "OUTRO")})
    ids = {entity["label"]: entity["entity_id"] for entity in harem_json.record(more)["entities"]}
    assert ids == {"PESSOA": "4", "LOCAL": "0", "OBRA": "1", "OUTRO": "2"}


@given(sentences=st.lists(annotated(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(sentences):
    assert again(sentences) == sentences


def test_surfaces_that_differ_are_counted_and_offsets_count():
    entity = {"entity_id": "0", "text": "Anna", "label": "PESSOA", "start_offset": 0, "end_offset": 3}
    reader = reader_of([{**RECORD, "entities": [entity]}])
    assert [sentence.entities for sentence in reader] == [{Entity.span(0, 3, "PESSOA")}]
    assert reader.notes == {"surfaces that differ from the text at their offsets, which count": 1}


MALFORMED = [
    pytest.param({"doc_text": None}, "expected a string `doc_text`, got None", id="no-text"),
    pytest.param({"doc_id": 7}, "expected text as `doc_id`, got 7", id="id"),
    pytest.param({"entities": {}}, "expected a list `entities`, got {}", id="mapping"),
    pytest.param({"entities": [1]}, "expected an entity with start_offset, end_offset and label, got 1", id="number"),
    pytest.param(
        {"entities": [{"start_offset": 0, "label": "X"}]}, "expected an entity with start_offset, end_off", id="no-end"
    ),
    pytest.param({"entities": [{"start_offset": 0, "end_offset": 99}]}, "0 and 99 are beyond the 17 tokens", id="beyond"),
    pytest.param({"entities": [{"start_offset": 0, "end_offset": 3}]}, "expected a label that is text", id="no-label"),
]


@pytest.mark.parametrize(("change", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_place_and_a_fix(change, message):
    with pytest.raises(DataError) as caught:
        only({**RECORD, **change})
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
        harem_json.record(sentence)


def test_the_format_is_told_by_its_text_and_its_list():
    found = harem_json.evidence([RECORD, {"doc_text": "a"}])
    assert found == "`doc_text` and a list `entities` in 1 of the first 2 records"
    assert harem_json.evidence([{"text": "a", "entities": []}, {"doc_text": 1, "entities": []}]) is None


entities = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("start_offset", "end_offset", "label", "text", "entity_id"), values | st.integers(0, 3))
)


@given(
    record=st.fixed_dictionaries(
        {}, optional={"doc_text": words | values, "doc_id": values, "entities": st.lists(entities | values) | values}
    )
)
def test_any_record_is_a_document_or_refused(record):
    harem_json.evidence([record])
    with suppress(CnerkitError):
        assert only(record).text == record["doc_text"]
