"""doccano's records in all their shapes: what they mean, what is refused, and writing them back."""

import io
import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import doccano
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError, UsageError
from cnerkit.text import Entity, Fragment, Sentence

RELATIONS = {
    "id": 7,
    "text": "😀李白在西安",
    "entities": [
        {"id": 31, "label": "人名", "start_offset": 2, "end_offset": 4},
        {"id": 30, "label": "地名", "start_offset": 5, "end_offset": 7},
    ],
    "relations": [{"id": 2, "from_id": 31, "to_id": 30, "type": "在"}],
    "Comments": ["看一下"],
    "source": "自编",
}


def read(*records, offsets=None):
    reader = RecordReader(
        TextSource(io.BytesIO("\n".join(map(json.dumps, records)).encode()), "x.jsonl"),
        doccano.parser(records, Hints(offsets=offsets), "x.jsonl"),
        ids="x",
    )
    return list(reader), reader.notes


def only(record, **hints):
    (sentence,), _ = read(record, **hints)
    return sentence


PERSON = frozenset({Entity.span(0, 2, "人名")})


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"text": "李白饮酒", "label": [[0, 2, "人名"]]}, id="label"),
        pytest.param({"text": "李白饮酒", "labels": [[0, 2, "人名"]]}, id="labels"),
        pytest.param({"text": "李白饮酒", "entities": [[0, 2, "人名"]], "cats": ["诗"]}, id="intents-and-slots"),
        pytest.param({"data": "李白饮酒", "label": [[0, 2, "人名"]]}, id="text-is-called-data"),
        pytest.param(
            {"text": "李白饮酒", "entities": [{"id": 1, "label": "人名", "start_offset": 0, "end_offset": 2}], "relations": []},
            id="relations",
        ),
        pytest.param(
            {"text": "李白饮酒", "annotations": [{"label": "人名", "start_offset": 0, "end_offset": 2, "user": 1}], "meta": {}},
            id="annotations",
        ),
        pytest.param({"text": "李白饮酒", "label": [[0, 2, "人名"]], "entities": None}, id="null-is-nothing"),
    ],
)
def test_every_shape_is_recognised_and_means_the_same(record):
    assert doccano.evidence([record])
    assert only({"id": 12, **record}) == Sentence("12", tuple("李白饮酒"), PERSON)


def test_a_list_of_nothing_is_annotated_and_no_list_is_not():
    assert only({"text": "李白", "label": []}).entities == frozenset()
    assert only({"text": "李白"}).entities is None
    assert only({"text": "李白", "label": None}).entities is None


def test_nested_and_repeated_labels_are_read():
    sentences, notes = read({"text": "西安市", "label": [[0, 3, "地名"], [0, 2, "地名"], [0, 3, "地名"]]})
    assert sentences[0].entities == frozenset({Entity.span(0, 3, "地名"), Entity.span(0, 2, "地名")})
    assert notes == {"entities given twice, counted once": 1}


@pytest.mark.parametrize(
    "sample",
    [
        pytest.param([], id="no-records"),
        pytest.param([{"text": "李白", "label": {"人名": {"李白": [[0, 1]]}}}], id="cluener"),
        pytest.param([{"text": "李白", "entities": [{"start": 0, "end": 2, "label": "人名"}]}], id="jsonl"),
        pytest.param([{"text": "李白", "entities": [{"start_idx": 0, "end_idx": 1, "type": "人名"}]}], id="cmeee"),
        pytest.param([{"text": "李白", "label": [[0, 1, "人名", "李白"]]}], id="sng"),
        pytest.param([{"sentence": ["李", "白"], "ner": [{"index": [0, 1], "type": "人名"}]}], id="w2ner"),
        pytest.param([{"tokens": ["李"], "entity_mentions": [{"start": 0, "end": 1, "entity_type": "人名"}]}], id="mentions"),
        pytest.param(
            [{"doc_text": "李白", "entities": [{"start_offset": 0, "end_offset": 2, "label": "人名"}]}], id="harem-json"
        ),
        pytest.param([{"tokens": ["李"], "ner_tags": [0]}], id="hf"),
        pytest.param(
            [{"text": "李", "label": [{"start": 0, "end": 1, "text": "李", "labels": ["人名"]}]}], id="label-studio-min"
        ),
        pytest.param([{"data": {"text": "李"}, "annotations": [{"result": []}]}], id="label-studio"),
        pytest.param([{"text": "李", "spans": [{"start": 0, "end": 1, "label": "人名"}]}], id="prodigy"),
        pytest.param([{"text": "李", "label": ["诗"]}], id="classification"),
    ],
)
def test_records_of_other_formats_are_not_taken_for_its_own(sample):
    assert doccano.evidence(sample) is None


