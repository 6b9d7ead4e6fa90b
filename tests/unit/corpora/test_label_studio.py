"""Label Studio's tasks and JSON_MIN: what they mean, which annotation counts, what is refused, and writing them back."""

import io
import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import label_studio
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError, UsageError
from cnerkit.text import Entity, Fragment, Sentence

TEXT = "😀李白在西安"
ENTITIES = frozenset({Entity.span(1, 3, "人名"), Entity.span(4, 6, "地名")})


def region(start, end, *labels, text=None, id_=None, to_name="text"):
    value = {"start": start, "end": end, "labels": list(labels)}
    if text is not None:
        value["text"] = text
    found = {"from_name": "label", "to_name": to_name, "type": "labels", "value": value}
    return found if id_ is None else {"id": id_, **found}


def task(*results, text=TEXT, **others):
    annotations = [result if isinstance(result, dict) else {"result": result} for result in results]
    return {"data": {"text": text}, "annotations": annotations, **others}


CODE_POINTS = [region(1, 3, "人名", text="李白"), region(4, 6, "地名", text="西安")]
UTF_16 = [region(2, 4, "人名", text="李白"), region(5, 7, "地名", text="西安")]
FLAT = {
    "id": 4,
    "text": TEXT,
    "label": [each["value"] for each in CODE_POINTS],
    "annotator": 1,
    "annotation_id": 9,
    "created_at": "2024-01-02T03:04:05Z",
    "updated_at": "2024-01-02T03:04:05Z",
    "lead_time": 3.5,
}


def read(*records, offsets=None):
    reader = RecordReader(
        TextSource(io.BytesIO(json.dumps(records).encode()), "x.json"),
        label_studio.parser(records, Hints(offsets=offsets), "x.json"),
        ids="x",
    )
    return list(reader), reader.notes


def only(record, **hints):
    (sentence,), _ = read(record, **hints)
    return sentence


def test_a_task_is_a_sentence_of_characters_with_the_entities_of_its_annotation():
    sentences, notes = read(task(CODE_POINTS, id=3))
    assert sentences == [Sentence("3", tuple(TEXT), ENTITIES)]
    assert not notes


def test_a_flat_record_means_the_same():
    sentences, notes = read(FLAT)
    assert sentences == [Sentence("4", tuple(TEXT), ENTITIES)]
    assert not notes


def test_a_region_needs_no_type_where_its_labels_tell():
    bare = [{key: value for key, value in each.items() if key == "value"} for each in CODE_POINTS]
    assert only(task(bare)).entities == ENTITIES


def test_a_region_with_several_labels_is_several_entities():
    assert only(task([region(1, 3, "人名", "诗人", text="李白")])).entities == frozenset(
        {Entity.span(1, 3, "人名"), Entity.span(1, 3, "诗人")}
    )


@pytest.mark.parametrize("name", ["annotations", "completions"])
def test_annotations_have_had_two_names(name):
    record = {"data": {"text": TEXT}, name: [{"result": CODE_POINTS}]}
    assert only(record).entities == ENTITIES
    assert label_studio.record(only({**record, name: [{"id": 1, "result": CODE_POINTS}]}))[name] == [
        {"id": 1, "result": CODE_POINTS}
    ]


@pytest.mark.parametrize(
    ("data", "to_name"),
    [
        pytest.param({"text": TEXT, "url": "a"}, "text", id="its-regions-say"),
        pytest.param({"body": TEXT, "text": "a", "x": "b"}, "body", id="its-regions-say-otherwise"),
        pytest.param({"Full_Text": TEXT, "number": 3}, "text", id="the-only-string"),
        pytest.param({"text": TEXT, "title": "a"}, "ner", id="text-is-the-usual-name"),
    ],
)
def test_the_text_is_found_in_the_data(data, to_name):
    given = [region(1, 3, "人名", text="李白", to_name=to_name)]
    sentence = only({"data": data, "annotations": [{"result": given}]})
    assert sentence.text == TEXT
    written = label_studio.record(sentence)
    assert written["data"] == data
    assert only(written) == sentence


def test_the_text_of_a_task_without_regions_is_called_as_in_others():
    first = {"data": {"body": TEXT, "x": "a"}, "annotations": [{"result": [region(1, 3, "人名", to_name="body")]}]}
    second = {"data": {"body": "酒", "x": "a"}, "annotations": []}
    assert [sentence.text for sentence in read(first, second)[0]] == [TEXT, "酒"]


