"""Runs of an ablation: the same seeds and order of the data for all variants, and what watching and failing look like."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from cnerkit.errors import CnerkitError, DataError
from cnerkit.registry import load_plugin
from cnerkit.workflows.ablation import AblationOptions, ablate, default_folder
from cnerkit.workflows.ablation_picture import title_of, write_picture
from cnerkit.workflows.ablation_plan import Asked, plan_ablation
from cnerkit.workflows.result import read_result

PLUGIN = Path(__file__).with_name("toy_plugin.py")
ON_CPU = AblationOptions(worker=(), gpus=0, threads=1)


@pytest.fixture
def plan(tmp_path):
    """The toy with two dropouts and two seeds on twelve sentences."""
    rows = [
        {"text": f"{name}在{place}", "entities": [{"start": 0, "end": len(name), "label": "PER"}]}
        for name in ("王明", "李小红", "张三")
        for place in ("北京", "上海市", "昆明", "长江边")
    ]
    for split in ("train", "dev", "test"):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")
    written = {
        "data": {split: f"{split}.jsonl" for split in ("train", "dev", "test")},
        "encoder": {"kind": "static", "dim": 8},
        "model": {"name": "toy_plugin"},
        "training": {"epochs": 2, "batch_tokens": 16, "lr": 0.03},
    }
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    load_plugin(PLUGIN)
    return plan_ablation(Asked(str(tmp_path / "toy.yaml"), vary=("model.dropout=0.3",), seeds="2"))


class Watching:
    """Takes note of all that it is told."""

    def __init__(self):
        self.told = []

    def began(self, n_runs, n_done):
        self.told.append(("began", n_runs, n_done))

    def finished(self, run, result, seconds):
        assert seconds > 0
        self.told.append(("finished", run, result.n_epochs))

    def failed(self, run, error):
        self.told.append(("failed", run, error.what))

    def training(self, run):
        self.told.append(("training", run))


def test_every_variant_meets_the_same_batches_in_the_same_order_and_another_seed_meets_others(plan, tmp_path, monkeypatch):
    toy = load_plugin(PLUGIN).build.__globals__["Toy"]
    met, loss = [], toy.loss
    monkeypatch.setattr(toy, "loss", lambda self, batch: met.append([one.id for one in batch.sentences]) or loss(self, batch))
    ablate(plan, tmp_path / "kept", ON_CPU, None)
    runs = [met[start : start + len(met) // 4] for start in range(0, len(met), len(met) // 4)]
    full_1, varied_1, full_2, varied_2 = runs
    assert full_1 == varied_1
    assert full_2 == varied_2
    assert full_1 != full_2


def test_the_observer_is_told_of_each_run_when_it_begins_and_when_it_is_done(plan, tmp_path):
    watching = Watching()
    ablate(replace(plan, seeds=(1,)), tmp_path / "kept", ON_CPU, watching)
    assert watching.told == [
        ("began", 2, 0),
        ("training", "full model, seed 1"),
        ("finished", "full model, seed 1", 2),
        ("training", "model.dropout=0.3, seed 1"),
        ("finished", "model.dropout=0.3, seed 1", 2),
    ]
    again = Watching()
    ablate(plan, tmp_path / "kept", ON_CPU, again)
    assert [told[0] for told in again.told] == ["began", "training", "finished", "training", "finished"]
    assert again.told[0] == ("began", 4, 2)


def test_a_mistake_that_several_runs_make_is_told_once(plan, tmp_path, monkeypatch):
    toy = load_plugin(PLUGIN).build.__globals__["Toy"]

    def loss(_self, _batch):
        raise DataError("the loss is not finite", fix="train slower")

    monkeypatch.setattr(toy, "loss", loss)
    watching = Watching()
    with pytest.raises(DataError) as caught:
        ablate(plan, tmp_path / "kept", ON_CPU, watching)
    assert str(caught.value) == "full model, seed 1 and 3 more: the loss is not finite\nfix: train slower"
    assert [told[0] for told in watching.told].count("failed") == 4


def test_the_same_runs_give_the_same_result_to_the_digit(plan, tmp_path):
    one, other = (ablate(plan, tmp_path / name, ON_CPU, None).to_json() for name in ("one", "other"))
    assert json.dumps(one).replace("/one", "/other") == json.dumps(other)


def test_kept_scores_that_cannot_be_read_are_told_with_the_file(plan, tmp_path):
    result = ablate(plan, tmp_path / "kept", ON_CPU, None)
    run = result.variants[0].runs[0]
    assert read_result(run.recipe, run.folder) == run
    for text in ("{", "[]", '{"best_epoch": 1}'):
        (run.folder / "metrics.json").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"metrics\.json: the scores of the run cannot be read"):
            read_result(run.recipe, run.folder)


def test_the_picture_shows_percent(plan, tmp_path):
    result = ablate(plan, tmp_path / "kept", ON_CPU, None)
    assert title_of(result) == "toy, test, 2 seeds, 95% intervals"
    write_picture(result, tmp_path / "scores.svg")
    assert f"{100 * result.variants[1].scored.mean:.2f}" in (tmp_path / "scores.svg").read_text(encoding="utf-8")


def test_runs_are_kept_under_the_recipe_s_name(plan):
    assert default_folder(plan) == Path("runs/ablate-toy")


def test_a_folder_that_may_not_be_written_is_told(plan, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CnerkitError, match="cannot write"):
        ablate(plan, tmp_path / "file" / "kept", ON_CPU, None)
