"""Scoring tags gives what scoring their entities gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.tags import Repair, Scheme, TagCodec, entities_from_tags
from cnerkit.errors import DataError
from cnerkit.scoring.exact import score
from cnerkit.workflows.tag_scoring import score_tags


@st.composite
def tagged(draw):
    """A scheme, and for some sentences gold and predicted tags that often agree."""
    scheme = draw(st.sampled_from(list(Scheme)))
    tags = st.lists(st.sampled_from([*TagCodec(["x", "y"], scheme).tags, "O", "O"]), min_size=5, max_size=5)
    gold = draw(st.lists(tags, max_size=6))
    return scheme, gold, [draw(st.sampled_from([right, draw(tags)])) for right in gold]


@given(tagged(), st.sampled_from([Repair.DROP, Repair.CONLLEVAL]))
def test_scores_of_tags_are_those_of_their_entities(case, repair):
    scheme, gold, predicted = case
    entities = [[entities_from_tags(tags, scheme, repair) for tags in side] for side in (gold, predicted)]
    assert score_tags(gold, predicted, scheme, repair) == score(*entities)


@pytest.mark.parametrize(
    ("gold", "predicted", "text"),
    [
        pytest.param(
            [["O"], ["O", "O"]],
            [["O"], ["O"]],
            "sentence 2: 2 tokens have gold tags and 1 have predicted ones\n"
            "fix: predict one tag for each token of the gold sentences, in their order",
            id="length",
        ),
        pytest.param(
            [["O"], ["O", "PER"]],
            [["O"], ["O", "O"]],
            "gold sentence 2, token 1: 'PER' is not a tag of the scheme bio, which has O, B-type, I-type\n"
            "fix: choose the column that holds the tags, name their scheme, or correct the tag",
            id="unknown-in-gold",
        ),
        pytest.param(
            [["O"], ["O", "O"]],
            [["O"], ["E-x", "O"]],
            "predicted sentence 2, token 0: 'E-x' is not a tag of the scheme bio, which has O, B-type, I-type\n"
            "fix: choose the column that holds the tags, name their scheme, or correct the tag",
            id="unknown-in-prediction",
        ),
        pytest.param(
            [["O"], ["O", "PER"]],
            [["O"], ["O", "PER"]],
            "sentence 2, token 1: 'PER' is not a tag of the scheme bio, which has O, B-type, I-type\n"
            "fix: choose the column that holds the tags, name their scheme, or correct the tag",
            id="unknown-in-both",
        ),
        pytest.param(
            [["O"]],
            [["O"], ["O"]],
            "there are more predicted sentences than gold ones, which end after 1\n"
            "fix: predict exactly the gold sentences, in their order",
            id="number-of-sentences",
        ),
    ],
)
def test_tags_that_cannot_be_scored_are_refused_with_their_sentence(gold, predicted, text):
    with pytest.raises(DataError) as caught:
        score_tags(gold, predicted, Scheme.BIO)
    assert str(caught.value) == text


def test_a_malformed_run_in_both_is_refused_under_strict():
    with pytest.raises(DataError, match="sentence 1, token 1: 'I-x' cannot begin an entity after 'O'"):
        score_tags([["O", "I-x"]], [["O", "I-x"]], Scheme.BIO, Repair.STRICT)


def test_thousands_of_sentences_that_agree_are_all_counted():
    gold = [["B-x", "I-x", "O"], ["O", "O", "B-y"]] * 4500
    report = score_tags(gold, gold, Scheme.BIO)
    assert (report.sentences, report.micro.true_positive, report.micro.f1) == (9000, 9000, 1.0)
    assert [(entry.type, entry.counts.support) for entry in report.types] == [("x", 4500), ("y", 4500)]
