"""Trains the full model and each variant with the same seeds, keeps what is done, and compares."""

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cnerkit.errors import CnerkitError, UsageError
from cnerkit.workflows.ablation_comparison import compared
from cnerkit.workflows.ablation_folder import AblationFolder, AblationRun
from cnerkit.workflows.ablation_jobs import Machine, Outcome, Outcomes, run_jobs
from cnerkit.workflows.ablation_plan import AblationPlan
from cnerkit.workflows.ablation_result import AblationResult
from cnerkit.workflows.result import TrainingResult, read_result
from cnerkit.workflows.scored import ScoredCorpora

if TYPE_CHECKING:
    from cnerkit.workflows.planning import TrainingObserver


@dataclass(frozen=True, slots=True)
class AblationOptions:
    """How an ablation is carried out.

    Attributes:
        worker: The command of a process that trains one run, as ``ablation_jobs.Machine`` has it.
        overwrite: Start anew, in place of the ablation that the folder holds.
        gpus: Of each run; 0 is the CPU, None one GPU if there is one.
        jobs: Runs side by side.
        threads: CPU threads, which the jobs share.
        data_dir: A folder with datasets, looked into first.
        plugin: The file that declares the model, for the processes of jobs.
    """

    worker: tuple[str, ...]
    overwrite: bool = False
    gpus: int | None = None
    jobs: int = 1
    threads: int | None = None
    data_dir: Path | None = None
    plugin: Path | None = None


class AblationObserver(Protocol):
    """Is told how an ablation goes."""

    def began(self, n_runs: int, n_done: int) -> None:
        """So many runs, of which so many were done before."""
        ...

    def finished(self, run: str, result: TrainingResult, seconds: float) -> None:
        """A run is done."""
        ...

    def failed(self, run: str, error: CnerkitError) -> None:
        """A run ended with an error; the others go on."""
        ...

    def training(self, run: str) -> "TrainingObserver | None":
        """Who watches the steps of a run in this process, if anybody does."""
        ...


def default_folder(plan: AblationPlan) -> Path:
    """Where an ablation is kept when no folder is named."""
    return Path("runs") / f"ablate-{plan.recipe}"


def ablate(plan: AblationPlan, path: Path, options: AblationOptions, observer: AblationObserver | None) -> AblationResult:
    """Train what is not there yet, and compare each variant with the full model.

    A run that is done is not trained again, one that was stopped goes on where it was: the result is that of an ablation that
    was never stopped.

    Raises:
        CnerkitError: Something that the user can put right; when runs fail, the others are trained all the same.
        KeyboardInterrupt: The user stopped it; the same command goes on.
    """
    _refuse_process_group()
    folder = AblationFolder(path)
    folder.refuse_foreign() if options.overwrite else folder.check(plan)
    corpora = ScoredCorpora(options.data_dir)
    scored = [corpora.of(variant.recipe.data) for variant in plan.variants]
    with folder.held():
        if options.overwrite:
            folder.clear()
        plan = folder.begin(plan, [each.fingerprint for each in scored])
        runs = folder.runs(plan)
        for run in runs:
            run.folder.check(run.recipe.resolved(), "resume")
        _train_missing(runs, options, observer)
        return compared(plan, folder, scored)


def n_done(plan: AblationPlan, path: Path) -> list[int]:
    """How many runs of each variant are kept already; writes nothing.

    Raises:
        UsageError: The folder holds something else.
    """
    folder = AblationFolder(path)
    folder.check(plan)
    return [sum(folder.run(variant, seed).is_done() for seed in plan.seeds) for variant in folder.known(plan).variants]


def _refuse_process_group() -> None:
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        fix = "run it alone: --jobs and --gpus say how many processes it starts"
        raise UsageError("an ablation starts its own processes, and this is one of a launcher's", fix=fix)


def _train_missing(runs: Sequence[AblationRun], options: AblationOptions, observer: AblationObserver | None) -> None:
    """Train every run that is not done; when some fail, the first mistake is raised with the others beside it."""
    missing = [run for run in runs if not run.is_done()]
    if observer is not None:
        observer.began(len(runs), len(runs) - len(missing))
    failures = []
    with closing(_outcomes(missing, options, observer)) as outcomes:
        for outcome in outcomes:
            if outcome.error is not None:
                failures.append(outcome)
            if observer is not None:
                _tell(outcome, observer)
    if failures:
        raise _together(failures)
    for run in runs:
        run.folder.last.unlink(missing_ok=True)


def _outcomes(missing: Sequence[AblationRun], options: AblationOptions, observer: AblationObserver | None) -> Outcomes:
    if not missing:
        return
    from cnerkit.engine.devices import gpus_to_use

    gpus = gpus_to_use(options.gpus)
    if options.jobs > 1 or gpus > 1:
        outcomes = run_jobs(missing, _machine(options, gpus, min(options.jobs, len(missing))))
    else:
        outcomes = _one_by_one(missing, options, observer)
    for outcome in outcomes:
        if outcome.error is None:
            outcome.run.folder.last.unlink(missing_ok=True)
        yield outcome


def _one_by_one(runs: Sequence[AblationRun], options: AblationOptions, observer: AblationObserver | None) -> Outcomes:
    """Train runs in this process, one after the other."""
    from cnerkit.workflows.train import Options, train

    how = Options("resume", options.gpus, options.data_dir, options.threads)
    for run in runs:
        started, error = time.monotonic(), None
        try:
            train(run.recipe, run.folder.path, how, observer.training(run.label) if observer else None)
        except CnerkitError as mistake:
            error = mistake
        yield Outcome(run, time.monotonic() - started, error)


def _machine(options: AblationOptions, gpus: int, jobs: int) -> Machine:
    """How jobs share this machine."""
    import torch

    there = torch.cuda.device_count() if gpus else 0
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    told = {"--data-dir": options.data_dir, "--plugin": options.plugin}
    return Machine(
        jobs=jobs,
        gpus=gpus,
        devices=tuple(named or map(str, range(there)))[:there],
        threads=max(1, (options.threads or torch.get_num_threads()) // jobs),
        options=tuple(text for option, path in told.items() if path for text in (option, str(path))),
        worker=options.worker,
    )


def _tell(outcome: Outcome, observer: AblationObserver) -> None:
    run = outcome.run
    if outcome.error is not None:
        observer.failed(run.label, outcome.error)
    else:
        observer.finished(run.label, read_result(run.recipe, run.folder.path), outcome.seconds)


def _together(failures: Sequence[Outcome]) -> CnerkitError:
    """The first mistake, naming its run, with the others beside it; the same mistake of several runs once."""
    runs: dict[str, list[str]] = {}
    errors: dict[str, CnerkitError] = {}
    for failure in failures:
        assert failure.error is not None, "only failures are told together"
        runs.setdefault(str(failure.error), []).append(failure.run.label)
        errors.setdefault(str(failure.error), failure.error)
    first, *rest = [_of_runs(errors[text], labels) for text, labels in runs.items()]
    return type(first)(first.what, where=first.where, fix=first.fix, also=[*first.also, *rest])


def _of_runs(error: CnerkitError, labels: Sequence[str]) -> CnerkitError:
    more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
    return type(error)(f"{labels[0]}{more}: {error.what}", where=error.where, fix=error.fix, also=error.also)
