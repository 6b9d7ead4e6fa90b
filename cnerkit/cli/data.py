"""``cnerkit data``: the catalogue of datasets."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnerkit.cli import console

if TYPE_CHECKING:
    from rich.table import Table

    from cnerkit.corpora.catalogue import Dataset, Identity
    from cnerkit.workflows.data import Holding, Verified

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name of the catalogue, as `cnerkit data list` shows them.")]
Split = Annotated[str | None, typer.Option("--split", metavar="SPLIT", help="Only this split: train, dev or test.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Look first in this folder, which has one sub-folder per dataset."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_SPLITS = ("train", "dev", "test")


@app.callback()
def data() -> None:
    """The catalogue of datasets: what there is, what it holds, getting and checking its files.

    Files are looked for in --data-dir, in $CNERKIT_DATA, in the cache, and then downloaded.
    """


@app.command("list")
def list_(data_dir: DataDir = None, json: Json = False) -> None:
    """List the datasets, their sentences per split, and which of their files are here."""
    from cnerkit.workflows.data import list_datasets

    holdings = list_datasets(data_dir)
    if json:
        console.print_json([_summary(holding) for holding in holdings])
        return
    table = _table("name", *(f">{split}" for split in _SPLITS), ">types", "here", "title")
    for holding in holdings:
        dataset = holding.dataset
        sentences = [_number(dataset.splits[split].counts.sentences) if split in dataset.splits else "-" for split in _SPLITS]
        table.add_row(dataset.name, *sentences, str(len(dataset.types)), _here(holding), dataset.title)
    console.stdout().print(table)


@app.command()
def info(name: Name, data_dir: DataDir = None, json: Json = False) -> None:
    """Show everything that is known about a dataset: source, licence, format, counts per split and type."""
    from cnerkit.workflows.data import look_up

    holding = look_up(name, data_dir)
    if json:
        console.print_json(_everything(holding))
        return
    out = console.stdout()
    out.print(_facts(holding))
    out.print()
    out.print(_split_counts(holding.dataset))
    if any(file.counts.per_type for file in holding.dataset.splits.values()):
        out.print()
        out.print(_type_counts(holding.dataset))


@app.command()
def get(name: Name, split: Split = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Bring a dataset's files to this machine and print where they are.

    $CNERKIT_MIRROR is asked first: the beginning of an address, file:// included, or a folder, in which a file lies at
    <repository>/<commit>/<path>. CNERKIT_OFFLINE=1 keeps everything on this machine.
    """
    from cnerkit.workflows.data import get as bring

    paths: dict[str, str] = {}
    try:
        for obtained in bring(name, split, data_dir):
            console.note(f"{name} {obtained.split}: {'downloaded' if obtained.downloaded else 'already here'}")
            paths[obtained.split] = str(obtained.path)
            if not json:
                typer.echo(obtained.path)
    finally:
        # What was brought is told even when another split could not be had.
        if json:
            console.print_json(paths)


