"""What the probabilities of spans say: principal components, distributions and discrepancies."""

import math

import numpy as np
import pytest

from cnerkit.errors import DataError
from cnerkit.scoring.diagnostics import SMALLEST, Discrepancy, diagnose, discrepancy, principal_components

CLASSES = ("人", "地", "构")


def probabilities(count, n_classes, seed=5):
    return np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.4), count)


@pytest.mark.parametrize(("count", "n_classes"), [(40, 3), (7, 5), (2, 4), (30, 2)])
def test_components_are_the_singular_vectors_of_the_centred_outputs(count, n_classes):
    table = probabilities(count, n_classes)
    _, lengths, directions = np.linalg.svd(table - table.mean(0))
    shares = lengths**2 / (lengths**2).sum()
    found = principal_components(table)
    for component, direction, share in zip(found, directions, [*shares, 0.0], strict=False):
        assert component.share == pytest.approx(share, abs=1e-12)
        if share > 1e-9:
            assert abs(np.dot(component.direction, direction)) == pytest.approx(1)
            longest = max(map(abs, component.direction))
            assert next(part for part in component.direction if abs(part) > longest - 1e-9) > 0


def test_a_direction_has_the_same_sign_whatever_the_order_of_the_outputs():
    table = probabilities(25, 4)
    flipped = table[::-1].copy()
    for one, other in zip(principal_components(table), principal_components(flipped), strict=True):
        np.testing.assert_allclose(one.direction, other.direction, atol=1e-9)


@pytest.mark.parametrize("table", [[[1.0]] * 3, [[0.25, 0.75]] * 2], ids=["one class", "all outputs the same"])
def test_outputs_that_do_not_differ_lie_in_one_place(table):
    found = diagnose(table, [0] * len(table), CLASSES[: len(table[0])])
    assert {component.share for component in found.components} == {0.0}
    assert [span.place for span in found.spans] == [pytest.approx((0, 0))] * len(table)


def test_places_are_what_the_components_leave_of_the_centred_outputs():
    table = probabilities(20, 3)
    found = diagnose(table, [0] * 20, CLASSES)
    directions = np.array([component.direction for component in found.components])
    places = np.array([span.place for span in found.spans])
    np.testing.assert_allclose(places @ directions, table - table.mean(0), atol=1e-9)  # a simplex of three has two dimensions


def test_a_span_is_right_where_no_class_is_more_probable_than_its_type():
    found = diagnose([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]], [0, 1, 1], CLASSES)
    assert [(span.truth, span.answer, span.is_right) for span in found.spans] == [
        ("人", "人", True),
        ("地", "人", False),
        ("地", "人", True),
    ]
    assert [span.probability for span in found.spans] == [0.5, 0.3, 0.4]
    assert found.tags() == {"Up": 1, "Stable": 2, "Down": 0}


def test_distributions_are_of_the_right_and_of_the_wrong_alone():
    found = diagnose([[p, 1 - p] for p in (0.6, 0.7, 0.8, 0.9, 1.0, 0.1, 0.3)], [0] * 7, CLASSES[:2])
    right, wrong = found.distribution(right=True), found.distribution(right=False)
    assert (right.count, right.mean, right.quartiles) == (5, pytest.approx(0.8), pytest.approx((0.6, 0.7, 0.8, 0.9, 1.0)))
    assert (wrong.count, wrong.mean, wrong.quartiles) == (2, pytest.approx(0.2), pytest.approx((0.1, 0.15, 0.2, 0.25, 0.3)))
    assert diagnose([[1.0, 0.0]], [0], CLASSES[:2]).distribution(right=False) is None


def test_an_impossible_truth_still_has_a_finite_discrepancy():
    found = discrepancy([1.0, 0.0], 1)
    assert found == Discrepancy(1 / SMALLEST, pytest.approx(0.25 / SMALLEST))
    assert found.log2_ratio == pytest.approx(-math.log2(SMALLEST))


def test_a_ratio_below_one_has_the_papers_tag_for_it():
    assert Discrepancy(0.5, 0.1).tag == "Down"


def test_without_any_span_there_is_nothing_to_look_at():
    with pytest.raises(DataError, match="there is no entity to look at"):
        diagnose([], [], CLASSES)


def test_plain_data_has_everything_behind_the_pictures():
    found = diagnose([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]], [0, 0], CLASSES)
    told = found.to_json()
    assert told["classes"] == list(CLASSES)
    assert [each["share"] for each in told["components"]] == [1.0, 0.0]
    assert told["probability_of_the_truth"]["wrong"] == {"count": 1, "mean": 0.25, "quartiles": (0.25,) * 5}
    assert told["tags"] == {"Up": 1, "Stable": 1, "Down": 0}
    assert found.spans[1].to_json() == {
        "truth": "人",
        "answer": "地",
        "right": False,
        "probability": 0.25,
        "place": pytest.approx([-math.sqrt(0.125) / 2, 0.0], abs=1e-6),
        "ratio": 2.0,
        "log2_ratio": 1.0,
        "D": pytest.approx(0.0138889 / 0.25),
        "tag": "Up",
    }
