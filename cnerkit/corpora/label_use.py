"""How entity types are used: those that train lacks, rare ones, surfaces with several types, and shift between splits."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cnerkit.corpora.findings import Example, Findings, Kind, Severity, excerpt
from cnerkit.corpora.statistics import ranked

_PROBLEM, _REMARK = Severity.PROBLEM, Severity.REMARK
RARE_BELOW = 5
SHIFTED_FROM = 0.02
"""Bits of divergence from which on a difference that is no chance matters; published splits stay below."""
_NO_CHANCE = 3.0902
"""Standard deviations that a normal variable exceeds once in a thousand times."""

UNSEEN = Kind(
    "type-unseen-in-train",
    _PROBLEM,
    "entity of a type that train has none of",
    "entities of a type that train has none of",
    "add examples to train, or rename, merge or drop the type with --types; no model can learn it",
)
ONLY_IN = Kind(
    "type-in-one-split",
    _REMARK,
    "entity of a type that only this split has",
    "entities of a type that only this split has",
    "nothing is measured of this type: know it when you read an average over types",
)
RARE = Kind(
    "rare-type",
    _REMARK,
    "entity of a rare type",
    "entities of a rare type",
    "add examples, or merge the type with another one by --types",
)
AMBIGUOUS = Kind(
    "ambiguous-surface",
    _REMARK,
    "text that is an entity of several types",
    "texts that are entities of several types",
    "look at those whose types differ by mistake: many surfaces are ambiguous by right",
)
SHIFT = Kind(
    "label-shift",
    _PROBLEM,
    "split whose types are distributed otherwise",
    "splits whose types are distributed otherwise",
    "split the corpus anew at random, or know that a score tells of another mixture",
)


@dataclass(frozen=True, slots=True)
class Shift:
    """How far two distributions of types are apart.

    Attributes:
        divergence: Jensen-Shannon, in bits: 0 for the same shares, 1 when no type is in both.
        statistic: The likelihood-ratio statistic G of the hypothesis that both have the same shares.
        critical: What G exceeds by chance once in a thousand times.
    """

    divergence: float
    statistic: float
    critical: float

    @property
    def is_shift(self) -> bool:
        """True when the difference matters and is no chance."""
        return self.divergence >= SHIFTED_FROM and self.statistic > self.critical


def shift(one: Mapping[str, int], other: Mapping[str, int]) -> Shift:
    """How far two counts of types are apart; not at all when one is empty.

    Jensen-Shannon after Lin (1991), eq. 4.1 with equal weights; G is the likelihood-ratio statistic of a table of counts; its
    critical value is by the approximation of Wilson and Hilferty (1931), which is at most 3 % too high here.
    """
    types = [type_ for type_ in {*one, *other} if one.get(type_, 0) or other.get(type_, 0)]
    totals = sum(one.values()), sum(other.values())
    if not all(totals) or len(types) < 2:
        return Shift(0.0, 0.0, math.inf)
    divergence = statistic = 0.0
    for type_ in types:
        counts = one.get(type_, 0), other.get(type_, 0)
        middle = sum(count / total for count, total in zip(counts, totals, strict=True)) / 2
        for count, total in zip(counts, totals, strict=True):
            if count:
                divergence += count / total / 2 * math.log2(count / total / middle)
                statistic += 2 * count * math.log(count * sum(totals) / (sum(counts) * total))
    return Shift(max(divergence, 0.0), max(statistic, 0.0), _critical(len(types) - 1))


def find_label_use(types: Mapping[str, Counter[str]], train: str | None, findings: Findings) -> None:
    """Types that train lacks, that one split alone has or that are rare, and splits whose types are distributed otherwise.

    Args:
        types: Entities by type, of each split.
        train: Which split is learnt from; None when there is none.
        findings: Where to add.
    """
    for split, counts in types.items():
        for type_, count in ranked(counts):
            if train is not None and not types[train][type_]:
                findings.add(UNSEEN, split, count=count, detail=f"({type_})")
            elif len(types) > 1 and not any(others[type_] for other, others in types.items() if other != split):
                findings.add(ONLY_IN, split, count=count, detail=f"({type_})")
            if count < RARE_BELOW and split == train:
                findings.add(RARE, split, count=count, detail=f"({type_})")
    if train is not None:
        for split, counts in types.items():
            if split != train and (found := shift(types[train], counts)).is_shift:
                findings.add(
                    SHIFT, split, *_largest(train, types[train], counts), detail=f"than in {train}, {_in_words(found)}"
                )


def find_ambiguous(surfaces: Mapping[str, Counter[str]], findings: Findings, split: str) -> None:
    """Surfaces with several types, those first that have the most entities that are not of their usual type."""
    several = {surface: types for surface, types in surfaces.items() if len(types) > 1}
    unusual = {surface: types.total() - max(types.values()) for surface, types in several.items()}
    for surface in sorted(several, key=lambda each: (-unusual[each], each)):
        counts = ", ".join(f"{type_} {count}" for type_, count in ranked(several[surface]))
        findings.add(AMBIGUOUS, split, Example(excerpt(surface), counts))


def _largest(name: str, train: Counter[str], counts: Counter[str]) -> list[Example]:
    """The shares of the types that differ the most."""
    shares = {type_: (train[type_] / train.total(), counts[type_] / counts.total()) for type_ in sorted({*train, *counts})}
    ordered = sorted(shares.items(), key=lambda each: -abs(each[1][0] - each[1][1]))
    return [Example(type_, f"{100 * new:.1f} % of entities, {100 * old:.1f} % in {name}") for type_, (old, new) in ordered]


def _in_words(found: Shift) -> str:
    return f"{found.divergence:.3f} bits of Jensen-Shannon divergence (from {SHIFTED_FROM} on)"


def _critical(degrees: int) -> float:
    """The value that a chi-square variable exceeds once in a thousand times."""
    part = 2 / (9 * degrees)
    return degrees * (1 - part + _NO_CHANCE * math.sqrt(part)) ** 3
