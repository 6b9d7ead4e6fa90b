"""Two systems over the same sentences."""

import json

import pytest

from cnerkit.errors import DataError
from cnerkit.scoring.against import score_against
from cnerkit.text import Entity

A, B, C, D = (Entity.span(place, place + 1, "X") for place in range(4))
GOLD = [{A, B}, {C, D}] * 20
GOOD = [{A, B}, {C}] * 20
POOR = [{A}, {D}] * 20


def test_gold_entities_are_counted_by_who_finds_them():
    against = score_against([{A, B}, {A, B}], [{A, C}, {A}], [{A}, {B}], system="other")
    assert (against.both, against.only_this, against.only_other, against.neither) == (1, 1, 1, 1)
    assert against.report.micro.f1 == pytest.approx(2 / 3)


def test_the_difference_is_that_of_micro_f1_and_both_tests_see_that_it_is_no_chance():
    against = score_against(GOLD, GOOD, POOR, system="poor")
    assert against.difference.difference == pytest.approx(6 / 7 - 2 / 3)
    assert 0 < against.difference.low <= against.difference.high
    assert against.difference.p < 0.01
    assert against.randomisation < 0.01


def test_a_system_differs_from_itself_by_nothing():
    against = score_against(GOLD, POOR, POOR, system="itself")
    assert (against.difference.difference, against.difference.p, against.randomisation) == (0, 1, 1)


def test_plain_data_has_the_scores_of_the_other_and_both_tests():
    plain = json.loads(json.dumps(score_against(GOLD, GOOD, POOR, system="poor").to_json()))
    assert (plain["system"], plain["micro"]["support"]) == ("poor", 80)
    assert plain["gold_found_by"] == {"both": 20, "only_this": 40, "only_other": 20, "neither": 0}
    assert plain["paired_bootstrap"].keys() == {"difference", "low", "high", "p"}
    assert 0 < plain["approximate_randomisation"]["p"] < 1


def test_nothing_to_draw_from_is_refused():
    with pytest.raises(DataError, match="there is no sentence to draw from"):
        score_against([], [], [], system="other")
