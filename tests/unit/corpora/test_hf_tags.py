"""Records of tokens and tags: names, numbers, and everything that is wrong with them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.formats import Hints
from cnerkit.corpora.hf import evidence, record, tagger
from cnerkit.errors import DataError, UsageError

NAMES = ("O", "B-人", "I-人")
NAMED = {"id": "0", "tokens": ["李", "白"], "ner_tags": ["B-人", "I-人"]}
NUMBERED = {"tokens": ["李", "白", "说"], "ner_tags": [1, 2, 0]}


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        pytest.param([NAMED], "`tokens` and as many `ner_tags` in 1 of the first 1 records", id="names"),
        pytest.param([NUMBERED, NAMED, {}], "`tokens` and as many `ner_tags` in 2 of the first 3 records", id="most"),
        pytest.param([{"tokens": ["李"], "tags": ["O"]}], "`tokens` and as many `tags`", id="tags"),
        pytest.param([{"tokens": ["李"], "labels": [0]}], "`tokens` and as many `labels`", id="labels"),
        pytest.param([{"tokens": [], "ner_tags": []}], "`tokens` and as many `ner_tags`", id="no-tokens"),
    ],
)
def test_tokens_with_as_many_tags_are_the_evidence(sample, words):
    assert evidence(sample).startswith(words)


@pytest.mark.parametrize(
    "sample",
    [
        pytest.param([], id="no-records"),
        pytest.param([{"tokens": ["李", "白"], "entities": []}], id="spans"),
        pytest.param([{"tokens": ["李", "白"], "ner_tags": ["O"]}], id="too-few-tags"),
        pytest.param([{"tokens": ["李"], "labels": [[0, 1, "人"]]}], id="labels-that-are-spans"),
        pytest.param([{"tokens": ["李"], "ner_tags": [True]}], id="truth-values"),
        pytest.param([{"tokens": "李", "ner_tags": ["O"]}], id="tokens-that-are-text"),
        pytest.param([NAMED, {"text": "李白"}], id="only-half-of-the-records"),
    ],
)
def test_anything_else_is_no_evidence(sample):
    assert evidence(sample) is None


def test_names_are_the_tags():
    assert tagger([NAMED], Hints(), "x")(NAMED) == (("李", "白"), ("B-人", "I-人"))


def test_numbers_are_the_names_at_their_places():
    assert tagger([NUMBERED], Hints(labels=NAMES), "x")(NUMBERED) == (("李", "白", "说"), ("B-人", "I-人", "O"))


@pytest.mark.parametrize("field", ["tags", "labels"])
def test_the_tags_can_be_called_otherwise(field):
    found = {"tokens": ["李"], field: ["B-人"]}
    assert tagger([found], Hints(), "x")(found) == (("李",), ("B-人",))


def test_tags_of_entities_go_before_other_tags():
    found = {"tokens": ["李"], "tags": ["NR"], "ner_tags": ["B-人"]}
    assert tagger([found], Hints(), "x")(found) == (("李",), ("B-人",))


def test_numbers_without_names_ask_for_them():
    with pytest.raises(UsageError) as caught:
        tagger([NUMBERED], Hints(), "x.jsonl")
    assert caught.value.what == "the `ner_tags` are numbers, and nothing says what they stand for"
    assert caught.value.where == "x.jsonl"
    assert "--labels O,B-PER,I-PER" in caught.value.fix


def test_two_lists_of_tags_are_two_readings():
    with pytest.raises(UsageError, match=r"two readings are possible: `tags` and `labels` each hold a tag") as caught:
        tagger([{"tokens": ["李"], "tags": ["O"], "labels": ["O"]}], Hints(), "x")
    assert "rename the one that holds the entities to `ner_tags`" in caught.value.fix


@pytest.mark.parametrize(
    ("broken", "names", "what", "fix"),
    [
        pytest.param({"ner_tags": ["O"]}, None, "a record without `tokens` has only 'ner_tags'", "write", id="no-tokens"),
        pytest.param({"tokens": "李", "ner_tags": ["O"]}, None, "expected a list of words as `tokens`", "words", id="text"),
        pytest.param({"tokens": [1], "ner_tags": ["O"]}, None, "expected a list of words as `tokens`", "words", id="number"),
        pytest.param({"tokens": ["\ud83d"], "ner_tags": ["O"]}, None, "character 0 is half of a surrogate", "whole", id="half"),
        pytest.param({"tokens": ["李"]}, None, "expected a list of tags as `ner_tags`, got None", "O for those", id="no-tags"),
        pytest.param(
            {"tokens": ["李"], "ner_tags": "O"}, None, "expected a list of tags as `ner_tags`", "O", id="tags-are-text"
        ),
        pytest.param(
            {"tokens": ["李", "白"], "ner_tags": ["O"]}, None, "2 tokens have 1 tags", "one tag for each", id="lengths"
        ),
        pytest.param({"tokens": ["李"], "ner_tags": [None]}, None, "the tag of token 0 is None", "or its number", id="none"),
        pytest.param({"tokens": ["李"], "ner_tags": [0.0]}, NAMES, "the tag of token 0 is 0.0", "or its number", id="fraction"),
        pytest.param({"tokens": ["李"], "ner_tags": [True]}, NAMES, "the tag of token 0 is True", "or its number", id="truth"),
        pytest.param({"tokens": ["李"], "ner_tags": [""]}, None, "the tag of token 0 is ''", "or its number", id="empty"),
        pytest.param(
            {"tokens": ["李", "白"], "ner_tags": ["O", 7]},
            None,
            "the tag of token 1 is the number 7, and others are names",
            "give those of the numbers with --labels",
            id="number-among-names",
        ),
        pytest.param(
            {"tokens": ["李"], "ner_tags": [3]},
            NAMES,
            "the tag of token 0 is 3, and --labels names 3 tags",
            "from 0 on",
            id="3",
        ),
        pytest.param(
            {"tokens": ["李"], "ner_tags": [-100]},
            NAMES,
            "the tag of token 0 is -100, and --labels",
            "from 0 on",
            id="negative",
        ),
    ],
)
def test_what_is_wrong_with_a_record_is_told(broken, names, what, fix):
    with pytest.raises(DataError, match=f"^{re.escape(what)}") as caught:
        tagger([NAMED], Hints(labels=names), "x")(broken)
    assert fix in caught.value.fix
    assert caught.value.where is None


@given(rows=st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from(NAMES))))
def test_what_is_written_is_read_again(rows):
    tokens, tags = [token for token, _ in rows], [tag for _, tag in rows]
    found = record(tokens, tags, "句-1")
    assert found["id"] == "句-1"
    assert tagger([found], Hints(), "x")(found) == (tuple(tokens), tuple(tags))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)
anything = st.dictionaries(st.sampled_from(["tokens", "ner_tags", "tags", "labels", "id"]), json_values)


@given(sample=st.lists(anything, max_size=3), names=st.none() | st.just(NAMES))
def test_whatever_records_hold_they_are_read_or_refused(sample, names):
    evidence(sample)
    try:
        read = tagger(sample, Hints(labels=names), "x")
    except UsageError:
        return
    for each in sample:
        try:
            tokens, tags = read(each)
        except DataError:
            continue
        assert len(tokens) == len(tags)
