"""Sentences from one tag scheme or format to another, streaming, with a count of everything that was changed."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO, cast

from cnerkit.codecs.tags import Scheme, tags_from_entities, tags_from_spans
from cnerkit.corpora.cluener import cluener_line
from cnerkit.corpora.conll import ConllWriter
from cnerkit.corpora.jsonl import span_line
from cnerkit.corpora.recognition import nearest
from cnerkit.errors import DataError, UsageError
from cnerkit.storage import unwritable, whole_file
from cnerkit.text import Sentence
from cnerkit.workflows.corpus import describe_reading
from cnerkit.workflows.reading import Reading, ReadOptions, open_corpus_file, scheme_named
from cnerkit.workflows.sources import STDIN, Part, Source, find_source
from cnerkit.workflows.tagged import TaggedSentence
from cnerkit.workflows.types import TypeMap, describe_change

SPAN = "span"
SCHEMES = (*map(str, Scheme), SPAN)
"""What entities can be written as: tags in any scheme, or spans."""
WRITTEN = {"conll": ".conll", "jsonl": ".jsonl", "cluener": ".json"}
"""The formats that can be written, each with the suffix of its files."""

_SPANS = ("jsonl", "cluener")
_SPOOLED = 1 << 23


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a user asks for.

    Attributes:
        source: A dataset's name, a path, or ``-``.
        scheme: One of ``SCHEMES``; None to keep the source's own.
        format: One of ``WRITTEN``; None for the usual one of the scheme.
        read: How to read the source, as far as the user says.
        split: Only this split of a dataset.
        types: Old type to new; an empty new one drops the type.
        output: A file, or a folder for several splits; None for stdout, or for several splits the folder ``<name>.<scheme>``.
        report: A file for the report.
        force: Replace what is there.
        data_dir: A folder with one sub-folder per dataset, looked into first.
    """

    source: str
    scheme: str | None = None
    format: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    split: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None
    report: Path | None = None
    force: bool = False
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """One split or file after its conversion.

    Attributes:
        split: Its name; empty for a file.
        output: Where it was written; None for stdout.
        scheme: What it was written in.
        format: What it was written as.
        reading: How it was read, with the final counts.
        entities: How many entities were written, by type.
    """

    split: str
    output: Path | None
    scheme: str
    format: str
    reading: Reading
    entities: Mapping[str, int]

    def notes(self) -> list[str]:
        """What a person should know of it."""
        read, head = self.reading, f"{self.split}: " if self.split else ""
        how = f"{read.format}, {read.scheme}" if read.scheme else read.format
        evidence = f" ({'; '.join(read.evidence)})" if read.evidence else ""
        return [f"{head}{read.name} read as {how}{evidence}", *describe_reading(self.split, read)]

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        read, counts = self.reading, self.reading.counts
        return {
            "split": self.split or None,
            "input": {"name": read.name, "format": read.format, "scheme": read.scheme, "evidence": list(read.evidence)},
            "output": {"name": str(self.output or "stdout"), "format": self.format, "scheme": self.scheme},
            "sentences": counts.sentences,
            "tokens": counts.tokens,
            "entities": {"written": dict(self.entities), "strict": counts.strict, "conlleval": counts.conlleval},
            "malformed": {"repair": read.repair, **asdict(counts.malformed)},
            "overlooked": dict(counts.overlooked),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """A finished conversion: what was written, and how types were mapped (old, new, entities)."""

    source: str
    parts: tuple[Converted, ...]
    types: Mapping[str, tuple[str, int]]

    def notes(self) -> list[str]:
        """What a person should know of it, line by line."""
        notes = [note for part in self.parts for note in part.notes()]
        notes += [describe_change(old, new, count) for old, (new, count) in self.types.items()]
        written = [str(part.output) for part in self.parts if part.output]
        return notes + ([f"wrote {', '.join(written)}"] if written else [])

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        types = [{"old": old, "new": new or None, "entities": count} for old, (new, count) in self.types.items()]
        parts = [part.as_dict() for part in self.parts]
        return {"source": self.source, "types": types, "parts": parts}


@dataclass(frozen=True, slots=True)
class _Target:
    """What to write: a scheme and a format that fit together."""

    scheme: str
    format: str


def convert(asked: Conversion, *, stdin: BinaryIO, stdout: TextIO) -> Result:
    """Do a conversion. All its files appear, or none; stdout gets all or nothing.

    Args:
        asked: What a user asks for.
        stdin: Where ``-`` is read from.
        stdout: Where one file or split goes when no output is named.

    Raises:
        UsageError: Names that are not known, choices that do not fit, or a file that is there and may not be replaced.
        DataError: The source cannot be read, or the target cannot carry what it holds.
        MissingError: A file is not there.
    """
    _check_names(asked)
    source = find_source(asked.source, split=asked.split, asked=asked.read, data_dir=asked.data_dir, stdin=stdin)
    outputs = _outputs(asked, source)
    if not asked.force:
        _refuse_to_replace([path for path in (*outputs.values(), asked.report) if path is not None])
    types = TypeMap(asked.types)
    with _all_or_nothing(outputs, asked.report, stdout) as (files, report):
        parts = [
            _convert_part(asked, source.parts[split], split, outputs[split], files[split], types) for split in source.parts
        ]
        types.refuse_unknown(source.dataset.types if source.dataset else ())
        result = Result(source.name, tuple(parts), types.changes())
        if report is not None:
            json.dump(result.as_dict(), report, ensure_ascii=False, indent=2)
            report.write("\n")
    return result


def _convert_part(asked: Conversion, part: Part, split: str, output: Path | None, file: IO[str], types: TypeMap) -> Converted:
    written: Counter[str] = Counter()
    with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
        target = _target(asked, reading.scheme)
        if reading.tagged is not None and target.format == "conll" and not types.mapping:
            file.writelines(_retagged(reading.tagged, Scheme(target.scheme), part.name, written))
        else:
            sentences = map(types.apply, reading.sentences) if types.mapping else reading.sentences
            file.writelines(_written(sentences, target, part.name, written))
    return Converted(split, output, target.scheme, target.format, reading, written)


def _retagged(tagged: Iterable[TaggedSentence], scheme: Scheme, name: str, written: Counter[str]) -> Iterator[str]:
    """Tags to tags without a detour over values: the text of each sentence, its entities counted by type."""
    lines = ConllWriter()
    for sentence in tagged:
        try:
            yield lines.text(sentence.tokens, tags_from_spans(sentence.spans, len(sentence.tokens), scheme))
        except DataError as error:
            raise _in_sentence(error, name, sentence.id) from error
        if sentence.spans:
            written.update([type_ for _, _, type_ in sentence.spans])


def _written(sentences: Iterable[Sentence], target: _Target, name: str, written: Counter[str]) -> Iterator[str]:
    """The text of each sentence, its entities counted by type."""
    lines = ConllWriter()
    for sentence in sentences:
        try:
            yield _text(sentence, target, lines)
        except DataError as error:
            raise _in_sentence(error, name, sentence.id) from error
        written.update([entity.type for entity in sentence.entities or ()])


def _text(sentence: Sentence, target: _Target, lines: ConllWriter) -> str:
    if sentence.entities is None:
        raise DataError("it is not annotated", fix="give every sentence its entities, [] where there are none")
    if target.format == "conll":
        return lines.text(sentence.tokens, tags_from_entities(sentence.entities, len(sentence), Scheme(target.scheme)))
    return span_line(sentence) if target.format == "jsonl" else cluener_line(sentence)


def _in_sentence(error: DataError, name: str, sentence: str) -> DataError:
    return DataError(error.what, where=f"{name}, sentence {sentence}", fix=error.fix)


def _check_names(asked: Conversion) -> None:
    if asked.scheme is not None and asked.scheme not in SCHEMES:
        raise UsageError(f"no scheme is called {asked.scheme!r}", fix=nearest(asked.scheme, SCHEMES))
    if asked.format is not None and asked.format not in WRITTEN:
        raise UsageError(f"no format to write is called {asked.format!r}", fix=nearest(asked.format, WRITTEN))
    if asked.read.scheme is not None:
        scheme_named(asked.read.scheme)
    if asked.scheme is not None:
        _target(asked, None)


def _target(asked: Conversion, read: str | None) -> _Target:
    """What to write for a source whose tags are in the scheme ``read``, or that has none."""
    scheme = asked.scheme or (SPAN if asked.format in _SPANS else read) or SPAN
    format_ = asked.format or ("jsonl" if scheme == SPAN else "conll")
    if scheme == SPAN and format_ not in _SPANS:
        raise UsageError(f"{format_} holds tags, and {SPAN} is no tag scheme", fix="say --scheme bioes, or --format jsonl")
    if scheme != SPAN and format_ in _SPANS:
        raise UsageError(f"{format_} holds spans, not {scheme} tags", fix=f"say --scheme {SPAN}, or leave --format out")
    return _Target(scheme, format_)


def _outputs(asked: Conversion, source: Source) -> dict[str, Path | None]:
    """Where each split goes; None is stdout."""
    output = None if asked.output == Path(STDIN) else asked.output
    if len(source.parts) == 1:
        if output is not None and output.is_dir():
            raise UsageError(
                "this is a folder, and one file is to be written", where=str(output), fix="name a file in it with -o"
            )
        return dict.fromkeys(source.parts, output)
    if asked.output is not None and output is None:
        splits = ", ".join(source.parts)
        raise UsageError(f"{source.name} has several splits, which stdout would mix", fix=f"choose one with --split: {splits}")
    target = _target(asked, source.dataset.scheme if source.dataset else None)
    folder = output or Path(f"{source.name}.{target.scheme}")
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            "this is a file, and a folder for several splits is needed", where=str(folder), fix="name another with -o"
        )
    return {split: folder / f"{split}{WRITTEN[target.format]}" for split in source.parts}


