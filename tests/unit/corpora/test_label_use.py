"""Types that train lacks, rare and ambiguous ones are found; a shift is measured as SciPy measures it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, chi2_contingency

from cnerkit.corpora.findings import Findings
from cnerkit.corpora.label_use import find_ambiguous, find_label_use, shift

_COUNTS = st.lists(st.integers(1, 500), min_size=3, max_size=3)


def found(types, train="train"):
    findings = Findings()
    find_label_use({split: Counter(counts) for split, counts in types.items()}, train, findings)
    return {(each.kind.name, each.split, each.detail.split(",")[0]): each.count for each in findings.listed()}


def test_types_that_train_lacks_are_problems_and_others_of_one_split_remarks():
    types = {"train": {"LOC": 90, "ORG": 9}, "dev": {"LOC": 85, "DATE": 3, "ORG": 8}, "test": {"LOC": 9}}
    assert found(types) == {("type-unseen-in-train", "dev", "(DATE)"): 3}
    assert found({"train": {"LOC": 90, "ORG": 9}, "dev": {"LOC": 20}}) == {("type-in-one-split", "train", "(ORG)"): 9}


def test_types_with_fewer_than_five_entities_in_train_are_rare():
    types = {"train": {"LOC": 5, "ORG": 4}, "dev": {"LOC": 2, "ORG": 2}}
    assert found(types) == {("rare-type", "train", "(ORG)"): 4}


def test_without_train_nothing_is_unseen_or_rare():
    assert found({"dev": {"LOC": 1}, "test": {"LOC": 2}}, train=None) == {}


def test_another_mixture_of_types_is_a_shift_and_chance_is_none():
    assert found({"train": {"LOC": 500, "PER": 500}, "dev": {"LOC": 90, "PER": 10}}) == {
        ("label-shift", "dev", "than in train"): 1
    }
    assert found({"train": {"LOC": 500, "PER": 500}, "dev": {"LOC": 4, "PER": 1}}) == {}
    assert found({"train": {"LOC": 50000, "PER": 50000}, "dev": {"LOC": 5300, "PER": 4700}}) == {}


def test_a_shift_names_the_types_whose_shares_differ_most():
    findings = Findings()
    types = {"a.txt": Counter(LOC=400, PER=500, ORG=100), "b.txt": Counter(LOC=90, PER=5, ORG=5)}
    find_label_use(types, "a.txt", findings)
    (finding,) = [each for each in findings.listed() if each.kind.name == "label-shift"]
    assert finding.examples[0].where == "LOC"
    assert finding.examples[0].text == "90.0 % of entities, 40.0 % in a.txt"
    assert "bits of Jensen-Shannon divergence (from 0.02 on)" in finding.what


@given(_COUNTS, _COUNTS)
def test_divergence_and_statistic_are_those_of_scipy(one, other):
    measured = shift(dict(zip("abc", one, strict=True)), dict(zip("abc", other, strict=True)))
    assert measured.divergence == pytest.approx(jensenshannon(one, other, base=2) ** 2, abs=1e-9)
    statistic = chi2_contingency([one, other], lambda_="log-likelihood", correction=False).statistic
    assert measured.statistic == pytest.approx(statistic, abs=1e-6)


@pytest.mark.parametrize("n_types", [2, 3, 8, 54])
def test_the_critical_value_is_that_of_one_in_a_thousand(n_types):
    types = {str(number): 5 for number in range(n_types)}
    assert shift(types, types).critical == pytest.approx(chi2.isf(0.001, n_types - 1), rel=0.035)


@pytest.mark.parametrize(("one", "other"), [({}, {"LOC": 3}), ({"LOC": 3}, {}), ({"LOC": 3}, {"LOC": 9})])
def test_nothing_to_compare_is_no_shift(one, other):
    assert not shift(one, other).is_shift


def test_ambiguous_surfaces_come_in_the_order_of_their_unusual_entities():
    findings = Findings()
    surfaces = {"周庄": Counter(LOC=9), "江南": Counter(LOC=7, ORG=1), "阿里": Counter(ORG=5, PER=4, LOC=2)}
    find_ambiguous(surfaces, findings, "all")
    (finding,) = findings.listed()
    assert finding.count == 2
    assert [(each.where, each.text) for each in finding.examples] == [
        ("'阿里'", "ORG 5, PER 4, LOC 2"),
        ("'江南'", "LOC 7, ORG 1"),
    ]
