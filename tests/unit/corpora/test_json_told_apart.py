"""JSON formats told from one another: what one of them writes is taken for that one alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import formats
from cnerkit.corpora.formats import FORMATS
from cnerkit.text import Entity, Sentence

RECORDS = [name for name, each in FORMATS.items() if each.kind == "records"]
TAGGED = [name for name, each in FORMATS.items() if each.kind == "tagged"]
SPANS = [name for name in RECORDS if name != "grid"]


def claimed(sample):
    """The formats that say that records are theirs."""
    modules = {name: formats.records(name) for name in RECORDS} | {name: formats.tagged(name) for name in TAGGED}
    return [name for name, module in modules.items() if module.evidence(sample)]


def written(name, *sentences):
    return [json.loads(json.dumps(formats.records(name).record(sentence))) for sentence in sentences]


FLAT = Sentence("1", tuple("李白见杜甫"), frozenset({Entity.span(0, 2, "PER"), Entity.span(3, 5, "PER")}))
NESTED = Sentence("2", tuple("李白见杜甫"), frozenset({Entity.span(0, 5, "EVENT"), Entity.span(3, 5, "PER")}))
EMPTY = Sentence("3", tuple("无"), frozenset())


@pytest.mark.parametrize("name", SPANS)
def test_what_a_format_writes_is_its_own(name):
    assert claimed(written(name, EMPTY, FLAT, NESTED)) == [name]


def test_tags_and_cells_are_not_taken_for_spans():
    assert claimed([{"tokens": ["a", "b"], "ner_tags": ["B-X", "O"]}]) == ["hf"]
    assert claimed([{"tokens": ["a", "b"], "cells": [[0, 1, "NNW"]]}]) == ["grid"]


@pytest.mark.parametrize("sample", [[{"text": "a"}], [{"id": 1, "tokens": ["a", "b"]}], [{"text": "a", "entities": []}]])
def test_text_alone_is_span_json_that_is_not_annotated(sample):
    assert claimed(sample) == ["jsonl"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=4,
)
lists = ["tokens", "sentence", "ner", "ner_tags", "entities", "entity_mentions", "label", "labels", "spans", "cells"]
keys = [*lists, "text", "doc_text", "data", "annotations"]


@given(sample=st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(keys, values)), max_size=3))
def test_any_records_can_be_looked_at(sample):
    assert set(claimed(sample)) <= {*RECORDS, *TAGGED}
