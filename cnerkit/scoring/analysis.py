"""Everything that is said of one system over one corpus: scores by several definitions, an interval, errors and buckets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from cnerkit.scoring.boundaries import TypesReport, score_boundaries, score_types
from cnerkit.scoring.buckets import Bucketing, BucketReport, score_buckets
from cnerkit.scoring.error_analysis import ErrorAnalysis, analyse_errors
from cnerkit.scoring.exact import Report, score
from cnerkit.scoring.matching import MatchReport, score_matches
from cnerkit.scoring.resampling import Interval, counts_of, interval
from cnerkit.text import Entity, Sentence

LEVEL = 0.95
"""How much of the bootstrap distribution the interval holds."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One system over one corpus; every part is made of the same entities.

    Attributes:
        exact: The scores, per type and over all.
        interval: Where micro F1 of ``exact`` lies when sentences are drawn again; None of no sentence.
        boundaries: The scores of boundaries alone.
        types: Those of types at the boundaries of gold entities.
        matching: SemEval's strict, exact, partial and type.
        errors: The class of each entity that is wrong, and which types stand for which.
        buckets: The scores by what an entity or its sentence is like.
    """

    exact: Report
    interval: Interval | None
    boundaries: Report
    types: TypesReport
    matching: MatchReport
    errors: ErrorAnalysis
    buckets: tuple[BucketReport, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data: that of ``exact``, and the rest beside it."""
        return {
            **self.exact.to_json(),
            "interval": None if self.interval is None else {"level": LEVEL, **self.interval.to_json()},
            "boundaries": self.boundaries.to_json(),
            "types_at_boundaries": self.types.to_json(),
            "semeval": self.matching.to_json(),
            "errors": self.errors.to_json(),
            "buckets": [report.to_json() for report in self.buckets],
        }


def analyse(
    gold: Sequence[Sentence], predicted: Sequence[Collection[Entity]], ways: Sequence[Bucketing], *, seed: int = 0
) -> Analysis:
    """Everything at once.

    Args:
        gold: Annotated sentences.
        predicted: The entities that a system finds in the same sentences, in the same order.
        ways: The bucketings, such as those of ``buckets.bucketings``.
        seed: Of the draws of the interval.

    Raises:
        DataError: One of the two has more sentences than the other, or a type has a level without a name.
    """
    right = [sentence.entities or frozenset() for sentence in gold]
    return Analysis(
        exact=score(right, predicted),
        interval=interval(counts_of(right, predicted), seed=seed, level=LEVEL) if right else None,
        boundaries=score_boundaries(right, predicted),
        types=score_types(right, predicted),
        matching=score_matches(right, predicted),
        errors=analyse_errors(right, predicted),
        buckets=score_buckets(gold, predicted, ways),
    )