def test_only_the_annotation_that_was_not_cancelled_counts():
    cancelled = {"result": [region(0, 1, "X")], "was_cancelled": True}
    assert only(task(cancelled, {"result": CODE_POINTS, "was_cancelled": False})).entities == ENTITIES
    sentences, notes = read(task(cancelled))
    assert sentences[0].entities is None
    assert notes == {"tasks whose annotations were all cancelled, not annotated": 1}


def test_annotations_that_agree_are_read_once_and_counted():
    sentences, notes = read(task(CODE_POINTS, list(reversed(CODE_POINTS))))
    assert sentences[0].entities == ENTITIES
    assert notes == {"tasks with several annotations that agree, read once": 1}


def test_the_ground_truth_counts_where_annotations_differ():
    sentences, notes = read(task([], {"result": CODE_POINTS, "ground_truth": True}, [region(0, 1, "X")]))
    assert sentences[0].entities == ENTITIES
    assert notes == {"tasks with several annotations, of which the ground truth counts": 1}


def test_annotations_that_do_not_agree_are_refused_by_name():
    with pytest.raises(DataError) as caught:
        read(task(CODE_POINTS), task(CODE_POINTS, []))
    assert caught.value.where.startswith("x.json:1:")
    assert caught.value.what == "its 2 annotations do not agree: they have 2, 0 entities"
    assert caught.value.fix == "mark one of them as the ground truth in Label Studio, or export one annotator alone"


def test_predictions_are_no_annotation():
    sentences, notes = read(task(predictions=[{"result": CODE_POINTS}]))
    assert sentences[0].entities is None
    assert notes == {"tasks for which there are only predictions, not annotated": 1}
    assert only({"data": {"text": TEXT}}).entities is None


def test_a_flat_record_without_regions_is_annotated_when_it_comes_from_an_annotation():
    assert only({key: value for key, value in FLAT.items() if key != "label"}).entities == frozenset()
    assert only({"text": TEXT, "label": []}).entities == frozenset()
    assert only({"text": TEXT}).entities is None


def test_regions_without_a_label_are_left_out_and_counted():
    sentences, notes = read(task([*CODE_POINTS, region(0, 1, id_="bare")]))
    assert sentences[0].entities == ENTITIES
    assert notes == {"regions without a label, left out": 1}
    assert label_studio.record(sentences[0])["annotations"][0]["result"][-1] == region(0, 1, id_="bare")


def test_surfaces_tell_that_offsets_count_utf_16():
    sentences, notes = read(task(UTF_16), task([]))
    assert sentences[0].entities == ENTITIES
    assert notes == {"records whose offsets count UTF-16 code units, converted": 1}
    assert only({**FLAT, "label": [each["value"] for each in UTF_16]}).entities == ENTITIES


def test_surfaces_tell_that_line_ends_count_as_one():
    text = "甲\r\n\r\n李白\r\n"
    (sentence,), notes = read(task([region(3, 5, "人名", text="李白"), region(1, 3, "空", text="\\n\\n")], text=text))
    assert notes == {"records whose offsets count code points, and \\r\\n as one of them, converted": 1}
    assert sentence.entities == frozenset({Entity.span(5, 7, "人名"), Entity.span(1, 5, "空")})
    assert sentence.text == text


def test_a_line_end_in_a_surface_is_written_as_a_backslash_and_an_n():
    _, notes = read(task([region(0, 3, "诗", text="李\\n白")], text="李\n白"))
    assert not notes


def test_surfaces_that_contradict_one_another_ask_for_the_flag_which_is_then_obeyed():
    both = task([CODE_POINTS[0], UTF_16[1]], text=TEXT + "城")
    with pytest.raises(
        UsageError, match=r"^x\.json: two readings are possible: 1 surfaces .*\nfix: say --offsets code-points or"
    ):
        read(both)
    sentences, notes = read(both, offsets="code-points")
    assert sentences[0].entities == frozenset({Entity.span(1, 3, "人名"), Entity.span(5, 7, "地名")})
    assert notes == {"surfaces that differ from the text at their offsets, which count": 1}


