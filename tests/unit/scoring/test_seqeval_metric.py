"""The scores of seqeval; that the numbers are its own is tested against it in ``reference``."""

import json

import pytest

from cnerkit.errors import DataError, UsageError
from cnerkit.scoring.counts import Counts
from cnerkit.scoring.seqeval_metric import DIFFERENCE, score_as_seqeval

ORPHAN = [["O", "I-PER", "I-PER", "O", "B-LOC"]]


def test_an_orphan_is_an_entity_by_default_and_none_when_strict():
    assert score_as_seqeval(ORPHAN, ORPHAN).report.micro == Counts(2, 0, 0)
    assert score_as_seqeval(ORPHAN, ORPHAN, "strict", "IOB2").report.micro == Counts(1, 0, 0)


def test_tags_that_the_default_mode_is_not_made_for_are_counted_without_a_warning():
    tags = [["B-PER", "M-PER", "E-PER", "O", "M-PER"]]
    assert score_as_seqeval(tags, tags).unread == (("M-PER", 4),)


def test_a_report_is_plain_data_with_the_difference_from_other_scores():
    gold, found = [["B-PER", "O", "B-LOC", "B-LOC"]], [["B-PER", "O", "O", "B-LOC"]]
    report = score_as_seqeval(gold, found, "strict", "IOB2")
    plain = json.loads(json.dumps(report.to_json()))
    assert plain["match"] == "seqeval, strict"
    assert plain["definition"].endswith("of the well-formed entities of IOB2")
    assert plain["difference"] == report.difference == DIFFERENCE["strict"]
    assert plain["micro"]["support"] == 3
    assert plain["weighted"]["recall"] == pytest.approx(2 / 3)
    assert plain["unread_tags"] == {}


@pytest.mark.parametrize("line", DIFFERENCE.values(), ids=DIFFERENCE)
def test_the_difference_is_one_line(line):
    assert "\n" not in line


@pytest.mark.parametrize(
    ("scheme", "text"), [(None, "strict mode needs a scheme"), ("BMES", "strict mode knows no scheme 'BMES'")]
)
def test_a_scheme_that_seqeval_does_not_know_is_refused(scheme, text):
    with pytest.raises(UsageError, match=text) as raised:
        score_as_seqeval(ORPHAN, ORPHAN, "strict", scheme)
    assert "IOB2" in str(raised.value.fix)


@pytest.mark.parametrize("tag", ["M-PER", "E-PER", ""], ids=["no-prefix-of-seqeval", "not-of-the-scheme", "empty"])
def test_a_tag_that_the_strict_mode_cannot_read_is_refused_with_its_place(tag):
    with pytest.raises(DataError, match="seqeval cannot read the tags") as raised:
        score_as_seqeval(ORPHAN, [["O", tag, "I-PER", "O", "B-LOC"]], "strict", "IOB2")
    assert raised.value.where == "predicted sentence 1"


def test_sentences_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="3 tokens have gold tags and 2 have predicted ones") as raised:
        score_as_seqeval([["O"], ["O"] * 3], [["O"], ["O"] * 2])
    assert raised.value.where == "sentence 2"


def test_no_entity_at_all_scores_zero_without_failing():
    report = score_as_seqeval([["O"]], [["O"]])
    assert (report.report.micro, report.weighted.f1) == (Counts(), 0.0)
