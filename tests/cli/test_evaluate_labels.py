"""``cnerkit evaluate --levels`` and ``--relevance`` as a user meets them."""

import json

import pytest

from cnerkit.recipe.loading import load_recipe
from cnerkit.workflows.train import Options, train


@pytest.fixture(scope="session")
def soft_run(tmp_path_factory):
    """The folder of a short run of SoftFiNE on files of the user's own, with its corpus beside it."""
    folder = tmp_path_factory.mktemp("soft")
    record = {
        "id": "first",
        "text": "王五去沪",
        "entities": [{"start": 0, "end": 2, "label": "PER"}, {"start": 3, "end": 4, "label": "LOC"}],
    }
    (folder / "train.jsonl").write_text((json.dumps(record) + "\n") * 4, encoding="utf-8")
    recipe = folder / "own.yaml"
    recipe.write_text(
        "title: own files\npaper: none\ndata: {train: train.jsonl, dev: train.jsonl}\n"
        "encoder: {kind: static, dim: 8}\nmodel: {name: softfine, augmentation: {from_epoch: 2}}\n"
        "training: {epochs: 3, lr: 0.05}\n",
        encoding="utf-8",
    )
    train(load_recipe(str(recipe), []), folder / "run", Options(gpus=0, threads=1))
    return folder


def test_a_second_table_has_the_levels_and_the_release(cnerkit, soft_run):
    done = cnerkit("evaluate", "-m", soft_run / "run" / "best.pt", soft_run / "train.jsonl", "--levels", "--gpus", "0")
    assert done.code == 0, done.err
    exact, levels, *_ = done.out.split("\n\n")
    assert [line.split()[0] for line in exact.splitlines()] == ["type", "LOC", "PER", "micro", "95", "macro"]
    assert [line.split()[0] for line in levels.splitlines()] == ["level", "0,", "1", "release"]
    assert [line.split()[-2] for line in levels.splitlines()[1:]] == ["8", "8", "8"]
    assert "levels: tags are cut to their prefix" in done.err
    assert "release: whole tags, read as the authors' release" in done.err


def test_json_has_the_levels_besides(cnerkit, soft_run):
    done = cnerkit(
        "evaluate", "-m", soft_run / "run" / "best.pt", soft_run / "train.jsonl", "--levels", "--json", "--gpus", "0"
    )
    scores = json.loads(done.out)
    assert scores["by_level"]["levels"][1]["f1"] == scores["micro"]["f1"]


def test_a_crf_has_levels_too(cnerkit, tiny_run):
    done = cnerkit("evaluate", "-m", tiny_run / "best.pt", "--levels", "--gpus", "0")
    assert "\n0, boundaries" in done.out


def test_relevance_is_a_table_with_the_labels_of_each_character_of_an_entity(cnerkit, soft_run, tmp_path):
    picture = tmp_path / "first.svg"
    done = cnerkit(
        "evaluate", "-m", soft_run / "run" / "best.pt", soft_run / "train.jsonl",
        "--relevance", "first", "--relevance-plot", picture, "--gpus", "0",
    )  # fmt: skip
    assert done.code == 0, done.err
    head, *rows = [line.split() for line in done.out.splitlines()]
    assert head == ["place", "token", "truth", "label", "predicted", "true"]
    assert {tuple(row[:3]) for row in rows} >= {("0", "王", "B-PER"), ("1", "五", "E-PER"), ("3", "沪", "S-LOC")}
    assert {row[4] for row in rows} >= {"1.000"}
    assert "first: 王五去沪\n" in done.err
    assert picture.read_text(encoding="utf-8").startswith("<svg ")


def test_relevance_as_json(cnerkit, soft_run):
    done = cnerkit(
        "evaluate",
        "-m",
        soft_run / "run" / "best.pt",
        soft_run / "train.jsonl",
        "--relevance",
        "first",
        "--json",
        "--gpus",
        "0",
    )
    view = json.loads(done.out)
    assert (view["sentence"], view["text"], view["tokens"][0]["truth"]) == ("first", "王五去沪", "B-PER")
    assert view["tokens"][0]["labels"][0]["predicted"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gold", "a", "--pred", "b", "--levels"], "--levels, --relevance and --plots look at what a model predicts"),
        (["--gold", "a", "--pred", "b", "--relevance", "x"], "--levels, --relevance and --plots look at what a model predicts"),
        (["-m", "a.pt", "b", "--relevance-plot", "x.svg"], "--relevance-plot draws what --relevance shows"),
        (["-m", "a.pt", "b", "--relevance", "x", "--levels"], "--levels and --relevance exclude each other"),
        (
            ["-m", "a.pt", "b", "--relevance", "x", "--relevance-plot", "x.png"],
            "the picture is an SVG file, and x.png is called",
        ),
    ],
    ids=["levels-of-files", "relevance-of-files", "plot-alone", "both", "other-picture"],
)
def test_what_does_not_go_together_is_refused(cnerkit, arguments, message):
    done = cnerkit("evaluate", *arguments)
    assert done.code == 2
    assert message in done.err
