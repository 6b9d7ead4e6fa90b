"""What a split amounts to is counted as the definitions say."""

import math
import statistics as python_statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.statistics import Lengths, Level, Statistics, levels, mention_of, path_separator, ranked, share
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence

_LENGTHS = st.lists(st.integers(0, 40), min_size=1, max_size=50)


def counted(*sentences):
    found = Statistics()
    for sentence in sentences:
        found.add(sentence)
    return found


def lengths_of(values):
    lengths = Lengths()
    lengths.counts.update(values)
    return lengths


def test_sentences_tokens_characters_and_entities_are_counted():
    found = counted(
        Sentence(
            "1",
            tuple("小周到苏州大学"),
            frozenset([Entity.span(0, 2, "PER"), Entity.span(3, 7, "ORG"), Entity.span(3, 5, "LOC")]),
        ),
        Sentence("2", ("in", "Su", "zhou"), frozenset(), " "),
        Sentence("3", tuple("不知"), None),
    )
    assert (found.sentences, found.tokens, found.characters, found.entities) == (3, 12, 19, 3)
    assert (found.without_entity, found.unannotated, found.inside) == (1, 1, 6)
    assert found.types == {"PER": 1, "ORG": 1, "LOC": 1}
    assert found.overlaps.nested == 1
    assert len(found.vocabulary) == len(set("小周到苏州大学in Su zhou不知"))


def test_the_length_of_a_discontinuous_entity_is_without_its_gap():
    entity = Entity((Fragment(0, 1), Fragment(3, 5)), "症状")
    found = counted(Sentence("1", tuple("头和颈疼痛"), frozenset([entity])))
    assert found.entity_lengths.counts == {3: 1}
    assert found.inside == 3
    assert found.overlaps.discontinuous == 1


@given(_LENGTHS)
def test_lengths_are_summed_up_as_python_does(values):
    lengths = lengths_of(values)
    assert lengths.mean == pytest.approx(python_statistics.mean(values))
    assert (lengths.n, lengths.least, lengths.most) == (len(values), min(values), max(values))
    assert lengths.over(20) == sum(value > 20 for value in values)


@given(_LENGTHS, st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_the_nearest_rank(values, part):
    assert lengths_of(values).quantile(part) == sorted(values)[math.ceil(part * len(values)) - 1]


def test_of_nothing_every_number_is_0():
    found = Statistics()
    assert (found.tokens, found.entities, found.lengths.mean, found.lengths.most, found.lengths.quantile(0.5)) == (
        0,
        0,
        0,
        0,
        0,
    )
    assert share(0, 0) == 0


def test_an_entity_is_unseen_when_train_lacks_its_surface_or_has_it_with_another_type():
    def split(text, *types):
        return counted(*(Sentence("s", tuple(text), frozenset([Entity.span(0, 2, type_)])) for type_ in types))

    train, dev = split("苏州好", "LOC"), split("苏州美", "LOC", "ORG", "ORG")
    assert dev.unseen_entities(train) == 2
    assert split("杭州好", "LOC").unseen_entities(train) == 1
    assert dev.unseen_characters(train) == 1


def test_levels_of_paths_have_their_names_and_the_entities_that_go_so_deep():
    types = {"/人": 4, "/地/城": 3, "/地/城/区": 2, "/地/山": 0}
    assert levels(types, "/") == (Level(1, 2, 9), Level(2, 1, 5), Level(3, 1, 2))


def test_a_type_with_a_nameless_level_is_refused():
    with pytest.raises(DataError, match="has a level without a name"):
        levels({"/地//城": 1}, "/")


@pytest.mark.parametrize(
    ("types", "separator"), [(["/地", "/地/城"], "/"), (["/地", "人"], None), (["A/B"], None), (["/"], None), ([], None)]
)
def test_types_are_paths_only_when_all_begin_with_a_slash(types, separator):
    assert path_separator(types) == separator


def test_a_mention_is_the_surface_and_of_a_very_long_one_only_its_ends():
    text = Sentence("s", tuple("江南" * 400))
    assert mention_of(text, Entity.span(0, 200, "X")) == "江南" * 100
    assert mention_of(text, Entity.span(0, 600, "X")) == f"{'江南' * 50} … 600 … {'江南' * 50}"
    assert mention_of(text, Entity((Fragment(0, 1), Fragment(2, 3)), "X")) == "江 江"


def test_equal_counts_are_ranked_by_name():
    assert ranked(Counter(b=1, a=1, c=2)) == [("c", 2), ("a", 1), ("b", 1)]
