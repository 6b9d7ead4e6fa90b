"""Where results and remarks go: results on stdout, everything else on stderr."""

import json
import sys
from typing import TYPE_CHECKING, Any

from cnerkit.errors import CnerkitError

if TYPE_CHECKING:
    from rich.console import Console


def stdout() -> "Console":
    """A console for results; plain text when stdout is not a terminal."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False)


def stderr() -> "Console":
    """A console for progress, notes and errors."""
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False)


def note(text: str) -> None:
    """A remark for the person at the keyboard, on one line of stderr."""
    sys.stderr.write(f"{text}\n")


def print_json(value: Any) -> None:
    """A result for programs: one JSON document on stdout, Chinese as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))
    sys.stdout.write("\n")


def show_error(error: CnerkitError) -> None:
    """The mistake on stderr, with every further one found beside it: what, where, how to fix it."""
    red, reset = ("\x1b[1;31m", "\x1b[0m") if _may_color() else ("", "")
    for one in (error, *error.also):
        place = f"{one.where}: " if one.where else ""
        sys.stderr.write(f"{red}Error:{reset} {place}{one.what}\n")
        if one.fix:
            sys.stderr.write(f"  fix: {one.fix}\n")


def _may_color() -> bool:
    import os

    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
