"""Prodigy's records: spans by offsets or by tokens, answers, what is refused, and writing them back."""

import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import prodigy
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError, UsageError
from cnerkit.text import Entity, Fragment, Sentence

TOKENS = [
    {"text": "😀", "start": 0, "end": 1, "id": 0, "ws": False},
    {"text": "李白", "start": 1, "end": 3, "id": 1, "ws": False},
    {"text": "在", "start": 3, "end": 4, "id": 2, "ws": False},
    {"text": "西安", "start": 4, "end": 6, "id": 3, "ws": False},
]
TASK = {
    "text": "😀李白在西安",
    "meta": {"source": "自编"},
    "_input_hash": 11,
    "_task_hash": -12,
    "tokens": TOKENS,
    "spans": [
        {"start": 1, "end": 3, "token_start": 1, "token_end": 1, "label": "人名", "text": "李白", "pattern": 3},
        {"start": 4, "end": 6, "token_start": 3, "token_end": 3, "label": "地名"},
    ],
    "answer": "accept",
}
ENTITIES = frozenset({Entity.span(1, 3, "人名"), Entity.span(4, 6, "地名")})


def read(*records, offsets=None):
    reader = RecordReader(
        TextSource(io.BytesIO("\n".join(map(json.dumps, records)).encode()), "x.jsonl"),
        prodigy.parser(records, Hints(offsets=offsets), "x.jsonl"),
        ids="x",
    )
    return list(reader), reader.notes


def only(record, **hints):
    (sentence,), _ = read(record, **hints)
    return sentence


def without(task, *fields):
    return {key: value for key, value in task.items() if key not in fields}


def test_spans_count_code_points_with_exclusive_ends():
    sentences, notes = read(TASK)
    assert sentences == [Sentence("x-1", tuple("😀李白在西安"), ENTITIES)]
    assert not notes


def test_spans_without_offsets_are_those_of_their_tokens_the_last_included():
    spans = [{"token_start": 1, "token_end": 2, "label": "甲"}, {"token_start": 0, "token_end": 3, "label": "乙"}]
    assert only({**TASK, "spans": spans}).entities == frozenset({Entity.span(1, 4, "甲"), Entity.span(0, 6, "乙")})


def test_spans_without_tokens_have_their_offsets():
    assert only(without(TASK, "tokens")).entities == ENTITIES
    bare = [without(span, "token_start", "token_end") for span in TASK["spans"]]
    assert only({**TASK, "spans": bare}).entities == ENTITIES


def test_tokens_without_texts_do_for_spans():
    tokens = [without(token, "text", "ws", "id") for token in TOKENS]
    assert only({**TASK, "tokens": tokens}).entities == ENTITIES


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_records_that_were_not_accepted_are_left_out_and_counted(answer):
    sentences, notes = read({**TASK, "answer": answer}, TASK)
    assert [sentence.id for sentence in sentences] == ["x-2"]
    assert notes == {f"records whose answer is {answer}, left out": 1}


def test_an_accepted_task_without_spans_has_no_entities_and_one_that_nobody_answered_is_not_annotated():
    assert only(without(TASK, "spans")).entities == frozenset()
    assert only(without(TASK, "spans", "answer")).entities is None
    assert only(without(TASK, "answer")).entities == ENTITIES


def test_spans_that_were_rejected_are_left_out_and_counted_and_written_back():
    rejected = {"start": 0, "end": 1, "label": "人名", "answer": "reject"}
    task = {
        **without(TASK, "tokens"),
        "spans": [rejected, *(without(span, "token_start", "token_end") for span in TASK["spans"])],
    }
    sentences, notes = read(task)
    assert sentences[0].entities == ENTITIES
    assert notes == {"spans that the annotator rejected, left out": 1}
    assert prodigy.record(sentences[0]) == {"id": "x-1", **task}


def test_answers_to_a_single_question_are_counted_since_other_entities_are_not_known():
    _, notes = read({**TASK, "_is_binary": True}, {**TASK, "_is_binary": False})
    assert notes == {"records answered with yes or no (_is_binary), whose other entities nobody has marked": 1}


