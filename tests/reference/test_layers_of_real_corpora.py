"""Nested entities and odd lines of real corpora, read as published: runs where the environment names a folder with them.

The counts were made by independent scripts over the same files.
"""

import contextlib
import os
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora.bundle import members
from cnerkit.corpora.columns import Layout
from cnerkit.corpora.conll import ColumnReader
from cnerkit.corpora.layer_layout import layered_layout
from cnerkit.corpora.layers import LayerReader
from cnerkit.corpora.source import TextSource, open_source
from cnerkit.workflows.layered import LayeredReading, layer_texts
from cnerkit.workflows.tagged import ReadCounts, TagReading

DATA = os.environ.get("CNERKIT_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")


@contextlib.contextmanager
def layers_of(path, member=None):
    """A file, or one of an archive, as rows."""
    if member:
        (member,) = members(Path(DATA) / path, f"*{member}")
        opened = member.open()
    else:
        opened = (Path(DATA) / path).open("rb")
    with opened as packed, open_source(packed, path) as stream:
        source = TextSource(stream, path)
        lines = source.head().text.split("\n")[:1000]
        layout, _ = layered_layout(lines) or layered_layout(lines, known=True)
        yield LayerReader(source, layout)


def facts(rows):
    """Sentences, tokens, entities, and the pairs that are nested, that cross and that are two types on one span."""
    reading, pairs = LayeredReading("x", rows, Scheme.BIO, Repair.STRICT, "x", ReadCounts()), Counter()
    for sentence in reading:
        for (start, end, _), (other, other_end, _) in combinations(sentence.spans, 2):
            if (start, end) == (other, other_end):
                pairs["same"] += 1
            elif (start <= other and other_end <= end) or (other <= start and end <= other_end):
                pairs["nested"] += 1
            elif other < end and start < other_end:
                pairs["crossing"] += 1
    counts = reading.counts
    assert not counts.overlooked
    assert counts.strict == counts.conlleval
    return counts.sentences, counts.tokens, counts.strict, pairs["nested"], pairs["crossing"], pairs["same"]


ZIP = "germeval14/GermEval2014.zip"


@pytest.mark.parametrize(
    ("path", "member", "expected", "repairs"),
    [
        pytest.param("genia/iob2/genia.dev.iob2", None, (1669, 48932, 4337, 373, 0, 0), {}, id="genia-dev"),
        pytest.param("genia/iob2/genia.test.iob2", None, (1854, 57021, 5474, 606, 0, 0), {}, id="genia-test"),
        pytest.param(
            "germeval14/NER-de-dev.tsv",
            None,
            (2200, 41653, 2886, 212, 0, 0),
            {"header lines, left out": 2200},
            id="germeval-dev",
        ),
        pytest.param(
            "germeval14/NER-de-test.tsv",
            None,
            (5100, 96499, 6693, 512, 2, 1),
            {"header lines, left out": 5100, "empty columns at the end of a line, left out": 1},
            id="germeval-test",
        ),
        pytest.param(ZIP, "germ.train.iob2", (24000, 452853, 31545, 2466, 0, 1), {}, id="germeval-zip-train"),
        pytest.param(ZIP, "germ.dev.iob2", (2200, 41653, 2886, 212, 0, 0), {}, id="germeval-zip-dev"),
        pytest.param(ZIP, "germ.test.iob2", (5100, 96499, 6693, 512, 2, 1), {}, id="germeval-zip-test"),
    ],
)
def test_sentences_tokens_entities_and_their_overlaps_are_as_many_as_published(path, member, expected, repairs):
    with layers_of(path, member) as rows:
        assert facts(rows) == expected
        assert rows.repairs == repairs


def litbank():
    """The hundred documents, by path."""
    return sorted(str(path.relative_to(DATA)) for path in (Path(DATA) / "litbank/entities/tsv").iterdir())


def test_the_documents_of_litbank_hold_as_much_as_published():
    total, n_columns = [0] * 6, Counter()
    for path in litbank():
        with layers_of(path) as rows:
            total = [one + more for one, more in zip(total, facts(rows), strict=True)]
            n_columns[rows._layout.n_columns] += 1
            assert not rows.repairs
    assert total == [8562, 210532, 13912, 2370, 0, 1]
    assert n_columns == {6: 88, 7: 12}


@pytest.mark.parametrize("corpus", ["genia", "litbank"])
def test_layers_innermost_first_are_written_exactly_as_published(corpus):
    paths = litbank() if corpus == "litbank" else [f"genia/iob2/genia.{split}.iob2" for split in ("dev", "test")]
    for path in paths:
        with layers_of(path) as rows:
            reading = LayeredReading("x", rows, Scheme.BIO, Repair.STRICT, "x", ReadCounts())
            written = "".join(layer_texts((each.sentence(" ") for each in reading), Scheme.BIO))
        published = (Path(DATA) / path).read_text(encoding="utf-8").rstrip("\n").split("\n")
        n_columns = 1 + written.partition("\n")[0].count("\t")
        for ours, theirs in zip(written.rstrip("\n").split("\n"), published, strict=True):
            columns = theirs.removesuffix("\t").split("\t")
            assert ours.split("\t") == (columns[:n_columns] if theirs else [""])
            assert set(columns[n_columns:]) <= {"O"}


def test_anercorp_is_read_by_the_rules_for_its_odd_lines():
    """Its 150313 lines are 150123 tokens: 191 have none and one has two. Of the 5110 ends of sentences, 5107 lines are a dot,
    one space and O; two have two spaces, and one is on the line with two records."""
    counts = ReadCounts()
    with (Path(DATA) / "anercorp/ANERCorp").open("rb") as stream:
        rows = ColumnReader(TextSource(stream, "x"), Layout(" "), mend_lines=True, sentence_end=".")
        types = Counter(
            type_ for sentence in TagReading("x", rows, Scheme.BIO, Repair.DROP, "x", counts) for _, _, type_ in sentence.spans
        )
    assert (counts.sentences, counts.tokens, counts.strict, counts.conlleval) == (5110, 150123, 11176, 11233)
    assert types == {"LOC": 4430, "PERS": 3603, "ORG": 2026, "MISC": 1117}
    assert (counts.malformed.orphan, counts.malformed.unfinished) == (57, 0)
    assert rows.repairs == {
        "lines without a token, left out": 191,
        "lines that hold two records, read as two": 1,
        "tokens with a space inside": 1,
    }
