"""A model that is told where entities are: trained, scored as typing and nothing else, and refused where there is only text."""

import json

import pytest

PLUGIN = """
from dataclasses import replace

from cnerkit.models.sng import TYPING

MODEL = replace(TYPING, name="typer", recipe="")
"""
RECIPE = """
data: {{train: {corpus}, dev: {corpus}, test: {corpus}}}
encoder: {{kind: static, dim: 6}}
model: {{name: typer, glove: null, hidden_dim: 4}}
training: {{epochs: 1}}
"""
RECORDS = [
    {
        "text": "云河大学在云河",
        "entities": [
            {"start": 0, "end": 4, "label": "构"},
            {"start": 0, "end": 2, "label": "地"},
            {"start": 5, "end": 7, "label": "地"},
        ],
    },
    {"text": "头和手臂疼", "entities": [{"fragments": [[0, 1], [2, 4]], "start": 0, "end": 4, "label": "症"}]},
    {"text": "没有", "entities": []},
]
TYPING = "typing: gold-span type accuracy"
PAPER = "paper-style: P"


@pytest.fixture
def trained(cnerkit, tmp_path):
    """What ``train`` said and left, and the other commands on it."""
    corpus, plugin, recipe = tmp_path / "corpus.jsonl", tmp_path / "typer.py", tmp_path / "small.yaml"
    corpus.write_text("".join(json.dumps(record) + "\n" for record in RECORDS), encoding="utf-8")
    plugin.write_text(PLUGIN, encoding="utf-8")
    recipe.write_text(RECIPE.format(corpus=json.dumps(str(corpus))), encoding="utf-8")
    run = tmp_path / "run"
    done = cnerkit("train", recipe, "--plugin", plugin, "--gpus", "0", "-q", "-o", run)
    assert done.code == 0, done.err

    def command(name, *more, **given):
        return cnerkit(name, "-m", run / "best.pt", "--plugin", plugin, "--gpus", "0", *more, **given)

    return done, run, corpus, command


def test_training_says_that_its_scores_are_of_types_and_keeps_the_papers_own(trained):
    done, run, _, _ = trained
    assert f"test, {TYPING}" in done.out
    assert f"dev, {PAPER}" in done.out
    kept = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["typing"]
    assert set(kept) == {"dev", "test"}
    assert (kept["test"]["contiguous"], kept["test"]["discontinuous"]) == (3, 1)


def test_what_it_predicts_has_the_spans_of_the_gold_and_no_others(trained):
    _, run, _, _ = trained
    lines = [json.loads(line) for line in (run / "predictions.test.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [{(one["start"], one["end"]) for one in line["entities"]} for line in lines]
    assert found[0] == {(0, 4), (0, 2), (5, 7)}
    assert found[1] <= {(0, 4)}
    assert found[2] == set()


def test_an_evaluation_is_called_typing_wherever_it_is_shown(trained):
    _, _, corpus, command = trained
    shown = command("evaluate", corpus)
    assert shown.out.startswith("type of given span")
    assert TYPING in shown.err
    assert "not to be compared" in shown.err
    assert PAPER in shown.err
    told = json.loads(command("evaluate", corpus, "--json").out)
    assert told["metric"] == "typing"
    assert told["typing"]["contiguous"] == 3


@pytest.mark.parametrize("more", [("--levels",), ("--metric", "token-weighted-v1")])
def test_other_scores_are_refused(trained, more):
    _, _, corpus, command = trained
    done = command("evaluate", corpus, *more)
    assert done.code == 2
    assert "the model 'typer' is given the spans of entities, and has a score of their types alone" in done.err


def test_text_alone_is_refused(trained):
    _, _, _, command = trained
    done = command("predict", stdin="云河大学在云河\n")
    assert done.code == 2
    assert "the model 'typer' tells the types of given spans and finds none in text" in done.err
    assert "score it with cnerkit evaluate" in done.err
