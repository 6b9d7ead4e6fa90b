"""Two systems over the same sentences: by how much one is better, whether that may be chance, and what only one gets right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from cnerkit.scoring.exact import Report, score
from cnerkit.scoring.resampling import PairedDifference, approximate_randomisation, counts_of, paired_difference
from cnerkit.text import Entity


@dataclass(frozen=True, slots=True)
class Against:
    """A system beside another one.

    Attributes:
        system: What the other is called.
        report: The exact scores of the other.
        difference: Micro F1 of the system minus that of the other, by paired bootstrap.
        randomisation: The p-value of no difference by approximate randomisation.
        both: Gold entities that both find.
        only_this: Those that the other misses.
        only_other: Those that only the other finds.
        neither: Those that both miss.
    """

    system: str
    report: Report
    difference: PairedDifference
    randomisation: float
    both: int
    only_this: int
    only_other: int
    neither: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "system": self.system,
            **self.report.to_json(),
            "paired_bootstrap": self.difference.to_json(),
            "approximate_randomisation": {"p": self.randomisation},
            "gold_found_by": {
                "both": self.both,
                "only_this": self.only_this,
                "only_other": self.only_other,
                "neither": self.neither,
            },
        }


def score_against(
    gold: Sequence[Collection[Entity]],
    predicted: Sequence[Collection[Entity]],
    other: Sequence[Collection[Entity]],
    *,
    system: str,
    seed: int = 0,
) -> Against:
    """Compares a system with another one.

    Args:
        gold: The entities of each sentence.
        predicted: Those that the system finds, for the same sentences in the same order.
        other: Those that the other system finds.
        system: What the other is called.
        seed: Of the draws.

    Raises:
        DataError: The three differ in their number of sentences, or there is none.
    """
    counts, counts_of_other = counts_of(gold, predicted), counts_of(gold, other)
    right = {(place, entity) for place, entities in enumerate(gold) for entity in entities}
    found = {(place, entity) for place, entities in enumerate(predicted) for entity in entities} & right
    found_by_other = {(place, entity) for place, entities in enumerate(other) for entity in entities} & right
    return Against(
        system=system,
        report=score(gold, other),
        difference=paired_difference(counts, counts_of_other, seed=seed),
        randomisation=approximate_randomisation(counts, counts_of_other, seed=seed),
        both=len(found & found_by_other),
        only_this=len(found - found_by_other),
        only_other=len(found_by_other - found),
        neither=len(right - found - found_by_other),
    )
