"""W2NER's JSON: words, and the word numbers of each entity."""

import io
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import w2ner
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line, sample_objects
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Fragment, Sentence


def reader_of(records, hints=Hints()):  # noqa: B008 - a frozen value
    source = TextSource(io.BytesIO(json.dumps(records).encode()), "x.json")
    parse = w2ner.parser(sample_objects(source.head(), "x.json"), hints, "x.json")
    return RecordReader(source, parse, ids="dev")


def only(record):
    (sentence,) = reader_of([record])
    return sentence


def again(sentences):
    """What is read from what was written of some sentences."""
    return list(reader_of([json.loads(json_line(w2ner.record(sentence), sentence)) for sentence in sentences]))


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


def fragments_of(numbers):
    """The runs of some word numbers."""
    parts = []
    for number in sorted(numbers):
        if parts and parts[-1].end == number:
            parts[-1] = Fragment(parts[-1].start, number + 1)
        else:
            parts.append(Fragment(number, number + 1))
    return tuple(parts)


@st.composite
def annotated(draw):
    """Flat, nested, overlapping and discontinuous entities, several on one place."""
    tokens = draw(st.lists(words, min_size=1, max_size=6))
    places = st.sets(st.integers(0, len(tokens) - 1), min_size=1).map(fragments_of)
    entities = draw(st.frozensets(st.builds(Entity, places, words), max_size=4))
    return Sentence("", tuple(tokens), entities)


def test_gaps_in_the_word_numbers_are_those_of_a_discontinuous_entity():
    record = {
        "sentence": ["heads", "and", "arms", "ache", "badly"],
        "ner": [{"index": [0, 3], "type": "ADR"}, {"index": [2, 3, 4], "type": "ADR"}, {"index": [0, 1, 3, 4], "type": "X"}],
    }
    assert only(record) == Sentence(
        "dev-1",
        ("heads", "and", "arms", "ache", "badly"),
        frozenset(
            {
                Entity((Fragment(0, 1), Fragment(3, 4)), "ADR"),
                Entity.span(2, 5, "ADR"),
                Entity((Fragment(0, 2), Fragment(3, 5)), "X"),
            }
        ),
        " ",
    )


@given(sentences=st.lists(annotated(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(sentences):
    longer = sum(len(token) > 1 for sentence in sentences for token in sentence.tokens)
    joiner = " " if longer * 2 > sum(map(len, sentences)) else ""
    assert again(sentences) == [replace(each, id=f"dev-{n}", joiner=joiner) for n, each in enumerate(sentences, start=1)]


@pytest.mark.parametrize(
    ("tokens", "joiner"),
    [
        pytest.param(["我", "爱", "李", "白"], "", id="characters"),
        pytest.param(["我", "爱", "iPhone", "12"], "", id="half-of-them-longer"),
        pytest.param(["I", "love", "poems"], " ", id="words"),
    ],
)
def test_tokens_are_words_when_most_are_longer_than_a_character(tokens, joiner):
    first, second = reader_of([{"sentence": tokens, "ner": []}, {"sentence": ["y", "no"], "ner": []}])
    assert (first.joiner, second.joiner) == (joiner, joiner)


def test_what_else_a_file_holds_is_written_back_with_other_types_too():
    record = {
        "sentence": ["李", "白"],
        "ner": [{"index": [0], "type": "X"}, {"index": [0, 1], "type": "PER", "score": 0.5}],
        "word": [[0, 1]],
        "id": 7,
    }
    sentence = only(record)
    assert sentence.id == "7"
    assert w2ner.record(sentence) == record
    renamed = replace(sentence, entities=frozenset({Entity.span(0, 2, "POET")}))
    assert w2ner.record(renamed)["ner"] == [{"index": [0, 1], "type": "POET", "score": 0.5}]


def test_an_entity_given_twice_is_one_and_counted():
    entity = {"index": [0], "type": "X"}
    reader = reader_of([{"sentence": ["a"], "ner": [entity, entity]}])
    assert [len(sentence.entities) for sentence in reader] == [1]
    assert reader.notes == {"entities given twice, counted once": 1}


def test_a_record_without_entities_is_not_annotated_and_cannot_be_written():
    sentence = only({"sentence": ["a"]})
    assert sentence.entities is None
    with pytest.raises(DataError, match="dev-1: the sentence is not annotated\nfix: give a file whose sentences all have"):
        w2ner.record(sentence)


MALFORMED = [
    pytest.param({"ner": []}, "expected a list of words as `sentence`, got None", id="no-sentence"),
    pytest.param({"sentence": "ab", "ner": []}, "expected a list of words as `sentence`, got 'ab'", id="text"),
    pytest.param({"sentence": ["a", ""], "ner": []}, "expected a list of words as `sentence`", id="empty-word"),
    pytest.param({"sentence": ["a"], "ner": {}}, "expected a list `ner`, got {}", id="mapping"),
    pytest.param({"sentence": ["a"], "ner": [0]}, "expected an entity with index and type, got 0", id="number"),
    pytest.param([], "expected a list of word numbers as `index`, got []", id="no-number"),
    pytest.param(None, "expected a list of word numbers as `index`, got None", id="no-index"),
    pytest.param(0, "expected a list of word numbers as `index`, got 0", id="one-number"),
    pytest.param([0, True], "expected a list of word numbers as `index`, got [0, True]", id="bool"),
    pytest.param([0, 1.0], "expected a list of word numbers as `index`, got [0, 1.0]", id="float"),
    pytest.param([1, 0], "the word numbers [1, 0] do not rise", id="unsorted"),
    pytest.param([0, 1, 1], "the word numbers [0, 1, 1] do not rise", id="repeated"),
    pytest.param([-1, 0], "the word numbers [-1, 0] are not all among those of the 3 words", id="negative"),
    pytest.param([0, 3], "the word numbers [0, 3] are not all among those of the 3 words", id="beyond"),
    pytest.param([10**30], "are not all among those of the 3 words", id="huge"),
    pytest.param(
        {"sentence": ["a"], "ner": [{"index": [0]}]}, "expected a type that is text, got {'index': [0]}", id="no-type"
    ),
    pytest.param({"sentence": ["a"], "ner": [{"index": [0], "type": ""}]}, "expected a type that is text", id="empty-type"),
]


@pytest.mark.parametrize(("given", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_place_and_a_fix(given, message):
    record = given if isinstance(given, dict) else {"sentence": ["a", "b", "c"], "ner": [{"index": given, "type": "X"}]}
    with pytest.raises(DataError) as caught:
        only(record)
    assert caught.value.where == "x.json:1:1"
    assert message in caught.value.what
    assert caught.value.fix


def test_the_format_is_told_by_its_two_lists():
    records = [{"sentence": ["a"], "ner": []}, {"sentence": ["b"]}]
    assert w2ner.evidence(records) == "lists `sentence` and `ner` in 1 of the first 2 records"
    assert w2ner.evidence([{"sentence": "a", "ner": []}, {"tokens": ["a"], "ner": []}]) is None


entities = st.fixed_dictionaries({}, optional={"index": values | st.lists(st.integers(-1, 4)), "type": values})
lists = st.fixed_dictionaries({}, optional={"sentence": st.lists(words) | values, "ner": st.lists(entities | values) | values})


@given(record=lists)
def test_any_record_is_a_sentence_or_refused(record):
    w2ner.evidence([record])
    with suppress(CnerkitError):
        sentence = only(record)
        assert sentence.tokens == tuple(record["sentence"])
        assert sentence.entities is None or len(sentence.entities) <= len(record["ner"])
