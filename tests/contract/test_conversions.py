"""Every pair of formats and of schemes gives back what it was given, or counts and names what it could not keep.

``tests/matrix/conversion_matrix.py`` says the same of whole corpora.
"""

import os
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import product

import conversion_rounds
import pytest
from conversion_matrix import tallies
from conversion_rounds import GRIDS, SCHEMES, format_rounds, recognition, scheme_rounds
from conversion_steps import DIVIDED, UNSAID, take_step, target_of
from conversion_tables import kind_of, table

from cnerkit.codecs.tags import Scheme
from cnerkit.corpora import jsonl, sng
from cnerkit.corpora.formats import WRITABLE
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.data import look_up
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.sources import find_source

CORPORA = ("flat", "nested", "discontinuous", "words")
PAIRS = list(product(WRITABLE, repeat=2))

HOLD_DISCONTINUOUS = {"jsonl", "w2ner", "grid", "brat"}
HOLD_NESTED = HOLD_DISCONTINUOUS | {
    "layers", "cluener", "doccano", "label-studio", "prodigy", "mentions", "cmeee", "sng", "harem-json",
}  # fmt: skip
HOLD_UNANNOTATED = {"jsonl", "cluener", "doccano", "label-studio", "prodigy", "text", "brat"}
HOLD_WORDS = {"conll", "layers", "jsonl", "w2ner", "mentions", "grid", "hf"}
HOLD_SPANS = {*GRIDS, "span"}


def span(*of):
    return Entity.span(*of)


def parted(type_, *parts):
    return Entity(tuple(Fragment(*part) for part in parts), type_)


TANGLED = parted("PAIN", (0, 2), (3, 4), (5, 7)), parted("PAIN", (0, 1), (2, 5), (6, 7))
"""Two entities with the same ends, whose cells join them in two more ways."""
TEXTS = {
    "flat": (
        ("小美和阿光去海边市，", {span(0, 2, "PER"), span(3, 5, "PER"), span(6, 9, "LOC")}),
        ("甲店乙店丙", {span(0, 2, "ORG.NAM"), span(2, 4, "ORG.NAM"), span(4, 5, "PER")}),
        ("😀小雨😀说:{好}", {span(1, 3, "PER"), span(5, 6, "MISC-X")}),
        ("今日無事／可休", set()),
    ),
    "nested": (
        ("海边市第二医院院长", {span(0, 3, "LOC"), span(0, 7, "ORG"), span(0, 9, "PER"), span(3, 5, "NUM")}),
        ("左膝関節炎", {span(0, 3, "BODY"), span(2, 5, "SIGN")}),
        ("光明日报社", {span(0, 4, "PAPER"), span(0, 4, "ORG")}),
        ("無", {span(0, 1, "NEG")}),
    ),
    "discontinuous": (
        ("左、右膝都疼", {parted("PAIN", (0, 1), (3, 4), (5, 6)), parted("PAIN", (2, 4), (5, 6))}),
        ("上下肢無力", {parted("PART", (0, 1), (2, 3)), span(1, 3, "PART")}),
        ("頭不疼", {span(0, 1, "PART")}),
        ("頭頸肩背腰腿痛", {*TANGLED}),
    ),
    "words": (
        ("Anna of New Oz sang", {span(0, 4, "PER"), span(2, 4, "LOC")}),
        ("She paid 10\u00a0000 crowns in Oz", {span(2, 4, "SUM"), span(5, 6, "LOC")}),
        ("Nothing happened .", set()),
    ),
}
INNER = {"flat": 0, "nested": 5, "discontinuous": 0, "words": 1}
"""Entities that lie within others, cross them or have their span: all but the longest of those together."""
PARTED = {"flat": 0, "nested": 0, "discontinuous": 5, "words": 0}


def corpus(name):
    """The sentences of one kind, in their places."""
    is_words = name == "words"
    return [
        (place, Sentence(f"s-{place}", tuple(text.split(" ") if is_words else text), frozenset(found), " " if is_words else ""))
        for place, (text, found) in enumerate(TEXTS[name])
    ]


@cache
def pairs_of_formats(name):
    return format_rounds(corpus(name), "jsonl")


@cache
def pairs_of_schemes(name):
    return scheme_rounds(corpus(name))


