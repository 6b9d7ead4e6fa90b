"""Token scores as the released code of HREB-CRF prints them, against scikit-learn, which that code calls."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from cnerkit.errors import DataError
from cnerkit.scoring.counts import Counts
from cnerkit.scoring.token_weighted import token_weighted

TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC"])
SENTENCES = st.lists(st.lists(st.tuples(TAGS, TAGS), max_size=6), max_size=5)


@given(SENTENCES, st.sampled_from([1, 2]))
def test_scores_are_scikit_learns_weighted_averages_over_the_counted_tokens(sentences, version):
    tokens = [pair for sentence in sentences for pair in sentence]
    kept = [pair for pair in tokens if pair[0] != "O" or (version == 2 and pair[1] != "O")]
    gold = [[pair[0] for pair in sentence] for sentence in sentences]
    predicted = [[pair[1] for pair in sentence] for sentence in sentences]
    report = token_weighted(gold, predicted, version)
    found = report.weighted
    expected = (
        precision_recall_fscore_support(*zip(*kept, strict=True), average="weighted", zero_division=0)[:3]
        if kept
        else (0, 0, 0)
    )
    np.testing.assert_allclose((found.precision, found.recall, found.f1), expected, rtol=0, atol=1e-12)
    assert (report.sentences, report.tokens, report.counted) == (len(sentences), len(tokens), len(kept))


def test_a_false_alarm_on_o_costs_nothing_in_version_1_and_something_in_version_2():
    gold, predicted = [["B-PER", "O", "O"]], [["B-PER", "B-PER", "O"]]
    assert token_weighted(gold, predicted, 1).weighted.f1 == 1
    assert token_weighted(gold, predicted, 2).weighted.f1 == pytest.approx((1 * 2 / 3 + 1 * 0) / 2)


def test_an_entity_that_is_half_right_counts_half():
    report = token_weighted([["B-PER", "I-PER"]], [["B-PER", "O"]], 2)
    assert report.weighted.recall == 0.5
    assert report.tags == (("B-PER", Counts(1, 0, 0)), ("I-PER", Counts(0, 0, 1)), ("O", Counts(0, 1, 0)))


def test_a_report_is_plain_data_that_says_what_it_counts():
    plain = json.loads(json.dumps(token_weighted([["B-PER", "O"]], [["B-PER", "O"]], 1).to_json()))
    assert plain == {
        "definition": "single tags of the tokens whose gold tag is not O, averaged over tags by their gold tokens; "
        "no score of entities",
        "sentences": 1,
        "tokens": 2,
        "counted_tokens": 1,
        "weighted": {"precision": 1.0, "recall": 1.0, "f1": 1.0},
        "tags": {
            "B-PER": {
                "precision": 1.0,
                "recall": 1.0,
                "f1": 1.0,
                "support": 1,
                "predicted": 1,
                "true_positive": 1,
                "false_positive": 0,
                "false_negative": 0,
            }
        },
    }


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        pytest.param(
            [["O"], ["O", "O"]], [["O"], ["O"]], "sentence 2: 2 tokens have gold tags and 1 have predicted", id="token"
        ),
        pytest.param([["O"], ["O"]], [["O"]], "there are more gold sentences than predicted ones", id="sentence"),
    ],
)
def test_tags_of_other_sentences_are_refused(gold, predicted, message):
    with pytest.raises(DataError) as caught:
        token_weighted(gold, predicted, 2)
    assert message in str(caught.value)
