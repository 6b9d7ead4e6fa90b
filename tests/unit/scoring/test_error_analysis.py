"""Error classes over a corpus."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError
from cnerkit.scoring.error_analysis import Confusion, TypeErrors, analyse_errors
from cnerkit.scoring.error_classes import Kind
from cnerkit.text import Entity

SETS = st.sets(
    st.builds(lambda at, n, type_: Entity.span(at, at + n, type_), st.integers(0, 6), st.integers(1, 4), st.sampled_from("AB")),
    max_size=4,
)


def entities(*spans):
    return {Entity.span(*span) for span in spans}


GOLD = [
    entities((0, 2, "PER"), (3, 5, "LOC")),
    entities((0, 2, "ORG"), (4, 6, "ORG")),
    set(),
    entities((0, 1, "PER"), (2, 3, "LOC")),
]
FOUND = [entities((0, 2, "PER"), (3, 5, "ORG")), set(), entities((1, 2, "PER")), entities((0, 3, "PER"))]


def test_the_worst_types_of_a_class_come_first_with_their_sentences():
    analysis = analyse_errors([*GOLD, entities((0, 1, "LOC"))], [*FOUND, set()])
    classes = {entry.kind: entry for entry in analysis.classes}
    assert list(classes) == [Kind.CORRECT, Kind.WRONG_TYPE, Kind.MERGED, Kind.MISSED, Kind.SPURIOUS]
    assert classes[Kind.MISSED].types == (TypeErrors("ORG", 2, (1,)), TypeErrors("LOC", 1, (4,)))
    assert (classes[Kind.MERGED].times, classes[Kind.MERGED].gold, classes[Kind.MERGED].predicted) == (1, 2, 1)
    assert classes[Kind.CORRECT].types == (TypeErrors("PER", 1, ()),)


def test_confused_types_come_with_how_often_and_with_none():
    assert analyse_errors(GOLD, FOUND).confusions == (
        Confusion("ORG", None, 2),
        Confusion("PER", "PER", 2),
        Confusion(None, "PER", 1),
        Confusion("LOC", None, 1),
        Confusion("LOC", "ORG", 1),
    )


@given(gold=st.lists(SETS, max_size=4), data=st.data())
def test_the_classes_add_up_to_all_entities(gold, data):
    predicted = [data.draw(SETS) for _ in gold]
    analysis = analyse_errors(gold, predicted)
    assert (analysis.gold, analysis.predicted) == (sum(map(len, gold)), sum(map(len, predicted)))
    assert sum(entry.times for entry in analysis.confusions if entry.gold) == analysis.gold
    assert sum(entry.times for entry in analysis.confusions if entry.predicted) == analysis.predicted
    assert sum(entry.times for entry in analysis.classes if entry.kind is not Kind.CORRECT) == len(analysis.errors)


def test_an_analysis_is_plain_data():
    plain = json.loads(json.dumps(analyse_errors(GOLD, FOUND).to_json()))
    assert (plain["sentences"], plain["gold"], plain["predicted"]) == (4, 6, 4)
    assert plain["classes"][1] == {
        "class": "wrong-type",
        "meaning": "the tokens are right, the type is not",
        "times": 1,
        "gold": 1,
        "predicted": 1,
        "types": [{"type": "LOC", "times": 1, "sentences": [0]}],
    }
    assert plain["confusions"][0] == {"gold": "ORG", "predicted": None, "times": 2}
    assert plain["errors"][0] == {
        "sentence": 0,
        "class": "wrong-type",
        "gold": [{"type": "LOC", "fragments": [[3, 5]]}],
        "predicted": [{"type": "ORG", "fragments": [[3, 5]]}],
    }


def test_no_sentence_at_all_has_no_class():
    assert analyse_errors([], []).classes == ()


def test_more_gold_sentences_than_predicted_ones_are_refused():
    with pytest.raises(DataError, match="more gold sentences than predicted ones, which end after 3"):
        analyse_errors(GOLD, FOUND[:3])
