"""What is wrong with predicted entities: each gold and each predicted entity of a sentence in exactly one class.

Entities are sets of tokens, whether flat, nested or discontinuous. What an earlier step takes, no later one sees:

1. correct: gold and predicted, the same tokens and the same type.
2. wrong-type: the same tokens, another type. Where several stand over the same tokens, they go together by the order of types.
3. split: one gold entity, two or more predicted ones that lie inside it and share no token, whatever their types. The shortest
   gold entities have the first choice; of parts that share tokens, those that end first are taken.
4. merged: one predicted entity, two or more gold ones that lie inside it and share no token; else like split.
5. One gold and one predicted entity that share a token. Pairs of the same type come first, then those with the larger share of
   common tokens in all of their tokens, then those that stand first.
   too-long, too-short: the same type, the tokens of one inside those of the other.
   shifted: the same type, each with tokens that the other does not have.
   boundaries-and-type: another type.
6. nested-lost: a gold entity that contains, or lies in, another gold one to which something was predicted (steps 1 to 5).
7. missed, spurious: a gold, a predicted entity that is left.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cnerkit.scoring.pairing import extent, overlapping
from cnerkit.text import Entity


class Kind(StrEnum):
    """The classes, in the order in which reports list them."""

    CORRECT = "correct"
    WRONG_TYPE = "wrong-type"
    TOO_LONG = "too-long"
    TOO_SHORT = "too-short"
    SHIFTED = "shifted"
    BOTH = "boundaries-and-type"
    SPLIT = "split"
    MERGED = "merged"
    NESTED_LOST = "nested-lost"
    MISSED = "missed"
    SPURIOUS = "spurious"

    @property
    def meaning(self) -> str:
        """The class in a few words."""
        return _MEANINGS[self]


_MEANINGS = {
    Kind.CORRECT: "tokens and type are right",
    Kind.WRONG_TYPE: "the tokens are right, the type is not",
    Kind.TOO_LONG: "the type is right; all of its tokens are there, and more",
    Kind.TOO_SHORT: "the type is right; some of its tokens are there, and no other",
    Kind.SHIFTED: "the type is right; some of its tokens are there, and others",
    Kind.BOTH: "some tokens are common; neither boundaries nor type are right",
    Kind.SPLIT: "one gold entity is predicted as several",
    Kind.MERGED: "several gold entities are predicted as one",
    Kind.NESTED_LOST: "nothing is predicted, except for an entity inside it or around it",
    Kind.MISSED: "nothing is predicted",
    Kind.SPURIOUS: "there is no such gold entity",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One error, with all entities that it is made of.

    Attributes:
        kind: Its class.
        gold: Empty when spurious, several when merged, else one.
        predicted: Empty when missed or lost, several when split, else one.
    """

    kind: Kind
    gold: tuple[Entity, ...]
    predicted: tuple[Entity, ...]

    @property
    def type(self) -> str:
        """That of the first gold entity, or of the predicted one when there is no gold."""
        return (self.gold or self.predicted)[0].type

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "class": self.kind.value,
            "gold": [_plain(entity) for entity in self.gold],
            "predicted": [_plain(entity) for entity in self.predicted],
        }

    def confusions(self) -> Iterator[tuple[str | None, str | None]]:
        """Types that stand for one another, gold first; each entity is in one pair.

        Of a split or merged entity, the part of its own type with the most tokens stands for it, and the first of equals; the
        other parts stand for none.
        """
        if len(self.gold) <= 1 and len(self.predicted) <= 1:
            yield (self.gold[0].type if self.gold else None, self.predicted[0].type if self.predicted else None)
            return
        parts, whole = (self.gold, self.predicted[0]) if self.kind is Kind.MERGED else (self.predicted, self.gold[0])
        likest = min(parts, key=lambda part: (part.type != whole.type, -extent(part).bit_count(), part))
        for part in parts:
            other = whole.type if part is likest else None
            yield (part.type, other) if self.kind is Kind.MERGED else (other, part.type)


def _plain(entity: Entity) -> dict[str, Any]:
    return {"type": entity.type, "fragments": [[part.start, part.end] for part in entity.fragments]}


