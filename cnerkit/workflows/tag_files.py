"""Files with tags: columns, layers of columns, and JSON with a list of tags; recognised schemes, and rows to entities."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora import formats
from cnerkit.corpora.conll import ColumnReader, TaggedRows
from cnerkit.corpora.layers import LayerReader, Layers
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.recognition import Recognition
from cnerkit.corpora.records import id_of, read_objects, sample_objects
from cnerkit.corpora.source import Head, TextSource
from cnerkit.errors import DataError
from cnerkit.workflows.layered import LayeredReading
from cnerkit.workflows.read_options import ReadOptions, scheme_named
from cnerkit.workflows.scheme import recognise_scheme
from cnerkit.workflows.tagged import ReadCounts, TaggedSentence, TagReading

_Rows = TypeVar("_Rows")

OTHER_FIELDS = "fields besides tokens and tags, left out"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A file with tags that was recognised and waits to be read, once.

    Attributes:
        name: What messages call it.
        format: Its format.
        scheme: The scheme of its tags.
        evidence: What both were recognised by; empty texts where they were known.
        joiner: What stands between its tokens.
        sentences: Raises DataError after the last when any cannot be read.
    """

    name: str
    format: str
    scheme: Scheme
    evidence: tuple[str, ...]
    joiner: str
    sentences: Iterator[TaggedSentence]


def open_tags(text: TextSource, head: Head, found: Recognition, options: ReadOptions, ids: str, counts: ReadCounts) -> Tagged:
    """Recognise the scheme of a file with tags.

    Raises:
        UsageError: Several schemes are possible, and they read different entities.
    """
    sample = list(_sample(text.name, head, found, options))
    scheme, evidence = _scheme(sample, text.name, head, options)
    rows = _rows(text, sample_objects(head, text.name) if found.format == "hf" else (), found, options)
    counts.overlooked.update(rows.repairs)
    rows.repairs = counts.overlooked
    repair = options.repair or Repair.STRICT
    if isinstance(rows, LayerReader):
        sentences = iter(LayeredReading(text.name, _part(rows, options, counts), scheme, repair, ids, counts))
    else:
        sentences = iter(TagReading(text.name, _part(rows, options, counts), scheme, repair, ids, counts))
    joiner = " " if _are_words([layers[0] for layers in sample]) else ""
    return Tagged(text.name, found.format, scheme, (found.evidence, evidence), joiner, sentences)


def _part(rows: Iterable[_Rows], options: ReadOptions, counts: ReadCounts) -> Iterator[_Rows]:
    """The sentences that the options choose; what was repaired in those before them does not count."""
    start, stop, step = options.part or (0, None, 1)
    before, left = counts.overlooked.copy(), iter(rows)
    for _ in islice(left, start):
        counts.overlooked.clear()
    counts.overlooked |= before
    yield from islice(left, 0, None if stop is None else stop - start, step)


class RecordRows:
    """The rows that JSON objects with tokens and tags are.

    Args:
        source: The text.
        module: The format's code.
        sample: The first objects.
        hints: What else is known.

    Attributes:
        repairs: What was left out, by kind.
    """

    def __init__(
        self, source: TextSource, module: formats.TaggedModule, sample: Sequence[formats.Record], hints: formats.Hints
    ) -> None:
        self.repairs: Counter[str] = Counter()
        self._source, self._tagger = source, module.tagger(sample, hints, source.name)

    def __iter__(self) -> Iterator[TaggedRows]:
        for found, line in read_objects(self._source):
            yield TaggedRows((), (), (), None, (found,)) if isinstance(found, Problem) else self._rows(found, line)

    def _rows(self, record: formats.Record, line: int) -> TaggedRows:
        try:
            tokens, tags = self._tagger(record)
            id_ = None if record.get("id") is None else id_of(record, "")
        except DataError as error:
            problem = Problem("malformed records", error.what, line, 1, error.fix or "write one tag for each token")
            return TaggedRows((), (), (), None, (problem,))
        if len(record.keys() - {"tokens", "id"}) > 1:  # one more than the tags
            self.repairs[OTHER_FIELDS] += 1
        return TaggedRows(tokens, tags, [line] * len(tokens), [1] * len(tokens), id=id_)


def _rows(
    source: TextSource, records: Sequence[formats.Record], found: Recognition, options: ReadOptions
) -> ColumnReader | LayerReader | RecordRows:
    if found.format == "hf":
        return RecordRows(source, formats.tagged("hf"), records, options.hints)
    assert found.layout is not None, "columns have a layout"
    if found.format == "layers":
        return LayerReader(source, found.layout)
    return ColumnReader(
        source,
        found.layout,
        empty_tag=options.empty_tag,
        join_surrogates=options.join_surrogates,
        mend_lines=options.mend_lines,
        sentence_end=options.sentence_end,
    )


def _sample(name: str, head: Head, found: Recognition, options: ReadOptions) -> Iterator[Layers]:
    """The sentences of the first lines, each with its layers of tags."""
    source = TextSource(io.BytesIO(head.text.encode("utf-8", "surrogatepass")), name, surrogates=True)
    for rows in _rows(source, sample_objects(head, name) if found.format == "hf" else (), found, options):
        yield (rows,) if isinstance(rows, TaggedRows) else rows


def _scheme(sample: Sequence[Layers], name: str, head: Head, options: ReadOptions) -> tuple[Scheme, str]:
    if options.scheme is not None:
        return scheme_named(options.scheme), ""
    tags = [rows.tags for layers in sample for rows in layers]
    return recognise_scheme(tags, name, whole=head.whole, repair=options.repair or Repair.STRICT)


def _are_words(sample: Sequence[TaggedRows]) -> bool:
    """True when more than half of the tokens are longer than one character."""
    n_longer = sum(len(token) > 1 for rows in sample for token in rows.tokens)
    return n_longer * 2 > sum(len(rows.tokens) for rows in sample)
