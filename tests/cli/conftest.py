"""The program in this process and in one of its own, and small trained runs to give it."""

import json
import shutil
import subprocess
import sys
from importlib.resources import files as package_files
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from cnerkit import registry
from cnerkit.cli.main import build_app

FLAT = frozenset({"flat"})
HEAVY = ("torch", "transformers", "accelerate")


class Done(NamedTuple):
    """How a run ended and what it said."""

    code: int
    out: str | bytes
    err: str


@pytest.fixture
def cnerkit():
    """Run the program in this process: ``cnerkit("convert", "weibo", stdin=b"…")`` gives code, out and err."""

    def run(*arguments, stdin=None):
        done = CliRunner().invoke(build_app(), [str(argument) for argument in arguments], input=stdin, prog_name="cnerkit")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def process():
    """Run the program in a process of its own."""

    def run(*arguments, stdin=b"", **options):
        command = [sys.executable, "-m", "cnerkit", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, **options)
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))

    return run


@pytest.fixture
def without_torch(tmp_path):
    """The heavy libraries that a command line loads, which should be none."""

    def loaded(*arguments):
        report = tmp_path / "loaded.json"
        code = f"""
import atexit, json, pathlib, sys
from cnerkit.cli.main import main
sys.argv = ["cnerkit", *{[str(argument) for argument in arguments]!r}]
atexit.register(lambda: pathlib.Path({str(report)!r}).write_text(json.dumps([m for m in {HEAVY!r} if m in sys.modules])))
main()
"""
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        return json.loads(report.read_text(encoding="utf-8"))

    return loaded


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """The folder of a short run on the sample corpus, with the gold of its test beside it."""
    folder = tmp_path_factory.mktemp("tiny") / "run"
    settings = ["training.epochs=3", "training.lr=0.02", "encoder.dim=16", "model.dim=16"]
    _train("quickstart", folder, settings)
    shutil.copy(str(package_files("cnerkit") / "corpora" / "sample" / "test.jsonl"), folder / "test.jsonl")
    return folder


@pytest.fixture(scope="session")
def tiny_run_of_words(tmp_path_factory):
    """The folder of a short run on the sample corpus divided into words."""
    folder = tmp_path_factory.mktemp("words") / "run"
    settings = [
        "data.tokens=words",
        "data.repair=drop",
        "training.epochs=3",
        "training.lr=0.02",
        "encoder.dim=16",
        "model.dim=16",
    ]
    _train("quickstart", folder, settings)
    return folder


@pytest.fixture(scope="session")
def tiny_own_run(tmp_path_factory):
    """The folder of a short run on files of the user's own."""
    folder = tmp_path_factory.mktemp("own")
    record = json.dumps({"text": "王五去沪", "entities": [{"start": 0, "end": 2, "label": "PER"}]})
    for split in ("train", "dev"):
        (folder / f"{split}.jsonl").write_text(f"{record}\n" * 4, encoding="utf-8")
    recipe = folder / "own.yaml"
    recipe.write_text(
        "title: own files\npaper: none\ndata: {train: train.jsonl, dev: dev.jsonl}\n"
        "encoder: {kind: static, dim: 8}\nmodel: {name: bilstm_crf, dim: 8}\ntraining: {epochs: 1}\n",
        encoding="utf-8",
    )
    _train(str(recipe), folder / "run", [])
    return folder / "run"


@pytest.fixture
def checkpoint(tmp_path):
    """The file of an untrained model; nothing is said of where its recipe comes from."""
    import torch

    from cnerkit.engine.checkpoint import Checkpoint, Origin, save_checkpoint
    from cnerkit.recipe.loading import load_recipe
    from cnerkit.testing import example_encoder, example_sentences, example_task

    def make(name="classattn", **params):
        torch.manual_seed(3)
        spec, encoder, task = registry.get(name), example_encoder(FLAT), example_task(FLAT)
        chosen = spec.params(**params)
        learned_from = {"task": task, "encoder": encoder, "sentences": example_sentences(FLAT), "progress": lambda *_: None}
        prepared = spec.prepare(chosen, **learned_from) if spec.prepare else None
        model = spec.build(chosen, task=task, encoder=encoder, prepared=prepared)
        recipe = load_recipe("quickstart").resolved()
        origin = Origin(recipe, name, chosen.model_dump(mode="json"), task, encoder.description(), prepared, "0")
        save_checkpoint(tmp_path / "best.pt", Checkpoint("best", origin, {"epoch": 1}, model.state_dict(), None))
        return tmp_path / "best.pt"

    return make


def _train(recipe, folder, settings):
    from cnerkit.recipe.loading import load_recipe
    from cnerkit.workflows.train import Options, train

    train(load_recipe(recipe, settings), folder, Options(gpus=0, threads=1))
