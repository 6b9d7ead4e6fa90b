"""SemEval's four ways to match entities: strict, exact, partial and type.

The measures of SemEval-2013 Task 9.1 (Segura-Bedmar, Martínez and Herrero-Zazo 2013, section 4.1), which take their counts from
MUC-5 (Chinchor and Sundheim 1993). Gold and predicted entities of a sentence are paired one to one, and only when they share a
token. A pair is

==========  =============================  ========================  =========
measure     correct                        incorrect                 partial
==========  =============================  ========================  =========
strict      same tokens and same type      any other
exact       same tokens, of any type       any other
partial     same tokens, of any type                                 any other
type        same type                      any other
==========  =============================  ========================  =========

A gold entity without a partner is missed, a predicted one spurious. With possible = correct + incorrect + partial + missed, the
gold entities, and actual = correct + incorrect + partial + spurious, the predicted ones: precision = (correct + partial / 2) /
actual and recall = (correct + partial / 2) / possible.

Neither source says how to pair where several entities overlap. Here what is identical is paired first. Of all pairings of the
rest, strict, exact and partial take one with the most pairs of the same tokens and, among these, the most pairs; type takes one
with the most pairs of the same type and, among these, the most pairs. Which of several such pairings is taken changes no
count, so the order of entities does not matter; flat, nested and discontinuous entities need no rules of their own.

The counts of a type are over its own gold and predicted entities alone, as nervaluate has them, so a mistyped entity is missed
in one type and spurious in the other, and the counts of the types do not add up to those of all.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import astuple, dataclass
from operator import attrgetter
from typing import Any

from cnerkit.scoring.counts import harmonic_mean
from cnerkit.scoring.exact import paired
from cnerkit.scoring.pairing import best_pairing, overlapping
from cnerkit.scoring.report import Average
from cnerkit.text import Entity

DEFINITIONS = {
    "strict": "a pair is correct when tokens and type are the same",
    "exact": "a pair is correct when the tokens are the same, whatever the types",
    "partial": "a pair is correct when the tokens are the same, else partial and counts half, whatever the types",
    "type": "a pair is correct when the type is the same; one common token makes a pair",
}
"""What each measure counts, in a sentence."""


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """How many entities are paired how, and how many have no partner. A ratio of nothing to nothing is 0."""

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    def __add__(self, other: "MatchCounts") -> "MatchCounts":
        return MatchCounts(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @property
    def possible(self) -> int:
        """Gold entities."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def actual(self) -> int:
        """Predicted entities."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def precision(self) -> float:
        """The share of predicted entities that are right, a partial one as half, 0 to 1."""
        return (self.correct + self.partial / 2) / self.actual if self.actual else 0.0

    @property
    def recall(self) -> float:
        """The share of gold entities that were found, a partial one as half, 0 to 1."""
        return (self.correct + self.partial / 2) / self.possible if self.possible else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return harmonic_mean(self.precision, self.recall)

    def to_json(self) -> dict[str, Any]:
        """Plain data: ratios from 0 to 1, with the counts that they are made of."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "correct": self.correct,
            "incorrect": self.incorrect,
            "partial": self.partial,
            "missed": self.missed,
            "spurious": self.spurious,
            "possible": self.possible,
            "actual": self.actual,
        }


