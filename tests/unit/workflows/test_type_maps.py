"""Mapping entity types: names, patterns, and the count of everything that changes."""

import pytest

from cnerkit.errors import UsageError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.types import TypeMap, parse_types


def sentence(*types):
    return Sentence("s", tuple("李白在长安"), frozenset(Entity.span(at, at + 1, type_) for at, type_ in enumerate(types)))


def types_of(found):
    return [entity.type for entity in sorted(found.entities)]


def test_a_pattern_stands_for_all_types_that_begin_so_and_a_name_goes_before_it():
    mapping = TypeMap(parse_types("G#DNA_*=DNA,G#*=,G#cell_type=cell"))
    found = mapping.apply(sentence("G#DNA_domain", "G#virus", "G#cell_type", "PER"))
    assert types_of(found) == ["DNA", "cell", "PER"]
    assert mapping.notes() == ["G#DNA_domain → DNA: 1 entity", "G#virus dropped: 1 entity", "G#cell_type → cell: 1 entity"]


def test_the_longest_pattern_counts():
    assert types_of(TypeMap({"A*": "X", "AB*": "Y"}).apply(sentence("ABC", "AC"))) == ["Y", "X"]


def test_entities_that_fall_together_are_counted():
    both = Sentence("s", tuple("李白"), frozenset({Entity.span(0, 2, "PER.NAM"), Entity.span(0, 2, "PER.NOM")}))
    mapping = TypeMap({"PER.*": "PER"})
    assert mapping.apply(both).entities == {Entity.span(0, 2, "PER")}
    assert mapping.notes()[-1] == "1 entity fell together with another of the same place when types became one"


def test_a_pattern_that_no_type_matches_is_refused():
    mapping = TypeMap({"LOC*": "X"})
    mapping.apply(sentence("PER"))
    with pytest.raises(UsageError, match=r"no entity has the type 'LOC\*', which is to be mapped"):
        mapping.refuse_unknown()
    mapping.refuse_unknown(["LOCATION"])


def test_a_sentence_in_which_nothing_changes_stays_the_same_value():
    given = sentence("PER")
    assert TypeMap({"LOC": "X"}).apply(given) is given
