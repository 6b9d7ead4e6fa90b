"""GENIA's XML against the split that was published from it: runs where the environment names a folder with both.

What is compared, and how, is in ``genia_differences.py``, which prints all of it.
"""

import os
import runpy
from collections import Counter
from pathlib import Path

import pytest

from cnerkit.corpora import genia

DATA = os.environ.get("CNERKIT_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")


@pytest.fixture(scope="module")
def differences():
    return runpy.run_path(str(Path(__file__).with_name("genia_differences.py")))


@pytest.mark.parametrize(
    ("split", "sentences", "entities", "expected"),
    [
        pytest.param(
            "dev",
            1765,
            4714,
            {
                "published tokens that hold white space": 3,
                "entities of other classes, dropped by the types": 3333,
                "places with two types, in both": 4,
                f"note of the reader: {genia.LEXICAL}": 8664,
                f"note of the reader: {genia.UNCLASSED}": 465,
                f"note of the reader: {genia.COORDINATED}": 144,
                "note of the reader: entities given twice, counted once": 8,
            },
            id="dev",
        ),
        pytest.param(
            "test",
            1732,
            5119,
            {
                "published tokens that hold white space": 5,
                "entities of other classes, dropped by the types": 3671,
                "entities of two classes but one type": 1,
                "places with two types, in both": 5,
                f"note of the reader: {genia.LEXICAL}": 9342,
                f"note of the reader: {genia.UNCLASSED}": 419,
                f"note of the reader: {genia.COORDINATED}": 128,
                "note of the reader: entities given twice, counted once": 4,
            },
            id="test",
        ),
    ],
)
def test_every_published_sentence_and_entity_is_read_and_no_other(differences, split, sentences, entities, expected):
    equal = {"sentences published": sentences, "sentences read": sentences}
    equal |= {"entities published": entities, "entities equal": entities}
    assert differences["compare"](Path(DATA), split).counts == equal | expected


def test_the_whole_corpus_has_the_terms_that_another_parser_finds(differences):
    counts = differences["term_counts"](Path(DATA))
    assert counts == {
        "articles": 2000,
        "article ids": 1999,
        "sentences": 18546,
        "single": 91125,
        "coordinated": 1597,
        "without": 5154,
        "classes": 36,
    }
    notes = Counter()
    source = differences["TextSource"](differences["member"](Path(DATA)), "genia.xml")
    read = list(genia.read(source, "genia", differences["Hints"](), notes))
    classes = Counter(entity.type for sentence in read for entity in sentence.entities)
    assert len(read) == counts["sentences"]
    assert len(classes) == counts["classes"]
    assert classes.total() + notes["entities given twice, counted once"] == counts["single"]
    assert (notes[genia.COORDINATED], notes[genia.UNCLASSED], notes[genia.SAME_ID]) == (1597, 5154, 1)


def test_train_has_its_published_size_with_the_later_copy_of_the_article_that_is_there_twice(differences):
    assert differences["train_with"](Path(DATA), f"{differences['TWICE']}-2") == (15038, 46203)
