"""What is wrong with published corpora, and how much they hold, as independent scripts counted it: where they are here."""

import os
from functools import cache
from pathlib import Path

import pytest

from cnerkit.workflows.checking import Check, check
from cnerkit.workflows.splits import Wanted
from cnerkit.workflows.statistics import count

DATA = os.environ.get("CNERKIT_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")


@cache
def findings(name, against=()):
    """The count of each finding by kind, split and the beginning of its detail."""
    checked = check(Check(Wanted([name], data_dir=Path(DATA)), against=against))
    return {(each.kind.name, each.split, each.detail.split(" (")[0]): each.count for each in checked.findings}


def some(name, *kinds):
    return {key: found for key, found in findings(name).items() if key[0] in kinds}


def test_weibo_has_its_known_malformed_tags_and_characters():
    assert some("weibo", "orphan-tags", "replacement-character", "private-use-character", "variation-selector") == {
        ("orphan-tags", "train", ""): 10,
        ("orphan-tags", "test", ""): 4,
        ("replacement-character", "train", ""): 12 + 38,
        ("replacement-character", "dev", ""): 16 + 30,
        ("replacement-character", "test", ""): 16 + 16,
        ("private-use-character", "train", ""): 5,
        ("private-use-character", "test", ""): 1,
        ("variation-selector", "train", ""): 5,
    }


def test_weibo_repeats_and_contradicts_itself_as_counted():
    kinds = ("leak", "contradictory-labels-across-splits", "repeated-sentence", "contradictory-labels")
    assert some("weibo", *kinds) == {
        ("leak", "dev", "in train"): 42,
        ("leak", "test", "in train"): 40,
        ("leak", "test", "in dev"): 8,
        ("contradictory-labels-across-splits", "dev", "in train"): 13,
        ("contradictory-labels-across-splits", "test", "in train"): 12,
        ("contradictory-labels-across-splits", "test", "in dev"): 2,
        ("repeated-sentence", "train", ""): 101,
        ("repeated-sentence", "dev", ""): 7,
        ("repeated-sentence", "test", ""): 8,
        ("contradictory-labels", "train", ""): 35,
        ("contradictory-labels", "test", ""): 1,
    }


def test_resume_has_two_entities_cut_by_an_empty_line_and_few_leaks():
    assert some("resume", "orphan-tags", "unfinished-tags", "cut-entity", "leak") == {
        ("unfinished-tags", "train", ""): 2,
        ("orphan-tags", "train", ""): 2,
        ("cut-entity", "train", ""): 2,
        ("leak", "dev", "in train"): 1,
        ("leak", "test", "in train"): 5,
        ("leak", "test", "in dev"): 1,
    }


def test_msra_has_no_leak_and_long_sentences_and_full_width_digits():
    assert some("msra", "leak", "long-sentence", "full-width-form", "overlooked") == {
        ("long-sentence", "train", "510 tokens"): 32,
        ("long-sentence", "test", "510 tokens"): 4,
        ("full-width-form", "train", ""): 63580 + 2224,
        ("full-width-form", "test", ""): 3139,
        ("overlooked", "train", "empty tags read as O"): 57,
    }
    assert findings("msra")["near-leak", "test", "of train"] == 1


def test_people_daily_is_for_the_most_part_in_the_train_split_of_msra():
    assert {key: found for key, found in findings("people_daily", ("msra",)).items() if key[0] == "known-corpus"} == {
        ("known-corpus", "dev", "in msra train"): 1520,
        ("known-corpus", "test", "in msra train"): 2958,
    }


def test_two_texts_of_fine_are_in_dev_and_test():
    assert some("fine", "leak") == {("leak", "test", "in dev"): 2}


