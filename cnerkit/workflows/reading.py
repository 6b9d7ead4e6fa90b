"""One corpus file, whatever its format and scheme, as a stream of sentences with entities."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora.catalogue import Dataset
from cnerkit.corpora.cluener import parse_cluener
from cnerkit.corpora.conll import ColumnReader, TaggedRows
from cnerkit.corpora.jsonl import parse_spans
from cnerkit.corpora.recognition import Recognition, nearest, recognise
from cnerkit.corpora.records import RecordReader
from cnerkit.corpora.source import Head, TextSource, open_source
from cnerkit.errors import UsageError
from cnerkit.text import Sentence
from cnerkit.workflows.scheme import recognise_scheme
from cnerkit.workflows.tagged import ReadCounts, TaggedSentence, TagReading

_PARSERS = {"jsonl": parse_spans, "cluener": parse_cluener}


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is known of a file before it is read.

    Attributes:
        format: One of ``recognition.FORMATS``; None to recognise it.
        scheme: The tag scheme of columns; None to recognise it.
        repair: What becomes of malformed tags; None is strict.
        columns: The places of token and tag, from 0; None to recognise them.
        empty_tag: What an empty tag stands for, in the dataset that is known to have some.
        join_surrogates: Join halves of surrogate pairs on lines of their own, in the dataset that is known to have some.
    """

    format: str | None = None
    scheme: str | None = None
    repair: Repair | None = None
    columns: tuple[int, int] | None = None
    empty_tag: str = ""
    join_surrogates: bool = False


def options_of(dataset: Dataset) -> ReadOptions:
    """How the files of a dataset are read so that they give the published counts."""
    return ReadOptions(
        format=dataset.format,
        scheme=dataset.scheme,
        repair=Repair(dataset.repair),
        empty_tag=dataset.empty_tag,
        join_surrogates=dataset.join_surrogates,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was recognised and waits to be read, once.

    Attributes:
        name: What messages call it.
        format: Its format.
        scheme: The scheme of its tags; None for formats without tags.
        evidence: What format and scheme were recognised by, as far as they were not known.
        repair: What becomes of malformed tags.
        counts: What was found so far.
        sentences: The sentences, one after the other; raises DataError after the last when any cannot be read.
        tagged: The same without making values of their entities, for who only counts or copies; None for formats without
            tags. Either this or ``sentences`` can be read.
    """

    name: str
    format: str
    scheme: Scheme | None
    evidence: tuple[str, ...]
    repair: Repair
    counts: ReadCounts
    sentences: Iterator[Sentence]
    tagged: Iterator[TaggedSentence] | None = None


@contextmanager
def open_corpus_file(
    source: Path | BinaryIO, options: ReadOptions | None = None, *, name: str | None = None, ids: str | None = None
) -> Iterator[Reading]:
    """Recognise a corpus file and read it while the context lasts, in flat memory.

    Args:
        source: A file, or a stream such as stdin's buffer; gzip is unpacked.
        options: What is known of it.
        name: What messages call it; the path when there is one.
        ids: What the ids of its sentences begin with; the name of the file when there is one.

    Raises:
        UsageError: Two readings are possible, or an option is not known.
        DataError: It is empty, binary, not UTF-8, or in no known format. While reading: the first mistake and the count of all.
        MissingError: There is no such file.
    """
    options = options or ReadOptions()
    name = name or (str(source) if isinstance(source, Path) else "stdin")
    ids = ids or (source.name.split(".")[0] if isinstance(source, Path) else "stdin")
    with open_source(source, name) as stream:
        text = TextSource(stream, name, surrogates=options.join_surrogates)
        yield _recognised(text, text.head(), options, ids)


def scheme_named(name: str) -> Scheme:
    """The tag scheme that a user names.

    Raises:
        UsageError: There is none; the nearest names are in the message.
    """
    try:
        return Scheme(name.lower())
    except ValueError as error:
        raise UsageError(f"no tag scheme is called {name!r}", fix=nearest(name, map(str, Scheme))) from error


def repair_named(name: str) -> Repair:
    """The repair of malformed tags that a user names.

    Raises:
        UsageError: There is none; the nearest names are in the message.
    """
    try:
        return Repair(name.lower())
    except ValueError as error:
        raise UsageError(f"no repair is called {name!r}", fix=nearest(name, map(str, Repair))) from error


def _recognised(text: TextSource, head: Head, options: ReadOptions, ids: str) -> Reading:
    found = recognise(head, text.name, format=options.format, columns=options.columns)
    counts, repair = ReadCounts(), options.repair or Repair.STRICT
    if found.layout is None:
        _refuse_tag_options(text.name, found.format, options)
        records = RecordReader(text, _PARSERS[found.format], ids=ids)
        counts.overlooked = records.notes
        return Reading(text.name, found.format, None, _said(found.evidence), repair, counts, _counted(records, counts))
    sample = list(_sample(text.name, head, found, options))
    scheme, evidence = _scheme(sample, text.name, head, options)
    rows = _rows(text, found, options)
    counts.overlooked = rows.repairs
    joiner = " " if _are_words(sample) else ""
    tagged = iter(TagReading(text.name, rows, scheme, repair, ids, counts))
    sentences = (each.sentence(joiner) for each in tagged)
    return Reading(text.name, found.format, scheme, _said(found.evidence, evidence), repair, counts, sentences, tagged)


def _refuse_tag_options(name: str, format_: str, options: ReadOptions) -> None:
    if options.scheme is not None or options.columns is not None:
        what = f"{format_} has no columns of tags, and so neither a tag scheme nor columns to choose"
        raise UsageError(what, where=name, fix="leave the scheme and the columns out, or force another format with --from")


def _scheme(sample: Sequence[TaggedRows], name: str, head: Head, options: ReadOptions) -> tuple[Scheme, str]:
    if options.scheme is not None:
        return scheme_named(options.scheme), ""
    return recognise_scheme([rows.tags for rows in sample], name, whole=head.whole, repair=options.repair or Repair.STRICT)


def _said(*evidence: str) -> tuple[str, ...]:
    return tuple(filter(None, evidence))


def _sample(name: str, head: Head, found: Recognition, options: ReadOptions) -> Iterator[TaggedRows]:
    """The sentences of the first lines."""
    errors = "surrogatepass" if options.join_surrogates else "strict"
    source = TextSource(io.BytesIO(head.text.encode("utf-8", errors)), name, surrogates=options.join_surrogates)
    return iter(_rows(source, found, options))


def _rows(source: TextSource, found: Recognition, options: ReadOptions) -> ColumnReader:
    assert found.layout is not None, "only columns have rows"
    return ColumnReader(source, found.layout, empty_tag=options.empty_tag, join_surrogates=options.join_surrogates)


def _are_words(sample: Sequence[TaggedRows]) -> bool:
    """True when more than half of the tokens are longer than one character."""
    n_longer = sum(len(token) > 1 for rows in sample for token in rows.tokens)
    return n_longer * 2 > sum(len(rows.tokens) for rows in sample)


def _counted(records: RecordReader, counts: ReadCounts) -> Iterator[Sentence]:
    for sentence in records:
        counts.sentences += 1
        counts.tokens += len(sentence)
        counts.strict += len(sentence.entities or ())
        counts.conlleval += len(sentence.entities or ())
        yield sentence
