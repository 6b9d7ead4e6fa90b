"""`cnerkit train`: what it writes where, its exit codes, interrupts, kills and two processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cnerkit.cli.main import build_app
from cnerkit.engine.checkpoint import load_checkpoint
from cnerkit.scoring.exact import Report, score
from cnerkit.text import Entity
from cnerkit.workflows.corpus import load_split

PLUGIN = Path(__file__).parents[1] / "unit" / "workflows" / "toy_plugin.py"
RECIPE = """
data: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}
encoder: {kind: static, dim: 16}
model: {name: toy_plugin}
training: {epochs: 2, batch_tokens: 64, lr: 0.03}
published: [{row: Toy, source: nowhere, f1: 90.5}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a recipe and its corpus, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    for split, count in (("train", 30), ("dev", 8), ("test", 9)):
        rows = [
            {"text": f"{name}在{place}", "entities": [{"start": 0, "end": len(name), "label": "PER"}]}
            for name in ("王明", "李小红", "张三")
            for place in ("北京", "上海市", "昆明", "长江边", "家", "学校", "那里", "路上", "公司", "山顶")
        ][:count]
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "toy.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(build_app(), ["train", "toy.yaml", "--plugin", str(PLUGIN), "--gpus", "0", *arguments])


def start(*arguments):
    command = [sys.executable, "-m", "cnerkit", "train", "toy.yaml", "--plugin", str(PLUGIN), "--gpus", "0", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")


def test_results_go_to_stdout_and_everything_else_to_stderr():
    done = run("-o", "run")
    assert done.exit_code == 0, done.output
    assert "toy, seed 1: epoch" in done.stdout
    assert "test " in done.stdout
    assert "Toy (nowhere)" in done.stdout
    assert "exact match" in done.stdout
    epochs = [line for line in done.stderr.splitlines() if line.startswith("epoch ")]
    assert len(epochs) == 2
    assert all(part in epochs[0] for part in ("loss", "dev P", " R ", " F1 ", "sentences/s", "left"))
    assert "memory about" in done.stderr
    assert "epoch 1/2" not in done.stdout


def test_quiet_says_nothing_on_stderr():
    assert run("-q").stderr == ""


def test_without_a_folder_the_run_is_kept_under_runs(folder):
    run("-q")
    assert (folder / "runs/toy/metrics.json").exists()


def test_json_is_what_metrics_json_holds(folder):
    done = run("-q", "--json", "-o", "run")
    assert json.loads(done.stdout) == json.loads((folder / "run/metrics.json").read_text(encoding="utf-8"))


def test_dry_run_tells_the_plan_and_writes_nothing(folder):
    before = sorted(folder.rglob("*"))
    done = run("--dry-run")
    assert (done.exit_code, sorted(folder.rglob("*"))) == (0, before)
    assert "2 epochs" in done.stdout
    assert json.loads(run("--dry-run", "--json").stdout)["splits"]["train"]["sentences"] == 30


def test_seeds_print_mean_and_sample_deviation_of_f1(folder):
    done = run("-q", "--seeds", "1,2", "-o", "run")
    assert "test F1 over 2 seeds: " in done.stdout
    assert "±" in done.stdout
    assert "(sample standard deviation)" in done.stdout
    assert {path.name for path in (folder / "run").iterdir()} == {"seed-1", "seed-2", "seeds.json"}
    kept = json.loads((folder / "run/seeds.json").read_text(encoding="utf-8"))
    interval, f1 = kept["interval"], kept["test_f1"]
    assert interval["value"] == pytest.approx(f1["mean"])
    assert interval["low"] < interval["value"] < interval["high"]
    bounds = f"{100 * interval['low']:.2f} to {100 * interval['high']:.2f}"
    assert f"95% interval of the mean test F1: {bounds}; bootstrap over sentences, Student's t over seeds" in done.stdout
    compared = ["compare", "run", "run/seed-1", "--plugin", str(PLUGIN), "--json"]
    told = json.loads(CliRunner().invoke(build_app(), compared).stdout)["systems"][0]
    assert (told["f1"], told["interval"]) == (f1, {key: interval[key] for key in ("value", "low", "high")})


def test_settings_of_the_command_line_reach_the_recipe_of_the_run(folder):
    run("-q", "-o", "run", "--set", "training.lr=0.01", "--precision", "bf16")
    written = (folder / "run/recipe.yaml").read_text(encoding="utf-8")
    assert "lr: 0.01" in written
    assert "precision: bf16" in written


def test_encoder_of_the_command_line_is_the_recipes_path(folder):
    (folder / "my vectors.txt").write_text("".join(f"{token} {'0.5 ' * 16}\n" for token in "王明在"), encoding="utf-8")
    run("-q", "-o", "run", "--encoder", "my vectors.txt")
    assert "my vectors.txt" in (folder / "run/recipe.yaml").read_text(encoding="utf-8")


def test_dev_that_is_test_is_said_beside_the_scores():
    done = run("-q", "--set", "~data.dev", "--set", "data.dev_from.split=test")
    assert "dev = test" in done.stdout
    assert "so the scores are too high" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(
            ["--resume", "--overwrite"], 2, "--resume goes on with a run and --overwrite replaces it", id="both-starts"
        ),
        pytest.param(["--seeds", "1,x"], 2, "--seeds '1,x' is not a list of whole numbers", id="seeds"),
        pytest.param(["--gpus", "64"], 5, "--gpus 64: ", id="gpus"),
        pytest.param(["--gpus", "-1"], 2, "--gpus -1 is negative", id="negative"),
        pytest.param(["--set", "training.lr=fast"], 4, "training.lr", id="value"),
        pytest.param(["--precision", "fp8"], 4, "training.precision", id="precision"),
        pytest.param(["--plugin", "none.py"], 5, "there is no such plugin file", id="plugin"),
        pytest.param(["--threads", "0"], 2, "threads", id="threads"),
    ],
)
def test_mistakes_end_with_their_exit_code(arguments, code, message, folder):
    done = run("-q", *arguments)
    assert done.exit_code == code
    assert message in done.stderr
    assert not (folder / "runs").exists()


