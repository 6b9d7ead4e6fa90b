import json
import signal

import pytest
import torch

from cnerkit.engine.checkpoint import Origin, load_checkpoint
from cnerkit.engine.devices import accelerator
from cnerkit.engine.inference import predict_sentences
from cnerkit.engine.progress import Score, Silent
from cnerkit.engine.runs import FolderKeeper, RunFolder
from cnerkit.engine.training import Training
from cnerkit.errors import CnerkitError, UsageError
from cnerkit.recipe.schema import TrainingSettings

SETTINGS = TrainingSettings(epochs=3, batch_tokens=40, lr=0.05, encoder_lr=0.02, save_minutes=1e-6)


def score_of(model, sentences) -> Score:
    found = predict_sentences(model, sentences, batch_tokens=100)
    pairs = [(set(one.entities), set(gold.entities)) for one, gold in zip(found, sentences, strict=True)]
    right = sum(len(one & gold) for one, gold in pairs)
    precision = right / max(1, sum(len(one) for one, _ in pairs))
    recall = right / max(1, sum(len(gold) for _, gold in pairs))
    return Score(precision, recall, 2 * precision * recall / max(1e-9, precision + recall))


def origin_of(task) -> Origin:
    return Origin({"name": "toy"}, "toy", {}, task, {}, None, "0")


class Killed(BaseException):
    """Stands for a process that is gone from one moment to the next."""


class FragileKeeper(FolderKeeper):
    """Keeps a run in its folder, and is killed before the n-th thing that it should write."""

    def survive(self, n_writes: int) -> "FragileKeeper":
        object.__setattr__(self, "left", iter([None] * n_writes))
        return self

    def count(self) -> None:
        if next(self.left, "over") == "over":
            raise Killed

    def keep_best(self, *arguments) -> None:
        self.count()
        super().keep_best(*arguments)

    def keep_last(self, *arguments) -> None:
        self.count()
        super().keep_last(*arguments)

    def log(self, *arguments) -> None:
        self.count()
        super().log(*arguments)


@pytest.fixture
def train(tmp_path, new_toy, toy_corpus, toy_task):
    """Trains the toy in a folder of the given name, going on from what lies there; gives the model."""

    def run(name, settings=SETTINGS, keeper=None, score_dev=None, **toy_options):
        folder = RunFolder(tmp_path / name)
        folder.path.mkdir(exist_ok=True)
        keeper = keeper or FolderKeeper(folder, origin_of(toy_task))
        model = new_toy(**toy_options)
        with accelerator(0, settings.precision) as machine:
            training = Training(model, toy_corpus, settings, accelerator=machine, keeper=keeper, observer=Silent())
            if folder.last.exists():
                last = load_checkpoint(folder.last)
                training.resume(last.state, last.training)
            folder.cut_log(step=training.standing.step, epoch=training.standing.epoch)
            training.run(score_dev or (lambda: score_of(model, toy_corpus)))
        return model

    return run


def test_model_learns(train, toy_corpus):
    assert score_of(train("run"), toy_corpus).f1 > 0.95


def test_same_seed_gives_the_same_bytes(train, tmp_path):
    train("one")
    train("other")
    assert (tmp_path / "one/last.pt").read_bytes() == (tmp_path / "other/last.pt").read_bytes()
    assert (tmp_path / "one/best.pt").read_bytes() == (tmp_path / "other/best.pt").read_bytes()


@pytest.mark.parametrize("survives", [1, 2, 5, 7])
def test_run_that_is_killed_again_and_again_ends_with_the_same_bytes(train, tmp_path, toy_task, survives):
    train("whole")
    folder = RunFolder(tmp_path / "killed")
    n_lives = 0
    while True:
        n_lives += 1
        try:
            train("killed", keeper=FragileKeeper(folder, origin_of(toy_task)).survive(survives + n_lives))
            break
        except Killed:
            pass
    assert n_lives > 2
    for name in ("last.pt", "best.pt"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert _untimed(tmp_path / "killed/log.jsonl") == _untimed(tmp_path / "whole/log.jsonl")


def _untimed(path):
    clock = {"time", "seconds", "sentences_per_second", "seconds_left"}
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in record.items() if key not in clock} for record in records]


def test_log_holds_each_step_record_and_epoch_once(train, tmp_path):
    train("run")
    records = _untimed(tmp_path / "run/log.jsonl")
    assert [record["epoch"] for record in records if record["kind"] == "epoch"] == [1, 2, 3]
    steps = [record["step"] for record in records if record["kind"] == "steps"]
    assert steps == sorted(set(steps))
    assert steps[-1] == records[-1]["step"]
    assert all(0 < record["loss"] < 2 for record in records)


