"""Scores of types of given spans, by hand."""

import pytest

from cnerkit.scoring.typing_score import TypingReport, score_typing
from cnerkit.text import Entity, Fragment

BROKEN = (Fragment(4, 5), Fragment(7, 9))
GOLD = [{Entity.span(0, 2, "构"), Entity.span(0, 1, "地"), Entity(BROKEN, "人")}, set(), {Entity.span(3, 4, "人")}]


def test_entities_count_by_whether_they_are_in_one_piece():
    typed = [{Entity.span(0, 2, "构"), Entity.span(0, 1, "构"), Entity(BROKEN, "人")}, set(), {Entity.span(3, 4, "人")}]
    assert score_typing(GOLD, typed) == TypingReport(contiguous=3, right=2, discontinuous=1, discontinuous_right=1)


def test_an_entity_that_is_left_out_is_wrong():
    report = score_typing(GOLD, [GOLD[0] - {Entity(BROKEN, "人")}, set(), GOLD[2]])
    assert (report.accuracy, report.paper_precision, report.paper_recall, report.code_recall) == (0.75, 1, 0.75, 0.75)


def test_without_discontinuous_entities_the_papers_recall_is_whole_and_its_f1_follows_from_the_accuracy():
    report = TypingReport(contiguous=20, right=13, discontinuous=0, discontinuous_right=0)
    assert report.paper_recall == 1
    assert report.paper_f1 == pytest.approx(2 * 0.65 / 1.65)
    assert report.code_f1 == report.accuracy == 0.65


def test_of_nothing_every_score_is_zero():
    report = score_typing([], [])
    assert (report.accuracy, report.paper_f1, report.code_f1) == (0, 0, 0)


def test_a_span_that_was_not_given_is_refused():
    with pytest.raises(ValueError, match="has a type, but is no given span"):
        score_typing([{Entity.span(0, 1, "人")}], [{Entity.span(0, 2, "人")}])


def test_more_sentences_on_one_side_are_refused():
    with pytest.raises(ValueError, match="zip"):
        score_typing([set()], [])


def test_its_plain_data_says_what_it_is():
    told = TypingReport(4, 3, 0, 0).to_json()
    assert told["accuracy"] == 0.75
    assert "not to be compared" in told["definition"]
    assert "recall is 100 by definition" in told["paper_style"]["definition"]
    assert told["paper_style"]["recall"] == 1


def test_it_comes_back_from_its_plain_data():
    report = TypingReport(contiguous=4, right=3, discontinuous=2, discontinuous_right=1)
    assert TypingReport.from_json(report.to_json()) == report
