"""Rows of tokens and tags to entities: malformed tags are repaired or refused, and counted in every way."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cnerkit.codecs.tags import Repair, Repairs, Scheme, Span, TagError, spans_from_tags
from cnerkit.corpora.conll import TaggedRows
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.corpora.records import span
from cnerkit.text import Sentence


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
        watch: Is told the file, the scheme and the rows of each sentence before the sentence comes. While there is one,
            mistakes neither hold sentences back nor end the reading: whoever watches has seen them.
    """

    sentences: int = 0
    tokens: int = 0
    strict: int = 0
    conlleval: int = 0
    malformed: Repairs = field(default_factory=Repairs)
    overlooked: Counter[str] = field(default_factory=Counter)
    watch: Callable[[str, Scheme, TaggedRows], None] | None = None


class TaggedSentence(NamedTuple):
    """A sentence whose entities are no values yet: start, exclusive end and type of each, in order."""

    id: str
    tokens: tuple[str, ...]
    spans: Sequence[Span]

    def sentence(self, joiner: str) -> Sentence:
        """The sentence as a value."""
        return Sentence(self.id, self.tokens, frozenset([span(*each) for each in self.spans]), joiner)


@dataclass(frozen=True, slots=True)
class TagReading:
    """The sentences that rows are, in one scheme.

    Attributes:
        name: What messages call the file.
        rows: Its sentences as rows.
        scheme: How tags write entities.
        repair: What becomes of malformed tags.
        ids: What the ids of sentences that bring none begin with; their number from 1 follows.
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
            if counts.watch:
                counts.watch(self.name, self.scheme, rows)
            spans = self._spans(rows, problems)
            counts.sentences += 1
            counts.tokens += len(rows.tokens)
            if counts.watch or not problems:
                id_ = f"{self.ids}-{number}" if rows.id is None else rows.id
                yield TaggedSentence(id_, rows.tokens, spans)
        if not counts.watch:
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
        counts = self.counts
        strict, lenient = read_malformed(rows, error, self.scheme, self.repair, counts.malformed, problems)
        counts.strict += len(strict)
        counts.conlleval += len(lenient)
        return lenient if self.repair is Repair.CONLLEVAL else strict


def read_malformed(
    rows: TaggedRows, error: TagError, scheme: Scheme, repair: Repair, malformed: Repairs, problems: Problems
) -> tuple[list[Span], list[Span]]:
    """The well-formed spans of a sentence whose tags are not all as they should be, and those with malformed runs as spans.

    Args:
        rows: Its tokens and tags.
        error: What the strict reading of the tags says.
        scheme: How they write entities.
        repair: What becomes of malformed runs; with strict they are problems.
        malformed: A tally to which they are added.
        problems: Where what cannot be read goes.
    """
    try:
        well_formed = spans_from_tags(rows.tags, scheme, Repair.DROP, malformed)
    except TagError as unknown:
        fix = "correct the tag, or name the scheme with --from-scheme and the columns of token and tag with --columns"
        problems.add(Problem("unknown tags", unknown.what, *rows.place(unknown.token), fix), unknown.count)
        return [], []
    if repair is Repair.STRICT and not rows.problems:  # lines that are left out break runs that may be whole
        fix = "correct the tags, or say --repair conlleval (a malformed run is an entity) or --repair drop (it is O)"
        problems.add(Problem(f"malformed runs of {scheme} tags", error.what, *rows.place(error.token), fix), error.count)
    return well_formed, spans_from_tags(rows.tags, scheme, Repair.CONLLEVAL)
