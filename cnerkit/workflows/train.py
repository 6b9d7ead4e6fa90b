"""Trains a model as its recipe says, keeps it in a run folder, and scores the best epoch."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.engine.checkpoint import load_checkpoint, software
from cnerkit.engine.devices import accelerator, process_rank
from cnerkit.engine.processes import by_first_process, predict_shared
from cnerkit.engine.progress import Observer, Score, Silent
from cnerkit.engine.runs import FolderKeeper, RunFolder, Start, write_json
from cnerkit.engine.stepping import copy_from_first_process
from cnerkit.engine.training import Training
from cnerkit.errors import CnerkitError, UsageError
from cnerkit.nn.protocols import ReadsSpans
from cnerkit.recipe.schema import Recipe
from cnerkit.scoring.exact import Report, score
from cnerkit.scoring.typing_score import TypingReport, score_typing
from cnerkit.text import Prediction, Sentence
from cnerkit.workflows.assembly import Assembly, assemble
from cnerkit.workflows.model import load_weights
from cnerkit.workflows.path_search import count_overflows, remark_on_overflows
from cnerkit.workflows.planning import TrainingObserver, plan_of
from cnerkit.workflows.predictions import write_predictions
from cnerkit.workflows.report import write_report_of_run
from cnerkit.workflows.result import SeedsResult, TrainingResult, read_result
from cnerkit.workflows.scored import mean_interval
from cnerkit.workflows.span_reach import notes_on_reach

if TYPE_CHECKING:
    from accelerate import Accelerator


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is carried out, besides what its recipe says.

    Attributes:
        start: Whether the run folder must be empty, goes on, or is used anew.
        gpus: 0 is the CPU; None one GPU if there is one; several need the processes of a launcher.
        data_dir: A folder with datasets, looked into first.
        threads: CPU threads.
    """

    start: Start = "new"
    gpus: int | None = None
    data_dir: Path | None = None
    threads: int | None = None


def default_folder(recipe: Recipe) -> Path:
    """Where a recipe's runs are kept when no folder is named."""
    return Path("runs") / recipe.name


def train(recipe: Recipe, folder: Path, options: Options, observer: TrainingObserver | None = None) -> TrainingResult:
    """Train one model and score its best epoch.

    Raises:
        CnerkitError: Something that the user can put right, told before the first step where that is possible.
        KeyboardInterrupt: The user stopped the run, which ``resume`` goes on with.
    """
    run = RunFolder(folder)
    with accelerator(options.gpus, recipe.training.precision, threads=options.threads) as machine:
        if not machine.is_main_process:
            observer = None
        by_first_process(machine, lambda: run.check(recipe.resolved(), options.start))
        if finished := by_first_process(machine, lambda: _finished(recipe, run, options.start)):
            return finished
        assembly = assemble(recipe, machine, data_dir=options.data_dir, observer=observer)
        by_first_process(machine, lambda: run.begin(recipe.resolved(), options.start))
        n_epochs = _fit(recipe, assembly, run, machine, observer)
        return _score_best(recipe, assembly, run, machine, n_epochs, observer or Silent())


def _finished(recipe: Recipe, run: RunFolder, start: Start) -> TrainingResult | None:
    """The result of a run that is to be resumed and has nothing left to do, not even a ``last.pt`` to go on from."""
    return read_result(recipe, run.path) if start == "resume" and run.is_done() else None


def _fit(recipe: Recipe, assembly: Assembly, run: RunFolder, machine: "Accelerator", observer: TrainingObserver | None) -> int:
    """Train to the end from where the run stands; gives how many epochs it took."""
    dev = assembly.corpus.splits["dev"]
    training = Training(
        assembly.model,
        assembly.train.sentences,
        recipe.training,
        accelerator=machine,
        keeper=FolderKeeper(run, assembly.origin),
        observer=observer or Silent(),
    )
    if observer is not None:
        observer.planned(plan_of(recipe, assembly, training.stepper, training.schedule))
    if run.last.exists():
        _go_on(training, assembly, run)
        training.observer.noted(f"going on behind step {training.standing.step} of {training.n_steps}")
    by_first_process(machine, lambda: _open_log(run, training, machine))

    def score_dev() -> Score:
        micro = _scored(assembly, dev, machine, recipe).micro
        return Score(micro.precision, micro.recall, micro.f1)

    return len(training.run(score_dev).history)


def _go_on(training: Training, assembly: Assembly, run: RunFolder) -> None:
    last = load_checkpoint(run.last)
    if last.origin.fingerprint != assembly.corpus.fingerprint:
        raise UsageError(
            "the corpus has changed since the run was started",
            where=str(run.last),
            fix="bring back the corpus as it was, or start again with --overwrite",
        )
    assert last.training is not None, "last.pt holds the optimizer"
    training.resume(last.state, last.training)


