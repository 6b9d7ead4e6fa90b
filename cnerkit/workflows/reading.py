"""One corpus file, whatever its format and scheme, as a stream of sentences with entities."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora import formats
from cnerkit.corpora.bundle import Member, is_bundle, members
from cnerkit.corpora.formats import FORMATS, Parse
from cnerkit.corpora.recognition import recognise
from cnerkit.corpora.records import RecordReader, is_array, sample_objects
from cnerkit.corpora.source import Head, TextSource, open_source, transcoded
from cnerkit.errors import UsageError
from cnerkit.text import Sentence
from cnerkit.workflows.division import LEAVE_OUT, divided
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.tag_files import Tagged, open_tags
from cnerkit.workflows.tagged import ReadCounts, TaggedSentence
from cnerkit.workflows.types import TypeMap
from cnerkit.workflows.wording import counted

_FIRST_LOOK = 1 << 17
_MARKUP = ("genia", "harem")


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
        losses: What was left out so far.
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
    losses: Losses
    sentences: Iterator[Sentence]
    tagged: Iterator[TaggedSentence] | None = None


@contextmanager
def open_corpus_file(
    source: Path | BinaryIO, options: ReadOptions | None = None, *, name: str | None = None, ids: str | None = None
) -> Iterator[Reading]:
    """Recognise a corpus file and read it while the context lasts, in flat memory.

    A folder or an archive is read as brat's when it has ``.ann`` files, else as files of one format, one after the other.

    Args:
        source: A file, a folder, an archive, or a stream such as stdin's buffer; gzip is unpacked.
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
    if isinstance(source, Path) and is_bundle(source):
        with _open_bundle(source, options, name, ids) as reading:
            yield reading
        return
    with open_source(source, name) as stream:
        yield _open_stream(stream, options, name, ids, ReadCounts(), Losses())


@contextmanager
def _open_bundle(path: Path, options: ReadOptions, name: str, ids: str) -> Iterator[Reading]:
    found = _shortened(members(path, options.member or "*"))
    if options.format == "brat" or (options.format is None and any(each.path.endswith(".ann") for each in found)):
        yield _documents(found, options, name)
    elif len(found) == 1:
        with found[0].open() as opened, open_source(opened, name) as stream:
            yield _open_stream(stream, options, name, ids, ReadCounts(), Losses())
    else:
        with ExitStack() as stack:
            yield _several(found, options, name, stack)


def _shortened(found: Sequence[Member]) -> list[Member]:
    """The files with the folders that all of them are in left out of their paths, which become ids."""
    shared = posixpath.commonpath([posixpath.dirname(each.path) for each in found])
    return [replace(each, path=posixpath.relpath(each.path, shared or ".")) for each in found]


def _several(found: Sequence[Member], options: ReadOptions, name: str, stack: ExitStack) -> Reading:
    """Files of one format as a single reading: the first one decides the format and the scheme of all."""
    counts, losses = ReadCounts(), Losses()

    @contextmanager
    def opened(member: Member, options: ReadOptions) -> Iterator[Reading]:
        where = f"{name}/{member.path}"
        with member.open() as packed, open_source(packed, where) as stream:
            yield _open_stream(stream, options, where, member.stem, counts, losses)

    first = stack.enter_context(opened(found[0], options))
    same = replace(options, format=first.format, scheme=first.scheme)

    def sentences() -> Iterator[Sentence]:
        yield from first.sentences
        for member in found[1:]:
            with opened(member, same) as reading:
                yield from reading.sentences

    evidence = (*first.evidence, f"{len(found)} files")
    return replace(first, name=name, evidence=evidence, sentences=sentences(), tagged=None)


def _documents(found: Sequence[Member], options: ReadOptions, name: str) -> Reading:
    _refuse_tag_options(name, "brat", options)
    counts, losses = ReadCounts(), Losses()
    documents = formats.folder("brat").read(found, options.hints, counts.overlooked, name)
    sentences = _finished(documents, options, name, counts, losses)
    evidence = () if options.format else (f"a folder with {counted(len(found), 'file')}, .ann among them",)
    return Reading(name, "brat", None, evidence, options.repair or Repair.STRICT, counts, losses, sentences)


def _open_stream(stream: BinaryIO, options: ReadOptions, name: str, ids: str, counts: ReadCounts, losses: Losses) -> Reading:
    # In any other format an XML declaration is text like any other, and says nothing of the file's encoding.
    encoding = options.encoding or (None if options.format in (None, *_MARKUP) else "utf-8")
    text = TextSource(transcoded(stream, encoding, name), name, surrogates=options.join_surrogates)
    head = _head(text)
    found = recognise(head, name, format=options.format, columns=options.columns)
    if FORMATS[found.format].has_tags:
        if not options.division.changes_nothing:
            what = f"{found.format} has tokens and sentences of its own, and no running text to divide"
            raise UsageError(what, where=name, fix=LEAVE_OUT)
        return _of_tags(open_tags(text, head, found, options, ids, counts), options, counts, losses)
    _refuse_tag_options(name, found.format, options)
    if FORMATS[found.format].kind == "text":
        sentences = formats.text(found.format).read(text, ids, options.hints, counts.overlooked)
    else:
        sentences = iter(RecordReader(text, _parser(found.format, head, options, name), ids=ids, notes=counts.overlooked))
    repair = options.repair or Repair.STRICT
    finished = _finished(sentences, options, name, counts, losses)
    return Reading(name, found.format, None, _said(found.evidence), repair, counts, losses, finished)


def _head(text: TextSource) -> Head:
    """The first lines, as many as hold a whole object when they begin an array."""
    size, head = _FIRST_LOOK, text.head()
    while is_array(head) and not head.whole and not sample_objects(head, text.name):
        size *= 4
        head = text.head(size)
    return head


def _of_tags(read: Tagged, options: ReadOptions, counts: ReadCounts, losses: Losses) -> Reading:
    sentences = map(TypeMap(options.types_map).apply, (each.sentence(read.joiner) for each in read.sentences))
    untouched = None if options.types_map else read.sentences
    repair = options.repair or Repair.STRICT
    return Reading(read.name, read.format, read.scheme, _said(*read.evidence), repair, counts, losses, sentences, untouched)


def _parser(format_: str, head: Head, options: ReadOptions, name: str) -> Parse:
    if format_ == "grid":
        from cnerkit.workflows.grids import parse_grid

        return parse_grid
    return formats.records(format_).parser(sample_objects(head, name), options.hints, name)


def _finished(
    sentences: Iterable[Sentence], options: ReadOptions, name: str, counts: ReadCounts, losses: Losses
) -> Iterator[Sentence]:
    """The sentences with their types mapped, chosen and divided as the options say, and counted."""
    if options.part:
        sentences = islice(sentences, *options.part)
    if options.types_map:
        sentences = map(TypeMap(options.types_map).apply, sentences)
    if not options.division.changes_nothing:
        sentences = divided(sentences, options.division, name, options.repair or Repair.STRICT, losses)
    for sentence in sentences:
        counts.sentences += 1
        counts.tokens += len(sentence)
        counts.strict += len(sentence.entities or ())
        counts.conlleval += len(sentence.entities or ())
        yield sentence


def _refuse_tag_options(name: str, format_: str, options: ReadOptions) -> None:
    if options.scheme is not None or options.columns is not None:
        what = f"{format_} has no columns of tags, and so neither a tag scheme nor columns to choose"
        raise UsageError(what, where=name, fix="leave the scheme and the columns out, or force another format with --from")


def _said(*evidence: str) -> tuple[str, ...]:
    return tuple(filter(None, evidence))
