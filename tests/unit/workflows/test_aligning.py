"""Sentences of two files side by side, and what is said of files that do not fit together."""

import pytest

from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.aligning import aligned, notes_on_types
from cnerkit.workflows.gold import Annotated


def of(*texts, source="pred.txt", joiner=""):
    sentences = (
        Sentence(f"s{n}", tuple(text.split() if joiner else text), frozenset(), joiner) for n, text in enumerate(texts)
    )
    return Annotated(source, tuple(sentences), ())


GOLD = of("王五去沪", "天气好", "他来了", source="gold.txt")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        pytest.param(
            ["王五去沪", "天气坏", "他来了"],
            "sentence 2 differs from the gold at token 3: '坏' instead of '好'",
            id="other-text",
        ),
        pytest.param(
            ["王五去沪", "天气", "他来了"],
            "sentence 2 differs from the gold at token 3: the end of the sentence instead of '好'",
            id="cut",
        ),
        pytest.param(
            ["王五去沪", "他来了"],
            "there are 3 gold sentences and 2 predicted ones; "
            "sentence 2 differs from the gold at token 1: '他来了' instead of '天气好'",
            id="one-left-out",
        ),
        pytest.param(
            ["王五去沪", "天气好"],
            "there are 3 gold sentences and 2 predicted ones; the predicted ones end before '他来了'",
            id="fewer",
        ),
        pytest.param(
            ["王五去沪", "天气好", "他来了", "再见"],
            "there are 3 gold sentences and 4 predicted ones; the gold ends before '再见'",
            id="more",
        ),
        pytest.param(
            ["天气好", "王五去沪", "他来了"],
            "the sentences are those of the gold in another order: sentence 1 is number 2 of the gold: '天气好'",
            id="other-order",
        ),
    ],
)
def test_other_sentences_are_refused_with_the_first_difference(texts, message):
    with pytest.raises(DataError) as caught:
        aligned(GOLD, of(*texts))
    assert caught.value.what == message
    assert caught.value.where == "pred.txt"
    assert caught.value.fix


def test_of_several_systems_the_one_that_differs_is_named():
    with pytest.raises(DataError) as caught:
        aligned(GOLD, GOLD, of("王五去沪", "天气好", "她来了", source="other.txt"))
    assert str(caught.value).startswith("other.txt: sentence 3 differs from the gold at token 1")


def test_a_long_text_is_quoted_in_part():
    with pytest.raises(DataError, match=r"instead of '字{40}…'"):
        aligned(of("字" * 50), of("文" * 50))


def test_where_one_side_has_words_all_are_over_characters():
    words = Annotated("gold", (Sentence("s", ("New", "York"), frozenset({Entity.span(1, 2, "LOC")}), " "),), ())
    characters = Annotated("pred", (Sentence("s", tuple("New York"), frozenset({Entity.span(4, 8, "LOC")})),), ())
    ((right, said, other),) = aligned(words, characters, words)
    assert right.tokens == said.tokens == other.tokens == tuple("New York")
    assert right.entities == said.entities == other.entities


def test_sentences_over_the_same_words_stay_as_they_are():
    words = of("New York", joiner=" ")
    assert aligned(words, words) == [(words.sentences[0], words.sentences[0])]


def entities(*types):
    return {Entity.span(place, place + 1, type_) for place, type_ in enumerate(types)}


@pytest.mark.parametrize(
    ("gold", "predicted", "notes"),
    [
        pytest.param(["A"], ["A"], [], id="the-same"),
        pytest.param([], ["A"], ["the gold has no entity, so that every predicted one is wrong"], id="no-gold"),
        pytest.param(["A"], [], ["nothing is predicted"], id="no-prediction"),
        pytest.param([], [], ["the gold has no entity", "nothing is predicted"], id="neither"),
        pytest.param(
            ["A"], ["A", "B", "B"], ["predicted types that the gold never has: B (2); the first is in sentence 2"], id="foreign"
        ),
        pytest.param(
            "ABCDEFGG",
            "A",
            ["gold types that are never predicted: G (2), B (1), C (1), D (1), E (1) and 1 more; the first is in sentence 2"],
            id="lacking",
        ),
    ],
)
def test_types_that_only_one_side_has_are_named_with_their_entities(gold, predicted, notes):
    assert list(notes_on_types([set(), entities(*gold)], [set(), entities(*predicted)])) == notes
