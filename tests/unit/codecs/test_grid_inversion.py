"""What a grid gives back of a sentence's entities, against every path by definition, and what is left out to mend it."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs import grid_inversion
from cnerkit.codecs.grid_inversion import Inversion, entities_to_leave_out, inversion
from cnerkit.codecs.grid_paths import Steps
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment

LENGTH = 7


def over(tokens, type_="x"):
    """The entity over some tokens, given by their numbers."""
    tokens = sorted(tokens)
    breaks = [0, *(at for at in range(1, len(tokens)) if tokens[at] - tokens[at - 1] > 1), len(tokens)]
    return Entity(tuple(Fragment(tokens[start], tokens[end - 1] + 1) for start, end in pairwise(breaks)), type_)


def tokens_of(entity):
    return tuple(token for part in entity.fragments for token in range(part.start, part.end))


ANY = st.frozensets(st.builds(over, st.sets(st.integers(0, LENGTH - 1), min_size=1), st.sampled_from("xy")), max_size=7)
CONTIGUOUS = st.frozensets(
    st.builds(
        lambda start, length, type_: Entity.span(start, start + length, type_),
        st.integers(0, 30),
        st.integers(1, 20),
        st.sampled_from("xy"),
    )
)


def paths_by_definition(entities):
    """Every set of tokens whose ends are those of an entity and whose neighbours are neighbours in one, with its type."""
    edges = {pair for entity in entities for pair in pairwise(tokens_of(entity))}
    ends = {(entity.start, entity.end - 1, entity.type) for entity in entities}
    found = set()
    for size in range(1, LENGTH + 1):
        for tokens in combinations(range(LENGTH), size):
            if all(pair in edges for pair in pairwise(tokens)):
                found |= {over(tokens, type_) for head, tail, type_ in ends if (head, tail) == (tokens[0], tokens[-1])}
    return found


@given(CONTIGUOUS)
def test_contiguous_entities_come_back_as_they_are_and_none_is_left_out(entities):
    assert inversion(entities).is_exact
    assert entities_to_leave_out(entities, longest_first=True) == ()


@given(ANY)
def test_all_entities_come_back_and_with_them_every_path_that_they_make(entities):
    found = inversion(entities)
    assert found == Inversion(frozenset(paths_by_definition(entities) - entities))
    assert found.is_exact == (paths_by_definition(entities) == entities)


@given(ANY, st.booleans(), st.integers(1, 3))
def test_what_is_left_out_is_discontinuous_and_the_rest_comes_back_as_it_is(entities, longest_first, max_paths):
    left_out = entities_to_leave_out(entities, longest_first=longest_first, max_paths=max_paths)
    assert set(left_out) <= entities
    assert len(set(left_out)) == len(left_out)
    assert not any(entity.is_contiguous for entity in left_out)
    assert inversion(entities - set(left_out), max_paths=max_paths).is_exact
    assert bool(left_out) != inversion(entities, max_paths=max_paths).is_exact


# 手 、 脚 腕 肿 、 痛: 手腕痛 and 脚腕肿痛 share 腕 and 痛, and so make 手腕肿痛 and 脚腕痛.
CROSSING = frozenset({over([0, 3, 6]), over([2, 3, 4, 6])})


def test_entities_that_cross_make_others_of_their_parts():
    assert inversion(CROSSING).extra == {over([0, 3, 4, 6]), over([2, 3, 6])}


@pytest.mark.parametrize(
    ("longest_first", "expected"),
    [pytest.param(False, [0, 3, 6], id="shortest"), pytest.param(True, [2, 3, 4, 6], id="longest")],
)
def test_the_shortest_or_the_longest_is_left_out_first(longest_first, expected):
    assert entities_to_leave_out(CROSSING, longest_first=longest_first) == (over(expected),)


def test_entities_that_have_no_part_in_the_error_stay():
    apart = {over([10, 12]), over([20, 21, 24, 25]), over([2, 5]), over([3, 4])}
    assert entities_to_leave_out(CROSSING | apart, longest_first=False) == (over([0, 3, 6]),)


def test_entities_are_left_out_one_at_a_time_until_the_rest_comes_back():
    entities = {over([0, 3, 6]), over([1, 3, 5]), over([2, 3, 4, 6])}
    assert len(entities_to_leave_out(entities, longest_first=False)) == 1
    assert entities_to_leave_out(CROSSING | {over([0, 2, 3, 5, 6])}, longest_first=True) == (
        over([0, 2, 3, 5, 6]),
        over([2, 3, 4, 6]),
    )


def test_an_entity_whose_ends_too_many_paths_join_does_not_come_back():
    for doublings, comes_back in ((6, True), (7, False)):
        whole, skipping = Entity.span(0, 2 * doublings + 1, "x"), over(range(0, 2 * doublings + 1, 2))
        found = inversion([whole, skipping])
        assert len(found.extra) == (62 if comes_back else 0)
        assert found.missing == (frozenset() if comes_back else {skipping})
        assert entities_to_leave_out([whole, skipping], longest_first=True) == (skipping,)


def test_entities_too_entangled_to_tell_are_refused(monkeypatch):
    monkeypatch.setattr(grid_inversion, "MOST_STEPS", 10)
    with pytest.raises(DataError, match=r"^the discontinuous entities of the sentence are too entangled to be told"):
        inversion(CROSSING)
    with pytest.raises(DataError, match=r"^the discontinuous entities of the sentence are too entangled to be told"):
        entities_to_leave_out(CROSSING, longest_first=True)
    assert not inversion(CROSSING, steps=Steps()).is_exact
