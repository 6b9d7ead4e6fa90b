"""Runs side by side, each in a process of its own, with its share of the GPUs and of the processor."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cnerkit.errors import CnerkitError, DataError, MissingError, RecipeError, UsageError
from cnerkit.recipe.writing import yaml_text
from cnerkit.storage import whole_file
from cnerkit.workflows.ablation_folder import AblationRun

POLL_SECONDS = 0.05
ERRORS = {kind.exit_code: kind for kind in (CnerkitError, UsageError, DataError, RecipeError, MissingError)}
INTERRUPTED = (130, -signal.SIGINT)
"""Exit codes of a job that was interrupted, the second while it was still loading."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the jobs share.

    Attributes:
        jobs: Runs at a time.
        gpus: GPUs of each run; 0 for the CPU.
        devices: The GPUs that there are, as CUDA_VISIBLE_DEVICES names them.
        threads: CPU threads of each run.
        options: What every run is told besides, such as where the datasets are.
        worker: The command that trains, as ``cnerkit train`` does, and ends when its standard input does.
    """

    jobs: int
    gpus: int
    devices: tuple[str, ...]
    threads: int
    options: tuple[str, ...]
    worker: tuple[str, ...]

    def command(self, run: AblationRun, recipe: Path) -> list[str]:
        """The command of one run."""
        told = ["--gpus", str(self.gpus), "--threads", str(self.threads), "--quiet", "--resume", *self.options]
        return [*self.worker, "train", str(recipe), "-o", str(run.folder.path), *told]

    def environment(self, slot: int) -> dict[str, str]:
        """The environment of the job in a slot: which GPUs it sees; those of further slots begin again with the first."""
        variables = {**os.environ, "NO_COLOR": "1", "CNERKIT_DEBUG": ""}
        if self.gpus:
            mine = [self.devices[(slot * self.gpus + each) % len(self.devices)] for each in range(self.gpus)]
            variables["CUDA_VISIBLE_DEVICES"] = ",".join(mine)
        return variables


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended, and after how long; ``error`` is None when it is done."""

    run: AblationRun
    seconds: float
    error: CnerkitError | None


Outcomes = Generator[Outcome, None, None]
"""Those of several runs, as they end."""


@dataclass(slots=True)
class _Job:
    run: AblationRun
    process: subprocess.Popen[bytes]
    messages: IO[bytes]
    started: float = field(default_factory=time.monotonic)

    def outcome(self) -> Outcome:
        code = self.process.wait()
        self.messages.seek(0)
        error = None if code == 0 else _error(code, self.messages.read().decode("utf-8", "replace"))
        self.close()
        return Outcome(self.run, time.monotonic() - self.started, error)

    def close(self) -> None:
        assert self.process.stdin is not None, "the job's standard input is a pipe"
        self.process.stdin.close()
        self.messages.close()


def run_jobs(runs: Sequence[AblationRun], machine: Machine) -> Outcomes:
    """Train runs side by side, and tell of each when it ends; a failure of one stops no other.

    A job ends when this process does, however that happens: its standard input is closed then.

    Raises:
        KeyboardInterrupt: The user stopped; every job has kept what it did.
    """
    waiting, working = list(runs), dict[int, _Job]()
    with tempfile.TemporaryDirectory(prefix="cnerkit-ablation-") as folder:
        try:
            while waiting or working:
                for slot in range(machine.jobs):
                    if waiting and slot not in working:
                        working[slot] = _started(waiting.pop(0), machine, slot, Path(folder))
                ended = [slot for slot, job in working.items() if job.process.poll() is not None]
                for slot in ended:
                    if working[slot].process.returncode in INTERRUPTED:
                        raise KeyboardInterrupt
                    yield working.pop(slot).outcome()
                if not ended:
                    time.sleep(POLL_SECONDS)
        finally:
            _stop(list(working.values()))


def _started(run: AblationRun, machine: Machine, slot: int, folder: Path) -> _Job:
    recipe = folder / f"{run.variant.folder}.seed-{run.recipe.training.seed}.yaml"
    with whole_file(recipe) as out:
        out.write(yaml_text(run.recipe.resolved()))  # type: ignore[call-overload]
    messages = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the job
    process = subprocess.Popen(  # noqa: S603 - our own command
        machine.command(run, recipe),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=messages,
        env=machine.environment(slot),
        start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on once
    )
    return _Job(run, process, messages)


def _stop(jobs: Sequence[_Job]) -> None:
    """Interrupt jobs, which keep what they did, and wait for them; another Ctrl-C ends them at once."""
    try:
        _signal(jobs, lambda job: job.process.send_signal(signal.SIGINT))
    except KeyboardInterrupt:
        _signal(jobs, lambda job: job.process.terminate())
    finally:
        for job in jobs:
            job.close()


def _signal(jobs: Sequence[_Job], send: Callable[[_Job], None]) -> None:
    for job in jobs:
        send(job)
    for job in jobs:
        job.process.wait()


def _error(code: int, messages: str) -> CnerkitError:
    """What a job said went wrong, as the error that it was there."""
    kind = ERRORS.get(code, CnerkitError)
    found: list[CnerkitError] = []
    for line in messages.splitlines():
        if line.startswith("Error: "):
            found.append(kind(line.removeprefix("Error: ")))
        elif line.startswith("  fix: ") and found:
            found[-1].fix = line.removeprefix("  fix: ")
    if not found:
        last = (messages.strip().splitlines() or ["without a word"])[-1]
        how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        fix = "train it again with fewer --jobs, which leaves each more memory" if code < 0 else None
        return CnerkitError(f"its process {how}: {last}", fix=fix)
    first, *rest = found
    return kind(first.what, fix=first.fix, also=rest)