def test_without_surfaces_offsets_count_code_points_or_what_the_user_says():
    bare = [region(1, 3, "人名"), region(4, 6, "地名")]
    assert only(task(bare)).entities == ENTITIES
    assert only(task([region(2, 4, "人名"), region(5, 7, "地名")]), offsets="utf-16").entities == ENTITIES
    with pytest.raises(DataError, match="beyond the text, which has 6 code points, but not beyond its 7 UTF-16 code units"):
        read(task([region(5, 7, "地名")]))


def test_a_surface_that_differs_is_counted_and_the_offsets_count():
    sentences, notes = read(task([region(1, 3, "人名", text="杜甫")]))
    assert sentences[0].entities == frozenset({Entity.span(1, 3, "人名")})
    assert notes == {"surfaces that differ from the text at their offsets, which count": 1}


def test_a_record_that_counts_otherwise_than_the_first_ones_is_refused_unless_the_user_has_said_what_counts():
    parse = label_studio.parser([task(CODE_POINTS)], Hints(), "x.json")
    with pytest.raises(DataError) as caught:
        parse(task(UTF_16), "1", Counter())
    assert caught.value.what == (
        "'李白' stands at 2 and 4 only if these count UTF-16 code units, and the offsets of this file count code points"
    )
    assert "say --offsets" in caught.value.fix


def broken(**changed):
    return task([{**CODE_POINTS[0], **changed}])


MALFORMED = [
    pytest.param({"data": {}}, "the text of the task is not known: its data has no string", id="no-text"),
    pytest.param({"data": {"a": "x", "b": "y"}}, "its data has 2 strings: 'a', 'b'", id="two-texts"),
    pytest.param({"data": {"text": 3}}, "its data has no string", id="text-is-a-number"),
    pytest.param({"id": 4}, "its data has no string", id="nothing"),
    pytest.param({**task(), "annotations": {}}, "expected a list `annotations`, got {}", id="annotations-are-a-mapping"),
    pytest.param({**task(), "annotations": [7]}, "expected a list of objects as `annotations`, got [7]", id="only-ids"),
    pytest.param(task({"result": 3}), "expected a list `result`, got 3", id="result"),
    pytest.param(task({"result": ["x"]}), "expected a list of objects as `result`, got ['x']", id="results-are-text"),
    pytest.param(broken(value=None), "expected a region with start and end, got None", id="no-value"),
    pytest.param(broken(value={"start": 1}), "expected a region with start and end, got {'start': 1}", id="no-end"),
    pytest.param(broken(value={"start": 1, "end": 2, "labels": "X"}), "expected a list of `labels` that are text", id="label"),
    pytest.param(broken(value={"start": 1, "end": 2, "labels": [""]}), "expected a list of `labels`", id="empty-label"),
    pytest.param(broken(value={"start": 1, "end": 9, "labels": ["X"]}), "are beyond the text, which has 6", id="beyond"),
    pytest.param(
        broken(value={"start": "1", "end": 2, "labels": ["X"]}), "offsets must be whole numbers, got '1'", id="offset"
    ),
    pytest.param(broken(type="hypertextlabels"), "a result of the type 'hypertextlabels' is no stretch of a plain", id="html"),
    pytest.param(
        task([region(1, 3, "X"), region(1, 3, "X", to_name="b")]), "its regions lie in 2 texts: 'text', 'b'", id="texts"
    ),
    pytest.param({**FLAT, "label": [FLAT["label"][0], 5]}, "expected a list of objects as `label`", id="flat-with-a-number"),
    pytest.param({**FLAT, "label": [{"start": 0, "end": 7, "labels": ["X"]}]}, "are beyond the text", id="flat-beyond"),
]


