"""What a run tells whoever watches it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 on dev, each between 0 and 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What one epoch came to. Nothing in it depends on the clock: a resumed run has the same records."""

    epoch: int
    """Counted from 1."""
    step: int
    """Steps taken since the start of the run."""
    loss: float
    """Mean over the epoch's steps."""
    dev: Score
    is_best: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a run goes."""

    seconds: float
    """Since this process began to train."""
    sentences_per_second: float
    """Of the epoch's training steps."""
    seconds_left: float
    """Until the last epoch ends, if training does not stop earlier."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The steps since the last such record."""

    epoch: int
    step: int
    n_steps: int
    """Steps of the whole run."""
    loss: float
    rate: float
    """Share of the peak learning rate."""
    measures: Mapping[str, float] = field(default_factory=dict)
    """What modules of the model report of the last step; named by the module, and then by what it measures."""


class Observer(Protocol):
    """Is told how a run goes; renders it, or does not."""

    def preparing(self, done: int, total: int) -> None:
        """How far what a model learns before it is built is; told at the end too, when both are the same."""
        ...

    def noted(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def stepped(self, record: StepRecord) -> None:
        """Some steps were taken."""
        ...

    def epoch_ended(self, record: EpochRecord, pace: Pace) -> None:
        """An epoch was trained and scored on dev."""
        ...


class Silent:
    """Renders nothing."""

    def preparing(self, done: int, total: int) -> None:
        """Nothing."""

    def noted(self, text: str) -> None:
        """Nothing."""

    def stepped(self, record: StepRecord) -> None:
        """Nothing."""

    def epoch_ended(self, record: EpochRecord, pace: Pace) -> None:
        """Nothing."""