def test_the_evidence_names_the_shape_and_how_often_it_was_seen():
    sample = [{"text": "李", "label": [[0, 1, "人名"]]}, {"text": "白", "label": []}, {"text": "酒"}]
    assert doccano.evidence(sample) == "a list `label` of [start, end, type] (1 of the first 3)"
    assert doccano.evidence([RELATIONS]) == "a list `entities` with start_offset and end_offset (1 of the first 1)"


EMOJI = {"text": "😀李白饮酒", "label": [[1, 3, "人名"]]}


def test_offsets_count_what_the_user_says():
    assert only(EMOJI, offsets="code-points").entities == frozenset({Entity.span(1, 3, "人名")})
    sentences, notes = read({**EMOJI, "label": [[2, 4, "人名"]]}, offsets="utf-16")
    assert sentences[0].entities == frozenset({Entity.span(1, 3, "人名")})
    assert notes == {"records whose offsets count UTF-16 code units, converted": 1}
    assert only({**EMOJI, "label": [[4, 10, "人名"]]}, offsets="bytes").entities == frozenset({Entity.span(1, 3, "人名")})


def test_offsets_behind_an_emoji_that_may_count_either_ask_for_the_flag():
    ambiguous = {"text": "😀李白饮酒", "label": [[2, 4, "人名"]]}
    with pytest.raises(UsageError) as caught:
        read({"text": "李白", "label": []}, ambiguous)
    assert caught.value.where == "x.jsonl"
    assert (
        "two readings are possible: 1 of the first 2 records have offsets behind characters beyond U+FFFF" in caught.value.what
    )
    assert "--offsets utf-16 for a file of doccano 1.5 or later, --offsets code-points" in caught.value.fix
    with pytest.raises(DataError, match="its offsets are behind characters beyond U\\+FFFF"):
        doccano.parser([], Hints(), "x.jsonl")(ambiguous, "1", Counter())


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"text": "李白😀", "label": [[0, 2, "人名"]]}, id="before-the-emoji"),
        pytest.param({"text": "😀李白", "label": []}, id="no-labels"),
        pytest.param({"text": "😀李白", "label": [[1, 3, "人名"]]}, id="utf-16-would-cut-the-emoji"),
        pytest.param({"text": "😀李白", "label": [[2, 4, "人名"]], "offsets": "utf-16"}, id="the-record-says-so"),
    ],
)
def test_nothing_is_asked_where_only_one_reading_is_possible(record):
    entities = only(record).entities
    assert {only(record).surface(entity) for entity in entities} <= {"李白"}


def test_offsets_beyond_the_text_that_fit_in_utf_16_name_the_flag():
    with pytest.raises(DataError) as caught:
        read({"text": "😀李白", "label": [[2, 4, "人名"]]})
    assert "the offsets 2 and 4 are beyond the text, which has 3 code points, but not beyond its 4 UTF-16" in caught.value.what
    assert "say --offsets utf-16" in caught.value.fix