def test_mean_loss_of_an_epoch_is_the_mean_over_its_steps(train, tmp_path):
    train("run", SETTINGS.model_copy(update={"batch_tokens": 12, "epochs": 1}))
    records = _untimed(tmp_path / "run/log.jsonl")
    steps, epoch = [record for record in records if record["kind"] == "steps"], records[-1]
    assert len(steps) > 2
    counts = [record["step"] - before["step"] for before, record in zip([{"step": 0}, *steps], steps, strict=False)]
    total = sum(count * record["loss"] for count, record in zip(counts, steps, strict=True))
    assert epoch["loss"] == pytest.approx(total / sum(counts), rel=1e-6)


def test_ctrl_c_finishes_the_step_keeps_it_and_the_resumed_run_ends_the_same(train, tmp_path, toy_task):
    class Interrupting(FolderKeeper):
        def log(self, *arguments) -> None:
            super().log(*arguments)
            if arguments[0] == "steps" and arguments[1].epoch == 2:
                signal.raise_signal(signal.SIGINT)

    settings = SETTINGS.model_copy(update={"save_minutes": 1000.0, "batch_tokens": 20})
    train("whole", settings)
    handler_before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train("stopped", settings, keeper=Interrupting(RunFolder(tmp_path / "stopped"), origin_of(toy_task)))
    standing = load_checkpoint(tmp_path / "stopped/last.pt").training["standing"]
    assert (standing["epoch"], standing["taken"]) == (1, 20)
    assert signal.getsignal(signal.SIGINT) is handler_before
    train("stopped", settings)
    assert (tmp_path / "stopped/last.pt").read_bytes() == (tmp_path / "whole/last.pt").read_bytes()


def test_with_a_step_for_each_epoch_a_run_that_was_stopped_ends_as_one_that_was_not(train, tmp_path, toy_task):
    settings = SETTINGS.model_copy(update={"accumulate": "epoch"})
    train("whole", settings)
    with pytest.raises(Killed):
        train("stopped", settings, keeper=FragileKeeper(RunFolder(tmp_path / "stopped"), origin_of(toy_task)).survive(7))
    train("stopped", settings)
    records = _untimed(tmp_path / "stopped/log.jsonl")
    assert [(each["epoch"], each["step"]) for each in records if each["kind"] == "epoch"] == [(1, 1), (2, 2), (3, 3)]
    assert records == _untimed(tmp_path / "whole/log.jsonl")
    assert (tmp_path / "stopped/last.pt").read_bytes() == (tmp_path / "whole/last.pt").read_bytes()


def test_ctrl_c_while_dev_is_scored_keeps_the_epochs_steps(train, tmp_path):
    def interrupted() -> Score:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    train("whole")
    with pytest.raises(KeyboardInterrupt):
        train("stopped", score_dev=interrupted)
    train("stopped")
    assert (tmp_path / "stopped/last.pt").read_bytes() == (tmp_path / "whole/last.pt").read_bytes()


def test_training_stops_when_dev_has_not_risen_for_the_patience_and_best_is_the_first_of_equals(train, tmp_path):
    f1s = iter([0.1, 0.5, 0.5, 0.4, 0.9])
    train("run", SETTINGS.model_copy(update={"patience": 2, "epochs": 9}), score_dev=lambda: Score(1.0, 1.0, next(f1s)))
    assert load_checkpoint(tmp_path / "run/best.pt").scores["epoch"] == 2
    assert load_checkpoint(tmp_path / "run/last.pt").scores["epoch"] == 4


def test_best_holds_the_weights_of_its_epoch_and_no_optimizer(train, tmp_path):
    f1s = iter([0.9, 0.1])
    train("run", SETTINGS.model_copy(update={"epochs": 2}), score_dev=lambda: Score(1.0, 1.0, next(f1s)))
    best, last = (load_checkpoint(tmp_path / "run" / name) for name in ("best.pt", "last.pt"))
    assert (best.kind, best.training, best.scores["dev"]["f1"]) == ("best", None, 0.9)
    assert not torch.equal(best.state["score.weight"], last.state["score.weight"])