def test_unknown_recipe_is_wrong_usage():
    done = CliRunner().invoke(build_app(), ["train", "nothing_like_it"])
    assert done.exit_code == 2
    assert "there is no recipe 'nothing_like_it'" in done.stderr


def test_folder_that_is_not_empty_is_refused_until_told_what_to_do():
    assert run("-q", "-o", "run").exit_code == 0
    refused = run("-q", "-o", "run")
    assert refused.exit_code == 2
    assert "the run folder is not empty" in refused.stderr
    assert run("-q", "-o", "run", "--resume").exit_code == 0
    assert run("-q", "-o", "run", "--overwrite").exit_code == 0


def wait_for(path: Path, process: subprocess.Popen) -> None:
    until = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


def test_ctrl_c_ends_with_130_says_so_and_leaves_a_checkpoint_that_loads(folder):
    process = start("-o", "run", "--set", "training.epochs=400")
    wait_for(folder / "run/last.pt", process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    assert load_checkpoint(folder / "run/last.pt").kind == "last"


def test_ctrl_c_reaches_every_process_that_was_launched_and_the_run_is_kept(folder):
    code = "import sys; from cnerkit.engine.launching import launch; sys.exit(launch(2, sys.argv[1:]))"
    command = [sys.executable, "-c", code, "train", "toy.yaml", "--plugin", str(PLUGIN), "--gpus", "0", "-o", "run"]
    process = subprocess.Popen([*command, "--set", "training.epochs=4000"], stderr=subprocess.PIPE, text=True, encoding="utf-8")
    wait_for(folder / "run/last.pt", process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=100)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert load_checkpoint(folder / "run/last.pt").training["n_processes"] == 2
    assert not list((folder / "run").glob(".*"))


def test_kill_leaves_checkpoints_that_load_and_a_run_that_goes_on(folder):
    arguments = ("-q", "-o", "run", "--set", "training.epochs=12", "--set", "training.save_minutes=1e-5")
    process = start(*arguments)
    wait_for(folder / "run/best.pt", process)
    process.kill()
    process.communicate(timeout=60)
    load_checkpoint(folder / "run/best.pt")
    assert run(*arguments, "--resume").exit_code == 0
    run(*arguments[:2], "whole", *arguments[3:])
    for name in ("best.pt", "last.pt", "metrics.json", "predictions.test.jsonl"):
        assert (folder / "run" / name).read_bytes() == (folder / "whole" / name).read_bytes()


def test_two_processes_under_torchrun_write_and_print_once_and_score_as_one_process_does(folder):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "cnerkit"]
    command += ["train", "toy.yaml", "--plugin", str(PLUGIN), "--gpus", "0", "-o", "run"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("toy, seed 1: epoch") == 1
    assert done.stderr.count("epoch 1/2") == 1
    metrics = json.loads((folder / "run/metrics.json").read_text(encoding="utf-8"))
    alone = rescored(folder)
    assert {split: report.to_json() for split, (report, _) in alone.items()} == {split: metrics[split] for split in alone}
    for split, (report, found) in alone.items():
        assert report.micro.predicted > 0
        assert [one.entities for one in load_split(str(folder / f"run/predictions.{split}.jsonl"))] == found


def rescored(folder: Path) -> dict[str, tuple[Report, list[frozenset[Entity]]]]:
    """What the run's best weights find in each split and how they score, by this process alone."""
    from cnerkit.engine.inference import predict_sentences
    from cnerkit.registry import load_plugin
    from cnerkit.workflows.model import restore

    load_plugin(PLUGIN)
    model = restore(folder / "run/best.pt", gpus=0).model
    told = {}
    for split in ("dev", "test"):
        gold = load_split(str(folder / f"{split}.jsonl"))
        found = [frozenset(one.entities) for one in predict_sentences(model, gold, batch_tokens=256)]
        told[split] = score((one.entities for one in gold), found), found
    return told
