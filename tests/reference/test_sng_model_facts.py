"""SNG against the facts of its specification: candidates, what stays of them, and what is counted."""

import pytest

from cnerkit.codecs.overlap import heaviest, heaviest_nested
from cnerkit.nn.span_candidates import spans_up_to
from cnerkit.scoring.exact import score
from cnerkit.scoring.typing_score import TypingReport, score_typing
from cnerkit.text import Entity, Fragment


def entity(told):
    """The facts count ends inclusively."""
    return Entity.span(told["start"], told["end"] + 1, told["type"])


def inclusive(spans):
    return [[start, end - 1] for start, end in spans.tolist()]


def near(value, case):
    return pytest.approx(value, rel=case["tolerance"]["rtol"], abs=max(case["tolerance"]["atol"], 1e-8))


@pytest.mark.paper_cases("sng", "enumerate")
def test_candidates_their_order_and_what_they_reach(case):
    inputs, expected = case["inputs"], case["expected"]
    found = inclusive(spans_up_to(inputs["max_len"], inputs["n"]))
    first, last = expected["first"], expected["last"]
    assert len(found) == expected["count"]
    assert found[: len(first)] == first
    assert found[-len(last) :] == last
    reached = sum(span in found for span in inputs["gold"])
    assert reached / len(inputs["gold"]) == near(expected["coverage"], case)
    assert reached / len(found) == near(expected["precision_if_all_kept"], case)


@pytest.mark.paper_cases("sng", "overlap_resolution")
@pytest.mark.parametrize(("kind", "select"), [("flat", heaviest), ("nested", heaviest_nested)])
def test_which_of_overlapping_candidates_stay(case, kind, select):
    weights = {entity(told): told["score"] for told in case["inputs"]["candidates"]}
    assert select(weights) == {entity(told): told["score"] for told in case["expected"][kind]}


@pytest.mark.paper_cases("sng", "gold_span_metrics")
def test_scores_of_types_of_given_spans(case):
    inputs, expected = case["inputs"], case["expected"]
    gold = {Entity.span(place, place + 1, type_) for place, type_ in enumerate(inputs["gold"])}
    typed = {Entity.span(place, place + 1, type_) for place, type_ in enumerate(inputs["pred"])}
    for number, parts in enumerate(inputs["discontinuous"], start=1):
        where = tuple(Fragment(100 * number + 2 * at, 100 * number + 2 * at + 1) for at in range(len(parts)))
        gold.add(Entity(where, parts[0]["gold"]))
        if len(types := {part["pred"] for part in parts}) == 1:
            typed.add(Entity(where, *types))
    report = score_typing([gold], [typed])
    assert report == TypingReport(*(expected[name] for name in COUNTS))
    for name, share in SHARES.items():
        assert getattr(report, share) == near(expected[name], case)


COUNTS = ("n_continuous", "correct", "n_discontinuous", "discontinuous_correct")
SHARES = {
    "accuracy": "accuracy",
    "standard_micro_f1": "accuracy",
    "paper_precision": "paper_precision",
    "paper_recall_eq4": "paper_recall",
    "paper_f1_eq4": "paper_f1",
    "paper_recall_code": "code_recall",
    "paper_f1_code": "code_f1",
}


@pytest.mark.paper_cases("sng", "end_to_end_metrics")
@pytest.mark.parametrize("which", ["typed", "boundary"])
def test_scores_of_extraction(case, which):
    def by_sentence(rows):
        sentences = sorted({row["s"] for row in case["inputs"]["gold"]})
        same = {} if which == "typed" else {"type": "X"}
        return [{entity({**row, **same}) for row in rows if row["s"] == sentence} for sentence in sentences]

    micro = score(by_sentence(case["inputs"]["gold"]), by_sentence(case["inputs"]["pred"])).micro
    expected = case["expected"][which]
    assert (micro.true_positive, micro.predicted, micro.support) == (expected["tp"], expected["n_pred"], expected["n_gold"])
    assert (micro.precision, micro.recall, micro.f1) == near(
        tuple(expected[name] for name in ("precision", "recall", "f1")), case
    )


def test_the_candidates_of_the_specifications_sentence():
    assert len(spans_up_to(12, 16)) == 126
