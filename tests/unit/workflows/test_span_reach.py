"""What a user is told of entities that a model of spans cannot find, and which corpora it takes all the same."""

from dataclasses import replace

import pytest

from cnerkit.errors import DataError
from cnerkit.registry import ModelSpec, Params
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.span_reach import notes_on_reach
from cnerkit.workflows.suitability import refuse_unsupported, task_of

LONG, SHORT = Entity.span(0, 5, "构"), Entity.span(0, 2, "地")
BROKEN = Sentence("b", tuple("张和王"), frozenset({Entity((Fragment(0, 1), Fragment(2, 3)), "人")}))
WHOLE = Sentence("w", tuple("云河大学生"), frozenset({LONG, SHORT}))
EMPTY = Sentence("e", tuple("无"), frozenset())


class Near:
    """A model of which only the reach counts."""

    max_length = 2

    def reachable(self, sentence):
        return frozenset(entity for entity in sentence.entities if entity.end - entity.start <= self.max_length)


def test_entities_out_of_reach_are_counted_with_the_recall_that_they_leave():
    near = replace(WHOLE, entities=frozenset({SHORT}))
    notes = list(notes_on_reach(Near(), {"train": [WHOLE, EMPTY], "dev": [EMPTY], "near": [near], "test": [BROKEN]}))
    assert notes == [
        "looks at the spans of at most 2 tokens",
        "train: coverage 50.00%, which bounds recall: 1 of 2 entities out of reach",
        "near: coverage 100.00%",
        "test: coverage 0.00%, which bounds recall: 1 of 1 entity out of reach",
    ]


def test_of_a_model_that_does_not_limit_its_spans_nothing_is_said():
    assert list(notes_on_reach(object(), {"train": [WHOLE]})) == []


def spec(**kinds):
    return ModelSpec(name="m", summary="", paper="", params=Params, build=lambda _, **__: None, **kinds)


def test_a_corpus_with_entities_that_count_as_missed_is_taken():
    splits = {"train": [WHOLE, BROKEN]}
    task = task_of(splits, None)
    handles = frozenset({"flat", "nested"})
    refuse_unsupported(spec(handles=handles, misses=frozenset({"discontinuous"})), task, splits)
    with pytest.raises(DataError, match="cannot predict discontinuous entities"):
        refuse_unsupported(spec(handles=handles), task, splits)
