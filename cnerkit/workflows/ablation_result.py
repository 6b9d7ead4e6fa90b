"""What an ablation comes to: for each variant the scores of its runs, and how they differ from the full model's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.recipe.schema import Published
from cnerkit.workflows.ablation_plan import Variant
from cnerkit.workflows.ablation_published import published_pair, shown_row
from cnerkit.workflows.result import Spread, TrainingResult

if TYPE_CHECKING:
    from cnerkit.scoring.resampling import Interval, PairedDifference


@dataclass(frozen=True, slots=True)
class VariantResult:
    """What a variant came to.

    Attributes:
        variant: What was trained.
        runs: One for each seed.
        interval: Where its mean F1 lies, on test or, without one, on dev.
        difference: F1 of this variant less that of the full model, over the sentences that both are scored on; None for the
            full model, and for a variant that is scored on other sentences.
        row: The published row to show beside it; None without.
        published_difference: F1 that the same table prints for it, less what it prints for the full model, in percent.
    """

    variant: Variant
    runs: tuple[TrainingResult, ...]
    interval: "Interval"
    difference: "PairedDifference | None"
    row: Published | None
    published_difference: float | None

    @property
    def dev(self) -> Spread:
        """F1 on dev."""
        return Spread(tuple(run.dev.micro.f1 for run in self.runs))

    @property
    def test(self) -> Spread | None:
        """F1 on test; None when the corpus has no test."""
        reports = [run.test for run in self.runs if run.test is not None]
        return Spread(tuple(report.micro.f1 for report in reports)) if reports else None

    @property
    def scored(self) -> Spread:
        """F1 on test, or on dev where there is no test: what is compared."""
        return self.test or self.dev

    def to_json(self) -> dict[str, Any]:
        """The result as plain data: our scores from 0 to 1, published ones in percent."""
        variant = self.variant
        return {
            "name": variant.label,
            "changes": variant.changes,
            "paper": variant.paper,
            "dev_f1": _spread(self.dev),
            "test_f1": _spread(self.test) if self.test else None,
            "interval": self.interval.to_json(),
            "difference": self.difference.to_json() if self.difference else None,
            "published": [row.model_dump(mode="json") for row in variant.published],
            "published_difference": self.published_difference,
            "runs": [{"folder": str(run.folder), **_run(run)} for run in self.runs],
        }


@dataclass(frozen=True, slots=True)
class AblationResult:
    """What an ablation came to.

    Attributes:
        recipe: The recipe's name.
        model: The model's name.
        folder: Where the runs are kept.
        seeds: Those of every variant.
        split: What is compared: ``test``, or ``dev`` where there is no test.
        level: How much of the intervals' probability is within them.
        variants: The full model first.
        notes: What belongs beside the scores.
    """

    recipe: str
    model: str
    folder: Path
    seeds: tuple[int, ...]
    split: str
    level: float
    variants: tuple[VariantResult, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "recipe": self.recipe,
            "model": self.model,
            "folder": str(self.folder),
            "seeds": list(self.seeds),
            "split": self.split,
            "level": self.level,
            "variants": [variant.to_json() for variant in self.variants],
            "notes": list(self.notes),
        }


def beside(
    variant: Variant,
    runs: Sequence[TrainingResult],
    full: Variant,
    interval: "Interval",
    difference: "PairedDifference | None",
) -> VariantResult:
    """A variant's result with what is published of it."""
    pair = published_pair(variant.published, full.published) if variant is not full else None
    told = None if pair is None else round(pair[0].f1 - pair[1].f1, 2)
    return VariantResult(variant, tuple(runs), interval, difference, shown_row(variant.published, pair), told)


def _spread(spread: Spread) -> dict[str, Any]:
    return {**spread.to_json(), "values": list(spread.values)}


def _run(run: TrainingResult) -> dict[str, Any]:
    return {
        "seed": run.recipe.training.seed,
        "best_epoch": run.best_epoch,
        "epochs": run.n_epochs,
        "dev_f1": run.dev.micro.f1,
        "test_f1": run.test.micro.f1 if run.test else None,
    }