def sums(outcome):
    """How many entities were lost, sentences refused and tokens divided."""
    kinds = Counter()
    for name, count in outcome.items():
        kinds[name.split(",")[0].split(":")[0]] += count
    return {
        "lost": kinds["entities left out"],
        "refused": kinds["sentences refused"],
        "divided": outcome[DIVIDED],
        "mistakes": sum(count for kind, count in outcome.items() if kind.startswith(UNSAID)),
    }


def expected(name, *ways):
    """The same told by hand, from what each format or scheme on the way can hold."""
    total = sum(len(entities) for _, entities in TEXTS[name])
    lost, refused, divided, left = set(), 0, 0, len(TEXTS[name])
    for way in ways:
        if not left:
            break
        if ("text" in lost and way not in HOLD_UNANNOTATED) or (way == "text-slash" and name == "words"):
            refused, left = refused + left, 0
        elif way == "text":
            lost.add("text")
        elif way not in HOLD_NESTED | HOLD_SPANS:
            lost |= {"inner", "parted"}
        elif way not in HOLD_DISCONTINUOUS | HOLD_SPANS:
            lost.add("parted")
        elif way.startswith("grid") and name == "discontinuous":
            lost.add("tangled")
        if left and name == "words" and way in WRITABLE and way not in HOLD_WORDS:
            divided = 1
        if way == "io" and name == "flat" and left == len(TEXTS[name]):
            refused, left = 1, left - 1
    counts = {"text": total, "inner": INNER[name], "parted": PARTED[name], "tangled": int("parted" not in lost)}
    gone = total if "text" in lost else sum(counts[each] for each in lost)
    return {"lost": gone, "refused": refused, "divided": divided, "mistakes": 0}


@pytest.mark.parametrize("name", CORPORA)
def test_a_pair_of_formats_loses_what_one_of_them_cannot_hold_and_nothing_else(name):
    found = pairs_of_formats(name)
    assert found.mistakes == []
    assert {pair: sums(outcome) for pair, outcome in found.cells.items()} == {pair: expected(name, *pair) for pair in PAIRS}


@pytest.mark.parametrize("name", CORPORA)
def test_a_pair_of_schemes_loses_what_one_of_them_cannot_hold_and_nothing_else(name):
    found = pairs_of_schemes(name)
    assert found.mistakes == []
    pairs = product(SCHEMES, repeat=2)
    assert {pair: sums(outcome) for pair, outcome in found.cells.items()} == {pair: expected(name, *pair) for pair in pairs}


def test_what_is_lost_is_named():
    names = {name for each in CORPORA for outcome in pairs_of_formats(each).cells.values() for name in outcome}
    assert names == {
        "entities left out, nested",
        "entities left out, crossing",
        "entities left out, same span",
        "entities left out, discontinuous",
        "entities left out, since plain text holds none",
        "entities left out, since a grid with them would be read with other entities",
        "sentences refused: it is not annotated",
        "sentences refused: character … is a space, which parts chunks",
        DIVIDED,
    }
    touching = "sentences refused: the entities … and … touch, and io would join them to one"
    assert pairs_of_schemes("flat").cells["bio", "io"] == {touching: 1}


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("first", ["conll", "doccano", "mentions", "text", "brat"])
def test_steps_that_are_taken_once_would_come_to_the_same_again_whatever_the_ids(name, first):
    step = take_step(corpus(name), target_of(first), "jsonl")
    renamed = [(place, replace(sentence, id=f"another-{place}", extra=None)) for place, sentence in step.passages]
    for second in WRITABLE:
        again = take_step(renamed, target_of(second), first).outcome
        assert step.outcome + again == pairs_of_formats(name).cells[first, second]


@pytest.mark.parametrize("name", CORPORA)
def test_a_file_tells_its_scheme_or_the_error_says_how_to(name):
    for scheme, step in recognition(corpus(name), "jsonl").items():
        assert step.mistakes == []
        assert set(step.flags) <= {f"--from-scheme {scheme}"}


def test_every_pair_keeps_the_sample():
    part = find_source("sample", split="dev").parts["dev"]
    with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
        passages = list(enumerate(reading.sentences))
    found = format_rounds(passages, reading.format)
    assert found.mistakes == []
    has_spaces = sum(" " in sentence.tokens for _, sentence in passages)
    kinds = Counter(kind_of(outcome, len(passages)) for outcome in found.cells.values())
    assert found.cells["jsonl", "text-slash"].total() == has_spaces > 0
    others = len(WRITABLE) - 2  # than plain text and lines of chunks, which refuse sentences with spaces
    n_refusing = others + 1 - (len(HOLD_UNANNOTATED) - 1)
    assert kinds == {
        "equal": others**2,
        "with a counted loss": others + len(HOLD_UNANNOTATED),
        "refused in part": others + len(WRITABLE),
        "refused": n_refusing,
    }
    assert scheme_rounds(passages).mistakes == []


