"""Sentences from one tag scheme or format to another, streaming, with a count of everything that was changed."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, TextIO

from cnerkit.codecs.overlap import Overlap
from cnerkit.codecs.tags import Scheme, tags_from_spans
from cnerkit.corpora.conll import ConllWriter
from cnerkit.corpora.formats import FORMATS, WRITABLE, find, nearest
from cnerkit.errors import DataError, UsageError
from cnerkit.workflows.conversion import Converted, Result
from cnerkit.workflows.outputs import all_or_nothing, outputs_of, refuse_to_replace
from cnerkit.workflows.read_options import ReadOptions, scheme_named
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.sources import Part, find_source
from cnerkit.workflows.tagged import TaggedSentence
from cnerkit.workflows.types import TypeMap
from cnerkit.workflows.writing import GRID, SPAN, Target, Writing

SCHEMES = (*map(str, Scheme), GRID, SPAN)
"""What entities can be written as: tags in any scheme, related pairs of tokens, or spans."""
GRIDS = ("crener", "w2ner")


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a user asks for.

    Attributes:
        source: A dataset's name, a path, or ``-``.
        scheme: One of ``SCHEMES``; None to keep the source's own.
        format: One of ``formats.WRITABLE``; None for the usual one of the scheme.
        overlap: What becomes of entities that the target cannot hold.
        grid: The relations of a grid, one of ``GRIDS``.
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
    overlap: Overlap = Overlap.ERROR
    grid: str = "crener"
    read: ReadOptions = field(default_factory=ReadOptions)
    split: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None
    report: Path | None = None
    force: bool = False
    data_dir: Path | None = None


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
    known = source.dataset
    target = _target(asked, known.format if known else "", known.scheme if known else None)
    outputs = outputs_of(source, target, asked.format or target.scheme, asked.output)
    if not asked.force:
        refuse_to_replace([path for path in (*outputs.values(), asked.report) if path is not None])
    types = TypeMap(asked.types)
    with all_or_nothing(outputs, target, asked.report, stdout) as (places, report):
        parts = [
            _convert_part(asked, source.parts[split], split, outputs[split], places[split], types) for split in source.parts
        ]
        types.refuse_unknown(source.dataset.types if source.dataset else ())
        result = Result(source.name, tuple(parts), types)
        if report is not None:
            json.dump(result.as_dict(), report, ensure_ascii=False, indent=2)
            report.write("\n")
    return result


def overlap_named(name: str) -> Overlap:
    """The treatment of entities that a target cannot hold, as a user names it.

    Raises:
        UsageError: There is none of that name.
    """
    try:
        return Overlap(name.lower())
    except ValueError as error:
        raise UsageError(f"--overlap has no choice {name!r}", fix=nearest(name, map(str, Overlap))) from error


def _convert_part(
    asked: Conversion, part: Part, split: str, output: Path | None, place: IO[str] | Path, types: TypeMap
) -> Converted:
    with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
        target = _target(asked, reading.format, reading.scheme)
        writing = Writing(target, reading.format, part.name, reading.losses)
        if reading.tagged is not None and target.is_plain_columns and not types.mapping and target.overlap is Overlap.ERROR:
            assert not isinstance(place, Path), "columns are a file"
            place.writelines(_retagged(reading.tagged, Scheme(target.scheme), part.name, writing.written))
            return Converted(split, output, target, reading, writing.written)
        sentences = map(types.apply, reading.sentences) if types.mapping else reading.sentences
        if isinstance(place, Path):
            _write_files(place, writing.files(sentences))
        else:
            place.writelines(writing.texts(sentences))
    return Converted(split, output, target, reading, writing.written)


def _write_files(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    for path, content in files:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as opened:
            opened.write(content)


def _retagged(tagged: Iterable[TaggedSentence], scheme: Scheme, name: str, written: Counter[str]) -> Iterator[str]:
    """Tags to tags without a detour over values: the text of each sentence, its entities counted by type."""
    lines = ConllWriter()
    for sentence in tagged:
        try:
            yield lines.text(sentence.tokens, tags_from_spans(sentence.spans, len(sentence.tokens), scheme))
        except DataError as error:
            raise DataError(error.what, where=f"{name}, sentence {sentence.id}", fix=error.fix) from error
        if sentence.spans:
            written.update([type_ for _, _, type_ in sentence.spans])


def _check_names(asked: Conversion) -> None:
    if asked.scheme is not None and asked.scheme not in SCHEMES:
        raise UsageError(f"no scheme is called {asked.scheme!r}", fix=nearest(asked.scheme, SCHEMES))
    if asked.format is not None:
        find(asked.format, WRITABLE, "write")
    if asked.grid not in GRIDS:
        raise UsageError(f"no grid is called {asked.grid!r}", fix=nearest(asked.grid, GRIDS))
    if asked.read.format is not None:
        find(asked.read.format)
    if asked.read.scheme is not None:
        scheme_named(asked.read.scheme)
    _target(asked, "", None)


def _target(asked: Conversion, read_format: str, read_scheme: str | None) -> Target:
    """What to write for a source of some format, with tags in some scheme or none."""
    format_ = FORMATS[asked.format] if asked.format else None
    if asked.scheme:
        scheme = asked.scheme
    elif format_ and not format_.has_tags:
        scheme = GRID if format_.name == GRID else SPAN
    else:
        scheme = read_scheme or (Scheme.BIO if format_ else SPAN)
    format_ = format_ or FORMATS[_usual_format(scheme, asked.overlap, read_format)]
    holds = "tags" if format_.has_tags else "a grid" if format_.name == GRID else "spans"
    wanted = "spans" if scheme == SPAN else "a grid" if scheme == GRID else "tags"
    if holds != wanted:
        described = {"tags": f"{scheme} tags", "spans": "spans", "a grid": "a grid"}[wanted]
        fix = {"tags": "say --scheme bioes", "spans": f"say --scheme {SPAN}", "a grid": f"say --scheme {GRID}"}[holds]
        raise UsageError(f"{format_.name} holds {holds}, not {described}", fix=f"{fix}, or leave --format out")
    if asked.overlap is Overlap.LAYERS and format_.name != "layers":
        fix = "leave --format out, or choose outermost or innermost"
        raise UsageError(f"--overlap layers writes a column for each level, and {format_.name} has none", fix=fix)
    return Target(scheme, format_, asked.overlap, asked.grid)


def _usual_format(scheme: str, overlap: Overlap, read_format: str) -> str:
    if scheme in (SPAN, GRID):
        return "jsonl" if scheme == SPAN else GRID
    return "layers" if overlap is Overlap.LAYERS or read_format == "layers" else "conll"
