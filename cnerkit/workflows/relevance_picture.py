"""The relevance of labels as a picture: a row for each label, a column for each character, the truth beside the prediction."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cnerkit.storage import whole_file
from cnerkit.workflows import svg
from cnerkit.workflows.relevance import LabelRelevance, Relevance
from cnerkit.workflows.svg import CHAR, MARGIN, ROW, width_of

CELL = 96
"""Width of a column in pixels."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """What the picture shows: rows of labels that are among the most relevant of a character."""

    view: Relevance
    labels: tuple[str, ...]
    left: float

    @classmethod
    def of(cls, view: Relevance) -> "_Grid":
        shown = {each.label for token in view.tokens for each in token.top()}
        labels = tuple(each.label for each in view.tokens[0].labels if each.label in shown) if view.tokens else ()
        return cls(view, labels, 2 * MARGIN + CHAR * max(map(width_of, labels), default=0))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        text = 2 * MARGIN + CHAR * max(width_of(self.view.sentence.text), width_of(self.caption))
        return max(text, self.left + CELL * len(self.view.tokens) + MARGIN), 2 * MARGIN + ROW * (len(self.labels) + 3)

    @property
    def caption(self) -> str:
        """What the numbers are."""
        return f"{self.view.system}: true / predicted relevance; {self.view.worth}; darkness is the square root"


def write_picture(view: Relevance, path: Path) -> None:
    """Write the relevance as an SVG picture, whole or not at all."""
    with whole_file(path) as out:
        out.write(cast("Any", picture(view)))


def picture(view: Relevance) -> str:
    """The relevance as SVG."""
    grid = _Grid.of(view)
    return svg.document(*grid.size, _body(grid))


def _body(grid: _Grid) -> Iterator[str]:
    yield svg.label(MARGIN, 0, grid.view.sentence.text)
    for column, token in enumerate(grid.view.tokens):
        yield svg.label(grid.left + CELL * (column + 0.5), 1, token.token, anchor="middle")
        cells = {each.label: each for each in token.labels}
        for row, label in enumerate(grid.labels, start=2):
            yield from _cell(grid.left + CELL * column, row, cells[label], is_truth=label == token.truth)
    for row, label in enumerate(grid.labels, start=2):
        yield svg.label(grid.left - MARGIN, row, label, anchor="end")
    yield svg.label(MARGIN, len(grid.labels) + 2, grid.caption)


def _cell(x: float, row: int, relevance: LabelRelevance, *, is_truth: bool) -> Iterator[str]:
    """Two halves, the true relevance and the predicted one; the truth has a frame."""
    for half, value in enumerate((relevance.true, relevance.predicted)):
        left, share = x + half * CELL / 2, max(0.0, min(1.0, value)) ** 0.5
        yield svg.cell(left, row, CELL / 2, share)
        yield svg.label(left + CELL / 4, row, f"{value:.3f}", anchor="middle", fill="white" if share > 0.5 else "black")
    if is_truth:
        frame = f'x="{x + 1:.1f}" y="{svg.top(row) + 1:.1f}" width="{CELL - 2}" height="{ROW - 2}"'
        yield f'<rect {frame} fill="none" stroke="black" stroke-width="2"/>'