MALFORMED = [
    pytest.param({"label": [[0, 1, "T"]]}, "expected a string `text`, got None", id="no-text"),
    pytest.param({"text": ["李"], "label": []}, "expected a string `text`, got ['李']", id="text-is-a-list"),
    pytest.param({"text": "李", "label": {}}, "expected a list `label`, got {}", id="label-is-a-mapping"),
    pytest.param({"text": "李", "label": "T"}, "expected a list `label`, got 'T'", id="label-is-text"),
    pytest.param({"text": "李", "label": ["T"]}, "expected a label with start, end and type, got 'T'", id="classification"),
    pytest.param({"text": "李", "label": [[0, 1]]}, "expected a label with start, end and type, got [0, 1]", id="two-items"),
    pytest.param({"text": "李", "label": [{"label": "T"}]}, "expected a label with start, end and type", id="no-offsets"),
    pytest.param({"text": "李", "label": [[0, 2, "T"]]}, "beyond the text, which has 1 code points", id="beyond"),
    pytest.param({"text": "李", "label": [[1, 1, "T"]]}, "the offsets 1 and 1 are reversed or empty", id="empty"),
    pytest.param({"text": "李", "label": [[-1, 1, "T"]]}, "the offsets -1 and 1 are negative", id="negative"),
    pytest.param({"text": "李", "label": [[0, "1", "T"]]}, "offsets must be whole numbers, got 0 and '1'", id="text-as-offset"),
    pytest.param({"text": "李", "label": [[0, 1, ""]]}, "expected a label that is text, got [0, 1, '']", id="empty-label"),
    pytest.param({"text": "李", "label": [[0, 1, None]]}, "expected a label that is text, got [0, 1, None]", id="no-label"),
    pytest.param({"text": "李", "label": [[0, 1, 5]]}, "the label 5 is a number, a key of the database", id="label-id"),
    pytest.param({"text": "李", "label": [], "entities": []}, "the record has both `label` and `entities`", id="two-lists"),
    pytest.param({"text": "李", "label": [], "offsets": "utf-8"}, "expected `offsets` to say what offsets count", id="unit"),
]


@pytest.mark.parametrize(("record", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_line_and_a_fix(record, message):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read({"text": "李白", "label": []}, record)
    assert caught.value.where == "x.jsonl:2:1"
    assert caught.value.fix


@pytest.mark.parametrize("labels", [None, ("人名", "地名")])
def test_a_number_as_a_label_is_refused_even_if_names_are_given_since_it_counts_over_projects(labels):
    record = {"text": "李白", "annotations": [{"label": 1, "start_offset": 0, "end_offset": 2, "user": 1}]}
    with pytest.raises(DataError, match="the label 1 is a number") as caught:
        doccano.parser([record], Hints(labels=labels), "x.jsonl")(record, "1", Counter())
    assert caught.value.fix == "replace the numbers by names: doccano exports its labels with their `id` and `text`"


def test_offsets_are_written_as_doccano_reads_them_with_their_unit_where_it_matters():
    sentence = Sentence("a", tuple("😀李白"), frozenset({Entity.span(1, 3, "人名")}))
    assert doccano.record(sentence) == {"id": "a", "text": "😀李白", "label": [[2, 4, "人名"]], "offsets": "utf-16"}
    before = Sentence("a", tuple("李白😀"), PERSON)
    assert doccano.record(before) == {"id": "a", "text": "李白😀", "label": [[0, 2, "人名"]]}


def test_an_unchanged_record_with_relations_is_written_as_it_was():
    written = doccano.record(only(RELATIONS, offsets="utf-16"))
    assert written == {**RELATIONS, "offsets": "utf-16"}
    plain = {**RELATIONS, "text": "啊啊李白在西安"}
    assert doccano.record(only(plain)) == plain
    assert doccano.record(only({**plain, "entities": [], "relations": []})) == {**plain, "entities": [], "relations": []}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"id": 3, "text": "李白", "label": [[0, 2, "人名"]], "Comments": []}, id="label"),
        pytest.param({"id": "a", "text": "李白", "Comments": []}, id="not-annotated"),
        pytest.param(
            {
                "text": "李",
                "annotations": [{"label": "人名", "start_offset": 0, "end_offset": 1, "user": 1}],
                "meta": {"a": [1]},
            },
            id="annotations",
        ),
        pytest.param(
            {
                "text": "李",
                "entities": [
                    {"id": 2, "label": "人名", "start_offset": 0, "end_offset": 1},
                    {"id": 1, "label": "人名", "start_offset": 0, "end_offset": 1},
                ],
                "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "同"}],
            },
            id="one-entity-twice",
        ),
    ],
)
def test_what_a_record_has_besides_is_written_back(record):
    assert doccano.record(only(record)) == {"id": "x-1", **record}


