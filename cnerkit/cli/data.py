"""``cnerkit data``: the catalogue of datasets."""

from pathlib import Path
from typing import Annotated

import typer

from cnerkit.cli import console, data_check, data_stats

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name of the catalogue, as `cnerkit data list` shows them.")]
Split = Annotated[str | None, typer.Option("--split", metavar="SPLIT", help="Only this split, such as train.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Look first in this folder, which has one sub-folder per dataset."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def data() -> None:
    """The catalogue of datasets: what there is, what it holds, getting and checking its files.

    Files are looked for in --data-dir, in $CNERKIT_DATA, in the cache, and then downloaded.
    """


@app.command("list")
def list_(data_dir: DataDir = None, json: Json = False) -> None:
    """List the datasets, the sentences or documents of each split, and which of their files are here."""
    from cnerkit.cli import data_view
    from cnerkit.workflows.data import list_datasets

    holdings = list_datasets(data_dir)
    if json:
        console.print_json([data_view.summary(holding) for holding in holdings])
    else:
        data_view.show_list(holdings)


@app.command()
def info(name: Name, data_dir: DataDir = None, json: Json = False) -> None:
    """Show everything that is known about a dataset: source, licence, format, counts per split and type."""
    from cnerkit.cli import data_view
    from cnerkit.workflows.data import look_up

    holding = look_up(name, data_dir)
    if json:
        console.print_json(data_view.everything(holding))
    else:
        data_view.show_dataset(holding)


@app.command()
def get(name: Name, split: Split = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Bring a dataset's files to this machine and print where they are.

    $CNERKIT_MIRROR is asked first: the beginning of an address, file:// included, or a folder, in which a file lies at
    <repository>/<commit>/<path>, and a whole repository at <repository>/<commit>.tar.gz. CNERKIT_OFFLINE=1 keeps everything
    on this machine.
    """
    from cnerkit.workflows.data import get as bring

    found: dict[str, dict[str, str | None]] = {}
    try:
        for obtained in bring(name, split, data_dir):
            console.note(f"{name} {obtained.split}: {'downloaded' if obtained.downloaded else 'already here'}")
            articles = None if obtained.articles is None else str(obtained.articles)
            found[obtained.split] = {"path": str(obtained.path), "articles": articles}
    finally:
        # What was brought is told even when another split could not be had.
        if json:
            console.print_json(found)
        else:
            paths = dict.fromkeys(path for each in found.values() for path in each.values() if path)
            typer.echo("".join(f"{path}\n" for path in paths), nl=False)


@app.command()
def verify(name: Name, split: Split = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Check a dataset's files that are here: their hash, sentences, tokens and entities per type.

    Exits with 1 when a file is not as published, with 5 when one is not here.
    """
    from cnerkit.cli import data_view
    from cnerkit.workflows.data import absent
    from cnerkit.workflows.data import verify as check

    found = list(check(name, split, data_dir))
    if json:
        console.print_json([data_view.verdict(each) for each in found])
    else:
        data_view.show_verdicts(found)
    if any(each.problems for each in found):
        raise typer.Exit(1)
    if missing := absent(name, found, data_dir):
        raise missing


app.command("check")(data_check.command)
app.command("stats")(data_stats.command)
