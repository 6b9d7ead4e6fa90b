"""The objects of one JSON array, read one after the other however long it is."""

import json
import re
from collections.abc import Iterator
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.json_text import decode_at
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError

_FIX = "write objects in double quotes, with commas between them and brackets around all"
_ITEM = re.compile(r"""["']?[\w.+-]+|.""")
_SPACE = re.compile(r"[ \t\n\r]*")


class ArrayReader:
    """The objects of an array, of whose text hardly more is held than the object that is being read.

    Args:
        source: The text, which begins with ``[`` after white space.
    """

    def __init__(self, source: TextSource) -> None:
        # Objects end with a brace, so that most pieces are whole numbers of objects.
        self._pieces = (source.decode(block) for block in source.blocks(b"}"))
        self._text, self._at = "", 0
        self._placed, self._line, self._column = 0, 1, 1

    def __iter__(self) -> Iterator[tuple[dict[str, Any] | Problem, int]]:
        """Each object and the line on which it begins.

        Nothing can be read after text that is no JSON: the first such mistake ends the reading.
        """
        assert self._next() == "[", "the text is an array"
        self._at += 1
        mark = self._next()
        while mark != "]":
            item = self._object()
            yield item
            if isinstance(item[0], Problem):
                return
            mark = self._next()
            if mark not in (",", "]"):
                yield self._problem("a comma or the closing bracket is missing" if mark else "the array is not closed")
                return
            self._at += mark == ","
        self._at += 1
        if self._next():
            yield self._problem("there is more after the end of the array")

    def _next(self) -> str:
        """The next character that is no white space, which is then where the reading stands; "" at the end."""
        self._at = _end_of_space(self._text, self._at)
        while self._at == len(self._text):
            if not self._more():
                return ""
            self._at = _end_of_space(self._text, self._at)
        return self._text[self._at]

    def _object(self) -> tuple[dict[str, Any] | Problem, int]:
        if self._next() != "{":
            found = _ITEM.match(self._text, self._at)
            return self._problem(f"expected a JSON object, got {quote(found[0])}" if found else "the array is not closed")
        line, _ = self._place(self._at)
        while True:
            try:
                found, self._at = decode_at(self._text, self._at)
            except json.JSONDecodeError as error:
                if not (_may_go_on(error) and self._more()):
                    return self._problem(f"not JSON: {error.msg}", error.pos)
            except DataError as error:
                return self._problem(error.what, fix=error.fix)
            else:
                return found, line

    def _more(self) -> bool:
        """Read on until there is twice as much text, so that a long object is not begun again too often; False at the end."""
        wanted, added, pieces = len(self._text) - self._at, 0, []
        while added <= wanted and (piece := next(self._pieces, None)) is not None:
            pieces.append(piece)
            added += len(piece)
        if pieces:
            self._place(self._at)
            self._text, self._at, self._placed = "".join([self._text[self._at :], *pieces]), 0, 0
        return bool(pieces)

    def _place(self, at: int) -> tuple[int, int]:
        """Line and column of a place in the text, which is not before the one that was asked for last."""
        lines = self._text.count("\n", self._placed, at)
        self._line += lines
        self._column = at - self._text.rfind("\n", 0, at) if lines else self._column + at - self._placed
        self._placed = at
        return self._line, self._column

    def _problem(self, what: str, at: int | None = None, fix: str | None = None) -> tuple[Problem, int]:
        line, column = self._place(self._at if at is None else at)
        return Problem("malformed JSON", what, line, column, fix or _FIX), line


def _may_go_on(error: json.JSONDecodeError) -> bool:
    """True when more text could put an error right: it is at the end, or in a string that has no end yet."""
    return error.pos >= len(error.doc) or error.msg.startswith("Unterminated string")


def _end_of_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None, "no white space is a match too"
    return match.end()
