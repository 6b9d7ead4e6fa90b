"""Real corpora in JSON: as many sentences, tokens, entities and nested pairs as counted by an independent script.

They run where ``CNERKIT_DATA`` names a folder with one sub-folder per dataset. What is written of each file is read again as
the same sentences, and is the file itself, value for value, where its surfaces are right; the order of entities is ours.
"""

import io
import json
import os
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from cnerkit.corpora import formats
from cnerkit.corpora.formats import FORMATS, Hints
from cnerkit.corpora.records import RecordReader, json_line, sample_objects
from cnerkit.corpora.source import TextSource

DATA = os.environ.get("CNERKIT_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")

HAREM = "harem/portuguese-bert"
COUNTS = {
    # format, file: sentences, tokens, entities, types, nested pairs, pairs on one place
    ("cluener", "fine/dev.json"): (3000, 124805, 7619, 54, 0, 0),
    ("cluener", "fine/test.json"): (4000, 165865, 10266, 54, 0, 0),
    # 146 entities have the end of a run of neighbours: the file is kept as it is, with 157 pairs that the corpus does not have
    ("sng", "msra_qfy/test.json"): (2399, 111229, 6181, 3, 157, 0),
    ("w2ner", "genia/w2ner/dev.json"): (1669, 43419, 5365, 5, 588, 0),
    ("w2ner", "genia/w2ner/test.json"): (1854, 48179, 5506, 5, 646, 0),
    ("mentions", "genia/cnn_nested_ner/dev.jsonlines"): (1765, 45495, 4714, 5, 445, 4),
    ("mentions", "genia/cnn_nested_ner/test.jsonlines"): (1732, 46873, 5119, 5, 618, 5),
    ("harem-json", f"{HAREM}/FirstHAREM-selective-train.json"): (121, 464803, 3984, 5, 0, 0),
    ("harem-json", f"{HAREM}/FirstHAREM-selective-dev.json"): (8, 17145, 167, 5, 0, 0),
    ("harem-json", f"{HAREM}/MiniHAREM-selective.json"): (128, 327868, 3018, 5, 0, 0),
    ("harem-json", f"{HAREM}/FirstHAREM-total-train.json"): (121, 464803, 4783, 10, 0, 0),
    ("harem-json", f"{HAREM}/FirstHAREM-total-dev.json"): (8, 17145, 233, 10, 0, 0),
    ("harem-json", f"{HAREM}/MiniHAREM-total.json"): (128, 327867, 3642, 10, 0, 0),
}
NO_BREAK_SPACES = {"fine/dev.json": (4, 3), "fine/test.json": (5, 4)}
"""Surfaces that have U+00A0 where the text has a space, and the records that have such."""

files = pytest.mark.parametrize(("format_", "file"), [pytest.param(*key, id=key[1]) for key in COUNTS])


def read(format_, content):
    source = TextSource(io.BytesIO(content), "x.json")
    parse = formats.records(format_).parser(sample_objects(source.head(), "x.json"), Hints(), "x.json")
    reader = RecordReader(source, parse, ids="x")
    return list(reader), dict(reader.notes)


@cache
def content_of(file):
    return (Path(DATA) / file).read_bytes()


@cache
def sentences_of(format_, file):
    return read(format_, content_of(file))


def values_of(text):
    return json.loads(text) if text.lstrip().startswith("[") else list(map(json.loads, text.strip().split("\n")))


def without_order(record):
    """A record whose list of entities is sorted."""
    lists = {key: value for key in ("ner", "entity_mentions", "label") if isinstance(value := record.get(key), list)}
    return record | {key: sorted(value, key=repr) for key, value in lists.items()}


@files
def test_the_counts_are_those_of_an_independent_script(format_, file):
    sentences, notes = sentences_of(format_, file)
    places = [sorted((entity.start, -entity.end) for entity in sentence.entities) for sentence in sentences]
    pairs = [
        (one, other) for each in places for one, other in combinations(each, 2) if other[1] >= one[1] and other[0] < -one[1]
    ]
    entities = [entity for sentence in sentences for entity in sentence.entities]
    same = sum(one == other for one, other in pairs)
    found = len(sentences), sum(map(len, sentences)), len(entities), len({entity.type for entity in entities})
    assert (*found, len(pairs) - same, same) == COUNTS[format_, file]
    differing = NO_BREAK_SPACES.get(file, (0, 0))[0]
    assert notes == ({"surfaces that differ from the text at their offsets, which count": differing} if differing else {})


@files
def test_the_format_is_told_from_the_first_lines_and_no_other_is(format_, file):
    sample = sample_objects(TextSource(io.BytesIO(content_of(file)), "x.json").head(), "x.json")
    names = [name for name, each in FORMATS.items() if each.kind in ("records", "tagged")]
    assert [name for name in names if getattr(formats, FORMATS[name].kind)(name).evidence(sample)] == [format_]


@files
def test_what_is_written_is_read_again_and_is_what_the_file_holds(format_, file):
    sentences, _ = sentences_of(format_, file)
    records = [formats.records(format_).record(sentence) for sentence in sentences]
    lines = "".join(map(json_line, records, sentences))
    assert read(format_, lines.encode()) == (sentences, {})
    original = values_of(content_of(file).decode())
    written = values_of(lines)
    differing = sum(without_order(one) != without_order(other) for one, other in zip(written, original, strict=True))
    assert differing == NO_BREAK_SPACES.get(file, (0, 0))[1]


@files
def test_span_json_lines_carry_all_of_it(format_, file):
    sentences, _ = sentences_of(format_, file)
    jsonl = formats.records("jsonl")
    lines = "".join(json_line(jsonl.record(sentence), sentence) for sentence in sentences)
    assert read("jsonl", lines.encode()) == (sentences, {})
