"""F1 by what an entity or its sentence is like."""

import json

import pytest

from cnerkit.errors import DataError
from cnerkit.scoring.buckets import TrainEntities, bucketings, score_buckets
from cnerkit.scoring.counts import Counts
from cnerkit.scoring.exact import score
from cnerkit.text import Entity, Fragment, Sentence, TypeHierarchy

TRAIN = [
    Sentence("a", tuple("小王去海淀"), frozenset({Entity.span(0, 2, "PER"), Entity.span(3, 5, "LOC")})),
    Sentence("b", tuple("小王和小王"), frozenset({Entity.span(0, 2, "PER"), Entity.span(3, 5, "PER")})),
    Sentence("c", tuple("没有标注"), None),
]
KNOWN = set("小王去海淀和李在")
ALL = bucketings(TrainEntities.of(TRAIN), KNOWN.__contains__, TypeHierarchy("/"))


def sentence(text, *spans):
    return Sentence(text, tuple(text), frozenset(Entity.span(*span) for span in spans))


def buckets(name, gold, predicted, ways=ALL):
    (report,) = (report for report in score_buckets(gold, predicted, ways) if report.name == name)
    return {bucket.label: bucket.counts for bucket in report.buckets}


def missed(name, sentence):
    """The buckets of the gold entities of a sentence of which none is predicted."""
    return {label: counts.false_negative for label, counts in buckets(name, [sentence], [set()]).items()}


@pytest.mark.parametrize(
    ("length", "label"),
    [
        (1, "1"),
        (2, "2"),
        (3, "3"),
        (4, "4"),
        (5, "5–6"),
        (6, "5–6"),
        (7, "7–9"),
        (9, "7–9"),
        (10, "10 or more"),
        (50, "10 or more"),
    ],
)
def test_entities_are_put_together_by_length(length, label):
    assert missed("entity length", sentence("字" * 50, (0, length, "PER"))) == {label: 1}


def test_the_gap_of_a_discontinuous_entity_has_no_length():
    gapped = Sentence("a", tuple("一二三四五"), frozenset({Entity((Fragment(0, 1), Fragment(4, 5)), "PER")}))
    assert missed("entity length", gapped) == {"2": 1}


@pytest.mark.parametrize(
    ("length", "label"),
    [
        (1, "1–10"),
        (10, "1–10"),
        (11, "11–20"),
        (21, "21–40"),
        (80, "41–80"),
        (81, "81–160"),
        (160, "81–160"),
        (161, "161 or more"),
    ],
)
def test_entities_are_put_together_by_the_length_of_their_sentence(length, label):
    assert missed("sentence length", sentence("字" * length, (0, 1, "PER"))) == {label: 1}


@pytest.mark.parametrize(
    ("entities", "length", "label"),
    [
        (1, 50, "up to 2"),
        (1, 49, "over 2 to 5"),
        (1, 20, "over 2 to 5"),
        (1, 10, "over 5 to 10"),
        (2, 10, "over 10 to 20"),
        (3, 10, "over 20"),
    ],
)
def test_entities_are_put_together_by_how_many_their_sentence_has(entities, length, label):
    spans = [(place, place + 1, "PER") for place in range(entities)]
    assert missed("density", sentence("字" * length, *spans)) == {label: entities}


@pytest.mark.parametrize(
    ("span", "label"),
    [((0, 2), "0–20 %"), ((1, 3), "20–40 %"), ((0, 10), "40–60 %"), ((9, 10), "80–100 %"), ((7, 8), "60–80 %")],
)
def test_entities_are_put_together_by_where_their_middle_is(span, label):
    assert missed("position", sentence("字" * 10, (*span, "PER"))) == {label: 1}


def test_entities_are_put_together_by_how_often_train_has_their_text():
    asked = sentence("小王在海淀和小李", (0, 2, "LOC"), (3, 5, "LOC"), (6, 8, "PER"))
    assert missed("frequency in train", asked) == {"0": 1, "1": 1, "2–4": 1}


def test_entities_are_put_together_by_whether_train_has_their_text_and_type():
    asked = sentence("小王在海淀和小李", (0, 2, "LOC"), (3, 5, "LOC"), (6, 8, "PER"))
    assert missed("seen in train", asked) == {"seen": 1, "seen with another type": 1, "unseen": 1}


def test_entities_are_put_together_by_whether_the_encoder_knows_their_characters():
    asked = sentence("小王在浬溪", (0, 2, "PER"), (3, 5, "LOC"))
    assert missed("characters", asked) == {"all known": 1, "some unknown": 1}


def test_entities_are_put_together_by_the_depth_of_their_type():
    asked = sentence("小王在海淀", (0, 2, "/person"), (3, 5, "/place/district"))
    assert missed("hierarchy depth", asked) == {"1": 1, "2": 1}


def test_what_is_invented_is_in_the_bucket_of_the_predicted_entity():
    gold = [sentence("字" * 10, (0, 2, "PER"), (4, 7, "LOC"))]
    predicted = [{Entity.span(0, 3, "PER"), Entity.span(4, 7, "LOC")}]
    assert buckets("entity length", gold, predicted) == {"2": Counts(0, 0, 1), "3": Counts(1, 1, 0)}


def test_a_bucket_without_gold_entities_is_absent_and_what_is_invented_in_it_is_told():
    (report, *_) = score_buckets([sentence("字" * 10, (0, 2, "PER"))], [{Entity.span(0, 5, "PER")}], ALL)
    assert [bucket.label for bucket in report.buckets] == ["2"]
    assert report.elsewhere == 1


def test_buckets_are_in_their_natural_order():
    gold = [sentence("字" * 30, (0, 12, "PER"), (13, 15, "PER"), (16, 17, "PER"), (18, 23, "PER"))]
    assert list(buckets("entity length", gold, [set()])) == ["1", "2", "5–6", "10 or more"]


def test_the_buckets_of_each_bucketing_add_up_to_all_entities():
    gold = [
        sentence("小王在海淀和小李", (0, 2, "PER"), (3, 5, "LOC"), (6, 8, "PER")),
        sentence("没有"),
        sentence(
            "",
        ),
    ]
    predicted = [{Entity.span(0, 2, "PER"), Entity.span(3, 8, "LOC")}, {Entity.span(0, 1, "PER")}, set()]
    total = score([one.entities for one in gold], predicted).micro
    for report in score_buckets(gold, predicted, ALL):
        counts = sum((bucket.counts for bucket in report.buckets), Counts(0, report.elsewhere, 0))
        assert counts == total, report.name


def test_without_train_encoder_and_hierarchy_only_what_sentences_tell_is_asked():
    assert [way.name for way in bucketings()] == ["entity length", "sentence length", "density", "position"]
    assert [way.name for way in ALL[4:]] == ["frequency in train", "seen in train", "characters", "hierarchy depth"]


def test_a_report_is_plain_data():
    (report, *_) = score_buckets([sentence("小王", (0, 2, "PER"))], [{Entity.span(0, 2, "PER")}], ALL)
    plain = json.loads(json.dumps(report.to_json()))
    assert (plain["name"], plain["definition"], plain["elsewhere"]) == (
        "entity length",
        "tokens of the entity, without gaps",
        0,
    )
    assert plain["buckets"] == [{"label": "2", **Counts(1, 0, 0).to_json()}]


def test_more_gold_sentences_than_predicted_ones_are_refused():
    with pytest.raises(DataError, match="more gold sentences than predicted ones, which end after 0"):
        score_buckets([sentence("小王", (0, 2, "PER"))], [], ALL)
