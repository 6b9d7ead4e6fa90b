"""How much a split holds, how long its sentences and entities are, and what of another split's it has not seen."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from cnerkit.corpora.overlaps import Overlaps
from cnerkit.text import Entity, Sentence, TypeHierarchy

QUANTILES = (0.5, 0.9, 0.99)
LIMITS = (256, 510)
"""Tokens that many sentences must not exceed: a usual limit in training, and what BERT takes besides its two marks."""

_LONG_END = 100


@dataclass(slots=True)
class Lengths:
    """How often each length occurs."""

    counts: Counter[int] = field(default_factory=Counter)

    @property
    def n(self) -> int:
        """How many there are."""
        return self.counts.total()

    @property
    def mean(self) -> float:
        """The average; 0 of none."""
        return sum(length * count for length, count in self.counts.items()) / self.n if self.counts else 0.0

    @property
    def least(self) -> int:
        """The smallest; 0 of none."""
        return min(self.counts, default=0)

    @property
    def most(self) -> int:
        """The largest; 0 of none."""
        return max(self.counts, default=0)

    def quantile(self, share: float) -> int:
        """The smallest length that at least this share do not exceed (nearest rank); 0 of none."""
        lengths = sorted(self.counts)
        reached = accumulate(self.counts[length] for length in lengths)
        return next((length for length, total in zip(lengths, reached, strict=True) if total >= share * self.n), 0)

    def over(self, limit: int) -> int:
        """How many exceed a limit."""
        return sum(count for length, count in self.counts.items() if length > limit)


@dataclass(slots=True)
class Statistics:
    """What the sentences of a split amount to.

    Attributes:
        sentences: All, whole documents included where they are not divided.
        unannotated: Those whose entities are not known.
        without_entity: Those that are annotated, and have none.
        characters: Of the texts, with what stands between words.
        inside: Tokens that are in at least one entity.
        types: Entities by type.
        lengths: Of sentences, in tokens.
        entity_lengths: In tokens, without gaps.
        overlaps: Entities that share tokens, and discontinuous ones.
        vocabulary: The characters by how often they occur.
        mentions: Entities by text and type.
    """

    sentences: int = 0
    unannotated: int = 0
    without_entity: int = 0
    characters: int = 0
    inside: int = 0
    types: Counter[str] = field(default_factory=Counter)
    lengths: Lengths = field(default_factory=Lengths)
    entity_lengths: Lengths = field(default_factory=Lengths)
    overlaps: Overlaps = field(default_factory=Overlaps)
    vocabulary: Counter[str] = field(default_factory=Counter)
    mentions: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, sentence: Sentence) -> None:
        """Count one more sentence."""
        text = sentence.text
        self.sentences += 1
        self.characters += len(text)
        self.lengths.counts[len(sentence)] += 1
        self.vocabulary.update(text)
        if sentence.entities is None:
            self.unannotated += 1
            return
        self.without_entity += not sentence.entities
        self.overlaps.add(sentence.entities)
        self.inside += _covered(sentence.entities)
        for entity in sentence.entities:
            self.types[entity.type] += 1
            self.entity_lengths.counts[sum(part.end - part.start for part in entity.fragments)] += 1
            self.mentions[mention_of(sentence, entity), entity.type] += 1

    @property
    def tokens(self) -> int:
        """Of all sentences."""
        return sum(length * count for length, count in self.lengths.counts.items())

    @property
    def entities(self) -> int:
        """Of all types."""
        return self.types.total()

    def unseen_entities(self, train: "Statistics") -> int:
        """Entities whose surface train has with no entity of their type."""
        return sum(count for mention, count in self.mentions.items() if mention not in train.mentions)

    def unseen_characters(self, train: "Statistics") -> int:
        """Distinct characters that train has none of."""
        return sum(character not in train.vocabulary for character in self.vocabulary)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of types that are paths: how many names it has, and entities whose type goes at least that deep."""

    depth: int
    names: int
    entities: int


def levels(types: Counter[str], separator: str) -> tuple[Level, ...]:
    """The levels of types that are paths, from the top down.

    Raises:
        DataError: A level of a type has no name.
    """
    hierarchy = TypeHierarchy(separator)
    paths = {hierarchy.path(type_): count for type_, count in types.items() if count}
    return tuple(
        Level(
            depth,
            len({path[:depth] for path in paths if len(path) >= depth}),
            sum(count for path, count in paths.items() if len(path) >= depth),
        )
        for depth in range(1, max(map(len, paths), default=0) + 1)
    )


def path_separator(types: Iterable[str]) -> str | None:
    """What parts the levels of types that are surely paths: a slash that all begin with; None otherwise."""
    known = list(types)
    return "/" if known and all(type_.startswith("/") and len(type_) > 1 for type_ in known) else None


def share(part: int, whole: int) -> float:
    """A part of a whole; 0 of nothing."""
    return part / whole if whole else 0.0


def mention_of(sentence: Sentence, entity: Entity) -> str:
    """An entity's text; of one that is longer than any name, its two ends and its length, so that memory stays bounded."""
    length = entity.end - entity.start
    if length <= 2 * _LONG_END:
        return sentence.surface(entity)
    tokens, joiner = sentence.tokens, sentence.joiner
    ends = (tokens[entity.start : entity.start + _LONG_END], tokens[entity.end - _LONG_END : entity.end])
    return f" … {length} … ".join(map(joiner.join, ends))


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Names and their counts, the largest first, and by name where they are equal, so that the order never depends on sets."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _covered(entities: Iterable[Entity]) -> int:
    """Tokens in at least one of the entities."""
    total = reach = 0
    parts: Sequence[tuple[int, int]] = sorted((part.start, part.end) for entity in entities for part in entity.fragments)
    for start, end in parts:
        total += max(0, end - max(start, reach))
        reach = max(reach, end)
    return total