def test_texts_of_tokens_tell_that_offsets_count_utf_16():
    def doubled(each):
        return {**each, "start": each["start"] and each["start"] + 1, "end": each["end"] + 1}

    counted = {**TASK, "tokens": list(map(doubled, TOKENS)), "spans": list(map(doubled, TASK["spans"]))}
    sentences, notes = read(counted)
    assert sentences[0].entities == ENTITIES
    assert notes == {"records whose offsets count UTF-16 code units, converted": 1}
    bare = without(counted, "tokens")
    bare["spans"] = [without(span, "text") for span in bare["spans"]]
    assert only(bare, offsets="utf-16").entities == ENTITIES
    with pytest.raises(UsageError, match="two readings are possible: "):
        read(counted, TASK)


def test_a_surface_that_differs_is_counted_and_the_offsets_count():
    span = {"start": 1, "end": 3, "label": "人名", "text": "杜甫"}
    sentences, notes = read({**without(TASK, "tokens"), "spans": [span]})
    assert sentences[0].entities == frozenset({Entity.span(1, 3, "人名")})
    assert notes == {"surfaces that differ from the text at their offsets, which count": 1}


def spans(*given, tokens=TOKENS):
    return {"text": TASK["text"], "tokens": tokens, "spans": list(given), "answer": "accept"}


def tokens(**changed):
    return [TOKENS[0], {**TOKENS[1], **changed}, *TOKENS[2:]]


MALFORMED = [
    pytest.param({"spans": [], "answer": "accept"}, "expected a string `text`, got None", id="no-text"),
    pytest.param({**TASK, "answer": "yes"}, "expected an answer, got 'yes'", id="answer"),
    pytest.param({**TASK, "answer": ["accept"]}, "expected an answer, got ['accept']", id="answers"),
    pytest.param({**TASK, "spans": {}}, "expected a list `spans`, got {}", id="spans-are-a-mapping"),
    pytest.param({**TASK, "tokens": ["李白"]}, "expected a list of objects as `tokens`, got ['李白']", id="tokens-are-text"),
    pytest.param(spans({"start": 1, "end": 3}), "expected a label that is text", id="no-label"),
    pytest.param(spans({"label": "X"}), "has neither offsets nor tokens", id="no-place"),
    pytest.param(spans({"start": 1, "label": "X"}), "offsets must be whole numbers, got 1 and None", id="no-end"),
    pytest.param(spans({"start": 1, "end": 9, "label": "X"}), "beyond the text, which has 6 code points", id="beyond"),
    pytest.param(
        spans({"token_start": 1, "token_end": 4, "label": "X"}),
        "the tokens 1 to 4 of a span are not among the 4 tokens of the record",
        id="no-such-token",
    ),
    pytest.param(
        spans({"token_start": 0, "token_end": 0, "label": "X"}, tokens=[]), "not among the 0 tokens", id="no-tokens-at-all"
    ),
    pytest.param(spans({"token_start": 2, "token_end": 1, "label": "X"}), "the tokens 2 to 1", id="tokens-reversed"),
    pytest.param(spans({"token_start": "1", "token_end": 1, "label": "X"}), "the tokens '1' to 1", id="token-is-text"),
    pytest.param(
        spans({"start": 1, "end": 4, "token_start": 1, "token_end": 1, "label": "X"}),
        "the span at 1 to 4 contradicts its tokens, which are at 1 to 3",
        id="contradiction",
    ),
    pytest.param(
        spans(tokens=tokens(text="李")), "the token 1 is '李', but '李白' stands at its offsets 1 and 3", id="token-differs"
    ),
    pytest.param(spans(tokens=tokens(id=7)), "the token 1 has the id 7", id="token-ids"),
    pytest.param(spans(tokens=tokens(end=70)), "the offsets 1 and 70 are beyond the text", id="token-beyond"),
    pytest.param(spans(tokens=tokens(start=None)), "offsets must be whole numbers, got None and 3", id="token-without-start"),
]


