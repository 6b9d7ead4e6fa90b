"""Rows of tokens and tags to entities: malformed tags are repaired or refused, and counted in every way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from cnerkit.codecs.tags import Repair, Repairs, Scheme, Span, TagError, spans_from_tags
from cnerkit.corpora.conll import TaggedRows
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.text import Entity, Sentence


@dataclass(slots=True)
class ReadCounts:
    """What a file was found to hold; complete when all its sentences were read.

    Attributes:
        sentences: All of them.
        tokens: All of them.
        strict: Entities whose tags are well-formed.
        conlleval: Entities when a malformed run of tags counts as one.
        malformed: Malformed runs of tags, by kind, and their tokens.
        overlooked: What was repaired or overlooked besides, by kind.
    """

    sentences: int = 0
    tokens: int = 0
    strict: int = 0
    conlleval: int = 0
    malformed: Repairs = field(default_factory=Repairs)
    overlooked: Counter[str] = field(default_factory=Counter)


class TaggedSentence(NamedTuple):
    """A sentence whose entities are no values yet: start, exclusive end and type of each, in order."""

    id: str
    tokens: tuple[str, ...]
    spans: Sequence[Span]

    def sentence(self, joiner: str) -> Sentence:
        """The sentence as a value."""
        return Sentence(self.id, self.tokens, frozenset([_entity(*span) for span in self.spans]), joiner)


@dataclass(frozen=True, slots=True)
class TagReading:
    """The sentences that rows are, in one scheme.

    Attributes:
        name: What messages call the file.
        rows: Its sentences as rows.
        scheme: How tags write entities.
        repair: What becomes of malformed tags.
        ids: What the ids of its sentences begin with.
        counts: Where what was found is counted.
    """

    name: str
    rows: Iterable[TaggedRows]
    scheme: Scheme
    repair: Repair
    ids: str
    counts: ReadCounts

    def __iter__(self) -> Iterator[TaggedSentence]:
        """The sentences; after the first mistake the rest is only looked through for further ones.

        Raises:
            DataError: After the last sentence, when there was a mistake.
        """
        counts, problems = self.counts, Problems(self.name)
        for number, rows in enumerate(self.rows, start=1):
            spans = self._spans(rows, problems)
            counts.sentences += 1
            counts.tokens += len(rows.tokens)
            if not problems:
                yield TaggedSentence(f"{self.ids}-{number}", rows.tokens, spans)
        problems.refuse()

    def _spans(self, rows: TaggedRows, problems: Problems) -> Sequence[Span]:
        for problem in rows.problems:
            problems.add(problem)
        try:
            spans = spans_from_tags(rows.tags, self.scheme)
        except TagError as error:
            return self._malformed(rows, error, problems)
        self.counts.strict += len(spans)
        self.counts.conlleval += len(spans)
        return spans

    def _malformed(self, rows: TaggedRows, error: TagError, problems: Problems) -> Sequence[Span]:
        """The spans of a sentence whose tags are not all as they should be, counted in both ways."""
        counts = self.counts
        try:
            well_formed = spans_from_tags(rows.tags, self.scheme, Repair.DROP, counts.malformed)
        except TagError as unknown:
            fix = "correct the tag, or name the scheme with --from-scheme and the columns of token and tag with --columns"
            problems.add(Problem("unknown tags", unknown.what, *rows.place(unknown.token), fix), unknown.count)
            return ()
        every = spans_from_tags(rows.tags, self.scheme, Repair.CONLLEVAL)
        counts.strict += len(well_formed)
        counts.conlleval += len(every)
        if self.repair is Repair.STRICT and not rows.problems:  # lines that are left out break runs that may be whole
            fix = "correct the tags, or say --repair conlleval (a malformed run is an entity) or --repair drop (it is O)"
            kind = f"malformed runs of {self.scheme} tags"
            problems.add(Problem(kind, error.what, *rows.place(error.token), fix), error.count)
        return every if self.repair is Repair.CONLLEVAL else well_formed


@lru_cache(maxsize=1 << 14)
def _entity(start: int, end: int, type_: str) -> Entity:
    """One value for equal entities: corpora repeat places and types, and a value is dearer to make than to find."""
    return Entity.span(start, end, type_)
