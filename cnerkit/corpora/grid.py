"""Grids as JSON lines: tokens, and ``[row, column, label]`` for each cell that is on; what labels mean is not known here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Record
from cnerkit.corpora.json_text import refuse_halves
from cnerkit.corpora.records import id_to_write, other_fields, tokens_of
from cnerkit.errors import DataError
from cnerkit.text import Sentence

NamedCell = tuple[int, int, str]
"""Row, column and label."""
REPEATED_CELLS = "cells given twice, counted once"

_FIELDS = ("id", "tokens", "joiner", "cells")


@dataclass(frozen=True, slots=True)
class Grid:
    """A record: a sentence that is not annotated yet, and the cells that are on, in the order of the file."""

    sentence: Sentence
    cells: tuple[NamedCell, ...]


def evidence(sample: Sequence[Record]) -> str | None:
    """What tells that the first records of a file hold grids; None when they do not."""
    count = sum(isinstance(record.get("tokens"), list) and isinstance(record.get("cells"), list) for record in sample)
    return f"a list `cells` beside `tokens` in {count} of the first {len(sample)} records" if count else None


def cells_of(record: Record, id_: str, notes: Counter[str]) -> Grid:
    """The tokens and cells of a record.

    Raises:
        DataError: A field is missing or of the wrong type, or a cell is outside of the grid; without a place.
    """
    tokens, joiner, given = tokens_of(record), record.get("joiner", " "), record.get("cells")
    if not isinstance(joiner, str):
        raise DataError(f"expected a string `joiner`, got {quote(joiner)}", fix='write what stands between words, as " "')
    if not isinstance(given, list):
        raise DataError(f"expected a list `cells`, got {quote(given)}", fix="write [] where there are none")
    cells = tuple(dict.fromkeys(_cell(cell, len(tokens)) for cell in given))
    refuse_halves("".join({label for _, _, label in cells}))
    if len(cells) < len(given):
        notes[REPEATED_CELLS] += len(given) - len(cells)
    return Grid(Sentence(id_, tokens, None, joiner, other_fields(record, *_FIELDS) or None), cells)


def grid_fields(sentence: Sentence, cells: Iterable[NamedCell]) -> dict[str, Any]:
    """The record of a sentence with its cells."""
    joiner = {} if sentence.joiner == " " else {"joiner": sentence.joiner}
    fields = {"id": id_to_write(sentence), "tokens": list(sentence.tokens), **joiner, "cells": [list(cell) for cell in cells]}
    return fields | {key: value for key, value in (sentence.extra or {}).items() if key not in _FIELDS}


def _cell(given: object, length: int) -> NamedCell:
    if not isinstance(given, list) or len(given) != 3:
        raise DataError(f"expected a cell of row, column and label, got {quote(given)}", fix='write [0, 1, "NNC"]')
    row, column, label = given
    if type(row) is not int or type(column) is not int:
        fix = "rows and columns are numbers of tokens, from 0"
        raise DataError(f"row and column must be whole numbers, got {quote(row)} and {quote(column)}", fix=fix)
    if not isinstance(label, str):
        raise DataError(f"expected a label that is text, got {quote(label)}", fix='write [0, 1, "NNC"]')
    if not (0 <= row < length and 0 <= column < length):
        fix = "rows and columns are numbers of tokens, from 0"
        raise DataError(f"the cell [{row}, {column}] is outside of the grid of {length} tokens", fix=fix)
    return row, column, label
