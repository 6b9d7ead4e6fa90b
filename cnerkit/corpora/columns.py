"""One line of a file in columns: what separates them, which one is the token and which one the tag."""

import re
from dataclasses import dataclass

from cnerkit.corpora.problems import Problem

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DOCUMENT_START = "-DOCSTART-"
"""A line whose first column is this begins a document in files of the CoNLL-2003 kind; it is not a token."""

_FILLED = re.compile("[^ ]+")
_LONGEST_POSITION = 9
_NAMES = {"\t": "a tab", " ": "spaces"}


@dataclass(frozen=True, slots=True)
class Field:
    """The text of one column, and the column number (from 1) at which it starts in its line."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Row:
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
    """

    separator: str
    n_columns: int = 2
    token: int = 0
    tag: int = 1
    indexed: bool = False

    @property
    def is_plain(self) -> bool:
        """True for two columns, the token and the tag."""
        return self.n_columns == 2 and (self.token, self.tag) == (0, 1)

    def describe(self) -> str:
        """In words, for a note."""
        kind = "characters with their position in a word" if self.indexed else "tokens"
        places = f"{kind} in column {self.token + 1} and tags in column {self.tag + 1} of {self.n_columns}"
        return f"{places}, separated by {_NAMES[self.separator]}"

    def fields(self, line: str) -> list[Field]:
        """The columns of a line. The first can be a space: the rest of the line is never stripped of what could be a token."""
        if self.separator == "\t":
            return _tabbed(line)
        filled = [Field(match.group(), match.start() + 1) for match in _FILLED.finditer(line)]
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
        fields = self.fields(line)
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

    def _wrong_count(self, line: str, number: int, fields: list[Field]) -> Problem:
        what = f"expected {self.n_columns} columns separated by {_NAMES[self.separator]}, got {len(fields)}: {quote(line)}"
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
    for text in line.split("\t"):
        fields.append(Field(text, column))
        column += len(text) + 1
    return fields
