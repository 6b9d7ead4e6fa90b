"""How often the types of given spans are right, and what SNG's paper makes of that."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cnerkit.text import Entity

TYPING = "typing"
"""What the score is called, wherever others stand."""
DEFINITION = (
    "the spans of the gold entities are given and only their types are predicted; that is no score of extraction and is not to "
    "be compared with one"
)
PAPER = (
    "SNG's own figures, in which a wrong type is no miss, so that without discontinuous entities recall is 100 by definition"
)


@dataclass(frozen=True, slots=True)
class TypingReport:
    """Counts of given entities with the right type.

    Attributes:
        contiguous: Entities of one fragment.
        right: Those of them with the right type.
        discontinuous: Entities of several fragments.
        discontinuous_right: Those of them of which all fragments have the right type.
    """

    contiguous: int
    right: int
    discontinuous: int
    discontinuous_right: int

    @property
    def accuracy(self) -> float:
        """Share of all entities that are right. A wrong one is too much and missing: precision, recall and F1 are the same."""
        return _share(self.right + self.discontinuous_right, self.contiguous + self.discontinuous)

    @property
    def paper_precision(self) -> float:
        """Of the contiguous entities, those that are right."""
        return _share(self.right, self.contiguous)

    @property
    def paper_recall(self) -> float:
        """SNG, Eq. 4, in which only discontinuous entities can be missed."""
        return _share(self.right, self.right + self._missed)

    @property
    def paper_f1(self) -> float:
        """The harmonic mean of the two above; 2a / (1 + a) of an accuracy a without discontinuous entities."""
        return _harmonic(self.paper_precision, self.paper_recall)

    @property
    def code_recall(self) -> float:
        """Recall as the authors' code has it, and as the rows of CADEC and NEREL fit."""
        return _share(self.right, self.contiguous + self._missed)

    @property
    def code_f1(self) -> float:
        """The harmonic mean of the paper's precision and the code's recall."""
        return _harmonic(self.paper_precision, self.code_recall)

    @property
    def _missed(self) -> int:
        return self.discontinuous - self.discontinuous_right

    def remarks(self) -> tuple[str, str]:
        """What has to be said beside a table of the scores: what they are, and the paper's own."""
        shares = ", ".join(
            f"{what} {100 * value:.2f}"
            for what, value in (("P", self.paper_precision), ("R", self.paper_recall), ("F1", self.paper_f1))
        )
        code = f"with the recall of its code R {100 * self.code_recall:.2f}, F1 {100 * self.code_f1:.2f}"
        total = self.contiguous + self.discontinuous
        return (
            f"{TYPING}: gold-span type accuracy {100 * self.accuracy:.2f} of {total} entities; {DEFINITION}",
            f"paper-style: {shares}; {code}; {PAPER}",
        )

    def to_json(self) -> dict[str, Any]:
        """The counts and all scores as plain data."""
        return {
            "definition": DEFINITION,
            "accuracy": self.accuracy,
            "contiguous": self.contiguous,
            "contiguous_right": self.right,
            "discontinuous": self.discontinuous,
            "discontinuous_right": self.discontinuous_right,
            "paper_style": {
                "definition": PAPER,
                "precision": self.paper_precision,
                "recall": self.paper_recall,
                "f1": self.paper_f1,
                "recall_of_code": self.code_recall,
                "f1_of_code": self.code_f1,
            },
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "TypingReport":
        """The report that ``to_json`` made plain data of.

        Raises:
            KeyError: A count is missing.
        """
        return cls(told["contiguous"], told["contiguous_right"], told["discontinuous"], told["discontinuous_right"])


def score_typing(gold: Iterable[Collection[Entity]], typed: Iterable[Collection[Entity]]) -> TypingReport:
    """Count the given entities of each sentence that have the right type.

    Args:
        gold: Entities of each sentence.
        typed: The same spans with predicted types. One may be left out, such as a discontinuous one whose fragments differ; it
            is wrong.

    Raises:
        ValueError: Something is typed that was not given, or one of the two has more sentences.
    """
    contiguous = right = discontinuous = discontinuous_right = 0
    for known, found in zip(gold, typed, strict=True):
        if foreign := {entity.fragments for entity in found} - {entity.fragments for entity in known}:
            raise ValueError(f"{min(foreign)} has a type, but is no given span")
        hits = set(known) & set(found)
        broken = sum(not entity.is_contiguous for entity in known)
        broken_hits = sum(not entity.is_contiguous for entity in hits)
        contiguous, right = contiguous + len(known) - broken, right + len(hits) - broken_hits
        discontinuous, discontinuous_right = discontinuous + broken, discontinuous_right + broken_hits
    return TypingReport(contiguous, right, discontinuous, discontinuous_right)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
