import pytest

from cnerkit.errors import DataError
from cnerkit.registry import ModelSpec, Params
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.suitability import kinds_of, refuse_unsupported, task_of

PLAIN = Sentence("plain", tuple("北京大学"), frozenset({Entity.span(0, 2, "地名"), Entity.span(2, 4, "机构")}))
NESTED = Sentence("nested", tuple("北京大学"), frozenset({Entity.span(0, 2, "地名"), Entity.span(0, 4, "机构")}))
TWICE = Sentence("twice", tuple("北京"), frozenset({Entity.span(0, 2, "地名"), Entity.span(0, 2, "机构")}))
BROKEN = Sentence("broken", tuple("张和王"), frozenset({Entity((Fragment(0, 1), Fragment(2, 3)), "人名")}))
BARE = Sentence("bare", tuple("你好"), frozenset())


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        pytest.param(PLAIN, set(), id="adjacent"),
        pytest.param(NESTED, {"nested"}, id="one-inside-another"),
        pytest.param(TWICE, {"nested"}, id="one-span-two-types"),
        pytest.param(BROKEN, {"discontinuous"}, id="two-fragments"),
        pytest.param(BARE, set(), id="none"),
    ],
)
def test_kinds_of_entities_are_told_from_their_fragments(sentence, kinds):
    assert kinds_of([sentence]) == kinds


def test_types_come_from_train_and_kinds_from_every_split():
    task = task_of({"train": [PLAIN, BARE], "dev": [BROKEN], "test": [NESTED]}, "/")
    assert task.types.types == ("地名", "机构")
    assert task.kinds == {"flat", "nested", "discontinuous"}
    assert (task.joiner, task.hierarchy_separator) == ("", "/")


def test_train_without_an_entity_is_refused():
    with pytest.raises(DataError, match="train has no entity"):
        task_of({"train": [BARE], "dev": [PLAIN]}, None)


def test_splits_of_characters_and_of_words_are_refused_together():
    words = Sentence("words", ("New", "York"), frozenset({Entity.span(0, 2, "地名")}), " ")
    with pytest.raises(DataError, match=r"join their tokens in different ways: \['', ' '\]"):
        task_of({"train": [PLAIN], "dev": [words]}, None)


@pytest.mark.parametrize(("sentence", "kind"), [(NESTED, "nested"), (BROKEN, "discontinuous")])
def test_entities_that_the_model_cannot_predict_are_refused_counted_and_named(sentence, kind):
    spec = ModelSpec("flatone", "", "", Params, build=print)
    splits = {"train": [PLAIN], "dev": [sentence, sentence]}
    with pytest.raises(DataError, match=f"'flatone' cannot predict {kind} entities, and 2 sentences have some") as caught:
        refuse_unsupported(spec, task_of(splits, None), splits)
    assert caught.value.where == sentence.id
    assert "cnerkit model list" in caught.value.fix


def test_corpus_of_kinds_that_the_model_handles_is_let_through():
    spec = ModelSpec("all", "", "", Params, build=print, handles=frozenset({"flat", "nested"}))
    refuse_unsupported(spec, task_of({"train": [NESTED]}, None), {"train": [NESTED]})
