"""What all tests share: the facts of the five papers, and how hard Hypothesis tries."""

import json
import os
import signal
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

from cnerkit import registry

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""Tests run side by side, and small tensors gain nothing from a second thread."""

OWN_CASES = Path(__file__).parent / "reference" / "cases"

settings.register_profile("fast", deadline=None, max_examples=60)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_addoption(parser):
    parser.addoption(
        "--paper-cases",
        metavar="DIR",
        type=Path,
        default=OWN_CASES,
        help="folder of *_cases.json files whose facts the tests marked paper_cases check (default: tests/reference/cases)",
    )


def pytest_configure(config):
    # Tests that run side by side, or in the background, begin with Ctrl-C ignored, and so would the programs that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line(
        "markers",
        "paper_cases(paper, kind): run once per fact of that kind, given as the argument `case`: a dict with paper, kind, id, "
        "inputs, params, options, expected, note and tolerance (atol, rtol)",
    )
    folder = config.getoption("--paper-cases")
    if not any(folder.glob("*_cases.json")):
        raise pytest.UsageError(f"--paper-cases {folder}: there is no *_cases.json file")


def pytest_generate_tests(metafunc):
    wanted = [case for mark in metafunc.definition.iter_markers("paper_cases") for case in _cases(metafunc.config, *mark.args)]
    if "case" in metafunc.fixturenames and metafunc.definition.get_closest_marker("paper_cases"):
        metafunc.parametrize("case", wanted, ids=[f"{case['paper']}-{case['id']}" for case in wanted])


@pytest.fixture(autouse=True)
def _no_plugins_of_other_tests(monkeypatch):
    """A plugin that a test loads is registered for that test alone."""
    monkeypatch.setattr(registry, "_PLUGINS", {})


@pytest.fixture(autouse=True)
def _no_cache_of_other_tests(monkeypatch, tmp_path_factory):
    """What a test keeps for further runs is there for that test alone."""
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path_factory.getbasetemp() / f"cache-{uuid4().hex}"))


@pytest.fixture(scope="session")
def paper_facts(request):
    """The whole file of a paper's facts, for what is not a list of cases: ``paper_facts("softfine")["groups"]``."""
    return lambda paper: facts_of(request.config.getoption("--paper-cases"), paper)


def _cases(config, paper, kind):
    """The facts of one kind; another folder may lack them, the tests' own must not."""
    folder = config.getoption("--paper-cases")
    found = cases(folder, paper, kind)
    if not found and folder == OWN_CASES:
        raise pytest.UsageError(f"no fact of kind {kind!r} in {folder}/{paper}_cases.json")
    return found


@cache
def facts_of(folder, paper):
    file = folder / f"{paper}_cases.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def cases(folder, paper, kind):
    """Cases of one kind in one shape, from both layouts: a list of ``cases`` with a kind each, or ``groups`` by kind."""
    facts = facts_of(folder, paper)
    if "groups" in facts:
        listed = [_from_group(kind, number, fact) for number, fact in enumerate(facts["groups"].get(kind, ()))]
    else:
        listed = [case for case in facts.get("cases", ()) if case["kind"] == kind]
    blank = {"paper": paper, "inputs": {}, "params": {}, "options": {}, "note": "", "tolerance": _tolerance(facts)}
    return [blank | case for case in listed]


def _from_group(kind, number, fact):
    """A fact of a group: what is expected stands under ``expect``, the note under ``note``, everything else is input."""
    inputs = {key: value for key, value in fact.items() if key not in {"expect", "note"}}
    return {
        "id": f"{kind}_{number}",
        "kind": kind,
        "inputs": inputs,
        "expected": fact.get("expect"),
        "note": fact.get("note", ""),
    }


def _tolerance(facts):
    """``atol`` and ``rtol``, which one layout calls ``abs`` and ``rel``."""
    given = facts.get("tolerance", {})
    return {"atol": given.get("atol", given.get("abs", 0.0)), "rtol": given.get("rtol", given.get("rel", 0.0))}
