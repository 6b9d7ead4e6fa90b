"""One line of a file in columns: what separates them, which one is the token and which ones are tags."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from cnerkit.corpora.problems import Problem

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DOCUMENT_START = "-DOCSTART-"
"""A line whose first column is this begins a document in files of the CoNLL-2003 kind; it is not a token."""
MOST_COLUMNS = 2000
"""Lines with more are taken apart no further, so that no line costs more memory than a few times its length."""
HEADERS = "header lines, left out"
"""What a reader calls the lines for which ``Layout.is_header`` is true, when it counts them."""

_FILLED = re.compile("[^ ]+")
_LONGEST_POSITION = 9
_NAMES = {"\t": "a tab", " ": "spaces"}


class Field(NamedTuple):
    """The text of one column, and the column number (from 1) at which it starts in its line."""

    text: str
    column: int


class Row(NamedTuple):
    """The token and the tag of one line, and the column number (from 1) at which the tag starts."""

    token: str
    tag: str
    tag_column: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of a file are made.

    Attributes:
        separator: A tab, or a space; several spaces in a row separate like one.
        n_columns: Columns in every line.
        token: The place of the token's column, from 0.
        tag: The place of the tag's column, from 0.
        indexed: True when each token carries its position in a word, as in Weibo: ``10`` is the character 1 at position 0.
        more_tags: The places of the columns of further tags, where entities nest and each level has a column.
        header: What the first column of a line holds that says something about a sentence and is no token; "" for nothing.
    """

    separator: str
    n_columns: int = 2
    token: int = 0
    tag: int = 1
    indexed: bool = False
    more_tags: tuple[int, ...] = ()
    header: str = ""

    @property
    def tags(self) -> tuple[int, ...]:
        """The places of all columns of tags, from 0."""
        return (self.tag, *self.more_tags)

    @property
    def is_plain(self) -> bool:
        """True for two columns, the token and the tag."""
        return self.n_columns == 2 and (self.token, self.tag) == (0, 1) and not self.header

    def describe(self) -> str:
        """In words, for a note."""
        kind = "characters with their position in a word" if self.indexed else "tokens"
        *others, last = [str(place + 1) for place in self.tags]
        tags = f"columns {', '.join(others)} and {last}" if others else f"column {last}"
        places = f"{kind} in column {self.token + 1} and tags in {tags} of {self.n_columns}"
        return f"{places}, separated by {_NAMES[self.separator]}"

    def is_header(self, line: str) -> bool:
        """True for a line that says something about a sentence."""
        return self.header != "" and line.startswith(self.header + self.separator)

    def is_between(self, line: str) -> bool:
        """True for a line that stands between sentences: an empty one, a header, or the start of a document."""
        if not line or self.is_header(line):
            return True
        return line.startswith(DOCUMENT_START) and self.fields(line)[0].text == DOCUMENT_START

    def fields(self, line: str) -> list[Field]:
        """The columns of a line, all beyond ``MOST_COLUMNS`` in one.

        The first can be a space: the rest of the line is never stripped of what could be a token.
        """
        if self.separator == "\t":
            return _tabbed(line)
        filled = [Field(match.group(), match.start() + 1) for match in islice(_FILLED.finditer(line), MOST_COLUMNS)]
        if len(filled) == MOST_COLUMNS and (rest := _FILLED.search(line, filled[-1].column + len(filled[-1].text))):
            filled.append(Field(line[rest.start() :], rest.start() + 1))
        if not line.startswith(" "):
            return filled
        return [Field(" " if line.startswith("  ") else "", 1), *filled]

    def parse(self, line: str, number: int, *, empty_tag: str = "") -> Row | Problem:
        """The token and tag of a line, or what is wrong with it.

        Args:
            line: Without its end.
            number: Its number in the file, from 1.
            empty_tag: What an empty tag stands for; nothing when an empty tag is a mistake.
        """
        return self.row(self.fields(line), line, number, empty_tag=empty_tag)

    def row(self, fields: Sequence[Field], line: str, number: int, *, empty_tag: str = "") -> Row | Problem:
        """The token and tag among the columns that a line was taken apart into, or what is wrong; as for ``parse``."""
        if len(fields) != self.n_columns:
            return self._wrong_count(line, number, fields)
        token, tag = fields[self.token], fields[self.tag]
        if not token.text:
            fix = "write the token before its tag, and an empty line between sentences"
            return Problem("empty tokens", f"the token is empty: {quote(line)}", number, token.column, fix)
        if not (tag.text or empty_tag):
            fix = "write O for a token outside of entities"
            return Problem("empty tags", f"the tag of {quote(token.text)} is empty", number, tag.column, fix)
        indexed = split_position(token.text) if self.indexed else (token.text, 0)
        if indexed is None:
            fix = "write the character and its position in the word, as in 中0; or read the file with --from conll"
            return Problem(
                "missing positions",
                f"expected a character and its position, got {quote(token.text)}",
                number,
                token.column,
                fix,
            )
        return Row(indexed[0], tag.text or empty_tag, tag.column)

    def _wrong_count(self, line: str, number: int, fields: Sequence[Field]) -> Problem:
        got = f"got {len(fields) if len(fields) <= MOST_COLUMNS else f'more than {MOST_COLUMNS}'}: {quote(line)}"
        what = f"expected {self.n_columns} columns separated by {_NAMES[self.separator]}, {got}"
        other = " " if self.separator == "\t" else "\t"
        if len(fields) > self.n_columns:
            column, kind = fields[self.n_columns].column, "lines with too many columns"
        else:
            column, kind = len(line) + 1, "lines with a missing column"
        if len(Layout(other).fields(line)) == self.n_columns:
            fix = f"this line is separated by {_NAMES[other]}, others by {_NAMES[self.separator]}: use one of them throughout"
        else:
            fix = "write one token and its tag on each line, and an empty line between sentences"
        return Problem(kind, what, number, column, fix)


def split_position(field: str) -> tuple[str, int] | None:
    """The character of a Weibo token, which is its first code point, and its position in a word: the digits after it.

    An emoji that was destroyed before publication is two U+FFFD for each half of its surrogate pair; each half is one token.

    Returns:
        Character and position, or None when no position follows the character.
    """
    digits = field[2:] if field.startswith(REPLACEMENT * 2) else field[1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_POSITION):
        return None
    return field[0], int(digits)


def quote(value: object, longest: int = 60) -> str:
    """What a file holds, for a message: text in quotes, control characters escaped, long values cut."""
    shown = repr(value)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _tabbed(line: str) -> list[Field]:
    fields, column = [], 1
    for text in line.split("\t", MOST_COLUMNS):
        fields.append(Field(text, column))
        column += len(text) + 1
    return fields
