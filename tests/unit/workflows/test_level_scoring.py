import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import Repair, entities_from_tags, tags_from_entities
from cnerkit.scoring.exact import score
from cnerkit.text import Entity, LabelSet, Prediction
from cnerkit.workflows.level_scoring import BY_ENTITIES, BY_TAGS, evaluate_levels

TYPES = LabelSet(("/a", "/a/b", "/a/c/d", "/a/c/e"))
TAGS = ["O", *(f"{letter}-{type_}" for type_ in TYPES for letter in "BIES")]


def said(tags):
    entities = tuple(sorted(entities_from_tags(tags, Scheme.BIOES, Repair.DROP)))
    return Prediction("s", entities, (1.0,) * len(entities), tuple(tags))


def by_level(gold, predictions, scheme=Scheme.BIOES, separator="/"):
    return evaluate_levels(gold, predictions, types=TYPES, hierarchy_separator=separator, scheme=scheme)


def micros(scores):
    return [(report.micro.true_positive, report.micro.predicted, report.micro.support) for report in scores.reports]


def test_tags_fit_together_at_the_level_where_they_agree():
    gold = [frozenset({Entity.span(0, 2, "/a/c/d")})]
    found = by_level(gold, [said(["B-/a/c/d", "E-/a/c/e"])])
    assert micros(found.scores) == [(1, 1, 1), (1, 1, 1), (1, 1, 1), (0, 0, 1)]
    assert micros(found.cut_after) == [(0, 0, 1)] * 4
    assert (found.scores.definition, found.cut_after.definition) == (BY_TAGS, BY_ENTITIES)


def test_neighbours_that_become_one_type_stay_two():
    tags = ["B-/a/b", "E-/a/b", "B-/a/c/d", "E-/a/c/d", "S-/a"]
    found = by_level([entities_from_tags(tags, Scheme.BIOES)], [said(tags)])
    assert micros(found.scores) == [(3, 3, 3)] * 4


@given(st.lists(st.lists(st.sampled_from(TAGS), max_size=8), min_size=1, max_size=4))
def test_the_deepest_level_is_the_exact_score_and_upper_ones_find_no_fewer_entities(rows):
    gold = [frozenset({Entity.span(0, 1, "/a/c/d")} if row else ()) for row in rows]
    predictions = [said(row) for row in rows]
    found = by_level(gold, predictions)
    exact = score(gold, (each.entities for each in predictions)).micro
    assert found.scores.reports[-1].micro == found.cut_after.reports[-1].micro == exact
    predicted = [report.micro.predicted for report in found.scores.reports]
    assert predicted == sorted(predicted, reverse=True)


def test_the_release_is_compared_at_the_deepest_level():
    found = by_level([frozenset({Entity.span(0, 3, "/a/b")})], [said(["B-/a/b", "E-/a", "E-/a/b"])])
    assert (found.release.micro.true_positive, found.scores.reports[-1].micro.predicted) == (1, 0)


def test_another_scheme_is_cut_as_well_and_has_no_release_to_compare():
    gold = [frozenset({Entity.span(0, 1, "/a/b"), Entity.span(1, 3, "/a/c/d")})]
    tags = tags_from_entities(gold[0], 3, Scheme.BIO)
    found = by_level(gold, [Prediction("s", tuple(gold[0]), (1.0, 1.0), tuple(tags))], scheme=Scheme.BIO)
    assert micros(found.scores) == [(2, 2, 2)] * 4
    assert found.release is None


def test_a_model_without_tags_has_the_types_of_its_entities_cut():
    gold = [frozenset({Entity.span(0, 2, "/a/c/d"), Entity.span(1, 2, "/a/b")})]  # nested: no tags could say it
    found = by_level(gold, [Prediction("s", (Entity.span(0, 2, "/a/c/e"),), (0.5,))], scheme=None)
    assert micros(found.scores) == [(1, 1, 2), (1, 1, 2), (1, 1, 2), (0, 1, 2)]
    assert found.scores.definition == BY_ENTITIES


def test_gold_types_that_the_model_does_not_know_deepen_the_levels():
    found = evaluate_levels(
        [frozenset({Entity.span(0, 1, "/x/y")})],
        [said(["S-/a"])],
        types=LabelSet(("/a",)),
        hierarchy_separator="/",
        scheme=Scheme.BIOES,
    )
    assert micros(found.scores) == [(1, 1, 1), (0, 1, 1), (0, 1, 1)]


def test_json_has_the_levels_and_what_they_are_compared_with():
    gold = [frozenset({Entity.span(0, 1, "/a")})]
    plain = by_level(gold, [said(["S-/a"])]).to_json()
    assert [row["level"] for row in plain["levels"]] == [0, 1, 2, 3]
    assert (
        plain["levels"][3]["f1"] == plain["compared"]["types_cut"]["levels"][3]["f1"] == plain["compared"]["release"]["f1"] == 1
    )
    assert plain["definition"] == BY_TAGS
    assert by_level(gold, [said(["S-/a"])], scheme=Scheme.BMES).to_json()["compared"]["release"] is None


@pytest.mark.parametrize("scheme", [Scheme.BIOES, Scheme.BIO])
def test_empty_sentences_have_no_tags(scheme):
    assert micros(by_level([frozenset()], [Prediction("s", (), ())], scheme).scores) == [(0, 0, 0)] * 4
