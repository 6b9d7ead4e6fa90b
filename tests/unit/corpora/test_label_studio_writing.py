"""Label Studio written: what did not change comes out as it was, what did as Label Studio imports it."""

import io
import json
from dataclasses import replace

import pytest

from cnerkit.corpora import label_studio
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

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


OTHERS = [
    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["在"]},
    {"id": "c", "from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["诗"]}},
    {"id": "a", "from_name": "kind", "to_name": "text", "type": "choices", "value": {"start": 1, "end": 3, "choices": ["真"]}},
]
EXPORT = {
    "id": 12,
    "annotations": [
        {
            "id": 5,
            "completed_by": 2,
            "result": [
                {"id": "a", **CODE_POINTS[0], "origin": "manual"},
                OTHERS[0],
                {"id": "b", **CODE_POINTS[1]},
                *OTHERS[1:],
            ],
            "was_cancelled": False,
            "ground_truth": False,
            "lead_time": 4.5,
        },
        {"id": 6, "result": [region(0, 1, "X")], "was_cancelled": True},
    ],
    "drafts": [],
    "predictions": [{"id": 1, "result": [region(1, 2, "姓", text="李")], "score": 0.5}],
    "data": {"text": TEXT, "source": "自编"},
    "meta": {},
    "total_annotations": 1,
}


def test_a_task_that_did_not_change_is_written_as_it_was():
    assert label_studio.record(only(EXPORT)) == EXPORT


def test_a_task_in_utf_16_is_written_in_code_points():
    results = [{"id": 5, "result": UTF_16}, {"id": 6, "result": [region(2, 3, "姓")], "was_cancelled": True}]
    broken_ones = [{"type": "labels"}, {"type": "htmllabels"}, region(1, 2, "Y"), {"type": "choices"}, "x"]
    predictions = [{"result": [region(0, 2, "X"), *broken_ones]}, {"result": None}]
    written = label_studio.record(only(task(*results, predictions=predictions)))
    assert written["annotations"] == [
        {"id": 5, "result": CODE_POINTS},
        {"id": 6, "result": [region(1, 2, "姓")], "was_cancelled": True},
    ]
    assert written["predictions"] == [{"result": [region(0, 1, "X"), *broken_ones]}, {"result": None}]


def test_new_entities_become_regions_as_label_studio_imports_them():
    sentence = Sentence("a", tuple(TEXT), ENTITIES)
    assert label_studio.record(sentence) == {
        "id": "a",
        "data": {"text": TEXT},
        "annotations": [
            {
                "result": [
                    {
                        "id": "entity-1",
                        "from_name": "label",
                        "to_name": "text",
                        "type": "labels",
                        "value": {"start": 1, "end": 3, "text": "李白", "labels": ["人名"]},
                    },
                    {
                        "id": "entity-2",
                        "from_name": "label",
                        "to_name": "text",
                        "type": "labels",
                        "value": {"start": 4, "end": 6, "text": "西安", "labels": ["地名"]},
                    },
                ]
            }
        ],
    }
    assert label_studio.record(Sentence("a", tuple(TEXT))) == {"id": "a", "data": {"text": TEXT}}


def test_a_flat_record_is_written_as_a_task():
    written = label_studio.record(only(FLAT))
    assert written["id"] == 4
    assert written["data"] == {key: value for key, value in FLAT.items() if key not in ("id", "label")}
    assert only(written) == only(FLAT)


def test_changed_entities_stay_in_their_regions_and_new_ones_follow():
    several = task({"id": 1, "result": [region(1, 3, "人名", "诗人", text="李白", id_="a"), OTHERS[1]]})
    changed = frozenset({Entity.span(1, 3, "人名"), Entity.span(1, 3, "POET"), Entity.span(4, 6, "地名")})
    assert label_studio.record(replace(only(several), entities=changed))["annotations"][0]["result"] == [
        region(1, 3, "人名", "POET", text="李白", id_="a"),
        OTHERS[1],
        region(4, 6, "地名", text="西安", id_="entity-1"),
    ]


def test_a_task_that_was_not_annotated_gets_an_annotation_beside_the_cancelled_ones():
    cancelled = {"id": 6, "result": [], "was_cancelled": True}
    annotated = replace(only(task(cancelled)), entities=frozenset({Entity.span(1, 3, "人名")}))
    assert label_studio.record(annotated)["annotations"] == [
        cancelled,
        {"result": [region(1, 3, "人名", text="李白", id_="entity-1")]},
    ]


@pytest.mark.parametrize(
    ("left", "message"),
    [
        pytest.param(Entity.span(1, 3, "人名"), "a relation refers to the 地名 at 4, which is left out", id="relation"),
        pytest.param(Entity.span(4, 6, "地名"), "refers to the 人名 at 1, which is left out", id="choices-and-relation"),
    ],
)
def test_an_entity_that_another_result_refers_to_cannot_be_left_out(left, message):
    with pytest.raises(DataError, match=message):
        label_studio.record(replace(only(EXPORT), entities=frozenset({left})))