def find_errors(gold: AbstractSet[Entity], predicted: AbstractSet[Entity]) -> list[Finding]:
    """The errors of one sentence; the entities that are in both sets are correct, and not in the list.

    Args:
        gold: What is right.
        predicted: What a system says.
    """
    if gold == predicted:
        return []
    search = _Search(gold, predicted)
    search.find_wrong_types()
    search.find_groups(Kind.SPLIT)
    search.find_groups(Kind.MERGED)
    search.find_pairs()
    search.find_single()
    return search.found


class _Search:
    """What no step has taken so far, with the tokens of each, and what the steps have found."""

    def __init__(self, gold: AbstractSet[Entity], predicted: AbstractSet[Entity]) -> None:
        self.found: list[Finding] = []
        self._all_gold = gold
        self._gold = {entity: extent(entity) for entity in sorted(gold - predicted)}
        self._predicted = {entity: extent(entity) for entity in sorted(predicted - gold)}

    def _take(self, kind: Kind, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
        self.found.append(Finding(kind, tuple(gold), tuple(predicted)))
        for entity in gold:
            del self._gold[entity]
        for entity in predicted:
            del self._predicted[entity]

    def _overlaps(self) -> Iterator[tuple[Entity, Entity]]:
        gold, predicted = list(self._gold), list(self._predicted)
        for right, found in overlapping(gold, predicted):
            yield gold[right], predicted[found]

    def find_wrong_types(self) -> None:
        """Step 2."""
        waiting = defaultdict(list)
        for found in self._predicted:
            waiting[found.fragments].append(found)
        for right in list(self._gold):
            if waiting[right.fragments]:
                self._take(Kind.WRONG_TYPE, [right], [waiting[right.fragments].pop(0)])

    def find_groups(self, kind: Kind) -> None:
        """Steps 3 and 4."""
        wholes, parts = (self._gold, self._predicted) if kind is Kind.SPLIT else (self._predicted, self._gold)
        inside = defaultdict(list)
        for right, found in self._overlaps():
            whole, part = (right, found) if kind is Kind.SPLIT else (found, right)
            if _contains(wholes[whole], parts[part]):
                inside[whole].append(part)
        for whole in sorted(inside, key=lambda one: (wholes[one].bit_count(), one)):
            apart = _apart({part: parts[part] for part in inside[whole] if part in parts})
            if len(apart) > 1:
                self._take(kind, *(([whole], apart) if kind is Kind.SPLIT else (apart, [whole])))

    def find_pairs(self) -> None:
        """Step 5."""

        def rank(pair: tuple[Entity, Entity]) -> tuple[bool, float, Entity, Entity]:
            right, found = pair
            one, other = self._gold[right], self._predicted[found]
            return right.type != found.type, -((one & other).bit_count() / (one | other).bit_count()), right, found

        for right, found in sorted(self._overlaps(), key=rank):
            if right in self._gold and found in self._predicted:
                self._take(self._kind(right, found), [right], [found])

    def _kind(self, gold: Entity, predicted: Entity) -> Kind:
        if gold.type != predicted.type:
            return Kind.BOTH
        right, found = self._gold[gold], self._predicted[predicted]
        if _contains(found, right):
            return Kind.TOO_LONG
        return Kind.TOO_SHORT if _contains(right, found) else Kind.SHIFTED

    def find_single(self) -> None:
        """Steps 6 and 7."""
        left, answered = list(self._gold), sorted(self._all_gold - self._gold.keys())
        nested = {
            left[lost]
            for known, lost in overlapping(answered, left)
            if _nested(self._gold[left[lost]], extent(answered[known]))
        }
        for entity in left:
            self._take(Kind.NESTED_LOST if entity in nested else Kind.MISSED, [entity], [])
        for entity in list(self._predicted):
            self._take(Kind.SPURIOUS, [], [entity])


def _contains(whole: int, part: int) -> bool:
    return whole | part == whole


def _nested(one: int, other: int) -> bool:
    return _contains(one, other) or _contains(other, one)


def _apart(parts: Mapping[Entity, int]) -> list[Entity]:
    """Parts that share no token, in order: those that end first, as many as can be where none has a gap."""
    kept, taken = [], 0
    for part in sorted(parts, key=lambda one: (one.end, one)):
        if not parts[part] & taken:
            kept.append(part)
            taken |= parts[part]
    return sorted(kept)
