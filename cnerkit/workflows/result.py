"""What training comes to: the scores of one run, and of runs that differ in their seed."""

import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.engine.runs import RunFolder
from cnerkit.errors import DataError
from cnerkit.recipe.schema import Published, Recipe
from cnerkit.scoring.exact import Report
from cnerkit.scoring.typing_score import TypingReport

if TYPE_CHECKING:
    from cnerkit.scoring.resampling import Interval


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a run came to.

    Attributes:
        recipe: The recipe it followed.
        folder: Where its files are.
        best_epoch: The epoch with the highest dev F1, counted from 1; its weights are in ``best.pt``.
        n_epochs: Epochs that were trained.
        dev: Scores of the best epoch on dev.
        test: Its scores on test; None when the corpus has no test.
        remark: What to say beside the scores; "" for nothing.
        dev_is_test: The best epoch was chosen on test, so that its score there is too high.
        typing: Of a model that was given the spans, what its scores on ``dev`` and ``test`` are: of types, not of extraction.
    """

    recipe: Recipe
    folder: Path
    best_epoch: int
    n_epochs: int
    dev: Report
    test: Report | None
    dev_is_test: bool
    remark: str = ""
    typing: Mapping[str, TypingReport] = field(default_factory=dict)

    @property
    def published(self) -> tuple[Published, ...]:
        """What papers print for this setting."""
        return self.recipe.published

    def to_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "recipe": self.recipe.name,
            "model": self.recipe.model.name,
            "seed": self.recipe.training.seed,
            "best_epoch": self.best_epoch,
            "epochs": self.n_epochs,
            "dev_is_test": self.dev_is_test,
            "remark": self.remark,
            "dev": self.dev.to_json(),
            "test": self.test.to_json() if self.test else None,
            **({"typing": {split: report.to_json() for split, report in self.typing.items()}} if self.typing else {}),
            "published": [row.model_dump(mode="json") for row in self.published],
        }


def read_result(recipe: Recipe, folder: Path) -> TrainingResult:
    """The result of a run that is done, from its ``metrics.json``.

    Args:
        recipe: What the run followed.
        folder: Its folder.

    Raises:
        DataError: The file is not what a run writes.
    """
    file = RunFolder(folder).metrics
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return TrainingResult(
            recipe=recipe,
            folder=folder,
            best_epoch=kept["best_epoch"],
            n_epochs=kept["epochs"],
            dev=Report.from_json(kept["dev"]),
            test=Report.from_json(kept["test"]) if kept["test"] else None,
            dev_is_test=kept["dev_is_test"],
            remark=kept["remark"],
            typing={split: TypingReport.from_json(told) for split, told in kept.get("typing", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fix = "delete it and resume the run"
        raise DataError("the scores of the run cannot be read", where=str(file), fix=fix) from error


@dataclass(frozen=True, slots=True)
class Spread:
    """A score of runs that differ in their seed alone."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Their mean."""
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """Their sample standard deviation (divided by n - 1); None for a single run."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    def to_json(self) -> dict[str, float | None]:
        """The spread as plain data."""
        return {"mean": self.mean, "sample_standard_deviation": self.deviation}


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """Where the mean F1 of runs lies that differ in their seed alone.

    Attributes:
        split: What is scored: ``test``, or ``dev`` where there is no test.
        level: How much of the probability the interval holds.
        over: What it was drawn over, in words.
        within: The mean and its bounds, 0 to 1.
    """

    split: str
    level: float
    over: str
    within: "Interval"

    def to_json(self) -> dict[str, Any]:
        """The interval as plain data."""
        return {"split": self.split, "level": self.level, "over": self.over, **self.within.to_json()}


@dataclass(frozen=True, slots=True)
class SeedsResult:
    """Runs that differ in their seed alone.

    Attributes:
        results: One for each seed.
        interval: Where their mean F1 lies; None in processes that do not tell the result.
    """

    results: tuple[TrainingResult, ...]
    interval: MeanInterval | None = None

    @property
    def dev_f1(self) -> Spread:
        """F1 on dev."""
        return Spread(tuple(result.dev.micro.f1 for result in self.results))

    @property
    def test_f1(self) -> Spread | None:
        """F1 on test; None when the corpus has no test."""
        reports = [result.test for result in self.results if result.test is not None]
        return Spread(tuple(report.micro.f1 for report in reports)) if reports else None

    def to_json(self) -> dict[str, Any]:
        """The results as plain data, with mean, deviation and interval of F1."""
        return {
            "dev_f1": self.dev_f1.to_json(),
            "test_f1": self.test_f1.to_json() if self.test_f1 else None,
            "interval": self.interval.to_json() if self.interval else None,
            "runs": [result.to_json() for result in self.results],
        }
