"""Overlapping entities: what stays, what is lost and why, and layers, all against slow readings of the definitions."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.overlap import Clash, Overlap, conflicts, layers, unfit
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment

FLAT, NESTED, BOTH = frozenset(), frozenset({"nested"}), frozenset({"nested", "discontinuous"})
TYPES = st.sampled_from(["组织", "地点", "人物"])

spans = st.builds(
    lambda start, length, type_: Entity.span(start, start + length, type_), st.integers(0, 9), st.integers(1, 6), TYPES
)
torn = st.builds(
    lambda start, first, gap, second, type_: Entity(
        (Fragment(start, start + first), Fragment(start + first + gap, start + first + gap + second)), type_
    ),
    *[st.integers(0, 6), *[st.integers(1, 3)] * 3, TYPES],
)
flat_or_nested = st.frozensets(spans, max_size=8)
any_entities = st.frozensets(st.one_of(spans, torn), max_size=8)


def tokens(entity):
    return {token for part in entity.fragments for token in range(part.start, part.end)}


def overlap(one, other):
    return bool(tokens(one) & tokens(other))


def clash(one, other):
    a, b = tokens(one), tokens(other)
    if a == b:
        return "same span"
    return "nested" if a < b or b < a else "crossing"


def by_length(entity):
    return len(tokens(entity)), entity.start, entity.type


def by_length_downwards(entity):
    return -len(tokens(entity)), entity.start, entity.type


def unfit_by_definition(entities, key):
    """One after the other stays unless it overlaps one that does already."""
    order, stay, lost = ["same span", "nested", "crossing"], [], {}
    for entity in sorted(entities, key=key):
        reasons = [clash(entity, other) for other in stay if overlap(entity, other)]
        if reasons:
            lost[entity] = min(reasons, key=order.index)
        else:
            stay.append(entity)
    return lost


@given(entities=flat_or_nested)
def test_of_entities_that_overlap_the_longest_or_the_shortest_stays(entities):
    assert unfit(entities, Overlap.OUTERMOST, FLAT) == unfit_by_definition(entities, by_length_downwards)
    assert unfit(entities, Overlap.INNERMOST, FLAT) == unfit_by_definition(entities, by_length)


@given(entities=any_entities, policy=st.sampled_from([Overlap.OUTERMOST, Overlap.INNERMOST]))
def test_what_is_discontinuous_is_lost_first_and_stands_in_nobodys_way(entities, policy):
    torn_ones = {entity for entity in entities if not entity.is_contiguous}
    lost = unfit(entities, policy, FLAT)
    assert {entity for entity, why in lost.items() if why is Clash.DISCONTINUOUS} == torn_ones
    assert {entity: why for entity, why in lost.items() if entity not in torn_ones} == unfit(entities - torn_ones, policy, FLAT)


@given(entities=any_entities, policy=st.sampled_from(list(Overlap)))
def test_a_target_that_holds_everything_loses_nothing(entities, policy):
    assert unfit(entities, policy, BOTH) == {}


@given(entities=any_entities)
def test_layers_lose_only_what_is_discontinuous(entities):
    torn_ones = {entity for entity in entities if not entity.is_contiguous}
    assert unfit(entities, Overlap.LAYERS, FLAT) == dict.fromkeys(torn_ones, Clash.DISCONTINUOUS)


@given(entities=any_entities)
def test_each_entity_that_overlaps_one_before_it_is_a_conflict_with_such_a_one(entities):
    whole = sorted((e for e in entities if e.is_contiguous), key=lambda e: (e.start, -e.end, e.type))
    expected = [late for at, late in enumerate(whole) if any(overlap(early, late) for early in whole[:at])]
    found = [each for each in conflicts(entities, FLAT) if each.other]
    assert [each.entity for each in found] == expected
    assert [each.clash for each in found] == [clash(each.entity, each.other) for each in found]
    assert all(whole.index(each.other) < whole.index(each.entity) for each in found)


@given(entities=any_entities)
def test_the_policy_error_refuses_exactly_the_sentences_with_a_conflict(entities):
    for carries in (FLAT, NESTED, BOTH):
        if conflicts(entities, carries):
            with pytest.raises(DataError):
                unfit(entities, Overlap.ERROR, carries)
        else:
            assert unfit(entities, Overlap.ERROR, carries) == {}


NAME, CITY, STREET = Entity.span(0, 8, "组织"), Entity.span(0, 2, "地点"), Entity.span(1, 10, "地点")


@pytest.mark.parametrize(
    ("entities", "what", "fix"),
    [
        pytest.param({NAME, CITY}, "the entities 组织 [0, 8) and 地点 [0, 2) overlap", "say --overlap outermost", id="nested"),
        pytest.param(
            {NAME, CITY, STREET, Entity.span(0, 8, "设施")},
            "the entities 组织 [0, 8) and 设施 [0, 8) overlap; the first of 3 in this sentence that cannot be written "
            "(same span: 1, nested: 1, crossing: 1)",
            "choose a format that holds them all, such as jsonl",
            id="several",
        ),
        pytest.param(
            {Entity((Fragment(0, 2), Fragment(4, 5)), "症状")},
            "the entity 症状 over [0, 2) and [4, 5) is discontinuous",
            "choose a format that holds discontinuous entities",
            id="discontinuous",
        ),
    ],
)
def test_an_error_names_the_first_two_entities_and_counts_all(entities, what, fix):
    with pytest.raises(DataError) as caught:
        unfit(frozenset(entities), Overlap.ERROR, FLAT)
    assert caught.value.what == what
    assert fix in caught.value.fix
    assert caught.value.where is None


def test_of_two_types_on_one_span_the_first_by_name_stays():
    entities = {Entity.span(2, 5, "b"), Entity.span(2, 5, "a")}
    for policy in (Overlap.OUTERMOST, Overlap.INNERMOST):
        assert unfit(entities, policy, FLAT) == {Entity.span(2, 5, "b"): Clash.SAME_SPAN}


def layers_by_definition(entities):
    """From the shortest on, each lies one above the highest of those before it that it shares a token with."""
    levels = {}
    for entity in sorted(entities, key=by_length):
        levels[entity] = max((levels[other] + 1 for other in levels if overlap(entity, other)), default=0)
    height = max(levels.values(), default=-1) + 1
    return [sorted(entity for entity in levels if levels[entity] == level) for level in range(height)]


@given(entities=any_entities)
def test_an_entity_lies_in_the_first_layer_above_all_that_it_overlaps_and_is_not_shorter_than(entities):
    assert layers(entities) == layers_by_definition(entities)


@given(entities=flat_or_nested)
def test_layers_are_flat_together_they_are_all_and_what_contains_lies_above(entities):
    found = layers(entities)
    levels = {entity: level for level, layer in enumerate(found) for entity in layer}
    assert levels.keys() == entities
    assert sum(map(len, found)) == len(entities)
    for one, other in combinations(entities, 2):
        assert not (overlap(one, other) and levels[one] == levels[other])
        if tokens(one) < tokens(other):
            assert levels[one] < levels[other]


def test_a_thousand_levels_of_nesting_are_a_thousand_layers_and_one_entity_stays():
    entities = frozenset(Entity.span(depth, 3000 - depth, "x") for depth in range(1000))
    assert [layer[0].start for layer in layers(entities)] == list(range(999, -1, -1))
    assert len(unfit(entities, Overlap.OUTERMOST, FLAT)) == 999
    assert entities - unfit(entities, Overlap.INNERMOST, FLAT).keys() == {Entity.span(999, 2001, "x")}


def test_twenty_thousand_crossing_entities_are_settled_without_looking_at_every_pair():
    entities = frozenset(Entity.span(2 * place, 2 * place + 3, "x") for place in range(20_000))
    assert len(layers(entities)) == 20_000
    assert len(unfit(entities, Overlap.OUTERMOST, FLAT)) == 10_000
