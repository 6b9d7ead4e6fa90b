"""Tables on stdout: fitted to a terminal, one row per line in a pipe."""

import sys
from collections.abc import Iterable, Sequence

from cnerkit.cli import console

PIPE_WIDTH = 10_000
"""Columns that a pipe is taken to have, so that nothing is cut or folded for the program that reads it."""


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a plain table.

    Args:
        columns: Their names; one that starts with ``>`` holds numbers.
        rows: Cells, shown as they are, brackets and colons included.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    out = console.stdout()
    if out.is_terminal:
        out.print(table)
        return
    out.width = PIPE_WIDTH
    with out.capture() as captured:
        out.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