def test_changed_entities_keep_their_ids_and_new_ones_get_the_next():
    sentence = only(RELATIONS, offsets="utf-16")
    changed = frozenset({Entity.span(1, 3, "PER"), Entity.span(4, 6, "地名"), Entity.span(4, 5, "方位")})
    assert doccano.record(replace(sentence, entities=changed))["entities"] == [
        {"id": 31, "label": "PER", "start_offset": 2, "end_offset": 4},
        {"id": 30, "label": "地名", "start_offset": 5, "end_offset": 7},
        {"id": 32, "label": "方位", "start_offset": 5, "end_offset": 6},
    ]


def test_an_entity_that_a_relation_refers_to_cannot_be_left_out():
    sentence = only(RELATIONS, offsets="utf-16")
    with pytest.raises(DataError, match="a relation refers to the 地名 at 4, which is left out") as caught:
        doccano.record(replace(sentence, entities=frozenset({Entity.span(1, 3, "人名")})))
    assert "write a format that has no relations" in caught.value.fix
    free = replace(sentence, entities=frozenset(), extra={**sentence.extra, "relations": []})
    assert doccano.record(free)["entities"] == []


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        pytest.param(Sentence("s", ("Li", "Bai"), frozenset(), " "), "this sentence comes in words", id="words"),
        pytest.param(
            Sentence("s", tuple("abc"), frozenset({Entity((Fragment(0, 1), Fragment(2, 3)), "X")})),
            "the X at 0 is discontinuous",
            id="discontinuous",
        ),
    ],
)
def test_what_the_format_cannot_carry_is_refused(sentence, message):
    with pytest.raises(DataError, match=message):
        doccano.record(sentence)


texts = st.text(
    st.one_of(st.sampled_from("李白😀\r\n\u2028\u0301👩\u200d "), st.characters(exclude_categories=["Cs"])), max_size=12
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)


@st.composite
def sentences(draw):
    text = draw(texts)
    cuts = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda cut: cut[0] < cut[1])
    found = draw(st.none() | st.lists(st.tuples(cuts, names), max_size=4)) if text else draw(st.sampled_from([None, []]))
    entities = None if found is None else frozenset(Entity.span(*cut, type_) for cut, type_ in found)
    return Sentence(draw(names), tuple(text), entities)


@given(sentence=sentences())
def test_what_is_written_is_read_again(sentence):
    record = json.loads(json_line(doccano.record(sentence), sentence))
    assert only(record) == sentence
    assert doccano.record(only(record)) == record


def attempt(record, offsets):
    try:
        return read(record, offsets=offsets)
    except CnerkitError as error:
        return error


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "李白😀饮", "T", "utf-16"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "label", "start_offset", "end_offset", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
labels = st.lists(
    st.tuples(values, values, values).map(list)
    | st.fixed_dictionaries({"start_offset": values, "end_offset": values, "label": values}, optional={"id": values}),
    max_size=3,
)


@given(
    record=st.fixed_dictionaries(
        {},
        optional={
            "id": values,
            "text": values | st.just("李白😀饮"),
            "data": values,
            "label": values | labels,
            "labels": values,
            "entities": values | labels,
            "annotations": values,
            "relations": values,
            "offsets": values,
        },
    ),
    offsets=st.sampled_from([None, "utf-16", "bytes"]),
)
def test_a_record_with_anything_in_it_is_read_or_refused_and_what_is_read_is_written_back(record, offsets):
    doccano.evidence([record])
    outcome = attempt(record, offsets)
    if isinstance(outcome, CnerkitError):
        assert outcome.fix
        return
    (sentence,), _ = outcome
    again = only(json.loads(json_line(doccano.record(sentence), sentence)))
    assert again == sentence