STATISTICS = [
    # name, split, sentences, tokens, entities, mean, shortest, longest, > 256, > 510, sentences without entity
    ("weibo", "train", 1350, 73778, 1885, 54.65, 10, 175, 0, 0, 612),
    ("weibo", "dev", 270, 14509, 389, 53.74, 10, 145, 0, 0, 123),
    ("weibo", "test", 270, 14842, 414, 54.97, 10, 146, 0, 0, 107),
    ("resume", "train", 3821, 124099, 13436, 32.48, 3, 178, 0, 0, 103),
    ("resume", "dev", 463, 13890, 1497, 30.00, 4, 178, 0, 0, 25),
    ("resume", "test", 477, 15100, 1630, 31.66, 4, 167, 0, 0, 16),
    ("msra", "test", 3442, 172601, 6190, 50.15, 3, 2427, 12, 4, 1467),
    ("msra_slash", "test", 4365, 172601, 6181, 39.54, 1, 1475, 4, 2, 1966),
    ("people_daily", "dev", 2318, 109870, 3819, 47.40, 7, 568, 5, 4, 918),
    ("people_daily", "test", 4636, 219197, 7707, 47.28, 6, 577, 8, 5, 1832),
    ("fine", "dev", 3000, 124805, 7619, 41.60, 5, 193, 0, 0, 0),
    ("fine", "test", 4000, 165865, 10266, 41.47, 4, 197, 0, 0, 0),
]


@cache
def statistics(name, split):
    return count(Wanted([name], split, data_dir=Path(DATA))).splits[split]


@pytest.mark.parametrize("known", STATISTICS, ids=lambda known: f"{known[0]}-{known[1]}")
def test_statistics_are_those_of_the_published_tables(known):
    found = statistics(*known[:2])
    lengths = found.lengths
    assert (
        found.sentences,
        found.tokens,
        found.entities,
        round(lengths.mean, 2),
        lengths.least,
        lengths.most,
        lengths.over(256),
        lengths.over(510),
        found.without_entity,
    ) == known[2:]


def test_weibo_v1_has_a_character_less_for_each_emoji_whose_halves_are_joined():
    found = [statistics("weibo_v1", split) for split in ("train", "dev", "test")]
    assert [each.tokens for each in found] == [73780 - 6, 14509 - 8, 14844 - 8]
    assert [each.without_entity for each in found] == [729, 135, 133]


@pytest.mark.parametrize(
    ("name", "split", "nested", "same_span", "crossing"),
    [
        pytest.param("genia_cnn", "dev", 445, 4, 0, id="genia-cnn-dev"),
        pytest.param("genia_cnn", "test", 618, 5, 0, id="genia-cnn-test"),
        pytest.param("genia_w2ner", "dev", 588, 0, 0, id="genia-w2ner-dev"),
        pytest.param("genia_w2ner", "test", 646, 0, 0, id="genia-w2ner-test"),
        pytest.param("genia_iob2", "dev", 373, 0, 0, id="genia-iob2-dev"),
        pytest.param("genia_iob2", "test", 606, 0, 0, id="genia-iob2-test"),
        pytest.param("germeval14", "dev", 212, 0, 0, id="germeval14-dev"),
        pytest.param("germeval14", "test", 512, 1, 2, id="germeval14-test"),
        pytest.param("msra_qfy", "test", 157, 0, 0, id="msra-qfy-test"),
        pytest.param("litbank_brat", "all", 2371, 0, 0, id="litbank-brat"),
    ],
)
def test_overlaps_are_as_many_as_counted(name, split, nested, same_span, crossing):
    overlaps = statistics(name, split).overlaps
    assert (overlaps.nested, overlaps.same_span, overlaps.crossing, overlaps.discontinuous) == (nested, same_span, crossing, 0)


def test_nerel_has_crossing_and_discontinuous_entities_and_more_nested_pairs_than_nested_spans():
    """1351 pairs are counted among the distinct spans of dev; two spans have two types each, and nest with three others."""
    overlaps = statistics("nerel", "dev").overlaps
    assert (overlaps.crossing, overlaps.discontinuous, overlaps.same_span) == (15, 7, 2)
    assert overlaps.nested == 1351 + 2 * 3


def test_fine_has_ten_names_at_the_top_and_three_levels():
    levels = count(Wanted(["fine"], "dev", data_dir=Path(DATA))).levels("dev")
    assert [level.names for level in levels] == [10, 29, 32]
    assert levels[0].entities == 7619
