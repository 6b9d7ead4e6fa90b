"""Tables: fitted to a terminal, whole lines in a pipe, text as it is."""

import io

import pytest
from rich.console import Console

from cnerkit.cli import console, tables

LONG = "字" * 200


def printed(monkeypatch, capsys, *, terminal):
    out = io.StringIO()
    if terminal:
        monkeypatch.setattr(console, "stdout", lambda: Console(file=out, force_terminal=True, width=40, no_color=True))
    tables.show(("name", ">count"), [["[bold]a[/bold] :smile:", "7"], [LONG, "12"]])
    return out.getvalue() if terminal else capsys.readouterr().out


def test_a_pipe_gets_one_whole_line_per_row_without_trailing_spaces(monkeypatch, capsys):
    header, first, second = printed(monkeypatch, capsys, terminal=False).splitlines()
    assert header.split() == ["name", "count"]
    assert first.split() == ["[bold]a[/bold]", ":smile:", "7"]
    assert second.split() == [LONG, "12"]
    assert first.endswith("    7")


@pytest.mark.parametrize("needle", ["[bold]a[/bold]", ":smile:"])
def test_a_terminal_gets_text_as_it_is_folded_to_its_width(monkeypatch, capsys, needle):
    lines = printed(monkeypatch, capsys, terminal=True).splitlines()
    assert len(lines) > 3
    assert needle in "".join(lines)
