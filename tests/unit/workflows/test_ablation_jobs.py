"""Runs side by side: what each process is told, how they end, and what stops them. The worker here trains nothing."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from cnerkit import __version__
from cnerkit.cli.ablation_worker import COMMAND
from cnerkit.engine.runs import RunFolder
from cnerkit.errors import CnerkitError, DataError, MissingError
from cnerkit.recipe.loading import load_recipe
from cnerkit.workflows.ablation_folder import AblationRun
from cnerkit.workflows.ablation_jobs import Machine, run_jobs
from cnerkit.workflows.ablation_plan import Asked, plan_ablation

WORKER = """
import json, os, pathlib, signal, sys, time
command, recipe, _, folder, *told = sys.argv[1:]
folder = pathlib.Path(folder)
folder.mkdir(parents=True)

def write(name, text):
    (folder / "part").write_text(text, encoding="utf-8")
    (folder / "part").rename(folder / name)

def interrupted(*_):
    write("interrupted", "")
    sys.exit(130)

signal.signal(signal.SIGINT, interrupted)
recipe = pathlib.Path(recipe).read_text(encoding="utf-8")
write("started.json", json.dumps({"command": command, "told": told, "recipe": recipe}))
"""


def worker(folder, body):
    (folder / "worker.py").write_text(WORKER + textwrap.dedent(body), encoding="utf-8")
    return sys.executable, str(folder / "worker.py")


def machine(folder, body="", **given):
    usual = {"jobs": 2, "gpus": 0, "devices": (), "threads": 3, "options": ("--data-dir", "/data")}
    return Machine(worker=worker(folder, body), **{**usual, **given})


@pytest.fixture
def runs(tmp_path):
    """Four runs of two variants."""
    plan = plan_ablation(Asked("bilstm_crf", drop=["constraints"], seeds="2"))
    return [
        AblationRun(variant, variant.seeded(seed), RunFolder(tmp_path / variant.folder / f"seed-{seed}"))
        for seed in plan.seeds
        for variant in plan.variants
    ]


def started(run):
    return json.loads((run.folder.path / "started.json").read_text(encoding="utf-8"))


def test_each_run_is_trained_as_its_recipe_says_in_its_own_folder(runs, tmp_path):
    outcomes = list(run_jobs(runs, machine(tmp_path)))
    assert {outcome.run.label for outcome in outcomes} == {run.label for run in runs}
    assert all(outcome.error is None for outcome in outcomes)
    for run in runs:
        told = started(run)
        assert told["command"] == "train"
        assert told["told"] == ["--gpus", "0", "--threads", "3", "--quiet", "--resume", "--data-dir", "/data"]
        (tmp_path / "again.yaml").write_text(told["recipe"], encoding="utf-8")
        assert load_recipe(str(tmp_path / "again.yaml")).resolved() == run.recipe.resolved()


def test_no_more_runs_than_jobs_are_trained_at_a_time(runs, tmp_path):
    body = """
    write("begun", str(time.time()))
    time.sleep(0.3)
    write("ended", str(time.time()))
    """
    list(run_jobs(runs, machine(tmp_path, body)))
    moments = [
        (float((run.folder.path / name).read_text()), change) for run in runs for name, change in (("begun", 1), ("ended", -1))
    ]
    at_a_time = most = 0
    for _, change in sorted(moments):
        at_a_time += change
        most = max(most, at_a_time)
    assert most == 2


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        pytest.param({"jobs": 4, "gpus": 1, "devices": ("0", "1")}, ["0", "1", "0", "1"], id="fewer-than-jobs"),
        pytest.param({"jobs": 2, "gpus": 2, "devices": ("4", "5", "6", "7")}, ["4,5", "6,7"], id="two-each"),
        pytest.param({"jobs": 2, "gpus": 1, "devices": ("GPU-a", "GPU-b")}, ["GPU-a", "GPU-b"], id="named"),
    ],
)
def test_jobs_take_the_gpus_in_turn(given, seen, tmp_path):
    shared = machine(tmp_path, **given)
    assert [shared.environment(slot)["CUDA_VISIBLE_DEVICES"] for slot in range(shared.jobs)] == seen


def test_jobs_on_the_processor_leave_the_gpus_as_they_are(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert "CUDA_VISIBLE_DEVICES" not in machine(tmp_path).environment(0)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        pytest.param(
            'sys.stderr.write("Error: a.txt:3: no tag\\n  fix: tag it\\nError: more\\n"); sys.exit(3)',
            DataError,
            "a.txt:3: no tag\nfix: tag it\nmore",
            id="told",
        ),
        pytest.param('sys.stderr.write("Error: gone\\n"); sys.exit(5)', MissingError, "gone", id="missing"),
        pytest.param('sys.stderr.write("a\\nb\\n"); sys.exit(7)', CnerkitError, "its process ended with 7: b", id="unforeseen"),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            CnerkitError,
            "its process was ended by signal 9: without a word\nfix: train it again with fewer --jobs",
            id="killed",
        ),
    ],
)
def test_an_error_of_a_job_is_told_as_it_was_there_and_the_others_go_on(body, kind, message, runs, tmp_path):
    body = f'if folder.parent.name == "full" and folder.name == "seed-1":\n    {body}\n'
    outcomes = {outcome.run.label: outcome.error for outcome in run_jobs(runs, machine(tmp_path, body))}
    error = outcomes.pop("full model, seed 1")
    assert type(error) is kind
    assert str(error).startswith(message)
    assert list(outcomes.values()) == [None] * 3


def wait_for(*files):
    until = time.monotonic() + 60
    while not all(file.exists() for file in files):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_ctrl_c_interrupts_every_job_and_waits_until_it_has_kept_what_it_did(runs, tmp_path):
    asked = threading.Thread(target=lambda: (wait_for(*started), os.kill(os.getpid(), signal.SIGINT)))
    started = [run.folder.path / "started.json" for run in runs[:2]]
    asked.start()
    with pytest.raises(KeyboardInterrupt):
        list(run_jobs(runs, machine(tmp_path, "time.sleep(60)")))
    asked.join()
    assert [(run.folder.path / "interrupted").exists() for run in runs] == [True, True, False, False]


def test_a_job_that_was_interrupted_stops_the_others(runs, tmp_path):
    body = 'if folder.parent.name == "full":\n    interrupted()\ntime.sleep(60)'
    with pytest.raises(KeyboardInterrupt):
        list(run_jobs(runs, machine(tmp_path, body)))
    assert not (runs[3].folder.path / "started.json").exists()


def test_a_worker_ends_when_its_standard_input_does():
    code = "import time; from cnerkit.cli.ablation_worker import end_with_parent; end_with_parent(); print(1, flush=True); "
    code += "time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"1\n"
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(timeout=60) == -signal.SIGTERM
    process.stdout.close()


def test_the_worker_is_the_program_itself():
    ours, theirs = os.pipe()
    done = subprocess.run([*COMMAND, "--version"], stdin=ours, capture_output=True, check=False)
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (0, f"cnerkit {__version__}\n".encode())
