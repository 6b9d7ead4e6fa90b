"""HREB-CRF's facts about metrics and splits: the token scores of its released code, and what 7 : 1.5 : 1.5 would come to."""

import pytest

from cnerkit.scoring.token_weighted import token_weighted


@pytest.mark.paper_cases("hreb", "metrics")
@pytest.mark.parametrize("version", [1, 2])
def test_token_scores_are_those_that_the_released_code_prints(case, version):
    found = token_weighted(case["inputs"]["gold"], case["inputs"]["pred"], version).weighted
    expected, tolerance = case["expected"][f"token_weighted_v{version}"], case["tolerance"]
    for name in ("precision", "recall", "f1"):
        assert getattr(found, name) == pytest.approx(expected[name], abs=tolerance["atol"], rel=tolerance["rtol"])


@pytest.mark.paper_cases("hreb", "split")
def test_the_split_of_the_text_rounds_train_and_dev_to_the_nearest_and_leaves_the_rest(case):
    """No such split ships: the recipes use the official ones, which Table 1 of the paper has as well."""
    totals, expected = case["inputs"]["total"], case["expected"]
    parts = [(round(7 * total / 10), round(3 * total / 20)) for total in totals]
    assert [train for train, _ in parts] == expected["train"]
    assert [dev for _, dev in parts] == expected["dev"]
    assert [total - sum(part) for total, part in zip(totals, parts, strict=True)] == expected["test"]
