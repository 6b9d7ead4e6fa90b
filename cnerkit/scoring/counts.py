"""True positives, false positives and false negatives, and the ratios that are made of them."""

from dataclasses import dataclass


def harmonic_mean(precision: float, recall: float) -> float:
    """2PR / (P + R), on whichever scale both are given; 0 when both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entities were found, invented and missed. A ratio of nothing to nothing is 0."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
        )

    @property
    def support(self) -> int:
        """Gold entities."""
        return self.true_positive + self.false_negative

    @property
    def predicted(self) -> int:
        """Predicted entities."""
        return self.true_positive + self.false_positive

    @property
    def precision(self) -> float:
        """The share of predicted entities that are right, 0 to 1."""
        return self.true_positive / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of gold entities that were found, 0 to 1."""
        return self.true_positive / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, from the counts so that nothing is rounded on the way."""
        return 2 * self.true_positive / (self.support + self.predicted) if self.true_positive else 0.0

    def to_json(self) -> dict[str, float]:
        """The ratios, from 0 to 1, with the counts that they are made of."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "support": self.support,
            "predicted": self.predicted,
            "true_positive": self.true_positive,
            "false_positive": self.false_positive,
            "false_negative": self.false_negative,
        }
