"""What a comparison of systems comes to: the scores of each, and how it differs from the one that all are compared with."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.scoring.counts import Counts
from cnerkit.workflows.result import Spread

if TYPE_CHECKING:
    from cnerkit.scoring.resampling import Interval, PairedDifference

ALPHA = 0.05
"""The p-value up to which a difference is called significant."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher than the baseline a system scores.

    Attributes:
        paired: F1 less that of the baseline, with its interval and the p-value of no difference.
        p_holm: That p-value, adjusted over all differences of the comparison.
        p_randomised: The p-value of approximate randomisation, where one model is compared with one and nothing else.
        seeds: Which seed of the system was paired with which of the baseline.
    """

    paired: "PairedDifference"
    p_holm: float
    p_randomised: float | None
    seeds: tuple[tuple[int, int], ...]

    @property
    def is_significant(self) -> bool:
        """Whether the adjusted p-value is at most ``ALPHA``."""
        return self.p_holm <= ALPHA

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **self.paired.to_json(),
            "p_holm": self.p_holm,
            "significant": self.is_significant,
            "p_approximate_randomisation": self.p_randomised,
            "seeds": [{"system": one, "baseline": other} for one, other in self.seeds],
        }


@dataclass(frozen=True, slots=True)
class SystemScores:
    """The scores of one system.

    Attributes:
        name: What tables call it.
        path: Where it is.
        seeds: Of its trained models.
        dev: Their F1 on dev; None where it is not known, or was on another corpus.
        counts: Their counts on what is compared.
        interval: Where the mean F1 lies.
        difference: To the baseline; None for the baseline.
    """

    name: str
    path: Path
    seeds: tuple[int, ...]
    dev: Spread | None
    counts: tuple[Counts, ...]
    interval: "Interval"
    difference: Difference | None

    @property
    def precision(self) -> Spread:
        """Precision of each model."""
        return Spread(tuple(each.precision for each in self.counts))

    @property
    def recall(self) -> Spread:
        """Recall of each model."""
        return Spread(tuple(each.recall for each in self.counts))

    @property
    def f1(self) -> Spread:
        """F1 of each model."""
        return Spread(tuple(each.f1 for each in self.counts))

    def to_json(self) -> dict[str, Any]:
        """Plain data: scores from 0 to 1."""
        return {
            "name": self.name,
            "path": str(self.path),
            "dev_f1": self.dev.to_json() if self.dev else None,
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "f1": self.f1.to_json(),
            "interval": self.interval.to_json(),
            "difference": self.difference.to_json() if self.difference else None,
            "runs": [{"seed": seed, **counts.to_json()} for seed, counts in zip(self.seeds, self.counts, strict=True)],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems side by side on the same sentences.

    Attributes:
        corpus: What they are scored on.
        split: Of it; "" for a file.
        metric: What the scores count.
        sentences: How many.
        support: Gold entities.
        inventory: The types of the gold.
        baseline: What the others are compared with, as tables call it.
        level: How much of the probability the intervals hold.
        systems: In the order in which they were named.
        notes: What belongs beside the scores.
    """

    corpus: str
    split: str
    metric: str
    sentences: int
    support: int
    inventory: tuple[str, ...]
    baseline: str
    level: float
    systems: tuple[SystemScores, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "metric": self.metric,
            "corpus": self.corpus,
            "split": self.split or None,
            "sentences": self.sentences,
            "support": self.support,
            "types": list(self.inventory),
            "baseline": self.baseline,
            "level": self.level,
            "alpha": ALPHA,
            "systems": [system.to_json() for system in self.systems],
            "notes": list(self.notes),
        }
