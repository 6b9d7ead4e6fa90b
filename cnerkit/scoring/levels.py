"""Scores at each level of a hierarchy of types: how much is right when only the first names of a type count.

Level 0 looks at boundaries alone, level n at the first n names of a type's path; a shorter path stays whole. What a system says
is cut by the caller: the types of its entities (``cut_entities``), or its tags before they are read as entities, as SoftFiNE is
scored (Yang et al. 2023, Table 7). The latter finds more entities at the upper levels, where more tags fit together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from cnerkit.scoring.exact import ExactScorer, paired
from cnerkit.scoring.report import Report
from cnerkit.text import Entity, TypeHierarchy

Mention = tuple[tuple[tuple[int, int], ...], str]
"""The ``[start, end)`` fragments of an entity and its type, cut to a level."""
ANY = "entity"
"""What every type is cut to at level 0."""


@dataclass(frozen=True)
class TypeLevels:
    """Cuts types to their first names, each type once; flat types have a single level."""

    hierarchy: TypeHierarchy | None = None
    _cut: dict[tuple[str, int], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def cut(self, type_: str, level: int) -> str:
        """The type at a level; ``ANY`` at level 0.

        Raises:
            DataError: The type has a level without a name.
        """
        if not level:
            return ANY
        if self.hierarchy is None:
            return type_
        found = self._cut.get((type_, level))
        if found is None:
            found = self._cut[type_, level] = self.hierarchy.cut(type_, level)
        return found

    def deepest(self, types: Iterable[str]) -> int:
        """How many levels the deepest of some types has.

        Raises:
            DataError: A type has a level without a name.
        """
        if self.hierarchy is None:
            return 1
        return max((len(self.hierarchy.path(type_)) for type_ in types), default=1)

    def cut_entities(self, entities: Iterable[Entity], level: int) -> set[Mention]:
        """The entities of a sentence with their types cut."""
        return {
            (tuple((part.start, part.end) for part in entity.fragments), self.cut(entity.type, level)) for entity in entities
        }


@dataclass(frozen=True, slots=True)
class LevelScores:
    """Scores of one system at every level.

    Attributes:
        definition: How what the system said was cut.
        reports: Those of level 0, of level 1, and so on.
    """

    definition: str
    reports: tuple[Report, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data: the micro scores of each level, with the counts that they are made of."""
        rows = ({"level": level, **report.to_json()["micro"]} for level, report in enumerate(self.reports))
        return {"definition": self.definition, "levels": list(rows)}


def score_level(gold: Iterable[Iterable[Entity]], found: Iterable[set[Mention]], levels: TypeLevels, level: int) -> Report:
    """Scores at one level.

    Args:
        gold: The entities of each sentence.
        found: What a system says of each sentence, cut to the level.
        levels: Cuts the gold.
        level: From 0.

    Raises:
        DataError: There are not as many sentences in both, or a type has a level without a name.
    """
    scorer: ExactScorer[Mention] = ExactScorer(type_of=itemgetter(1))
    for right, said in paired((levels.cut_entities(entities, level) for entities in gold), found):
        scorer.add(right, said)
    return scorer.report()