def _refuse_to_replace(paths: Sequence[Path]) -> None:
    there = [path for path in paths if path.exists()]
    if there:
        others = f", as are {len(there) - 1} more" if len(there) > 1 else ""
        raise UsageError(f"{there[0]} is there already{others}", fix="say --force to replace, or name another place with -o")


@contextmanager
def _all_or_nothing(
    outputs: Mapping[str, Path | None], report: Path | None, stdout: TextIO
) -> Iterator[tuple[dict[str, IO[str]], IO[str] | None]]:
    """The files to write, by split, and that of the report; they appear when all is done, and none does after an error."""
    folders = {path.parent for path in (*outputs.values(), report) if path is not None}
    new = [folder for folder in folders if not folder.exists()]
    try:
        with ExitStack() as stack:
            opened = {
                split: stack.enter_context(_held_back(stdout) if path is None else _text_file(path))
                for split, path in outputs.items()
            }
            yield opened, None if report is None else stack.enter_context(_text_file(report))
    except BaseException:
        for folder in new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _text_file(path: Path) -> AbstractContextManager[IO[str]]:
    return cast("AbstractContextManager[IO[str]]", whole_file(path))


@contextmanager
def _held_back(stdout: TextIO) -> Iterator[IO[str]]:
    """A file whose content goes to stdout at the end, so that nobody reads half of a corpus that turns out to be refused."""
    with tempfile.SpooledTemporaryFile(_SPOOLED, "w+", encoding="utf-8", newline="\n") as held:
        try:
            yield held
            held.seek(0)
        except OSError as error:
            raise unwritable(Path(tempfile.gettempdir()), error) from error
        try:
            shutil.copyfileobj(held, stdout)
            stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable(Path("stdout"), error) from error
