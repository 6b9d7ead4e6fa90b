"""SNG's discrepancies against the facts of its specification."""

import numpy as np
import pytest

from cnerkit.scoring.diagnostics import discrepancy


@pytest.mark.paper_cases("sng", "discrepancy")
def test_how_far_the_true_class_is_behind(case):
    logits = np.array(case["inputs"]["logits"])
    found = discrepancy(np.exp(logits) / np.exp(logits).sum(), case["inputs"]["target"])
    told = {"ratio": found.ratio, "x": found.log2_ratio, "D": found.spread, "tag": found.tag}
    assert told.pop("tag") == case["expected"]["tag"]
    assert told == {
        name: pytest.approx(case["expected"][name], rel=case["tolerance"]["rtol"], abs=case["tolerance"]["atol"])
        for name in told
    }