def test_loss_that_is_not_finite_is_told_with_its_epoch_and_step_and_never_kept(train, tmp_path, monkeypatch, new_toy):
    toy, seen = type(new_toy()), []
    usual = toy.loss

    def loss(self, batch):
        seen.append(batch)
        terms = usual(self, batch)
        return {"tags": terms["tags"] * float("nan")} if len(seen) == 25 else terms

    monkeypatch.setattr(toy, "loss", loss)
    settings = SETTINGS.model_copy(update={"save_minutes": 1000.0})
    with pytest.raises(CnerkitError, match=r"not finite at step 7 of epoch 2 \(step 25 of the run\)") as caught:
        train("run", settings)
    assert caught.value.exit_code == 1
    assert "training.lr" in caught.value.fix
    for name in ("best.pt", "last.pt"):
        assert all(tensor.isfinite().all() for tensor in load_checkpoint(tmp_path / "run" / name).state.values())


def test_gradient_that_is_not_finite_is_told_before_its_weights_are_kept(train, tmp_path, monkeypatch, new_toy):
    toy = type(new_toy())
    usual = toy.loss

    def loss(self, batch):
        tags = usual(self, batch)["tags"]
        return {"tags": tags + 0 * (self.score.bias.sum() - self.score.bias.detach().sum()).abs().sqrt()}

    monkeypatch.setattr(toy, "loss", loss)
    with pytest.raises(CnerkitError, match=r"the loss or its gradient is not finite at step 1 of epoch 1"):
        train("run", SETTINGS.model_copy(update={"clip": None}))
    assert not (tmp_path / "run/last.pt").exists()


def test_out_of_memory_names_the_longest_sentence_and_the_setting(train, monkeypatch, new_toy):
    def loss(_self, _batch):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(new_toy()), "loss", loss)
    with pytest.raises(
        CnerkitError, match=r"out of memory in a batch of \d+ sent.*the longest, s\d+, has \d+ tokens"
    ) as caught:
        train("run", SETTINGS.model_copy(update={"batch_tokens": 60}))
    assert "--set training.batch_tokens=" in caught.value.fix


def test_other_errors_of_a_model_stay_what_they_are(train, monkeypatch, new_toy):
    def loss(_self, _batch):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(type(new_toy()), "loss", loss)
    with pytest.raises(RuntimeError, match="shapes differ"):
        train("run")


def test_run_of_another_number_of_processes_is_not_resumed(train, tmp_path, new_toy, toy_corpus, toy_task):
    train("run")
    folder = RunFolder(tmp_path / "run")
    last = load_checkpoint(folder.last)
    keeper = FolderKeeper(folder, origin_of(toy_task))
    with accelerator(0, "fp32") as machine:
        training = Training(new_toy(), toy_corpus, SETTINGS, accelerator=machine, keeper=keeper, observer=Silent())
        with pytest.raises(UsageError, match="trained by 2 processes and would go on with 1"):
            training.resume(last.state, {**last.training, "n_processes": 2})


def test_bfloat16_learns_too_keeps_float32_weights_and_does_not_leak_into_the_next_run(train, tmp_path):
    train("plain")
    train("bf16", SETTINGS.model_copy(update={"precision": "bf16"}))
    train("plain-again")
    plain, again, bf16 = (load_checkpoint(tmp_path / name / "last.pt") for name in ("plain", "plain-again", "bf16"))
    assert torch.equal(plain.state["score.weight"], again.state["score.weight"])
    assert not torch.equal(plain.state["score.weight"], bf16.state["score.weight"])
    assert bf16.state["score.weight"].dtype == torch.float32
    assert bf16.scores["dev"]["f1"] > 0.9


def test_model_that_asks_is_told_each_epoch_before_its_steps_and_again_when_a_run_goes_on(
    train, tmp_path, monkeypatch, new_toy, toy_task
):
    toy, told = type(new_toy()), []
    usual = toy.loss

    def loss(self, batch):
        if told[-1] != "step":
            told.append("step")
        return usual(self, batch)

    class Interrupting(FolderKeeper):
        def log(self, *arguments) -> None:
            super().log(*arguments)
            if arguments[0] == "steps" and arguments[1].epoch == 2:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(toy, "begin_epoch", lambda _self, epoch: told.append(epoch), raising=False)
    monkeypatch.setattr(toy, "loss", loss)
    settings = SETTINGS.model_copy(update={"save_minutes": 1000.0, "batch_tokens": 20})
    with pytest.raises(KeyboardInterrupt):
        train("run", settings, keeper=Interrupting(RunFolder(tmp_path / "run"), origin_of(toy_task)))
    assert told == [1, "step", 2, "step"]
    train("run", settings)
    assert told[4:] == [2, "step", 3, "step"]
