"""Edges and pairs: from entities of any number and length, and back along paths however many and long they are."""

import pytest

from cnerkit.codecs.grid_paths import Overflow, Relations, Steps, entities_of, relations_of
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment


def all_edges(length):
    return {(a, b) for b in range(length) for a in range(b)}


def diamonds(count):
    """Edges by which twice as many paths lead over each further two tokens."""
    return {edge for at in range(0, 2 * count, 2) for edge in ((at, at + 1), (at + 1, at + 2), (at, at + 2))}


def test_fragments_that_cover_one_another_give_each_edge_once():
    entities = [
        Entity.span(0, 4, "x"),
        Entity.span(2, 6, "y"),
        Entity.span(2, 6, "x"),
        Entity.span(1, 2, "x"),
        Entity((Fragment(0, 2), Fragment(5, 6)), "x"),
        Entity((Fragment(0, 1), Fragment(5, 6)), "x"),
    ]
    relations = relations_of(entities)
    assert relations.edges == {(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (1, 5), (0, 5)}
    assert relations.pairs == {(0, 3): ["x"], (0, 5): ["x"], (1, 1): ["x"], (2, 5): ["y", "x"]}


def test_twenty_thousand_nested_entities_are_related_and_read_without_going_over_them_token_by_token():
    entities = frozenset(Entity.span(at, 40_000 - at, "x") for at in range(20_000))
    relations = relations_of(entities)
    assert len(relations.edges) == 39_999
    assert entities_of(relations) == entities


@pytest.mark.parametrize(("diamonds_before_too_many", "expected"), [(5, 32), (6, 64), (7, 1)])
def test_sixty_four_paths_are_read_and_of_more_only_the_smallest(diamonds_before_too_many, expected):
    last, overflows = 2 * diamonds_before_too_many, []
    found = entities_of(Relations(diamonds(diamonds_before_too_many), {(0, last): ["x"]}), overflows=overflows)
    assert len(found) == expected
    assert Entity.span(0, last + 1, "x") in found
    assert overflows == ([Overflow(0, last, "x")] if expected == 1 else [])


def test_the_smallest_path_steps_to_the_nearest_token_from_which_the_tail_is_reached():
    edges = diamonds(7) | {(14, 15), (14, 17), (17, 20)}
    found = entities_of(Relations(edges, {(0, 20): ["x"]}))
    assert found == {Entity((Fragment(0, 15), Fragment(17, 18), Fragment(20, 21)), "x")}


def test_every_type_of_a_pair_gets_every_path_and_is_reported_by_itself():
    edges, overflows = {(0, 1), (1, 2), (0, 2)}, []
    assert len(entities_of(Relations(edges, {(0, 2): ["x", "y"]}))) == 4
    entities_of(Relations(edges, {(0, 2): ["x", "y"]}), max_paths=1, overflows=overflows)
    assert overflows == [Overflow(0, 2, "x"), Overflow(0, 2, "y")]


def test_a_pair_that_no_path_joins_is_nothing():
    edges = {(0, 1), (1, 2), (3, 5), (5, 6), (4, 6)}
    assert entities_of(Relations(edges, {(0, 3): ["x"], (2, 6): ["x"], (4, 5): ["x"]})) == frozenset()


def test_a_path_through_a_whole_document_needs_no_recursion():
    edges = {(at, at + 1) for at in range(20_000)} | {(7, 9)}
    assert len(entities_of(Relations(edges, {(0, 20_000): ["x"]}))) == 2


def test_a_grid_with_every_edge_and_every_pair_is_read_within_bounds():
    length, overflows = 128, []
    pairs = {(a, b): ["x"] for b in range(length) for a in range(b + 1)}
    found = entities_of(Relations(all_edges(length), pairs), overflows=overflows)
    near = {distance: length - distance for distance in range(length)}
    joined_by_few = sum(2 ** max(distance - 1, 0) * count for distance, count in near.items() if distance <= 7)
    joined_by_many = sum(count for distance, count in near.items() if distance > 7)
    assert len(found) == joined_by_few + joined_by_many
    assert len(overflows) == joined_by_many


def test_a_search_that_takes_more_steps_than_allowed_is_refused():
    length = 300
    pairs = {(a, b): ["x"] for b in range(length) for a in range(b)}
    with pytest.raises(DataError) as caught:
        entities_of(Relations(all_edges(length), pairs), steps=Steps(100_000))
    assert str(caught.value) == (
        "the discontinuous entities of the sentence are too entangled to be told from the cells of a grid\n"
        "fix: divide the text into shorter sentences, or choose a format that lists the tokens of each entity"
    )


def test_the_paths_themselves_are_steps_so_that_long_ones_are_not_repeated_without_end():
    edges = {(at, at + 1) for at in range(5000)} | {(at, at + 2) for at in range(0, 12, 2)}
    pairs = {(0, tail): ["x"] for tail in range(4900, 5000)}
    with pytest.raises(DataError, match="too entangled"):
        entities_of(Relations(edges, pairs), steps=Steps(1 << 20))