@pytest.mark.parametrize(("record", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_line_and_a_fix(record, message):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read(TASK, record)
    assert caught.value.where == "x.jsonl:2:1"
    assert caught.value.fix


@pytest.mark.parametrize(
    ("record", "is_task"),
    [
        pytest.param(TASK, True, id="task"),
        pytest.param(without(TASK, "tokens"), True, id="spans-alone"),
        pytest.param(without(TASK, "spans", "answer"), True, id="tokens-alone"),
        pytest.param({"text": "李", "spans": [], "answer": "accept"}, True, id="no-entities"),
        pytest.param({"text": "李"}, False, id="text"),
        pytest.param({"text": "李", "spans": []}, False, id="an-empty-list-that-anybody-could-write"),
        pytest.param({"tokens": ["李"], "entities": []}, False, id="jsonl"),
        pytest.param(
            {"text": "李", "tokens": TOKENS, "entities": [{"start": 0, "end": 1, "label": "X"}]}, False, id="entities"
        ),
        pytest.param({"tokens": ["李"], "ner_tags": [0]}, False, id="hf"),
        pytest.param({"text": "李", "label": [[0, 1, "X"]]}, False, id="doccano"),
        pytest.param({"data": {"text": "李"}, "annotations": []}, False, id="label-studio"),
    ],
)
def test_tasks_are_told_from_records_of_other_formats(record, is_task):
    assert (prodigy.evidence([record]) is not None) == is_task


def test_a_task_that_did_not_change_is_written_as_it_was():
    assert prodigy.record(only({"id": 5, **TASK})) == {"id": 5, **TASK}


def test_spans_are_written_with_the_tokens_at_which_they_begin_and_end():
    changed = frozenset({Entity.span(1, 3, "PER"), Entity.span(1, 4, "新"), Entity.span(1, 2, "姓")})
    assert prodigy.record(replace(only(TASK), entities=changed))["spans"] == [
        {"start": 1, "end": 2, "label": "姓"},
        {"start": 1, "end": 3, "token_start": 1, "token_end": 1, "label": "PER", "text": "李白", "pattern": 3},
        {"start": 1, "end": 4, "token_start": 1, "token_end": 2, "label": "新"},
    ]


def test_a_sentence_of_another_format_is_written_without_tokens_which_prodigy_makes_itself():
    assert prodigy.record(Sentence("a", tuple("李白"), frozenset({Entity.span(0, 2, "人名")}))) == {
        "id": "a",
        "text": "李白",
        "spans": [{"start": 0, "end": 2, "label": "人名"}],
        "answer": "accept",
    }
    assert prodigy.record(Sentence("a", tuple("李白"))) == {"id": "a", "text": "李白"}


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
        prodigy.record(sentence)


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
    record = json.loads(json_line(prodigy.record(sentence), sentence))
    assert only(record) == sentence
    assert prodigy.record(only(record)) == record


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
    | st.sampled_from(["", "李白😀饮", "李", "reject"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "start", "label", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
places = st.integers(-1, 6) | values
objects = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "start": places,
            "end": places,
            "token_start": places,
            "token_end": places,
            "label": values | st.just("T"),
            "text": values,
            "id": values,
            "answer": values,
        },
    ),
    max_size=3,
)


@given(
    record=st.fixed_dictionaries(
        {},
        optional={
            "id": values,
            "text": values | st.just("李白😀饮"),
            "tokens": values | objects,
            "spans": values | objects,
            "answer": values | st.just("accept"),
            "_is_binary": values,
            "entities": values,
        },
    ),
    offsets=st.sampled_from([None, "utf-16", "bytes"]),
)
def test_a_record_with_anything_in_it_is_read_left_out_or_refused_and_what_is_read_is_written_back(record, offsets):
    prodigy.evidence([record])
    outcome = attempt(record, offsets)
    if isinstance(outcome, CnerkitError):
        assert outcome.fix
        return
    found, notes = outcome
    assert all(count > 0 for count in notes.values())
    for sentence in found:
        assert only(json.loads(json_line(prodigy.record(sentence), sentence)), offsets="code-points") == sentence
