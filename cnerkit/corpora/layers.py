"""Columns with several tags for each token, one per level of nesting: reading to rows, writing from tags."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, overload

from cnerkit.corpora.columns import HEADERS, Layout, Row
from cnerkit.corpora.conll import ConllWriter, TaggedRows, collect, refuse_odd_tag
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.source import TextSource
from cnerkit.storage import unwritable

EMPTY_ENDS = "empty columns at the end of a line, left out"

Layers = tuple[TaggedRows, ...]
"""The rows of one sentence once for each column of tags. All have the same tokens and lines; the first has the problems."""


class LayerReader:
    """The sentences of a file in columns with several tags per token.

    Args:
        source: The text.
        layout: How its lines are made.

    Attributes:
        repairs: How many lines were repaired or left out, by kind; complete when all rows were read.
    """

    def __init__(self, source: TextSource, layout: Layout) -> None:
        self.repairs: Counter[str] = Counter()
        self._source, self._layout = source, layout
        self._single = [replace(layout, tag=place, more_tags=()) for place in layout.tags]

    def __iter__(self) -> Iterator[Layers]:
        lines: list[str] = []
        for block in self._source.blocks(b"\n\n"):
            for number, line in enumerate(self._source.decode(block).split("\n"), start=block.line):
                if not self._layout.is_between(line):
                    lines.append(line)
                    continue
                if self._layout.is_header(line):
                    self.repairs[HEADERS] += 1
                if lines:
                    yield self._sentence(lines, number - len(lines))
                    lines = []

    def _sentence(self, lines: Sequence[str], first: int) -> Layers:
        """The layers of lines that follow one another, from line ``first`` on."""
        layout = self._layout
        cells = [line.split(layout.separator, layout.n_columns) for line in lines]
        if layout.separator == " " or any(len(row) != layout.n_columns for row in cells):
            return self._line_by_line(lines, first)
        columns = list(zip(*cells, strict=True))
        if any("" in columns[place] for place in (layout.token, *layout.tags)):
            return self._line_by_line(lines, first)
        numbers = range(first, first + len(lines))
        return tuple(TaggedRows(columns[layout.token], columns[place], numbers, _Starts(cells, place)) for place in layout.tags)

    def _line_by_line(self, lines: Sequence[str], first: int) -> Layers:
        parsed = [(number, self._rows(line, number)) for number, line in enumerate(lines, start=first)]
        problems = tuple(found for _, found in parsed if isinstance(found, Problem))
        good = [(number, rows) for number, rows in parsed if not isinstance(rows, Problem)]
        layers = [collect([(number, rows[level]) for number, rows in good]) for level in range(len(self._single))]
        return (layers[0]._replace(problems=problems), *layers[1:])

    def _rows(self, line: str, number: int) -> list[Row] | Problem:
        """The token with each of its tags, or the first thing that is wrong with the line."""
        fields = self._layout.fields(line)
        if len(fields) > self._layout.n_columns and not any(field.text for field in fields[self._layout.n_columns :]):
            fields = fields[: self._layout.n_columns]
            self.repairs[EMPTY_ENDS] += 1
        rows = []
        for layout in self._single:
            row = layout.row(fields, line, number)
            if isinstance(row, Problem):
                return row
            rows.append(row)
        return rows


class _Starts(Sequence[int]):
    """Where a column starts in each line, from 1: computed when it is asked for, which is for mistakes only."""

    def __init__(self, cells: Sequence[Sequence[str]], place: int) -> None:
        self._cells, self._place = cells, place

    def __len__(self) -> int:
        return len(self._cells)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, slice):
            return _Starts(self._cells[at], self._place)
        return sum(len(cell) + 1 for cell in self._cells[at][: self._place]) + 1


def layered_text(sentences: Iterable[tuple[Sequence[str], Sequence[Sequence[str]]]]) -> Iterator[str]:
    """The text of a file in columns separated by tabs, piece by piece, with an empty line after each sentence.

    All lines have as many columns as the sentence with the most layers needs. So all sentences are asked for, and held in a
    temporary file, before the first piece comes.

    Args:
        sentences: The tokens of each, and its layers from left to right: at least one, with a tag for each token.

    Raises:
        DataError: Lines cannot carry the sentence that was asked for last; says which token or tag it is.
        CnerkitError: There is no room for the temporary file.
    """
    try:
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as held:
            most = _hold(sentences, held)
            held.seek(0)
            for line in held:
                yield line if line == "\n" else line[:-1] + "\tO" * (most - line.count("\t")) + "\n"
    except OSError as error:
        raise unwritable(Path(tempfile.gettempdir()), error) from error


def _hold(sentences: Iterable[tuple[Sequence[str], Sequence[Sequence[str]]]], held: IO[str]) -> int:
    """Write each sentence with the layers that it has, and tell how many the one with the most has."""
    writer, checked, most = ConllWriter(), set[str](), 1
    for tokens, (first, *others) in sentences:
        lines = writer.text(tokens, first)
        for tag in {tag for layer in others for tag in layer} - checked:
            refuse_odd_tag(tag)
            checked.add(tag)
        held.write(_widened(lines, others) if others else lines)
        most = max(most, 1 + len(others))
    return most


def _widened(lines: str, layers: Sequence[Sequence[str]]) -> str:
    """The lines of a sentence with the tags of further layers behind them."""
    rows = zip(lines[:-2].split("\n"), *layers, strict=True)
    return "".join("\t".join(row) + "\n" for row in rows) + "\n"
