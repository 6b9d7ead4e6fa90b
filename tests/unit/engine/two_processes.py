"""Trains the toy in two processes and tells what came of it; started by the tests through torch's launcher."""

import json
import random
import sys
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from conftest import ToyTagger, toy_sentence

from cnerkit.engine.checkpoint import Origin, load_checkpoint
from cnerkit.engine.devices import accelerator
from cnerkit.engine.processes import by_first_process, predict_shared
from cnerkit.engine.progress import Score, Silent
from cnerkit.engine.runs import FolderKeeper, RunFolder
from cnerkit.engine.training import Training
from cnerkit.errors import DataError
from cnerkit.recipe.schema import TrainingSettings
from cnerkit.registry import Task
from cnerkit.text import LabelSet

OUT = Path(sys.argv[1])
RNG = random.Random(5)
CORPUS = [toy_sentence(RNG, f"s{number}", number % 20) for number in range(60)]
SETTINGS = TrainingSettings(epochs=2, batch_tokens=43, accumulate=2, lr=0.05, encoder_lr=0.02)


class StoppedError(Exception):
    """Ends a run after some epochs."""


class CountingTagger(ToyTagger):
    """Keeps more than weights, as a batch norm does: each process what it has seen itself."""

    def __init__(self, dropout: float) -> None:
        super().__init__(dropout)
        self.register_buffer("seen", torch.zeros(()))

    def loss(self, batch):
        self.seen += sum(int(sentence.id[1:]) for sentence in batch.sentences)
        return super().loss(batch)


class AveragingTagger(ToyTagger):
    """Keeps what it saw of its last batch, and remembers what that had become when the next one came."""

    def __init__(self, dropout: float) -> None:
        super().__init__(dropout)
        self.register_buffer("latest", torch.zeros(()))
        self.own: list[float] = []
        self.shared: list[float] = []

    def averaged_buffers(self):
        yield self.latest

    def loss(self, batch):
        self.shared.append(self.latest.item())
        self.own.append(float(sum(int(sentence.id[1:]) for sentence in batch.sentences)))
        self.latest.fill_(self.own[-1])
        return super().loss(batch)


def train(
    machine: Accelerator,
    name: str,
    *,
    epochs: int = 2,
    settings: TrainingSettings = SETTINGS,
    dropout: float = 0.2,
    kind: type[ToyTagger] = ToyTagger,
):
    torch.manual_seed(machine.process_index)  # each process builds another model: that of the first one counts
    model, folder = kind(dropout), RunFolder(OUT / name)
    by_first_process(machine, lambda: folder.path.mkdir(exist_ok=True))
    keeper = FolderKeeper(folder, Origin({}, "toy", {}, Task(LabelSet(("A",))), {}, None, ""))
    training = Training(model, CORPUS, settings, accelerator=machine, keeper=keeper, observer=Silent())
    if folder.last.exists():
        last = load_checkpoint(folder.last)
        training.resume(last.state, last.training)
    scored = []

    def score_dev() -> Score:
        if len(scored) == epochs:
            raise StoppedError
        scored.append(1)
        return Score(0.5, 0.5, 0.5)

    try:
        training.run(score_dev)
    except StoppedError:
        machine.wait_for_everyone()
    return model


def fail() -> None:
    raise DataError("told once")


with accelerator(0, "fp32") as machine:
    model = train(machine, "whole")
    train(machine, "stopped", epochs=1)
    train(machine, "stopped", epochs=1)
    train(machine, "plain", settings=SETTINGS.model_copy(update={"accumulate": 1}), dropout=0.0)
    train(machine, "epoch", settings=SETTINGS.model_copy(update={"accumulate": "epoch"}), dropout=0.0)
    counting = train(machine, "counting", kind=CountingTagger)
    seen = gather_object([counting.seen.item()])
    one_each = SETTINGS.model_copy(update={"accumulate": 1})
    averaging = train(machine, "averaging", epochs=1, settings=one_each, kind=AveragingTagger)
    latest = gather_object([[averaging.own[:4], averaging.shared[:4]]])
    found = predict_shared(model, CORPUS, machine, batch_tokens=50)
    weights = gather_object([[value.tolist() for value in model.state_dict().values()]])
    told = gather_object([by_first_process(machine, lambda: machine.process_index)])
    if machine.is_main_process:
        entities = [[one.sentence_id, [(entity.start, entity.end) for entity in one.entities]] for one in found]
        (OUT / "out.json").write_text(
            json.dumps({"entities": entities, "weights": weights, "told": told, "seen": seen, "latest": latest})
        )
    try:
        by_first_process(machine, fail)
    except DataError as error:
        sys.stdout.write(f"{error.what}\n")
        sys.exit(error.exit_code)
