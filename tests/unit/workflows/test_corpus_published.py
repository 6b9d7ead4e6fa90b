"""The published corpora, where a copy is at hand: every count as the catalogue has it, and nothing lost between schemes.

``CNERKIT_DATA`` is a folder with one sub-folder per dataset; without it these tests are skipped.
"""

import io
import os
from pathlib import Path

import pytest

from cnerkit.codecs.tags import Repair, Scheme, entities_from_tags, tags_from_entities
from cnerkit.corpora.catalogue import find
from cnerkit.corpora.places import find_local
from cnerkit.workflows.convert import Conversion, convert
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.read_options import ReadOptions, options_of
from cnerkit.workflows.reading import open_corpus_file

pytestmark = pytest.mark.skipif("CNERKIT_DATA" not in os.environ, reason="needs CNERKIT_DATA, a folder of published corpora")

# sentences, tokens, strict entities, entities as conlleval reads orphans
COUNTS = {
    ("weibo", "train"): (1350, 73778, 1885, 1895),
    ("weibo", "dev"): (270, 14509, 389, 389),
    ("weibo", "test"): (270, 14842, 414, 418),
    # one line per surrogate half: 12, 16 and 16 lines are 6, 8 and 8 emoji
    ("weibo_v1", "train"): (1350, 73780 - 6, 1370, 1391),
    ("weibo_v1", "dev"): (270, 14509 - 8, 301, 305),
    ("weibo_v1", "test"): (270, 14844 - 8, 310, 320),
    ("resume", "train"): (3821, 124099, 13436, 13440),
    ("resume", "dev"): (463, 13890, 1497, 1497),
    ("resume", "test"): (477, 15100, 1630, 1630),
    ("msra", "train"): (45000, 2171573, 75059, 75059),
    ("msra", "test"): (3442, 172601, 6190, 6190),
    ("fine", "dev"): (3000, 124805, 7619, 7619),
    ("fine", "test"): (4000, 165865, 10266, 10266),
}
SLOW = {("msra", "train")}
OVERLOOKED = {
    ("weibo_v1", "train"): {"surrogate pairs joined": 6},
    ("weibo_v1", "dev"): {"surrogate pairs joined": 8},
    ("weibo_v1", "test"): {"surrogate pairs joined": 8},
    ("msra", "train"): {"empty tags read as O": 57},
    ("fine", "dev"): {"surfaces that differ from the text at their offsets, which count": 4},
    ("fine", "test"): {"surfaces that differ from the text at their offsets, which count": 5},
}


def local(dataset, split):
    path = find_local(find(dataset), split, Path(os.environ["CNERKIT_DATA"]))
    if path is None:
        pytest.skip(f"no copy of {dataset} {split}")
    return path


@pytest.mark.parametrize(("dataset", "split"), COUNTS)
def test_a_published_split_has_the_counts_that_are_published(dataset, split):
    with open_corpus_file(local(dataset, split), options_of(find(dataset))) as reading:
        n_entities = sum(len(sentence.entities) for sentence in reading.sentences)
    counts = reading.counts
    assert (counts.sentences, counts.tokens, counts.strict, counts.conlleval) == COUNTS[dataset, split]
    assert n_entities == counts.strict
    assert counts.overlooked == OVERLOOKED.get((dataset, split), {})


@pytest.mark.parametrize(("dataset", "split"), [pair for pair in COUNTS if pair[0] != "weibo_v1" and pair != ("msra", "train")])
def test_format_and_scheme_are_recognised_without_the_catalogue(dataset, split):
    known = find(dataset)
    with open_corpus_file(local(dataset, split), ReadOptions(repair=Repair.DROP)) as reading:
        assert sum(1 for _ in reading.sentences) == COUNTS[dataset, split][0]
    assert (reading.format, reading.scheme) == (known.format, known.scheme)
    assert reading.counts.strict == COUNTS[dataset, split][2]


@pytest.mark.parametrize(("dataset", "split"), [pair for pair in COUNTS if pair not in SLOW])
def test_a_way_through_the_schemes_gives_the_same_entities(dataset, split):
    local(dataset, split)
    for sentence in load_split(dataset, split):
        entities = sentence.entities
        for scheme in (Scheme.BIO, Scheme.BIOES, Scheme.BMES, Scheme.BILOU, Scheme.BIO):
            entities = entities_from_tags(tags_from_entities(entities, len(sentence), scheme), scheme)
        assert entities == sentence.entities


@pytest.mark.parametrize("scheme", ["bioes", "span"])
@pytest.mark.parametrize(("dataset", "split"), [pair for pair in COUNTS if pair not in SLOW and pair[1] != "train"])
def test_what_is_written_is_read_again(dataset, split, scheme):
    local(dataset, split)
    out = io.StringIO()
    convert(Conversion(dataset, scheme=scheme, split=split), stdin=io.BytesIO(), stdout=out)
    with open_corpus_file(io.BytesIO(out.getvalue().encode())) as reading:
        written = [(sentence.tokens, sentence.entities) for sentence in reading.sentences]
    assert written == [(sentence.tokens, sentence.entities) for sentence in load_split(dataset, split)]


def test_weibos_destroyed_emoji_and_digits_are_single_characters():
    tokens = [
        token
        for split in ("train", "dev", "test")
        if local("weibo", split)
        for s in load_split("weibo", split)
        for token in s.tokens
    ]
    assert {len(token) for token in tokens} == {1}
    assert tokens.count("\ufffd") == (12 + 16 + 16) + (38 + 30 + 16)
    assert tokens.count("\ufe0f") == 5
    assert sum(token.isdigit() for token in tokens) == 1255 + 266 + 268


def test_the_first_weibo_release_has_its_emoji_back():
    local("weibo_v1", "train")
    tokens = [token for sentence in load_split("weibo_v1", "train") for token in sentence.tokens]
    assert sum(ord(token) > 0xFFFF for token in tokens) == 6
    assert "💋" in tokens


def test_weibo_is_refused_strictly_with_the_first_of_its_ten_orphans():
    path = local("weibo", "train")
    with pytest.raises(
        Exception, match=r"train:1266:4: 'I-PER.NOM' cannot begin an entity after 'I-PER.NAM' \(the first of 10 problems"
    ):
        convert(Conversion(str(path), scheme="bioes"), stdin=io.BytesIO(), stdout=io.StringIO())
