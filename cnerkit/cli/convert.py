"""``cnerkit convert``: from one tag scheme or format to another."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cnerkit.cli import console
from cnerkit.errors import UsageError

_TAGS = "bio, io, iob1, bios, bioes, bmes, bilou or bmeow"

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A dataset's name, a file, or - for stdin.")]
Scheme = Annotated[str | None, typer.Option("--scheme", metavar="S", help=f"Write {_TAGS} tags, or span.")]
Types = Annotated[
    str | None,
    typer.Option("--types", metavar="MAP", help="Rename or merge types: old=new,…; drop them: old=; or @FILE of such lines."),
]
Format = Annotated[str | None, typer.Option("--format", metavar="F", help="Write conll, jsonl or cluener.")]
From = Annotated[str | None, typer.Option("--from", metavar="F", help="Read conll, weibo, jsonl or cluener; else recognised.")]
FromScheme = Annotated[
    str | None, typer.Option("--from-scheme", metavar="S", help="Read tags of this scheme; else recognised.")
]
Columns = Annotated[
    str | None, typer.Option("--columns", metavar="T,G", help="Read tokens in column T and tags in column G, from 1.")
]
Split = Annotated[str | None, typer.Option("--split", metavar="P", help="Only this split of a dataset.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="OUT", help="A file, a folder for several splits, or - for stdout.")
]
Repair = Annotated[
    str | None,
    typer.Option("--repair", metavar="R", help="Malformed tags: strict refuses, conlleval makes entities, drop makes O."),
]
Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write what was done as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Look first in this folder, which has one sub-folder per dataset."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


def command(
    source: Source,
    scheme: Scheme = None,
    types: Types = None,
    format_: Format = None,
    from_: From = None,
    from_scheme: FromScheme = None,
    columns: Columns = None,
    split: Split = None,
    output: Output = None,
    repair: Repair = None,
    report: Report = None,
    force: Force = False,
    data_dir: DataDir = None,
    quiet: Quiet = False,
) -> None:
    """Convert between tag schemes, spans and file formats.

    A dataset goes to the folder NAME.SCHEME with one file per split; one split or one file goes to stdout.
    """
    from cnerkit.workflows.convert import Conversion, convert
    from cnerkit.workflows.reading import ReadOptions, repair_named
    from cnerkit.workflows.types import parse_types

    read = ReadOptions(
        _lower(from_), _lower(from_scheme), repair_named(repair) if repair is not None else None, _columns(columns)
    )
    asked = Conversion(
        source=source,
        scheme=_lower(scheme),
        format=_lower(format_),
        read=read,
        split=split,
        types=parse_types(types),
        output=output,
        report=report,
        force=force,
        data_dir=data_dir,
    )
    result = convert(asked, stdin=sys.stdin.buffer, stdout=sys.stdout)
    if not quiet:
        for line in result.notes():
            console.note(line)


def _lower(name: str | None) -> str | None:
    return name and name.lower()


def _columns(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(
            f"--columns takes two numbers from 1, got {text!r}", fix="write the token's column and the tag's, as in 1,4"
        )
    return int(parts[0]) - 1, int(parts[1]) - 1
