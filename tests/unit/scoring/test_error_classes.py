"""The class of each entity, by examples and by properties over entities of any kind."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnerkit.scoring.error_classes import Finding, Kind, find_errors
from cnerkit.text import Entity, Fragment


def entities(*spans):
    return {Entity.span(*span) for span in spans}


def entity_over(tokens, type_):
    """The entity over any tokens; runs of them are its fragments."""
    starts = sorted(token for token in tokens if token - 1 not in tokens)
    ends = sorted(token + 1 for token in tokens if token + 1 not in tokens)
    return Entity(tuple(Fragment(start, end) for start, end in zip(starts, ends, strict=True)), type_)


def tokens_of(entity):
    return {token for part in entity.fragments for token in range(part.start, part.end)}


ANY_ENTITY = st.builds(entity_over, st.sets(st.integers(0, 6), min_size=1, max_size=5), st.sampled_from("ABC"))
SETS = st.sets(ANY_ENTITY, max_size=6)
GAPPED = entity_over({0, 3}, "A")

CASES = [
    pytest.param(entities((0, 2, "A")), entities((0, 2, "A")), {}, id="correct"),
    pytest.param(entities((0, 2, "A")), entities((0, 2, "B")), {Kind.WRONG_TYPE: 1}, id="wrong-type"),
    pytest.param(entities((1, 3, "A")), entities((0, 3, "A")), {Kind.TOO_LONG: 1}, id="too-long"),
    pytest.param(entities((0, 3, "A")), entities((1, 2, "A")), {Kind.TOO_SHORT: 1}, id="too-short"),
    pytest.param(entities((0, 3, "A")), entities((1, 4, "A")), {Kind.SHIFTED: 1}, id="shifted"),
    pytest.param(entities((0, 3, "A")), entities((1, 4, "B")), {Kind.BOTH: 1}, id="boundaries-and-type"),
    pytest.param(entities((0, 4, "A")), entities((0, 2, "A"), (3, 4, "B")), {Kind.SPLIT: 1}, id="split"),
    pytest.param(
        entities((0, 4, "A")),
        entities((0, 2, "A"), (3, 5, "A")),
        {Kind.TOO_SHORT: 1, Kind.SPURIOUS: 1},
        id="a-part-reaches-out",
    ),
    pytest.param(
        entities((0, 4, "A")), entities((0, 2, "A"), (1, 3, "A")), {Kind.TOO_SHORT: 1, Kind.SPURIOUS: 1}, id="parts-overlap"
    ),
    pytest.param(entities((0, 2, "A"), (3, 4, "B")), entities((0, 4, "A")), {Kind.MERGED: 1}, id="merged"),
    pytest.param(entities((0, 2, "A")), set(), {Kind.MISSED: 1}, id="missed"),
    pytest.param(set(), entities((0, 2, "A")), {Kind.SPURIOUS: 1}, id="spurious"),
    pytest.param(entities((0, 2, "A")), entities((2, 4, "A")), {Kind.MISSED: 1, Kind.SPURIOUS: 1}, id="touching-only"),
    pytest.param(entities((0, 4, "A"), (0, 2, "B")), entities((0, 4, "A")), {Kind.NESTED_LOST: 1}, id="inner-lost"),
    pytest.param(entities((0, 4, "A"), (0, 2, "B")), entities((0, 2, "B")), {Kind.NESTED_LOST: 1}, id="outer-lost"),
    pytest.param(entities((0, 2, "A"), (0, 2, "B")), entities((0, 2, "B")), {Kind.NESTED_LOST: 1}, id="one-of-two-types-lost"),
    pytest.param(
        entities((0, 4, "A"), (0, 2, "B")),
        entities((0, 4, "B")),
        {Kind.WRONG_TYPE: 1, Kind.NESTED_LOST: 1},
        id="outer-mistyped",
    ),
    pytest.param(entities((0, 4, "A"), (0, 2, "B")), set(), {Kind.MISSED: 2}, id="the-whole-nest-is-missed"),
    pytest.param(entities((0, 4, "A"), (2, 6, "B")), entities((2, 6, "B")), {Kind.MISSED: 1}, id="crossing-is-not-nested"),
    pytest.param(
        entities((0, 8, "A"), (0, 4, "A")),
        entities((0, 2, "A"), (2, 4, "A")),
        {Kind.SPLIT: 1, Kind.NESTED_LOST: 1},
        id="the-shortest-whole-has-the-parts",
    ),
    pytest.param({GAPPED}, entities((0, 4, "A")), {Kind.TOO_LONG: 1}, id="hull-of-a-discontinuous-one"),
    pytest.param({GAPPED}, entities((0, 1, "A"), (3, 4, "A")), {Kind.SPLIT: 1}, id="fragments-of-a-discontinuous-one"),
    pytest.param({GAPPED}, entities((1, 3, "A")), {Kind.MISSED: 1, Kind.SPURIOUS: 1}, id="in-the-gap"),
]


@pytest.mark.parametrize(("gold", "predicted", "expected"), CASES)
def test_each_error_has_its_class(gold, predicted, expected):
    assert Counter(error.kind for error in find_errors(gold, predicted)) == expected


def test_of_overlapping_entities_the_same_type_is_paired_first():
    gold, predicted = entities((0, 4, "A")), entities((0, 3, "B"), (3, 6, "A"))
    assert find_errors(gold, predicted) == [
        Finding(Kind.SHIFTED, (Entity.span(0, 4, "A"),), (Entity.span(3, 6, "A"),)),
        Finding(Kind.SPURIOUS, (), (Entity.span(0, 3, "B"),)),
    ]


def test_of_entities_of_one_type_those_that_have_most_in_common_are_paired():
    gold, predicted = entities((0, 5, "A")), entities((0, 6, "A"), (4, 9, "A"))
    kinds = {error.kind: error.predicted for error in find_errors(gold, predicted)}
    assert kinds == {Kind.TOO_LONG: (Entity.span(0, 6, "A"),), Kind.SPURIOUS: (Entity.span(4, 9, "A"),)}


def test_the_part_of_the_same_type_stands_for_a_split_entity():
    (error,) = find_errors(entities((0, 6, "A")), entities((0, 4, "B"), (4, 6, "A")))
    assert sorted(error.confusions(), key=str) == [("A", "A"), (None, "B")]


def test_the_part_with_most_tokens_stands_for_a_merged_entity():
    (error,) = find_errors(entities((0, 1, "A"), (1, 4, "B")), entities((0, 4, "C")))
    assert sorted(error.confusions(), key=str) == [("A", None), ("B", "C")]


@given(gold=SETS, predicted=SETS)
def test_every_entity_is_in_exactly_one_class(gold, predicted):
    errors = find_errors(gold, predicted)
    assert sorted([entity for error in errors for entity in error.gold] + list(gold & predicted)) == sorted(gold)
    assert sorted([entity for error in errors for entity in error.predicted] + list(gold & predicted)) == sorted(predicted)


@given(gold=SETS, predicted=SETS)
def test_every_entity_is_in_one_pair_of_confused_types(gold, predicted):
    confused = [pair for error in find_errors(gold, predicted) for pair in error.confusions()]
    right = [entity.type for entity in gold & predicted]
    assert Counter(one for one, _ in confused if one) + Counter(right) == Counter(entity.type for entity in gold)
    assert Counter(other for _, other in confused if other) + Counter(right) == Counter(entity.type for entity in predicted)


def agrees(error, gold, errors):
    """What the name of a class says of an error, whatever the other errors are."""
    ours, theirs = [tokens_of(entity) for entity in error.gold], [tokens_of(entity) for entity in error.predicted]
    if error.kind is Kind.SPLIT:
        return len(ours) == 1 < len(theirs) and all(part <= ours[0] for part in theirs) and disjoint(theirs)
    if error.kind is Kind.MERGED:
        return len(theirs) == 1 < len(ours) and all(part <= theirs[0] for part in ours) and disjoint(ours)
    if error.kind is Kind.SPURIOUS:
        return not ours and len(theirs) == 1
    lost = {entity for other in errors if not other.predicted for entity in other.gold}
    if error.kind in {Kind.MISSED, Kind.NESTED_LOST}:
        others = [tokens_of(entity) for entity in gold - lost]
        nested = any(other <= ours[0] or ours[0] <= other for other in others)
        return not theirs and len(ours) == 1 and nested == (error.kind is Kind.NESTED_LOST)
    (one,), (other,), same = ours, theirs, error.gold[0].type == error.predicted[0].type
    return {
        Kind.WRONG_TYPE: one == other and not same,
        Kind.TOO_LONG: one < other and same,
        Kind.TOO_SHORT: other < one and same,
        Kind.SHIFTED: bool(one & other) and not one <= other and not other <= one and same,
        Kind.BOTH: bool(one & other) and one != other and not same,
    }[error.kind]


def disjoint(sets):
    return not any(one & other for one, other in combinations(sets, 2))


@given(gold=SETS, predicted=SETS)
@example(gold=entities((0, 6, "A"), (0, 2, "B")), predicted=entities((0, 1, "A"), (2, 4, "A"), (0, 2, "C")))
def test_the_entities_of_an_error_are_as_its_class_says(gold, predicted):
    errors = find_errors(gold, predicted)
    assert all(agrees(error, gold, errors) for error in errors)


@given(gold=SETS, predicted=SETS)
def test_nothing_that_is_left_alone_could_have_been_paired(gold, predicted):
    errors = find_errors(gold, predicted)
    alone = [tokens_of(error.gold[0]) for error in errors if not error.predicted]
    spurious = [tokens_of(error.predicted[0]) for error in errors if not error.gold]
    assert not any(one & other for one in alone for other in spurious)


def test_an_error_is_plain_data():
    assert Finding(Kind.MISSED, (GAPPED,), ()).to_json() == {
        "class": "missed",
        "gold": [{"type": "A", "fragments": [[0, 1], [3, 4]]}],
        "predicted": [],
    }


def test_every_class_has_a_meaning():
    assert len({kind.meaning for kind in Kind}) == len(Kind)
