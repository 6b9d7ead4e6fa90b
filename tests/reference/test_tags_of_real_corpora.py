"""The entities of real corpora, read from their tags as published: runs where the environment names a folder with them.

The counts were made by independent scripts: strict ones count well-formed entities only, lenient ones malformed runs too.
"""

import gzip
import os
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from cnerkit.codecs.tags import Repair, Repairs, Scheme, convert_tags, spans_from_tags

DATA = os.environ.get("CNERKIT_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")

WEIBO = "weibo/weiboNER_2nd_conll"
COUNTS = [
    pytest.param(f"{WEIBO}.train", Scheme.BIO, 1350, 1885, 1895, id="weibo-train"),
    pytest.param(f"{WEIBO}.dev", Scheme.BIO, 270, 389, 389, id="weibo-dev"),
    pytest.param(f"{WEIBO}.test", Scheme.BIO, 270, 414, 418, id="weibo-test"),
    pytest.param("weibo_v1/weiboNER.conll.train", Scheme.BIO, 1350, 1370, 1391, id="weibo-v1-train"),
    pytest.param("weibo_v1/weiboNER.conll.dev", Scheme.BIO, 270, 301, 305, id="weibo-v1-dev"),
    pytest.param("weibo_v1/weiboNER.conll.test", Scheme.BIO, 270, 310, 320, id="weibo-v1-test"),
    pytest.param("resume/train.char.bmes", Scheme.BMES, 3821, 13436, 13440, id="resume-train"),
    pytest.param("resume/dev.char.bmes", Scheme.BMES, 463, 1497, 1497, id="resume-dev"),
    pytest.param("resume/test.char.bmes", Scheme.BMES, 477, 1630, 1630, id="resume-test"),
    pytest.param("msra/msra_train_bio.txt.gz", Scheme.BIO, 45000, 75059, 75059, id="msra-train"),
    pytest.param("msra/msra_test_bio.txt", Scheme.BIO, 3442, 6190, 6190, id="msra-test"),
    pytest.param("people_daily/example.dev", Scheme.BIO, 2318, 3819, 3819, id="people-daily-dev"),
    pytest.param("people_daily/example.test", Scheme.BIO, 4636, 7707, 7707, id="people-daily-test"),
]
STRICT = [pytest.param(*(case.values[place] for place in (0, 1, 3)), id=case.id) for case in COUNTS]


@cache
def tags_of(file):
    """The last column of each sentence; the 57 empty tags in MSRA stand for O, as another copy of it shows."""
    path = Path(DATA) / file
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    blocks = content.decode("utf-8", "surrogatepass").strip("\n").split("\n\n")
    split = " " if path.suffix in {".bmes", ".dev", ".test"} and "weibo" not in file else "\t"
    return [[line.rpartition(split)[2] or "O" for line in block.split("\n")] for block in blocks]


@pytest.mark.parametrize(("file", "scheme", "sentences", "strict", "lenient"), COUNTS)
def test_the_entities_are_as_many_as_published(file, scheme, sentences, strict, lenient):
    tags = tags_of(file)
    counts = [sum(len(spans_from_tags(each, scheme, repair)) for each in tags) for repair in (Repair.DROP, Repair.CONLLEVAL)]
    assert (len(tags), *counts) == (sentences, strict, lenient)


def test_weibo_has_ten_orphan_runs_of_24_tokens_in_train_and_four_of_15_in_test():
    for split, expected in (("train", Repairs(orphan=10, tokens=24)), ("test", Repairs(orphan=4, tokens=15))):
        tally = Repairs()
        for tags in tags_of(f"{WEIBO}.{split}"):
            spans_from_tags(tags, Scheme.BIO, Repair.DROP, tally)
        assert tally == expected


def test_resume_has_two_entities_cut_in_two():
    tally = Repairs()
    for tags in tags_of("resume/train.char.bmes"):
        spans_from_tags(tags, Scheme.BMES, Repair.DROP, tally)
    assert (tally.orphan, tally.unfinished) == (2, 2)


def test_the_types_of_weibo_train_are_counted_as_published():
    counts = Counter()
    for tags in tags_of(f"{WEIBO}.train"):
        counts.update(type_ for _, _, type_ in spans_from_tags(tags, Scheme.BIO, Repair.DROP))
    published = {"PER.NAM": 574, "PER.NOM": 766, "LOC.NAM": 56, "LOC.NOM": 51}
    published |= {"GPE.NAM": 205, "GPE.NOM": 8, "ORG.NAM": 183, "ORG.NOM": 42}
    assert counts == published


@pytest.mark.parametrize(
    ("file", "scheme", "strict"), [pytest.param(*(c.values[i] for i in (0, 1, 3)), id=c.id) for c in COUNTS]
)
def test_a_round_through_the_schemes_keeps_every_entity(file, scheme, strict):
    route = [scheme, Scheme.BIOES, Scheme.BMES, Scheme.BILOU, Scheme.BMEOW, Scheme.BIOS, Scheme.IOB1, Scheme.BIO]
    kept = 0
    for tags in tags_of(file):
        entities = spans_from_tags(tags, scheme, Repair.DROP)
        kept += len(entities)
        current = convert_tags(tags, scheme, scheme, Repair.DROP)
        for source, target in pairwise(route):
            current = convert_tags(current, source, target)
        assert spans_from_tags(current, Scheme.BIO) == entities
    assert kept == strict
