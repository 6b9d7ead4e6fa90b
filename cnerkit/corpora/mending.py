"""Odd lines of a token and a tag with spaces between them: what they were meant to be in the datasets known to have some."""

from collections.abc import Sequence
from typing import NamedTuple

from cnerkit.corpora.columns import Field

EMPTY = "lines without a token, left out"
GLUED = "lines that hold two records, read as two"
SPACED = "tokens with a space inside"


class Mended(NamedTuple):
    """What an odd line was meant to be: the fields of each of its records, and what the repair is called, in the plural."""

    records: list[list[Field]]
    repair: str


def mend(line: str, fields: Sequence[Field], sentence_end: str) -> Mended | None:
    """The records that a line was meant to be; None when it is not odd, or in no way that is known.

    A line that has only a tag, which is O, holds no record. ``. Oword O`` holds two where the dot ends sentences: the end of a
    line is missing after the O. Any other line whose last field looks like a tag has a token with spaces inside.

    Args:
        line: Without its end.
        fields: Its columns.
        sentence_end: The token that ends a sentence; "" for none.
    """
    first, last = fields[0], fields[-1]
    if len(fields) == 2:
        return Mended([], EMPTY) if first.text == "" and last.text == "O" else None
    if len(fields) < 2 or not first.text.strip() or not _is_tag(last.text):
        return None
    second = fields[1]
    if len(fields) == 3 and first.text == sentence_end and second.text.startswith("O"):
        return Mended([[first, Field("O", second.column)], [Field(second.text[1:], second.column + 1), last]], GLUED)
    token = line[first.column - 1 : last.column - 1].rstrip(" ")
    return Mended([[Field(token, first.column), last]], SPACED)


def _is_tag(text: str) -> bool:
    return text == "O" or (text[1:2] == "-" and " " not in text)