@app.command()
def verify(name: Name, split: Split = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Check a dataset's files that are here: their hash, sentences, tokens and entities per type.

    Exits with 1 when a file is not as published, with 5 when one is not here.
    """
    from cnerkit.workflows.data import absent
    from cnerkit.workflows.data import verify as check

    found = list(check(name, split, data_dir))
    if json:
        console.print_json([_verdict(each) for each in found])
    else:
        _print_verdicts(found)
    if any(each.problems for each in found):
        raise typer.Exit(1)
    if missing := absent(name, found, data_dir):
        raise missing


def _summary(holding: "Holding") -> dict[str, Any]:
    dataset = holding.dataset
    return {
        "name": dataset.name,
        "title": dataset.title,
        "types": len(dataset.types),
        "splits": {
            split: {"sentences": file.counts.sentences, "path": _path(holding.paths[split])}
            for split, file in dataset.splits.items()
        },
    }


def _everything(holding: "Holding") -> dict[str, Any]:
    from dataclasses import asdict

    from cnerkit.workflows.data import levels

    dataset = holding.dataset
    everything = asdict(dataset) | {"levels": [asdict(level) for level in levels(dataset)]}
    for split, file in dataset.splits.items():
        everything["splits"][split]["urls"] = [source.url() for source in file.sources]
        everything["splits"][split]["path"] = _path(holding.paths[split])
    return everything


def _verdict(verified: "Verified") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(verified) | {"path": _path(verified.path)}


def _facts(holding: "Holding") -> "Table":
    """What is said of the dataset as a whole, one fact on each row."""
    from rich.text import Text

    from cnerkit.workflows.data import levels

    dataset, files = holding.dataset, holding.dataset.splits
    table = _table("", "")
    table.show_header = False
    tags = f" with {dataset.scheme} tags, --repair {dataset.repair}" if dataset.scheme else ""
    rows = {"name": dataset.name, "title": dataset.title, "licence": dataset.licence, "format": f"{dataset.format}{tags}"}
    if not any(file.counts.per_type for file in files.values()):
        rows["types"] = " ".join(dataset.types)
    if dataset.hierarchy_separator:
        depths = [f"{level.names} names at level {level.depth} ({level.types} end there)" for level in levels(dataset)]
        rows["hierarchy"] = f"types are paths parted by {dataset.hierarchy_separator}: {', '.join(depths)}"
    sources = dict.fromkeys(f"{source.repository} @ {source.commit}" for file in files.values() for source in file.sources)
    rows["source"] = "\n".join(sources) or ("part of cnerkit" if dataset.packaged else "your own copy")
    for split, file in files.items():
        published = f"{file.sources[0].path}\n" if file.sources else ""
        rows[split] = f"{published}{_path(holding.paths[split]) or f'{file.file}: not here'}"
    rows["other versions"] = "\n".join(version.title for version in dataset.other_versions)
    rows["note"] = dataset.note
    for fact, value in rows.items():
        if value:
            table.add_row(fact, Text(value))
    return table


def _split_counts(dataset: "Dataset") -> "Table":
    table = _table("split", ">sentences", ">tokens", ">entities", ">conlleval", ">bytes", "hash")
    for split, file in dataset.splits.items():
        counts, identity = file.counts, file.identity
        numbers = (counts.sentences, counts.tokens, counts.entities, counts.conlleval, identity.bytes)
        table.add_row(split, *map(_number, numbers), _short_hash(identity))
    return table


def _type_counts(dataset: "Dataset") -> "Table":
    table = _table("type", *(f">{split}" for split in dataset.splits))
    for type_ in dataset.types:
        known = [file.counts.per_type for file in dataset.splits.values()]
        table.add_row(type_, *("-" if counts is None else str(counts.get(type_, 0)) for counts in known))
    return table


def _print_verdicts(found: Sequence["Verified"]) -> None:
    from rich.text import Text

    out = console.stdout()
    table = _table("split", ">sentences", ">tokens", ">entities", "verdict")
    for each in found:
        numbers = (each.counts.sentences, each.counts.tokens, each.counts.entities) if each.counts else (None,) * 3
        table.add_row(each.split, *map(_number, numbers), _in_a_word(each))
    out.print(table)
    for each in found:
        for problem in each.problems:
            out.print(Text(f"{each.split}: {problem}"))


def _in_a_word(verified: "Verified") -> str:
    if verified.path is None:
        return "not here"
    return "not as published" if verified.problems else "as published"


def _table(*columns: str) -> "Table":
    """A plain table; a column whose name starts with > holds numbers."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    return table


def _here(holding: "Holding") -> str:
    here = [split for split, path in holding.paths.items() if path]
    return "all" if len(here) == len(holding.paths) else " ".join(here) or "no"


def _short_hash(identity: "Identity") -> str:
    if identity.sha256:
        return f"sha256 {identity.sha256[:12]}"
    return f"git {identity.git_blob_sha1[:12]}" if identity.git_blob_sha1 else "-"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)
