"""Sentences: offsets, surfaces, and what annotated means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, LabelSet, Prediction, Sentence, TypeHierarchy
from cnerkit.text.sentence import HIDDEN_TYPE


def test_an_entity_beyond_the_sentence_is_refused_with_the_sentence_id():
    with pytest.raises(DataError, match="dev-7: an entity ends at token 4, but the sentence has 3 tokens"):
        Sentence("dev-7", tuple("王小明"), frozenset({Entity.span(2, 4, "PER")}))


def test_not_annotated_differs_from_annotated_with_none_found():
    assert Sentence("a", tuple("天气")) != Sentence("a", tuple("天气"), frozenset())
    assert Sentence("a", tuple("天气"), frozenset()).without_entities() == Sentence("a", tuple("天气"))


@given(st.lists(st.text(min_size=1, max_size=4), max_size=8), st.sampled_from(["", " "]))
def test_char_offsets_find_each_token_in_the_text(tokens, joiner):
    sentence = Sentence("a", tuple(tokens), joiner=joiner)
    offsets = sentence.char_offsets()
    assert len(offsets) == len(tokens) + 1
    for token, start in zip(tokens, offsets, strict=False):
        assert sentence.text[start : start + len(token)] == token


def test_the_surface_of_a_discontinuous_entity_joins_its_fragments_by_a_space():
    sentence = Sentence("a", ("severe", "joint", ",", "shoulder", "pain"), joiner=" ")
    assert sentence.surface(Entity((Fragment(0, 2), Fragment(4, 5)), "ADR")) == "severe joint pain"
    assert Sentence("b", tuple("去北京")).surface(Entity.span(1, 3, "LOC")) == "北京"


def test_label_sets_do_not_depend_on_the_order_of_the_data():
    assert LabelSet.of(["PER", "LOC", "PER"]) == LabelSet.of(["LOC", "PER"])
    assert "LOC" in LabelSet.of(["LOC"])
    assert len(LabelSet.of([])) == 0
    with pytest.raises(ValueError, match="occurs twice"):
        LabelSet(("A", "A"))


@pytest.mark.parametrize(
    ("type_", "path"),
    [("/work/video/movie", ("work", "video", "movie")), ("/person", ("person",)), ("a/b", ("a", "b"))],
)
def test_a_leading_separator_is_not_a_level(type_, path):
    assert TypeHierarchy("/").path(type_) == path
    assert TypeHierarchy("/").cut(type_, 1) == path[0]


def test_a_level_without_a_name_is_refused():
    with pytest.raises(DataError, match="'/a//b' has a level without a name"):
        TypeHierarchy("/").path("/a//b")


def test_a_prediction_has_one_score_for_each_entity():
    with pytest.raises(ValueError, match="1 entities but 0 scores"):
        Prediction("a", (Entity.span(0, 1, "X"),), ())


def test_types_are_hidden_and_places_stay():
    given = Sentence(
        "a", tuple("云河大学"), frozenset({Entity.span(0, 4, "构"), Entity((Fragment(0, 1), Fragment(2, 3)), "地")})
    )
    hidden = given.with_types_hidden()
    assert hidden.tokens == given.tokens
    assert {entity.fragments for entity in hidden.entities} == {entity.fragments for entity in given.entities}
    assert {entity.type for entity in hidden.entities} == {HIDDEN_TYPE}
    assert given.without_entities().with_types_hidden() == given.without_entities()
