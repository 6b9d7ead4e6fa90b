"""Where results and remarks go: results on stdout, everything else on stderr."""

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from cnerkit.errors import CnerkitError

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST = 2000
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")


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
    _tell(f"{_visible(text)}\n")


def print_json(value: Any) -> None:
    """A result for programs: one JSON document on stdout, Chinese as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))
    sys.stdout.write("\n")


def show_error(error: CnerkitError) -> None:
    """The mistake on stderr, with every further one found beside it: what, where, how to fix it."""
    red, reset = ("\x1b[1;31m", "\x1b[0m") if _may_color() else ("", "")
    for one in (error, *error.also):
        place = f"{one.where}: " if one.where else ""
        _tell(f"{red}Error:{reset} {_visible(place)}{_visible(one.what)}\n")
        if one.fix:
            _tell(f"  fix: {_visible(one.fix)}\n")


def _tell(text: str) -> None:
    """A line on stderr; when that takes no more, there is nobody to be told so."""
    try:
        sys.stderr.write(text)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _visible(text: str) -> str:
    """A message whose words may come from any file: what a terminal would obey is written out, and what is endless is cut."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], shown)


def _may_color() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
