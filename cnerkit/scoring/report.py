"""What a scorer says: micro, macro and per type, with the definition of a match beside the numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cnerkit.scoring.counts import Counts


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """The counts of one entity type."""

    type: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Average:
    """Precision, recall and F1, each averaged by itself, 0 to 1."""

    precision: float
    recall: float
    f1: float

    def to_json(self) -> dict[str, float]:
        """The averages as plain data."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class Report:
    """Scores of a system over some sentences.

    Attributes:
        match: The name of the definition by which a predicted entity is right.
        definition: What that name means, in a sentence.
        sentences: How many were scored.
        types: The counts of each type that is in the gold or the predicted entities, sorted by name.
    """

    match: str
    definition: str
    sentences: int
    types: tuple[TypeCounts, ...]

    @property
    def micro(self) -> Counts:
        """The counts over all types."""
        return sum((entry.counts for entry in self.types), Counts())

    @property
    def macro(self) -> Average:
        """The unweighted mean over ``types``: a type that was only predicted counts, with a recall of 0."""
        return Average(
            _mean(entry.counts.precision for entry in self.types),
            _mean(entry.counts.recall for entry in self.types),
            _mean(entry.counts.f1 for entry in self.types),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data: ratios from 0 to 1, with the counts that they are made of."""
        return {
            "match": self.match,
            "definition": self.definition,
            "sentences": self.sentences,
            "micro": self.micro.to_json(),
            "macro": self.macro.to_json(),
            "types": {entry.type: entry.counts.to_json() for entry in self.types},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Report":
        """The report that ``to_json`` made this of; the ratios are computed anew from the counts.

        Raises:
            KeyError: Something is missing.
        """
        types = tuple(TypeCounts(type_, _counts(counts)) for type_, counts in plain["types"].items())
        return cls(plain["match"], plain["definition"], plain["sentences"], types)


def _mean(values: Iterable[float]) -> float:
    """The arithmetic mean; 0 of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def _counts(plain: Mapping[str, Any]) -> Counts:
    return Counts(plain["true_positive"], plain["false_positive"], plain["false_negative"])
