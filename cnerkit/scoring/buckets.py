"""F1 by what an entity or its sentence is like: its length, its place, whether train has it, and so on.

What is right, missed or invented is told by exact match. Each entity is counted in the bucket of its own attribute: what is
right or missed in that of the gold entity, what is invented in that of the predicted one. An entity that is predicted a token
too long is missed in one bucket of lengths and invented in the next. Attributes of sentences are those of the gold sentence.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cnerkit.scoring.counts import Counts
from cnerkit.scoring.exact import paired
from cnerkit.text import Entity, Sentence, TypeHierarchy

ENTITY_LENGTHS = (1, 2, 3, 4, 5, 7, 10)
"""The shortest entities of each bucket, in tokens: two, three and four are most Chinese names, so each has its own."""
SENTENCE_LENGTHS = (1, 11, 21, 41, 81, 161)
"""The shortest sentences of each bucket, in tokens; each is about twice as wide as the one before."""
DENSITIES = (2, 5, 10, 20)
"""The most gold entities in 100 tokens of each bucket but the last."""
FREQUENCIES = (0, 1, 2, 5, 20, 100)
"""The least entities of train with the same text, for each bucket."""
PARTS = 5
"""Into how many equal parts a sentence is divided."""


@dataclass(frozen=True, slots=True)
class Bucketing:
    """A way to put entities into buckets.

    Attributes:
        name: A few words.
        definition: What the bucket of an entity depends on, with its unit.
        place: The bucket of an entity of a gold sentence, as a number by which buckets are sorted.
        label: What a bucket is called.
    """

    name: str
    definition: str
    place: Callable[[Sentence, Entity], int]
    label: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Bucket:
    """The counts of one bucket."""

    label: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class BucketReport:
    """The scores of each bucket.

    Attributes:
        name: Of the bucketing.
        definition: What the bucket of an entity depends on.
        buckets: Those that a gold entity falls into, in their natural order.
        elsewhere: Predicted entities in other buckets; they are wrong, and no bucket has them.
    """

    name: str
    definition: str
    buckets: tuple[Bucket, ...]
    elsewhere: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "definition": self.definition,
            "buckets": [{"label": bucket.label, **bucket.counts.to_json()} for bucket in self.buckets],
            "elsewhere": self.elsewhere,
        }


@dataclass(frozen=True, slots=True)
class TrainEntities:
    """The entities that a system was trained on.

    Attributes:
        times: How often each text is an entity of each type.
    """

    times: Mapping[str, Counter[str]]

    @classmethod
    def of(cls, sentences: Iterable[Sentence]) -> "TrainEntities":
        """Those of some sentences; one that is not annotated has none."""
        times: dict[str, Counter[str]] = {}
        for sentence in sentences:
            for entity in sentence.entities or ():
                times.setdefault(sentence.surface(entity), Counter())[entity.type] += 1
        return cls(times)


def bucketings(
    train: TrainEntities | None = None,
    is_known: Callable[[str], bool] | None = None,
    hierarchy: TypeHierarchy | None = None,
) -> tuple[Bucketing, ...]:
    """All bucketings that can be made of what is known.

    Args:
        train: What the system was trained on; without it, nothing is seen or unseen.
        is_known: Tells whether the encoder knows a character, such as the ``__contains__`` of a set of characters.
        hierarchy: How types nest; None for flat types, which all have the same depth.
    """
    return (
        _entity_length(),
        _sentence_length(),
        _density(),
        _position(),
        *(() if train is None else (_frequency(train), _familiarity(train))),
        *(() if is_known is None else (_unknown_characters(is_known),)),
        *(() if hierarchy is None else (_depth(hierarchy),)),
    )


def score_buckets(
    gold: Iterable[Sentence], predicted: Iterable[Collection[Entity]], ways: Sequence[Bucketing]
) -> tuple[BucketReport, ...]:
    """The scores of each bucket of some bucketings.

    Args:
        gold: Annotated sentences.
        predicted: The entities that a system finds in the same sentences, in the same order.
        ways: The bucketings.

    Raises:
        DataError: One of the two has more sentences than the other, or a type has a level without a name.
    """
    tallies = [_Tally(way) for way in ways]
    for sentence, entities in paired(gold, predicted):
        right, found = set(sentence.entities or ()), set(entities)
        both, extra, missed = right & found, found - right, right - found
        for tally in tallies:
            tally.add(sentence, both, extra, missed)
    return tuple(tally.report() for tally in tallies)


class _Tally:
    """Adds up the sentences for one bucketing."""

    def __init__(self, way: Bucketing) -> None:
        self._way = way
        self._right, self._invented, self._missed = Counter[int](), Counter[int](), Counter[int]()

    def add(self, sentence: Sentence, right: Iterable[Entity], invented: Iterable[Entity], missed: Iterable[Entity]) -> None:
        place = self._way.place
        for tally, entities in ((self._right, right), (self._invented, invented), (self._missed, missed)):
            for entity in entities:
                tally[place(sentence, entity)] += 1

    def report(self) -> BucketReport:
        places = sorted(self._right.keys() | self._missed.keys())
        buckets = [Bucket(self._way.label(place), self._counts(place)) for place in places]
        inside = sum(bucket.counts.false_positive for bucket in buckets)
        return BucketReport(self._way.name, self._way.definition, tuple(buckets), self._invented.total() - inside)

    def _counts(self, place: int) -> Counts:
        return Counts(self._right[place], self._invented[place], self._missed[place])


def _ranges(firsts: Sequence[int]) -> Callable[[int], str]:
    """Names of the buckets that begin at some numbers, the last of which has no end."""
    names = [str(first) if first + 1 == after else f"{first}–{after - 1}" for first, after in pairwise(firsts)]
    return [*names, f"{firsts[-1]} or more"].__getitem__


def _entity_length() -> Bucketing:
    def place(_: Sentence, entity: Entity) -> int:
        return bisect_right(ENTITY_LENGTHS, sum(part.end - part.start for part in entity.fragments)) - 1

    return Bucketing("entity length", "tokens of the entity, without gaps", place, _ranges(ENTITY_LENGTHS))


def _sentence_length() -> Bucketing:
    def place(sentence: Sentence, _: Entity) -> int:
        return bisect_right(SENTENCE_LENGTHS, len(sentence.tokens)) - 1

    return Bucketing("sentence length", "tokens of the sentence", place, _ranges(SENTENCE_LENGTHS))


def _density() -> Bucketing:
    def place(sentence: Sentence, _: Entity) -> int:
        return bisect_left(DENSITIES, 100 * len(sentence.entities or ()) / len(sentence.tokens))

    between = [f"over {least} to {most}" for least, most in pairwise(DENSITIES)]
    names = (f"up to {DENSITIES[0]}", *between, f"over {DENSITIES[-1]}")
    return Bucketing("density", "gold entities in 100 tokens of the sentence", place, names.__getitem__)


def _position() -> Bucketing:
    def place(sentence: Sentence, entity: Entity) -> int:
        return PARTS * (entity.start + entity.end) // (2 * len(sentence.tokens))

    percent = 100 // PARTS
    names = [f"{percent * part}–{percent * (part + 1)} %" for part in range(PARTS)]
    return Bucketing("position", "where in its sentence the middle of the entity is", place, names.__getitem__)


def _frequency(train: TrainEntities) -> Bucketing:
    def place(sentence: Sentence, entity: Entity) -> int:
        times = train.times.get(sentence.surface(entity))
        return bisect_right(FREQUENCIES, times.total() if times else 0) - 1

    definition = "entities of train with the same text, of any type"
    return Bucketing("frequency in train", definition, place, _ranges(FREQUENCIES))


def _familiarity(train: TrainEntities) -> Bucketing:
    def place(sentence: Sentence, entity: Entity) -> int:
        times = train.times.get(sentence.surface(entity))
        if times is None:
            return 2
        return 0 if entity.type in times else 1

    names = ("seen", "seen with another type", "unseen")
    definition = "whether an entity of train has the same text: of the same type, of other types only, or none"
    return Bucketing("seen in train", definition, place, names.__getitem__)


def _unknown_characters(is_known: Callable[[str], bool]) -> Bucketing:
    def place(sentence: Sentence, entity: Entity) -> int:
        tokens = (token for part in entity.fragments for token in sentence.tokens[part.start : part.end])
        return int(not all(map(is_known, "".join(tokens))))

    names = ("all known", "some unknown")
    return Bucketing("characters", "whether the encoder knows all characters of the entity", place, names.__getitem__)


def _depth(hierarchy: TypeHierarchy) -> Bucketing:
    def place(_: Sentence, entity: Entity) -> int:
        return len(hierarchy.path(entity.type))

    return Bucketing("hierarchy depth", "levels of the entity's type", place, str)
