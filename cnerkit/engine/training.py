"""Trains any model: epochs of steps, scored on dev, kept so that a run stopped at any moment ends as one that was not.

What makes a resumed run equal: the batches of an epoch follow from the seed and the epoch, what a step draws at random follows
from the seed, the step and the process, and ``last.pt`` holds weights, optimizer and position of one moment, in one file, which
is replaced whole. After an epoch ``best.pt`` is written before ``last.pt``. A run killed between the two takes the steps
since the ``last.pt`` before once more, comes to the same weights and the same dev score, and writes the same ``best.pt`` again;
the other order could leave a ``last.pt`` that speaks of a best epoch whose weights were never written.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, Protocol

from accelerate import Accelerator
from torch import Tensor

from cnerkit.engine.batching import epoch_batches, grouped
from cnerkit.engine.capacity import Capacity, capacity_of
from cnerkit.engine.interrupts import Interrupt, held_back
from cnerkit.engine.optimisation import rate_at
from cnerkit.engine.progress import EpochRecord, Observer, Pace, Score, StepRecord
from cnerkit.engine.seeds import deterministic_algorithms
from cnerkit.engine.stepping import Stepper, copy_from_first_process
from cnerkit.errors import UsageError
from cnerkit.nn.protocols import CountsEpochs, Model
from cnerkit.recipe.schema import TrainingSettings
from cnerkit.text import Sentence

LOG_STEPS = 20
"""Steps between two records of the log, and between two looks at the loss."""


class Keeper(Protocol):
    """Keeps what a run writes."""

    def keep_best(self, record: EpochRecord, state: dict[str, Tensor]) -> None:
        """The weights of the best epoch so far."""
        ...

    def keep_last(self, record: EpochRecord | None, state: dict[str, Tensor], training: dict[str, Any]) -> None:
        """The weights of this moment, and what going on from it needs."""
        ...

    def log(self, kind: str, record: StepRecord | EpochRecord, pace: Pace | None = None) -> None:
        """A record of the steps or of an epoch."""
        ...


@dataclass(slots=True)
class Standing:
    """Where a run stands, besides its weights and its optimizer."""

    epoch: int = 0
    """The epoch that is being trained, counted from 0."""
    taken: int = 0
    """Steps of it that were taken."""
    step: int = 0
    """Steps of the run that were taken."""
    epoch_loss: float = 0.0
    """Sum over the epoch's steps up to the last record of the log."""
    interval_loss: float = 0.0
    """Sum over the steps since then."""
    history: list[EpochRecord] = field(default_factory=list)

    @property
    def best(self) -> EpochRecord | None:
        """The epoch with the highest dev F1; the earliest of equals."""
        return max(self.history, key=lambda record: record.dev.f1, default=None)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The batches of every epoch, told by the settings, the lengths of the sentences and what the model can afford alone."""

    lengths: tuple[int, ...]
    settings: TrainingSettings
    n_processes: int
    capacity: Capacity

    def steps_of(self, epoch: int) -> list[Sequence[tuple[int, ...]]]:
        """For each step of an epoch the batches that all processes share."""
        settings = self.settings
        budget = self.capacity.budget(settings.batch_tokens, settings.batch_sentences, settings.batch_cells)
        batches = epoch_batches(self.lengths, budget, seed=settings.seed, epoch=epoch)
        if settings.accumulate == "epoch":
            return [batches] if batches else []
        return grouped(batches, settings.accumulate * self.n_processes)

    def n_steps(self) -> int:
        """Steps of the whole run."""
        return sum(len(self.steps_of(epoch)) for epoch in range(self.settings.epochs))

    def largest_batch(self) -> tuple[int, ...]:
        """The batch of the first epoch that costs most; of equals, that with the longest sentence."""
        batches = chain.from_iterable(self.steps_of(0))
        longest = {batch: max(map(self.lengths.__getitem__, batch)) for batch in batches}
        return max(longest, key=lambda batch: (self.capacity.size(len(batch), longest[batch]), longest[batch]))


class Training:
    """One run: a model, its schedule, and where it stands."""

    def __init__(
        self,
        model: Model,
        sentences: Sequence[Sentence],
        settings: TrainingSettings,
        *,
        accelerator: Accelerator,
        keeper: Keeper,
        observer: Observer,
    ) -> None:
        self.sentences, self.settings, self.accelerator = sentences, settings, accelerator
        self.keeper, self.observer = keeper, observer
        self.schedule = Schedule(tuple(map(len, sentences)), settings, accelerator.num_processes, capacity_of(model))
        self.n_steps = self.schedule.n_steps()
        self.stepper = Stepper(model, settings, accelerator)
        self.standing = Standing()
        self.saved_at = time.monotonic()

    def resume(self, state: dict[str, Tensor], training: dict[str, Any]) -> None:
        """Go back to where ``last.pt`` was written.

        Raises:
            UsageError: The run used another number of processes, so that its steps were made of other batches.
        """
        here, then = self.accelerator.num_processes, training["n_processes"]
        if here != then:
            raise UsageError(
                f"the run was trained by {then} processes and would go on with {here}",
                fix=f"resume it with {then} processes (--gpus), or start again with --overwrite",
            )
        self.stepper.model.load_state_dict(state)
        self.stepper.optimizer.load_state_dict(_own(training["optimizer"]))
        standing = dict(training["standing"])
        history = [EpochRecord(**{**record, "dev": Score(**record["dev"])}) for record in standing.pop("history")]
        self.standing = Standing(history=history, **standing)
        self.stepper.loss_sum.fill_(self.standing.interval_loss)

    def finished(self) -> bool:
        """Whether the last epoch is over, or dev F1 has not risen for too long."""
        history, best, patience = self.standing.history, self.standing.best, self.settings.patience
        tired = patience is not None and best is not None and history[-1].epoch - best.epoch >= patience
        return tired or self.standing.epoch >= self.settings.epochs

    def run(self, score_dev: Callable[[], Score]) -> Standing:
        """Train to the end, and give where that is.

        Args:
            score_dev: Scores the model on dev; called by every process after each epoch, and gives each the same score.

        Raises:
            CnerkitError: The loss is not finite, or memory or disk ran out.
            KeyboardInterrupt: The user stopped the run; ``last.pt`` was written.
        """
        started, steps_before = time.monotonic(), self.standing.step
        with held_back() as interrupt, deterministic_algorithms():
            while not self.finished():
                speed = self._train_epoch(interrupt)
                record = self._score_epoch(score_dev, interrupt)
                elapsed = time.monotonic() - started
                steps_left = self.n_steps - self.standing.step
                left = elapsed * steps_left / max(1, self.standing.step - steps_before)
                self._keep_epoch(record, Pace(elapsed, speed, left))
        return self.standing

    def _train_epoch(self, interrupt: Interrupt) -> float:
        """Take the steps that are left of the epoch; gives sentences per second."""
        standing, n_sentences, started = self.standing, 0, time.monotonic()
        model = self.stepper.model.train()
        if isinstance(model, CountsEpochs):
            model.begin_epoch(standing.epoch + 1)
        steps = self.schedule.steps_of(standing.epoch)
        for step in steps[standing.taken :]:
            batches = [[self.sentences[place] for place in batch] for batch in step]
            self.stepper.take(batches, step=standing.step, n_steps=self.n_steps, wants_to_stop=interrupt.asked)
            standing.step += 1
            standing.taken += 1
            n_sentences += sum(map(len, batches))
            at_record = standing.taken % LOG_STEPS == 0 or standing.taken == len(steps)
            if at_record:
                self._record_steps()
            if self._must_stop(interrupt, at_record=at_record):
                self._keep_last(None)
                raise KeyboardInterrupt
            if time.monotonic() - self.saved_at > 60 * self.settings.save_minutes:
                self._keep_last(None)
        return n_sentences / max(time.monotonic() - started, 1e-9)

    def _must_stop(self, interrupt: Interrupt, *, at_record: bool) -> bool:
        """Whether to stop after this step; several processes agree on it when they look at the loss anyway."""
        if self.accelerator.num_processes == 1:
            return interrupt.asked
        return at_record and bool(self.stepper.stop_requests > 0)

    def _record_steps(self) -> None:
        """Look at the loss of the steps since the last record, and log it."""
        standing = self.standing
        self.stepper.refuse_non_finite(standing.epoch + 1, standing.step - standing.taken)
        interval = float(self.stepper.loss_sum)
        self.stepper.loss_sum.zero_()
        standing.epoch_loss += interval
        n_steps = (standing.taken - 1) % LOG_STEPS + 1
        share = rate_at(standing.step - 1, self.n_steps, self.settings)
        measures = self.stepper.measures()
        record = StepRecord(standing.epoch + 1, standing.step, self.n_steps, interval / n_steps, share, measures)
        self.observer.stepped(record)
        if self.accelerator.is_main_process:
            self.keeper.log("steps", record)

    def _score_epoch(self, score_dev: Callable[[], Score], interrupt: Interrupt) -> EpochRecord:
        # Parameters are alike in all processes, but not what each keeps besides, such as a batch norm's running statistics.
        copy_from_first_process(self.stepper.model, self.accelerator)
        try:
            with interrupt.at_once():
                score = score_dev()
        except KeyboardInterrupt:
            self._keep_last(None)
            raise
        standing, best = self.standing, self.standing.best
        return EpochRecord(
            epoch=standing.epoch + 1,
            step=standing.step,
            loss=standing.epoch_loss / standing.taken,
            dev=score,
            is_best=best is None or score.f1 > best.dev.f1,
        )

    def _keep_epoch(self, record: EpochRecord, pace: Pace) -> None:
        if record.is_best and self.accelerator.is_main_process:
            self.keeper.keep_best(record, self.stepper.model.state_dict())
        history = [*self.standing.history, record]
        self.standing = Standing(epoch=record.epoch, step=record.step, history=history)
        if self.accelerator.is_main_process:
            self.keeper.log("epoch", record, pace)
        self._keep_last(record)
        self.observer.epoch_ended(record, pace)

    def _keep_last(self, record: EpochRecord | None) -> None:
        self.saved_at = time.monotonic()
        if not self.accelerator.is_main_process:
            return
        self.stepper.refuse_non_finite(self.standing.epoch + 1, self.standing.step - self.standing.taken)
        self.standing.interval_loss = float(self.stepper.loss_sum)
        training = {
            "optimizer": self.stepper.optimizer.state_dict(),
            "standing": asdict(self.standing),
            "n_processes": self.accelerator.num_processes,
        }
        self.keeper.keep_last(record, self.stepper.model.state_dict(), training)


def _own(tree: Any) -> Any:
    """A copy whose tensors no longer lie in the checkpoint's file."""
    if isinstance(tree, Tensor):
        return tree.clone()
    if isinstance(tree, dict):
        return {key: _own(value) for key, value in tree.items()}
    return [_own(value) for value in tree] if isinstance(tree, list) else tree