@pytest.mark.parametrize(("record", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_line_and_a_fix(record, message):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read(task(CODE_POINTS), record)
    assert caught.value.where.startswith("x.json:1:")
    assert caught.value.fix


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(task(*CODE_POINTS), "tasks with a mapping `data` (1 of the first 1)", id="export"),
        pytest.param({"data": {"text": "李"}}, "tasks with a mapping `data` (1 of the first 1)", id="to-be-annotated"),
        pytest.param(FLAT, "regions with start, end and a list `labels` (1 of the first 1)", id="flat"),
        pytest.param({"text": "李", "ner": FLAT["label"]}, "regions with start, end", id="flat-with-another-name"),
        pytest.param({"text": "李", "label": []}, None, id="an-empty-list"),
        pytest.param({"text": "李", "label": [[0, 1, "X"]]}, None, id="doccano"),
        pytest.param({"data": "李", "label": [[0, 1, "X"]]}, None, id="doccano-of-2021"),
        pytest.param({"text": "李", "label": {"X": {"李": [[0, 0]]}}}, None, id="cluener"),
        pytest.param({"text": "李", "entities": [{"start": 0, "end": 1, "label": "X"}]}, None, id="jsonl"),
        pytest.param({"text": "李", "entities": [{"start_idx": 0, "end_idx": 0, "type": "X"}]}, None, id="cmeee"),
        pytest.param({"text": "李", "label": [[0, 0, "X", "李"]]}, None, id="sng"),
        pytest.param({"text": "李", "spans": [{"start": 0, "end": 1, "label": "X"}]}, None, id="prodigy"),
        pytest.param({"sentence": ["李"], "ner": [{"index": [0], "type": "X"}]}, None, id="w2ner"),
        pytest.param({"tokens": ["李"], "entity_mentions": [{"start": 0, "end": 1, "entity_type": "X"}]}, None, id="mentions"),
        pytest.param(
            {"doc_text": "李", "entities": [{"start_offset": 0, "end_offset": 1, "label": "X"}]}, None, id="harem-json"
        ),
        pytest.param({"tokens": ["李"], "ner_tags": [0]}, None, id="hf"),
    ],
)
def test_its_records_are_told_from_those_of_other_formats(record, expected):
    found = label_studio.evidence([record])
    assert found is expected is None or (expected and found.startswith(expected))


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
        label_studio.record(sentence)


texts = st.text(
    st.one_of(st.sampled_from("李白😀\r\n\\\u2028\u0301👩\u200d "), st.characters(exclude_categories=["Cs"])), max_size=12
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)


@st.composite
def sentences(draw):
    text = draw(texts)
    cuts = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda cut: cut[0] < cut[1])
    found = draw(st.none() | st.lists(st.tuples(cuts, names), max_size=4)) if text else draw(st.sampled_from([None, []]))
    entities = None if found is None else frozenset(Entity.span(*cut, type_) for cut, type_ in found)
    return Sentence(draw(names), tuple(text), entities)


@given(given_sentences=st.lists(sentences(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(given_sentences):
    records = [json.loads(json_line(label_studio.record(sentence), sentence)) for sentence in given_sentences]
    found, notes = read(*records)
    assert found == given_sentences
    assert not notes
    assert [label_studio.record(sentence) for sentence in found] == records


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
    | st.sampled_from(["", "李白😀\r\n饮", "李", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "start", "text", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
places = st.integers(-1, 6) | values
region_values = st.fixed_dictionaries(
    {}, optional={"start": places, "end": places, "labels": st.just(["T"]) | values | st.lists(values), "text": values}
)
results = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": values,
            "type": st.sampled_from(["labels", "relation", "choices"]) | values,
            "from_name": values,
            "to_name": values | st.just("text"),
            "from_id": values,
            "to_id": values,
            "value": region_values | values,
        },
    ),
    max_size=3,
)
annotations = st.lists(
    st.fixed_dictionaries(
        {}, optional={"id": values, "result": results | values, "was_cancelled": values, "ground_truth": values}
    ),
    max_size=3,
)


@given(
    record=st.fixed_dictionaries(
        {},
        optional={
            "id": values,
            "data": st.fixed_dictionaries({"text": st.just("李白😀\r\n饮")}, optional={"x": values}) | values,
            "annotations": values | annotations,
            "predictions": values | annotations,
            "text": values | st.just("李白😀饮"),
            "label": values | st.lists(region_values, max_size=3),
            "annotation_id": values,
        },
    ),
    offsets=st.sampled_from([None, "utf-16", "bytes"]),
)
def test_a_record_with_anything_in_it_is_read_or_refused_and_what_is_read_is_written_back(record, offsets):
    label_studio.evidence([record])
    outcome = attempt(record, offsets)
    if isinstance(outcome, CnerkitError):
        assert outcome.fix
        return
    (sentence,), notes = outcome
    assert all(count > 0 for count in notes.values())
    again = only(json.loads(json_line(label_studio.record(sentence), sentence)), offsets="code-points")
    assert again == sentence
