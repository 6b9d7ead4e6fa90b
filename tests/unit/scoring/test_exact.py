"""Exact match over sets of entities of any kind."""

import json
from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError
from cnerkit.scoring.exact import Counts, ExactScorer, Report, score
from cnerkit.text import Entity, Fragment

FLAT = Entity.span(0, 2, "PER")
INNER = Entity.span(1, 2, "LOC")
GAPPED = Entity((Fragment(0, 1), Fragment(2, 3)), "PER")


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        pytest.param([{FLAT, INNER}], Counts(2, 0, 1), id="nested-and-one-missed"),
        pytest.param([{FLAT, INNER, GAPPED}], Counts(3, 0, 0), id="all"),
        pytest.param([[FLAT, FLAT]], Counts(1, 0, 2), id="given-twice-counts-once"),
        pytest.param([{Entity.span(0, 2, "LOC")}], Counts(0, 1, 3), id="other-type"),
        pytest.param([{Entity.span(0, 3, "PER")}], Counts(0, 1, 3), id="hull-of-a-discontinuous-one"),
        pytest.param([set()], Counts(0, 0, 3), id="none"),
    ],
)
def test_an_entity_is_right_when_all_its_tokens_and_its_type_are(predicted, expected):
    assert score([{FLAT, INNER, GAPPED}], predicted).micro == expected


def test_an_entity_in_another_sentence_is_not_a_match():
    assert score([{FLAT}, set()], [set(), {FLAT}]).micro == Counts(0, 1, 1)


def test_the_macro_mean_is_over_the_types_that_are_gold_or_predicted():
    gold = [{Entity.span(0, 1, "PER"), Entity.span(1, 2, "PER"), Entity.span(2, 3, "LOC")}]
    predicted = [{Entity.span(0, 1, "PER"), Entity.span(5, 6, "ORG")}]
    report = score(gold, predicted)
    assert [entry.type for entry in report.types] == ["LOC", "ORG", "PER"]
    assert report.macro.precision == pytest.approx((0 + 0 + 1) / 3)
    assert report.macro.recall == pytest.approx((0 + 0 + 1 / 2) / 3)
    assert report.macro.f1 == pytest.approx((0 + 0 + 2 / 3) / 3)


def test_a_report_is_plain_data_with_the_definition_of_a_match():
    report = score([{FLAT, INNER}, set()], [{FLAT}, set()])
    per = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1, "predicted": 1}
    loc = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1, "predicted": 0}
    assert json.loads(json.dumps(report.to_json())) == {
        "match": "exact",
        "definition": "right when a gold entity of the same sentence has exactly the same tokens and the same type",
        "sentences": 2,
        "micro": {
            "precision": 1.0,
            "recall": 0.5,
            "f1": 2 / 3,
            "support": 2,
            "predicted": 1,
            "true_positive": 1,
            "false_positive": 0,
            "false_negative": 1,
        },
        "macro": {"precision": 0.5, "recall": 0.5, "f1": 0.5},
        "types": {
            "LOC": loc | {"true_positive": 0, "false_positive": 0, "false_negative": 1},
            "PER": per | {"true_positive": 1, "false_positive": 0, "false_negative": 0},
        },
    }


def test_no_sentence_at_all_scores_zero_without_failing():
    report = score([], [])
    assert (report.micro, report.macro.f1, report.types, report.sentences) == (Counts(), 0.0, (), 0)


@pytest.mark.parametrize(
    ("gold", "predicted", "text"),
    [
        pytest.param(2, 1, "there are more gold sentences than predicted ones, which end after 1", id="prediction-too-short"),
        pytest.param(1, 3, "there are more predicted sentences than gold ones, which end after 1", id="prediction-too-long"),
        pytest.param(0, 1, "there are more predicted sentences than gold ones, which end after 0", id="no-gold"),
    ],
)
def test_different_numbers_of_sentences_are_refused(gold, predicted, text):
    with pytest.raises(DataError) as caught:
        score([set()] * gold, [set()] * predicted)
    assert str(caught.value) == f"{text}\nfix: predict exactly the gold sentences, in their order"


SPANS = st.sets(st.tuples(st.integers(0, 3), st.integers(4, 6), st.sampled_from(["x", "y"])), max_size=5)


@given(st.lists(st.tuples(SPANS, SPANS), max_size=6))
def test_plain_spans_score_like_entities_and_in_any_order_of_sentences(pairs):
    plain, reversed_ = ExactScorer(type_of=itemgetter(2)), ExactScorer(type_of=itemgetter(2))
    for gold, predicted in pairs:
        plain.add(gold, predicted)
    for gold, predicted in pairs[::-1]:
        reversed_.add(gold, predicted)
    as_entities = [[{Entity.span(*span) for span in side} for side in pair] for pair in pairs]
    assert plain.report() == reversed_.report() == score(*zip(*as_entities, strict=True)) if pairs else True


@given(SPANS, st.integers(1, 5))
def test_what_is_right_throughout_can_be_counted_several_times_at_once(spans, times):
    one_by_one, at_once = ExactScorer(type_of=itemgetter(2)), ExactScorer(type_of=itemgetter(2))
    for _ in range(times):
        one_by_one.add(spans, spans)
    at_once.add_right(spans, times)
    at_once.sentences += times
    assert at_once.report() == one_by_one.report()


def test_report_comes_back_from_its_plain_data():
    report = score([{FLAT, GAPPED}, {INNER}], [{FLAT, INNER}, set()])
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
