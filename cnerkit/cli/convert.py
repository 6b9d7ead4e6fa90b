"""``cnerkit convert``: from one tag scheme or format to another."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cnerkit.cli import console, reading
from cnerkit.corpora.formats import WRITABLE

_TAGS = "bio, io, iob1, bios, bioes, bmes, bilou or bmeow"

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A dataset's name, a file, a folder, or - for stdin.")]
Scheme = Annotated[str | None, typer.Option("--scheme", metavar="S", help=f"Write {_TAGS} tags, grid, or span.")]
Types = Annotated[
    str | None,
    typer.Option(
        "--types", metavar="MAP", help="Rename or merge types: old=new,… or old*=new; drop them: old=; or @FILE of such lines."
    ),
]
Format = Annotated[str | None, typer.Option("--format", metavar="F", help=f"Write {', '.join(WRITABLE)}.")]
Grid = Annotated[str, typer.Option("--grid", metavar="G", help="The relations of a grid: crener (four) or w2ner (two).")]
Overlap = Annotated[
    str,
    typer.Option(
        "--overlap", metavar="O", help="Entities that the target cannot hold: error, outermost, innermost, or layers of tags."
    ),
]
Split = Annotated[str | None, typer.Option("--split", metavar="P", help="Only this split of a dataset.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="OUT", help="A file, a folder for several splits, or - for stdout.")
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
    grid: Grid = "crener",
    overlap: Overlap = "error",
    from_: reading.From = None,
    from_scheme: reading.FromScheme = None,
    columns: reading.Columns = None,
    encoding: reading.Encoding = None,
    offsets: reading.Offsets_ = None,
    ends: reading.Ends = None,
    labels: reading.Labels = None,
    member: reading.Member = None,
    tokens: reading.Tokens = None,
    sentences: reading.Sentences = None,
    split: Split = None,
    output: Output = None,
    repair: reading.Repair = None,
    report: Report = None,
    force: Force = False,
    data_dir: DataDir = None,
    quiet: Quiet = False,
) -> None:
    """Convert between tag schemes, grids, spans and file formats.

    A dataset goes to the folder NAME.SCHEME with one file per split; one split or one file goes to stdout. Format and scheme
    of the input are recognised by its content. Nothing is lost without being counted and named.
    """
    from cnerkit.workflows.convert import Conversion, convert, overlap_named
    from cnerkit.workflows.types import parse_types

    read = reading.read_options(
        from_=from_, from_scheme=from_scheme, columns=columns, repair=repair, encoding=encoding, offsets=offsets,
        ends=ends, labels=labels, member=member, tokens=tokens, sentences=sentences,
    )  # fmt: skip
    asked = Conversion(
        source=source,
        scheme=scheme and scheme.lower(),
        format=format_ and format_.lower(),
        overlap=overlap_named(overlap),
        grid=grid.lower(),
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