def _open_log(run: RunFolder, training: Training, machine: "Accelerator") -> None:
    run.cut_log(step=training.standing.step, epoch=training.standing.epoch)
    write_json(run.environment, _environment(machine))


def _environment(machine: "Accelerator") -> dict[str, Any]:
    import torch

    device = machine.device
    return {
        "versions": software(),
        "platform": platform.platform(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "processes": machine.num_processes,
        "threads": torch.get_num_threads(),
    }


def _scored(assembly: Assembly, sentences: Sequence[Sentence], machine: "Accelerator", recipe: Recipe) -> Report:
    return _compared(sentences, _predicted(assembly, sentences, machine, recipe))


def _compared(sentences: Sequence[Sentence], predictions: Sequence[Prediction]) -> Report:
    return score((sentence.entities or () for sentence in sentences), (found.entities for found in predictions))


def _predicted(assembly: Assembly, sentences: Sequence[Sentence], machine: "Accelerator", recipe: Recipe) -> list[Prediction]:
    """Predictions in float32, whatever training computes in, so that ``evaluate`` comes to the same score."""
    batch_tokens, batch_cells = recipe.training.batch_tokens, recipe.training.batch_cells
    kinds = assembly.origin.task.kinds
    return predict_shared(assembly.model, sentences, machine, batch_tokens=batch_tokens, batch_cells=batch_cells, kinds=kinds)


def _load_best(assembly: Assembly, run: RunFolder, machine: "Accelerator") -> int:
    """Give the model of all processes the weights of ``best.pt``; gives the epoch that they are of."""

    def load() -> int:
        best = load_checkpoint(run.best)
        load_weights(assembly.model, best, str(run.best))
        return int(best.scores["epoch"])

    best_epoch = by_first_process(machine, load)
    copy_from_first_process(assembly.model, machine)
    return best_epoch


def _score_best(
    recipe: Recipe, assembly: Assembly, run: RunFolder, machine: "Accelerator", n_epochs: int, observer: Observer
) -> TrainingResult:
    """Score the weights of ``best.pt`` on dev and, once, on test; write what they find and how well."""
    corpus, best_epoch = assembly.corpus, _load_best(assembly, run, machine)
    typing: dict[str, TypingReport] = {}
    predicted: dict[str, list[Prediction]] = {}

    def scored_and_kept(split: str, file: Path) -> Report:
        gold = corpus.splits[split]
        predictions = predicted[split] = _predicted(assembly, gold, machine, recipe)
        by_first_process(machine, lambda: write_predictions(file, gold, predictions))
        if isinstance(assembly.model, ReadsSpans):
            typing[split] = score_typing([one.entities or () for one in gold], [one.entities for one in predictions])
        return _compared(gold, predictions)

    dev = scored_and_kept("dev", run.dev_predictions)
    overflows = count_overflows(assembly.model, machine)
    test = scored_and_kept("test", run.predictions) if corpus.splits.get("test") else None
    of_test = remark_on_overflows(count_overflows(assembly.model, machine) - overflows)
    scored = {split: corpus.splits[split] for split in predicted}
    remark = "; ".join(filter(None, [corpus.remark, of_test, *notes_on_reach(assembly.model, scored)]))
    result = TrainingResult(recipe, run.path, best_epoch, n_epochs, dev, test, corpus.dev_is_test, remark, typing)
    by_first_process(machine, lambda: write_json(run.metrics, result.to_json()))
    if not typing:
        by_first_process(machine, lambda: _report(result, assembly, run, predicted, observer))
    return result


def _report(
    result: TrainingResult, assembly: Assembly, run: RunFolder, predicted: Mapping[str, list[Prediction]], observer: Observer
) -> None:
    """Write the page about a run that is done; that it cannot be made is no reason to lose what the run came to."""
    split = "test" if "test" in predicted else "dev"
    try:
        write_report_of_run(result, assembly, run, split, predicted[split])
    except CnerkitError as error:
        observer.noted(f"there is no {run.report.name}: {error.what}")


def train_seeds(
    recipe: Recipe, seeds: Sequence[int], folder: Path, options: Options, observer: TrainingObserver | None = None
) -> SeedsResult:
    """Train once for each seed, each in its own folder ``seed-<n>`` within ``folder``, and sum up in ``seeds.json``.

    Raises:
        UsageError: A seed is given twice.
        CnerkitError: As for ``train``.
    """
    if len(set(seeds)) < len(seeds):
        raise UsageError(f"a seed is given twice in {', '.join(map(str, seeds))}", fix="give each seed once")
    results = []
    for seed in seeds:
        seeded = replace(recipe, training=recipe.training.model_copy(update={"seed": seed}))
        results.append(train(seeded, folder / f"seed-{seed}", options, observer))
    if process_rank() != 0:
        return SeedsResult(tuple(results))
    together = SeedsResult(tuple(results), mean_interval(results, options.data_dir))
    write_json(folder / "seeds.json", together.to_json())
    return together