@pytest.mark.skipif("CNERKIT_DATA" not in os.environ, reason="CNERKIT_DATA names no folder with corpora")
@pytest.mark.parametrize(("name", "sentences"), [("weibo_v1", 40), ("genia_cnn", 40), ("nerel", 3), ("harem_second", 4)])
def test_every_pair_accounts_for_all_of_a_real_corpus(name, sentences):
    for tally in tallies(look_up(name), None, sentences):
        assert tally.mistakes == []
        assert not any(name.startswith(UNSAID) for outcome in tally.formats.values() for name in outcome)


class TestMistakesAreFound:
    def test_a_loss_that_is_not_counted(self, monkeypatch):
        monkeypatch.setattr(Losses, "add", lambda *_: None)
        found = take_step(corpus("nested"), target_of("conll"), "jsonl")
        assert found.outcome[f"{UNSAID}entities lost that are not counted, or counted that are not lost"] == 1

    def test_an_entity_that_a_writer_leaves_out(self, monkeypatch):
        right = sng.record
        monkeypatch.setattr(sng, "record", lambda sentence: right(sentence) | {"label": right(sentence)["label"][1:]})
        found = take_step(corpus("flat"), target_of("sng"), "jsonl")
        assert found.outcome == {f"{UNSAID}entities lost that are not counted, or counted that are not lost": 1}

    def test_an_entity_at_another_place(self, monkeypatch):
        right = jsonl._span
        monkeypatch.setattr(jsonl, "_span", lambda entity: right(entity) | {"end": entity.start + 1})
        found = take_step(corpus("flat"), target_of("jsonl"), "conll")
        assert found.outcome[f"{UNSAID}entities that were not there"] == 3
        assert any("is not there" in each or "were not there" in each for each in found.mistakes)

    def test_a_text_that_changes(self, monkeypatch):
        right = sng.record
        monkeypatch.setattr(sng, "record", lambda sentence: right(sentence) | {"text": sentence.text.replace("小", "大")})
        found = take_step(corpus("flat"), target_of("sng"), "jsonl")
        assert found.outcome[f"{UNSAID}the tokens or what stands between them changed"] == 2

    def test_a_sentence_that_goes_missing(self, monkeypatch):
        parser = jsonl.parser
        monkeypatch.setattr(
            jsonl,
            "parser",
            lambda *of: lambda record, id_, notes: None if id_ == "s-1" else parser(*of)(record, id_, notes),
        )
        found = take_step(corpus("flat"), target_of("jsonl"), "conll")
        assert found.mistakes == ["another number of sentences: 4 written, 3 read"]

    def test_a_file_that_cannot_be_read_back(self, monkeypatch):
        monkeypatch.setattr(sng, "record", lambda _: {"text": "x", "label": [[5, 4, "PER", "x"]]})
        found = take_step(corpus("flat"), target_of("sng"), "jsonl")
        assert found.mistakes[0].startswith("what was written cannot be read: what was written:1:1: the offsets 5 and 4")

    def test_tags_that_are_brought_to_others(self, monkeypatch):
        monkeypatch.setattr(conversion_rounds, "convert_tags", lambda tags, *_: ["O"] * len(tags))
        found = scheme_rounds(corpus("flat"), ("bio", "bioes"))
        assert found.cells["bio", "bioes"] == {f"{UNSAID}other entities from bio by convert_tags to bioes": 3}
        assert len(found.mistakes) == 4


def test_a_table_has_a_letter_for_each_outcome_and_says_what_it_means():
    lines = list(table(pairs_of_schemes("nested").cells, SCHEMES))
    assert len(lines) == 1 + len(SCHEMES) + 1
    assert lines[-1] == "  a  3 entities left out, nested; 1 entities left out, crossing; 1 entities left out, same span"
    assert lines[1].split() == ["io", *"a" * len(SCHEMES)]
    assert lines[-2].split() == ["span", *"a" * len(Scheme), "=", "=", "="]
