"""``cnerkit data check``: what is wrong with a corpus."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnerkit.cli import console, reading

if TYPE_CHECKING:
    from cnerkit.workflows.checking import Checked

Sources = Annotated[
    list[str], typer.Argument(metavar="SOURCE...", help="A dataset's name, or files, which are taken for splits; - for stdin.")
]
Split = Annotated[str | None, typer.Option("--split", metavar="P", help="Only this split of a dataset.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Look first in this folder, which has one sub-folder per dataset."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MaxLength = Annotated[
    int, typer.Option("--max-length", min=1, metavar="N", help="Sentences of more tokens are too long; 510 is what BERT takes.")
]
Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="NAME",
        help="Look for the same sentences in this dataset; may be repeated; none for no other. "
        "Without it, in all of the catalogue that are on this machine.",
    ),
]
Show = Annotated[int, typer.Option("--show", min=0, metavar="N", help="Examples of each finding.")]

_NONE = "none"


def command(
    sources: Sources,
    split: Split = None,
    from_: reading.From = None,
    from_scheme: reading.FromScheme = None,
    columns: reading.Columns = None,
    repair: reading.Repair = None,
    encoding: reading.Encoding = None,
    offsets: reading.Offsets_ = None,
    labels: reading.Labels = None,
    member: reading.Member = None,
    tokens: reading.Tokens = None,
    sentences: reading.Sentences = None,
    max_length: MaxLength = 510,
    against: Against = None,
    show: Show = 3,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Look for what is wrong with a corpus: malformed tags, hidden characters, contradictions, leaks between splits, shift.

    Sentences are nearly the same when they share 0.8 of their pairs of neighbouring words, each Han character being a word.
    Exits with 1 when there is a problem; remarks alone are none.
    """
    from cnerkit.workflows.checking import Check, check
    from cnerkit.workflows.splits import Wanted

    read = reading.read_options(
        from_=from_, from_scheme=from_scheme, columns=columns, repair=repair, encoding=encoding, offsets=offsets,
        labels=labels, member=member, tokens=tokens, sentences=sentences,
    )  # fmt: skip
    others = None if against is None else [name for name in against if name != _NONE]
    checked = check(Check(Wanted(sources, split, read, data_dir), max_length, others, show), stdin=sys.stdin.buffer)
    for line in checked.notes:
        console.note(line)
    console.note(f"looked for the same sentences in: {', '.join(checked.compared) or 'no other corpus'}")
    if json:
        console.print_json(checked.as_dict())
    else:
        _show(checked)
    if checked.problems:
        raise typer.Exit(1)


def _show(checked: "Checked") -> None:
    for finding in checked.findings:
        _print(f"{finding.kind.severity}  {finding.split}: {finding.count} {finding.what}")
        for example in finding.examples:
            _print(f"{example.where}: {example.text}", indent=4)
        _print(f"fix: {finding.kind.fix}", indent=2)
    problems, remarks = len(checked.problems), len(checked.findings) - len(checked.problems)
    sentences = sum(split.sentences for split in checked.splits)
    found = f"{_kinds(problems, 'problem')}, {_kinds(remarks, 'remark')}" if checked.findings else "nothing found"
    _print(f"{found} in {sentences} sentences")


def _print(line: str, indent: int = 0) -> None:
    """A line of text, folded on a terminal and whole in a pipe."""
    from rich.padding import Padding
    from rich.text import Text

    out = console.stdout()
    if out.is_terminal:
        out.print(Padding(Text(line, overflow="fold"), (0, 0, 0, indent)))
    else:
        sys.stdout.write(f"{' ' * indent}{line}\n")


def _kinds(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
