"""What a scorer says: micro, macro and per type, with the definition of a match beside the numbers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cnerkit.scoring.counts import Counts


class Ratios(Protocol):
    """What has precision, recall and F1, each 0 to 1."""

    @property
    def precision(self) -> float:
        """The share of predicted entities that are right."""

    @property
    def recall(self) -> float:
        """The share of gold entities that were found."""

    @property
    def f1(self) -> float:
        """Their harmonic mean."""


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

    @classmethod
    def over(cls, entries: "Collection[Ratios]") -> "Average":
        """The unweighted mean of each ratio; 0 of nothing."""
        n = max(1, len(entries))
        return cls(
            sum(entry.precision for entry in entries) / n,
            sum(entry.recall for entry in entries) / n,
            sum(entry.f1 for entry in entries) / n,
        )

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
        return Average.over([entry.counts for entry in self.types])

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


def _counts(plain: Mapping[str, Any]) -> Counts:
    return Counts(plain["true_positive"], plain["false_positive"], plain["false_negative"])
