import pytest

from cnerkit.errors import DataError
from cnerkit.scoring.levels import ANY, LevelScores, TypeLevels, score_level
from cnerkit.text import Entity, Fragment, TypeHierarchy

SLASHES = TypeLevels(TypeHierarchy("/"))


def test_types_are_cut_to_their_first_names_and_shorter_ones_stay_whole():
    cuts = [[SLASHES.cut(type_, level) for level in range(4)] for type_ in ("/work/video/movie", "/person")]
    assert cuts == [[ANY, "work", "work/video", "work/video/movie"], [ANY, "person", "person", "person"]]


def test_flat_types_have_one_level_whatever_they_hold():
    levels = TypeLevels()
    assert [levels.cut("a/b", level) for level in (0, 1, 2)] == [ANY, "a/b", "a/b"]
    assert (levels.deepest(["a/b"]), levels.deepest([])) == (1, 1)


def test_the_deepest_level_is_that_of_the_longest_path():
    assert SLASHES.deepest(["/a", "/b/c", "/b/c/d"]) == 3


def test_a_type_with_a_nameless_level_is_refused():
    with pytest.raises(DataError, match="the type '/a//b' has a level without a name"):
        SLASHES.cut("/a//b", 1)
    with pytest.raises(DataError, match="the type '/a//b' has a level without a name"):
        SLASHES.deepest(["/a//b"])


def test_entities_of_any_kind_are_cut_and_neighbours_stay_apart():
    broken = Entity((Fragment(0, 1), Fragment(3, 4)), "/a/b")
    entities = {broken, Entity.span(1, 2, "/a/c"), Entity.span(2, 3, "/a/d"), Entity.span(0, 4, "/e")}
    assert SLASHES.cut_entities(entities, 1) == {
        (((0, 1), (3, 4)), "a"),
        (((1, 2),), "a"),
        (((2, 3),), "a"),
        (((0, 4),), "e"),
    }


def test_scores_rise_with_what_is_cut_away():
    gold = [[Entity.span(0, 2, "/a/b/c")], [Entity.span(0, 1, "/d")], []]
    said = [[Entity.span(0, 2, "/a/b/x")], [Entity.span(0, 1, "/a")], [Entity.span(1, 2, "/d")]]
    reports = [
        score_level(gold, (SLASHES.cut_entities(entities, level) for entities in said), SLASHES, level) for level in range(4)
    ]
    assert [report.micro.true_positive for report in reports] == [2, 1, 1, 0]
    assert {(report.micro.support, report.micro.predicted, report.sentences) for report in reports} == {(2, 3, 3)}
    plain = LevelScores("cut", tuple(reports)).to_json()
    assert [(row["level"], row["true_positive"]) for row in plain["levels"]] == [(0, 2), (1, 1), (2, 1), (3, 0)]


def test_other_sentences_than_the_golds_are_refused():
    with pytest.raises(DataError, match="there are more gold sentences than predicted ones"):
        score_level([[], []], [set()], SLASHES, 1)
