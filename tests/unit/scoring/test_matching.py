"""SemEval's measures on entities of any kind."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError
from cnerkit.scoring.exact import score
from cnerkit.scoring.matching import MatchCounts, score_matches
from cnerkit.text import Entity, Fragment


def entities(*spans):
    return {Entity.span(*span) for span in spans}


def gapped(type_, *parts):
    return Entity(tuple(Fragment(*part) for part in parts), type_)


SENTENCES = st.lists(
    st.sets(
        st.builds(
            lambda at, n, type_: Entity.span(at, at + n, type_), st.integers(0, 6), st.integers(1, 4), st.sampled_from("AB")
        ),
        max_size=5,
    ),
    min_size=1,
    max_size=3,
)

# Strict, exact, partial and type, each as correct, incorrect, partial, missed and spurious.
CASES = [
    pytest.param(entities((0, 2, "A")), entities((0, 2, "A")), [(1,), (1,), (1,), (1,)], id="identical"),
    pytest.param(entities((0, 2, "A")), entities((0, 2, "B")), [(0, 1), (1,), (1,), (0, 1)], id="other-type"),
    pytest.param(entities((0, 2, "A")), entities((1, 3, "A")), [(0, 1), (0, 1), (0, 0, 1), (1,)], id="shifted"),
    pytest.param(entities((0, 2, "A")), entities((0, 3, "B")), [(0, 1), (0, 1), (0, 0, 1), (0, 1)], id="both"),
    pytest.param(entities((0, 2, "A")), set(), [(0, 0, 0, 1)] * 4, id="missed"),
    pytest.param(set(), entities((0, 2, "A")), [(0, 0, 0, 0, 1)] * 4, id="spurious"),
    pytest.param(entities((0, 2, "A")), entities((2, 4, "A")), [(0, 0, 0, 1, 1)] * 4, id="touching-is-not-overlapping"),
    pytest.param(
        entities((0, 4, "A")),
        entities((0, 2, "B"), (2, 4, "A")),
        [(0, 1, 0, 0, 1), (0, 1, 0, 0, 1), (0, 0, 1, 0, 1), (1, 0, 0, 0, 1)],
        id="split-with-one-part-of-its-type",
    ),
    pytest.param(
        entities((0, 2, "A"), (2, 4, "B")),
        entities((0, 4, "B")),
        [(0, 1, 0, 1), (0, 1, 0, 1), (0, 0, 1, 1), (1, 0, 0, 1)],
        id="merged",
    ),
    pytest.param(
        entities((0, 4, "A"), (0, 2, "B")), entities((0, 4, "A"), (1, 2, "B")), [(1, 1), (1, 1), (1, 0, 1), (2,)], id="nested"
    ),
    pytest.param(
        entities((0, 4, "A"), (3, 4, "B")),
        entities((0, 4, "B"), (0, 1, "A")),
        [(0, 1, 0, 1, 1), (1, 0, 0, 1, 1), (1, 0, 0, 1, 1), (2,)],
        id="nested-where-the-same-tokens-come-before-more-pairs",
    ),
    pytest.param(
        {gapped("A", (0, 1), (3, 4))},
        entities((1, 3, "A")),
        [(0, 0, 0, 1, 1)] * 4,
        id="in-the-gap-of-a-discontinuous-one",
    ),
    pytest.param(
        {gapped("A", (0, 1), (3, 4))},
        entities((0, 4, "A")),
        [(0, 1), (0, 1), (0, 0, 1), (1,)],
        id="hull-of-a-discontinuous-one",
    ),
]


@pytest.mark.parametrize(("gold", "predicted", "expected"), CASES)
def test_pairs_are_told_apart_as_each_measure_says(gold, predicted, expected):
    report = score_matches([gold], [predicted])
    found = [report.strict.micro, report.exact.micro, report.partial.micro, report.type.micro]
    assert found == [MatchCounts(*counts) for counts in expected]


@given(gold=SENTENCES, data=st.data())
def test_strict_precision_recall_and_f1_are_those_of_the_exact_score(gold, data):
    predicted = [data.draw(st.sampled_from([right, *data.draw(SENTENCES)])) for right in gold]
    strict, exact = score_matches(gold, predicted).strict, score(gold, predicted)
    assert [strict.micro.precision, strict.micro.recall, strict.micro.f1] == pytest.approx(
        [exact.micro.precision, exact.micro.recall, exact.micro.f1], rel=1e-12
    )
    assert {entry.type: entry.counts.correct for entry in strict.types} == {
        entry.type: entry.counts.true_positive for entry in exact.types
    }
    assert strict.macro.f1 == pytest.approx(exact.macro.f1, rel=1e-12)


@given(gold=SENTENCES, data=st.data())
def test_gold_and_predicted_entities_change_places_with_precision_and_recall(gold, data):
    predicted = [data.draw(st.sampled_from(data.draw(SENTENCES))) for _ in gold]
    one, other = score_matches(gold, predicted), score_matches(predicted, gold)
    for name in ("strict", "exact", "partial", "type"):
        counts, mirrored = getattr(one, name).micro, getattr(other, name).micro
        assert (counts.correct, counts.incorrect, counts.partial) == (mirrored.correct, mirrored.incorrect, mirrored.partial)
        assert (counts.missed, counts.spurious) == (mirrored.spurious, mirrored.missed)
        assert counts.possible == sum(map(len, gold))
        assert counts.actual == sum(map(len, predicted))


def test_a_partial_pair_counts_half():
    counts = MatchCounts(correct=2, partial=1, missed=1)
    assert (counts.precision, counts.recall) == (2.5 / 3, 2.5 / 4)
    assert counts.f1 == pytest.approx(2 * 2.5 / 7)


def test_a_type_is_counted_as_if_there_were_no_other():
    report = score_matches([entities((0, 2, "A"))], [entities((0, 2, "B"))])
    assert [(entry.type, entry.counts) for entry in report.exact.types] == [
        ("A", MatchCounts(missed=1)),
        ("B", MatchCounts(spurious=1)),
    ]


def test_a_report_is_plain_data_with_the_definition_of_each_measure():
    plain = json.loads(json.dumps(score_matches([entities((0, 2, "A")), set()], [entities((0, 3, "A")), set()]).to_json()))
    assert plain["sentences"] == 2
    assert list(plain["measures"]) == ["strict", "exact", "partial", "type"]
    assert plain["measures"]["partial"]["definition"].startswith("a pair is correct when the tokens are the same, else partial")
    assert plain["measures"]["partial"]["micro"] == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "correct": 0,
        "incorrect": 0,
        "partial": 1,
        "missed": 0,
        "spurious": 0,
        "possible": 1,
        "actual": 1,
    }
    assert plain["measures"]["type"]["types"]["A"]["correct"] == 1
    assert plain["measures"]["strict"]["macro"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_nothing_at_all_scores_zero_without_failing():
    report = score_matches([], [])
    assert (report.sentences, report.type.micro, report.type.macro.f1, report.type.types) == (0, MatchCounts(), 0.0, ())


def test_more_gold_sentences_than_predicted_ones_are_refused():
    with pytest.raises(DataError, match="more gold sentences than predicted ones, which end after 1"):
        score_matches([set(), set()], [set()])
