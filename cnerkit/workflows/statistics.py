"""Counting what the splits of a corpus hold."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, BinaryIO

from cnerkit.corpora.statistics import LIMITS, QUANTILES, Lengths, Level, Statistics, levels, path_separator, ranked, share
from cnerkit.workflows.corpus import describe_reading
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.splits import Wanted, describe_source, find_parts


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """What the splits of a corpus hold.

    Attributes:
        splits: The numbers of each.
        train: The split with which the others are compared; None when there is none.
        hierarchy_separator: What parts the levels of types that are paths; None when they are none.
        notes: What a person should know of the reading.
    """

    splits: dict[str, Statistics]
    train: str | None
    hierarchy_separator: str | None
    notes: tuple[str, ...]

    def levels(self, split: str) -> tuple[Level, ...]:
        """The levels of a split's types; none when they are no paths."""
        return levels(self.splits[split].types, self.hierarchy_separator) if self.hierarchy_separator else ()

    def compared(self, split: str) -> Statistics | None:
        """What a split is compared with: train, unless it is that one."""
        return self.splits[self.train] if self.train is not None and self.train != split else None

    def types(self) -> list[str]:
        """Every type, the most frequent first."""
        every: Counter[str] = Counter()
        for statistics in self.splits.values():
            every.update(statistics.types)
        return [type_ for type_, _ in ranked(every)]

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        splits = {name: self._split(name, statistics) for name, statistics in self.splits.items()}
        return {"train": self.train, "splits": splits, "notes": list(self.notes)}

    def _split(self, name: str, found: Statistics) -> dict[str, Any]:
        annotated, overlaps = found.sentences - found.unannotated, found.overlaps
        told: dict[str, Any] = {
            "sentences": found.sentences,
            "unannotated": found.unannotated,
            "tokens": found.tokens,
            "characters": found.characters,
            "entities": found.entities,
            "nested_pairs": overlaps.nested,
            "crossing_pairs": overlaps.crossing,
            "same_span_pairs": overlaps.same_span,
            "discontinuous": overlaps.discontinuous,
            "entities_per_sentence": share(found.entities, annotated),
            "tokens_in_entities": share(found.inside, found.tokens),
            "sentences_without_entity": found.without_entity,
            "share_without_entity": share(found.without_entity, annotated),
            "sentence_length": _lengths(found.lengths) | {f"over_{limit}": found.lengths.over(limit) for limit in LIMITS},
            "entity_length": _lengths(found.entity_lengths),
            "distinct_characters": len(found.vocabulary),
            "types": dict(ranked(found.types)),
        }
        if train := self.compared(name):
            told["unseen_entities"] = found.unseen_entities(train)
            told["share_unseen"] = share(found.unseen_entities(train), found.entities)
            told["unseen_characters"] = found.unseen_characters(train)
        if self.hierarchy_separator:
            told["levels"] = [
                {"depth": level.depth, "names": level.names, "entities": level.entities} for level in self.levels(name)
            ]
        return told


def count(wanted: Wanted, stdin: BinaryIO | None = None) -> CorpusStatistics:
    """Count what the splits of a corpus hold, in memory for their distinct characters, lengths and entities.

    Raises:
        UsageError: A name is not known, or a file can be read in two ways.
        DataError: A file cannot be read.
        MissingError: A file is not there.
    """
    found = find_parts(wanted, stdin)
    splits: dict[str, Statistics] = {}
    notes = list(found.notes)
    for name, part in found.parts.items():
        splits[name] = Statistics()
        with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
            for sentence in reading.sentences:
                splits[name].add(sentence)
        notes += [describe_source(name, reading), *describe_reading(name, reading)[1:]]
    separator = found.hierarchy_separator or path_separator({type_ for each in splits.values() for type_ in each.types})
    return CorpusStatistics(splits, found.train, separator, tuple(notes))


def _lengths(lengths: Lengths) -> dict[str, float]:
    quantiles = {f"p{round(100 * part)}": lengths.quantile(part) for part in QUANTILES}
    return {"mean": lengths.mean, "min": lengths.least, **quantiles, "max": lengths.most}