@dataclass(frozen=True, slots=True)
class TypeMatches:
    """The counts of one entity type, over its own entities alone."""

    type: str
    counts: MatchCounts


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to match.

    Attributes:
        name: ``strict``, ``exact``, ``partial`` or ``type``.
        micro: The counts over all entities, whatever their types.
        types: Those of each type that is in the gold or the predicted entities, sorted by name.
    """

    name: str
    micro: MatchCounts
    types: tuple[TypeMatches, ...]

    @property
    def definition(self) -> str:
        """What the measure counts, in a sentence."""
        return DEFINITIONS[self.name]

    @property
    def macro(self) -> Average:
        """The unweighted mean over ``types``."""
        return Average.over([entry.counts for entry in self.types])

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "definition": self.definition,
            "micro": self.micro.to_json(),
            "macro": self.macro.to_json(),
            "types": {entry.type: entry.counts.to_json() for entry in self.types},
        }


@dataclass(frozen=True, slots=True)
class MatchReport:
    """The four measures of a system over some sentences.

    Attributes:
        sentences: How many were scored.
        strict: Tokens and type.
        exact: Tokens.
        partial: Tokens, and half of what overlaps.
        type: Types of what overlaps.
    """

    sentences: int
    strict: Measure
    exact: Measure
    partial: Measure
    type: Measure

    def to_json(self) -> dict[str, Any]:
        """Plain data: one entry for each measure."""
        measures = (self.strict, self.exact, self.partial, self.type)
        return {"sentences": self.sentences, "measures": {measure.name: measure.to_json() for measure in measures}}


def score_matches(gold: Iterable[Collection[Entity]], predicted: Iterable[Collection[Entity]]) -> MatchReport:
    """Scores predicted entities by SemEval's four measures.

    Args:
        gold: The entities of each sentence; one that is given twice counts once.
        predicted: Those that a system finds, for the same sentences in the same order.

    Raises:
        DataError: One of the two has more sentences than the other.
    """
    together, apart = _Tally(), defaultdict[str, _Tally](_Tally)
    sentences = 0
    for right, found in paired(gold, predicted):
        sentences += 1
        _add_sentence(set(right), set(found), together, apart)

    def measure(name: str) -> Measure:
        types = tuple(TypeMatches(type_, apart[type_].counts(name)) for type_ in sorted(apart))
        return Measure(name, together.counts(name), types)

    return MatchReport(sentences, measure("strict"), measure("exact"), measure("partial"), measure("type"))


def _add_sentence(
    gold: AbstractSet[Entity], predicted: AbstractSet[Entity], together: "_Tally", apart: defaultdict[str, "_Tally"]
) -> None:
    identical = gold & predicted
    together.identical += len(identical)
    for entity in identical:
        apart[entity.type].identical += 1
    missing, extra = sorted(gold - predicted), sorted(predicted - gold)
    if not missing and not extra:
        return
    together.add(missing, extra)
    for type_ in sorted({entity.type for entity in (*missing, *extra)}):
        apart[type_].add([one for one in missing if one.type == type_], [one for one in extra if one.type == type_])


class _Tally:
    """Adds up pairs: the identical ones, and for each of the ways to tell correct pairs the correct and the other ones."""

    def __init__(self) -> None:
        self.identical = self.gold = self.predicted = self.pairs = self.same_tokens = self.same_type = self.pairs_by_type = 0

    def add(self, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
        """Pairs sorted entities none of which is both gold and predicted."""
        self.gold += len(gold)
        self.predicted += len(predicted)
        edges = list(overlapping(gold, predicted))
        if edges:
            same_tokens, pairs = _best(gold, predicted, edges, attrgetter("fragments"))
            same_type, pairs_by_type = _best(gold, predicted, edges, attrgetter("type"))
            self.same_tokens += same_tokens
            self.same_type += same_type
            self.pairs += pairs
            self.pairs_by_type += pairs_by_type

    def counts(self, name: str) -> MatchCounts:
        """Those of a measure."""
        correct = {"strict": 0, "exact": self.same_tokens, "partial": self.same_tokens, "type": self.same_type}[name]
        pairs = self.pairs_by_type if name == "type" else self.pairs
        others = pairs - correct
        return MatchCounts(
            correct=self.identical + correct,
            incorrect=0 if name == "partial" else others,
            partial=others if name == "partial" else 0,
            missed=self.gold - pairs,
            spurious=self.predicted - pairs,
        )


def _best(
    gold: Sequence[Entity], predicted: Sequence[Entity], edges: Iterable[tuple[int, int]], same: Callable[[Entity], object]
) -> tuple[int, int]:
    """How many pairs are correct in the best pairing, and how many there are.

    A correct pair weighs more than all others together.
    """
    correct = min(len(gold), len(predicted)) + 1
    weights: list[dict[int, int]] = [{} for _ in predicted]
    for right, found in edges:
        weights[found][right] = correct if same(gold[right]) == same(predicted[found]) else 1
    pairs = best_pairing(weights)
    return sum(weights[found][right] == correct for found, right in pairs.items()), len(pairs)
