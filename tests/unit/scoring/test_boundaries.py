"""Boundaries without types, and types at gold boundaries."""

import json

import pytest

from cnerkit.errors import DataError
from cnerkit.scoring.boundaries import ANY, score_boundaries, score_types
from cnerkit.scoring.counts import Counts
from cnerkit.text import Entity, Fragment

PLACE, NAME = Entity.span(0, 2, "LOC"), Entity.span(0, 2, "PER")
OTHER = Entity.span(3, 5, "PER")
GAPPED = Entity((Fragment(3, 4), Fragment(5, 6)), "LOC")


def test_types_have_no_part_in_the_boundaries_score():
    report = score_boundaries([{PLACE, OTHER}, {GAPPED}], [{NAME}, {GAPPED, OTHER}])
    assert [(entry.type, entry.counts) for entry in report.types] == [(ANY, Counts(2, 1, 1))]
    assert (report.match, report.sentences) == ("boundaries", 2)


def test_two_types_over_the_same_tokens_are_one_boundary():
    assert score_boundaries([{PLACE, NAME}], [{NAME}]).micro == Counts(1, 0, 0)


def test_types_are_scored_only_where_gold_entities_are():
    report = score_types([{PLACE, OTHER}, {GAPPED}], [{NAME, Entity.span(0, 3, "LOC")}, {GAPPED, OTHER}])
    assert {entry.type: entry.counts for entry in report.report.types} == {"LOC": Counts(1, 0, 1), "PER": Counts(0, 1, 1)}
    assert (report.given, report.answered, report.elsewhere) == (3, 2, 2)


def test_the_report_of_types_is_plain_data_that_says_its_protocol():
    plain = json.loads(json.dumps(score_types([{PLACE, NAME}], [[NAME, NAME, OTHER, OTHER]]).to_json()))
    assert plain["match"] == "types"
    assert plain["definition"].startswith("at the boundaries of gold entities only")
    assert (plain["given_boundaries"], plain["answered_boundaries"], plain["elsewhere"]) == (1, 1, 1)
    assert plain["micro"]["recall"] == 0.5


@pytest.mark.parametrize("scored", [score_boundaries, score_types])
def test_more_predicted_sentences_than_gold_ones_are_refused(scored):
    with pytest.raises(DataError, match="more predicted sentences than gold ones, which end after 1"):
        scored([set()], [set(), set()])
