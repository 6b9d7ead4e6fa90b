import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from cnerkit.engine.checkpoint import Origin, load_checkpoint
from cnerkit.engine.devices import accelerator
from cnerkit.engine.inference import predict_sentences
from cnerkit.engine.launching import launch
from cnerkit.engine.progress import Score, Silent
from cnerkit.engine.runs import FolderKeeper, RunFolder
from cnerkit.engine.training import Training
from cnerkit.recipe.schema import TrainingSettings


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """What a run of two processes on the CPU left."""
    folder = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [str(Path(__file__).with_name("two_processes.py")), str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert (folder / "out.json").exists(), done.stderr
    return folder, json.loads((folder / "out.json").read_text()), done


def test_two_processes_end_with_the_same_weights(outcome):
    _, told, _ = outcome
    assert told["weights"][0] == told["weights"][1]


def test_what_a_model_keeps_besides_its_weights_is_that_of_the_first_process_when_an_epoch_is_scored(outcome):
    folder, told, _ = outcome
    first, second = told["seen"]
    assert first == second == load_checkpoint(folder / "counting/last.pt").state["seen"].item() > 0


def test_buffers_that_a_module_wants_averaged_are_the_mean_over_processes_after_each_step(outcome):
    _, told, _ = outcome
    (first, first_shared), (second, second_shared) = told["latest"]
    assert first != second
    means = [(one + other) / 2 for one, other in zip(first, second, strict=True)]
    assert first_shared == second_shared == [0.0, *means[:-1]]


def test_shared_predictions_are_those_of_one_process_each_sentence_once_and_in_order(outcome, new_toy, toy_corpus):
    folder, told, _ = outcome
    model = new_toy()
    model.load_state_dict(load_checkpoint(folder / "whole/last.pt").state)
    alone = predict_sentences(model, toy_corpus, batch_tokens=50)
    assert told["entities"] == [[one.sentence_id, [[e.start, e.end] for e in one.entities]] for one in alone]
    assert any(entities for _, entities in told["entities"])


def test_run_of_two_processes_that_was_stopped_and_resumed_ends_the_same(outcome):
    folder, _, _ = outcome
    assert (folder / "whole/last.pt").read_bytes() == (folder / "stopped/last.pt").read_bytes()


def test_first_process_does_the_work_and_all_get_the_result(outcome):
    _, told, _ = outcome
    assert told["told"] == [0, 0]


def test_mistake_met_by_the_first_process_is_told_once(outcome):
    _, _, done = outcome
    assert done.stdout.count("told once") == 1


@pytest.mark.parametrize(("name", "accumulate"), [("plain", 2), ("epoch", "epoch")])
def test_two_processes_train_as_one_does_with_twice_the_accumulation_or_whole_epochs(
    outcome, new_toy, toy_corpus, toy_task, name, accumulate
):
    folder, _, _ = outcome
    settings = TrainingSettings(epochs=2, batch_tokens=43, accumulate=accumulate, lr=0.05, encoder_lr=0.02)
    model, alone = new_toy(seed=0, dropout=0.0), RunFolder(folder / f"alone-{name}")
    alone.path.mkdir()
    keeper = FolderKeeper(alone, Origin({}, "toy", {}, toy_task, {}, None, ""))
    with accelerator(0, "fp32") as machine:
        training = Training(model, toy_corpus, settings, accelerator=machine, keeper=keeper, observer=Silent())
        assert len(training.schedule.steps_of(0)[-1]) % 2, "the last step shall have more batches for one process"
        training.run(lambda: Score(1.0, 1.0, 1.0))
    one, two = (load_checkpoint(folder / run / "last.pt") for run in (f"alone-{name}", name))
    torch.testing.assert_close(one.state, two.state)
    assert [record["loss"] for record in one.training["standing"]["history"]] == pytest.approx(
        [record["loss"] for record in two.training["standing"]["history"]]
    )


def test_launched_program_gives_its_own_exit_code(capfd):
    assert launch(2, ["--version"]) == 0
    assert capfd.readouterr().out.count("cnerkit ") == 2
    assert launch(2, ["no-such-command"]) == 2
