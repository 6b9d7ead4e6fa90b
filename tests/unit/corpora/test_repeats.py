"""The same sentence in two places is found, with the labels that differ, and counted as sentences."""

import pytest

from cnerkit.corpora.findings import Findings, Position
from cnerkit.corpora.repeats import (
    Texts,
    annotation_of,
    find_elsewhere,
    find_near_repeats,
    find_repeats,
    without_space,
)
from cnerkit.text import Entity, Fragment, Sentence

PER, LOC = Entity.span(0, 2, "PER"), Entity.span(0, 2, "LOC")


def texts(*sentences):
    """Texts of one split from pairs of text and entities; None for what is not annotated."""
    made = Texts()
    for number, (text, entities) in enumerate(sentences, start=1):
        known = None if entities is None else frozenset(entities)
        made.add(Sentence(f"s-{number}", tuple(text), known), Position("f", f"s-{number}"))
    return made


def found(find, *arguments):
    findings = Findings()
    find(*arguments, findings)
    return {(each.kind.name, each.split, each.detail): each for each in findings.listed()}


def counts(find, *arguments):
    return {key: each.count for key, each in found(find, *arguments).items()}


def test_further_copies_and_contradictions_within_a_split_are_counted():
    train = texts(("周庄很美", [LOC]), ("周庄很美", [PER]), ("周庄很美", [LOC]), ("下雨了", []), ("下雨了", []))
    assert counts(find_repeats, {"train": train}) == {
        ("repeated-sentence", "train", ""): 3,
        ("contradictory-labels", "train", ""): 1,
    }


def test_leaks_are_sentences_of_the_later_split_and_contradict_when_no_copy_agrees():
    train = texts(("周庄很美", [LOC]), ("周庄很美", [PER]), ("小陈来了", [PER]))
    dev = texts(("周庄很美", [PER]), ("小陈来了", []), ("小陈来了", []), ("没见过", []))
    leaks = found(find_repeats, {"train": train, "dev": dev})
    assert leaks["leak", "dev", "in train"].count == 3
    assert leaks["leak", "dev", "in train"].examples[0].text == "'周庄很美', as at f, sentence s-1"
    assert leaks["contradictory-labels-across-splits", "dev", "in train"].count == 2


def test_each_split_is_compared_with_all_before_it():
    splits = {"train": texts(("甲", [])), "dev": texts(("乙", [])), "test": texts(("甲", []), ("乙", []))}
    assert counts(find_repeats, splits) == {("leak", "test", "in train"): 1, ("leak", "test", "in dev"): 1}


@pytest.mark.parametrize("entities", [pytest.param(None, id="unknown"), pytest.param([PER], id="known")])
def test_a_copy_that_is_not_annotated_contradicts_nothing(entities):
    splits = {"train": texts(("小陈来了", None), ("小陈来了", entities)), "dev": texts(("小陈来了", [LOC]))}
    assert counts(find_repeats, splits) == {("repeated-sentence", "train", ""): 1, ("leak", "dev", "in train"): 1}


def test_words_and_characters_of_one_text_are_the_same_sentence_with_the_same_labels():
    as_words = Sentence("w", ("Lake", "Tai", "is", "big"), frozenset([Entity.span(0, 2, "LOC")]), " ")
    as_characters = as_words.as_characters()
    assert without_space(as_words.tokens) == without_space(as_characters.tokens) == "LakeTaiisbig"
    assert annotation_of(as_words) == annotation_of(as_characters)


def test_labels_differ_by_place_type_and_fragments():
    variants = [
        None,
        [],
        [PER],
        [LOC],
        [Entity.span(0, 3, "PER")],
        [Entity((Fragment(0, 1), Fragment(2, 3)), "PER")],
        [PER, LOC],
    ]
    known = [annotation_of(Sentence("s", tuple("小陈来了"), None if each is None else frozenset(each))) for each in variants]
    assert len(set(known)) == len(variants)
    assert known[0] == 0


def test_nearly_the_same_sentences_are_told_apart_from_the_same_ones():
    text = "去年冬天我们坐火车到哈尔滨看了冰雕和雪景"
    splits = {
        "train": texts((text, [])),
        "dev": texts((text, []), (text + "！", []), (text.replace("冬", "秋"), []), ("别的话", [])),
    }
    near = found(find_near_repeats, splits)
    assert near["near-leak", "dev", "of train"].count == 2
    assert near["near-leak", "dev", "of train"].examples[0].where == "f, sentence s-2"


def test_sentences_in_words_are_compared_by_their_words():
    words = tuple(f"word{number}" for number in range(19))
    train, dev = Texts(), Texts()
    train.add(Sentence("a", words, frozenset(), " "), Position("f", "a"))
    dev.add(Sentence("b", (*words[:-1], "other"), frozenset(), " "), Position("f", "b"))
    dev.add(Sentence("c", (*words[:9], "word9word10", *words[11:]), frozenset(), " "), Position("f", "c"))
    assert counts(find_near_repeats, {"train": train, "dev": dev}) == {("near-leak", "dev", "of train"): 1}


def test_sentences_of_another_corpus_are_counted_per_split_once_each():
    splits = {"train": texts(("甲乙", []), ("甲乙", []), ("丙丁", [])), "dev": texts(("丙丁", []))}
    elsewhere = counts(find_elsewhere, splits, "other train", ["甲乙", "甲乙", "丙丁", "戊己"])
    assert elsewhere == {("known-corpus", "train", "in other train"): 3, ("known-corpus", "dev", "in other train"): 1}


def test_countless_copies_of_one_sentence_are_counted_one_by_one_and_not_pair_by_pair():
    many = Texts()
    for number in range(30_000):
        entities = frozenset([Entity.span(0, 2, f"T{number}")])
        many.add(Sentence(f"s-{number}", tuple("小陈来了"), entities), Position("f", f"s-{number}"))
    train = texts(("小陈来了", [PER]))
    assert counts(find_repeats, {"a": many, "b": many, "c": train})["leak", "b", "in a"] == 30_000
