"""Boundaries without types, and types at gold boundaries: two protocols of their own, beside the exact score.

Models that are told the boundaries are scored by ``typing_score``.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from cnerkit.scoring.exact import ExactScorer, paired
from cnerkit.scoring.report import Report
from cnerkit.text import Entity, Fragment

ANY = "entity"
"""The one type of an entity of which only the boundaries count."""
BOUNDARIES = "right when a gold entity of the same sentence has exactly the same tokens; entities of the same tokens count once"
TYPES = "at the boundaries of gold entities only: right when a gold entity with exactly these tokens has this type"

Mention = tuple[tuple[Fragment, ...], str]


def score_boundaries(gold: Iterable[Collection[Entity]], predicted: Iterable[Collection[Entity]]) -> Report:
    """Scores of boundaries alone; the only type of the report is ``ANY``.

    Args:
        gold: The entities of each sentence.
        predicted: Those that a system finds, for the same sentences in the same order.

    Raises:
        DataError: One of the two has more sentences than the other.
    """
    scorer: ExactScorer[Mention] = ExactScorer(type_of=itemgetter(1))
    for right, found in paired(gold, predicted):
        scorer.add(((entity.fragments, ANY) for entity in right), ((entity.fragments, ANY) for entity in found))
    return replace(scorer.report(), match="boundaries", definition=BOUNDARIES)


@dataclass(frozen=True, slots=True)
class TypesReport:
    """Scores of types at the boundaries of gold entities.

    Not to be put beside scores of a system that has to find the boundaries. Of such a system, the precision is the share of the
    types at the boundaries that it found which are right.

    Attributes:
        report: The scores; a gold entity at whose boundaries nothing is predicted is missed.
        given: Distinct boundaries of gold entities.
        answered: Those at which some type is predicted.
        elsewhere: Predicted entities with other boundaries, which have no part in the scores.
    """

    report: Report
    given: int
    answered: int
    elsewhere: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        counted = {"given_boundaries": self.given, "answered_boundaries": self.answered, "elsewhere": self.elsewhere}
        return {**self.report.to_json(), **counted}


def score_types(gold: Iterable[Collection[Entity]], predicted: Iterable[Collection[Entity]]) -> TypesReport:
    """Scores of types at the gold boundaries.

    Args:
        gold: The entities of each sentence.
        predicted: Those that a system finds, for the same sentences in the same order.

    Raises:
        DataError: One of the two has more sentences than the other.
    """
    scorer: ExactScorer[Entity] = ExactScorer()
    given = answered = elsewhere = 0
    for right, found in paired(gold, predicted):
        boundaries = {entity.fragments for entity in right}
        inside = {entity for entity in found if entity.fragments in boundaries}
        scorer.add(right, inside)
        given += len(boundaries)
        answered += len({entity.fragments for entity in inside})
        elsewhere += len(set(found)) - len(inside)
    return TypesReport(replace(scorer.report(), match="types", definition=TYPES), given, answered, elsewhere)
