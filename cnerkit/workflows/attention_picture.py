"""What classes attend to as a picture: a row for each class, a column for each token, darker for a greater weight.

Classification Attention (2019), Figure 3.
"""

import html
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from cnerkit.storage import whole_file
from cnerkit.text import Attention
from cnerkit.workflows import svg
from cnerkit.workflows.cell_picture import CellTable, cell_picture
from cnerkit.workflows.fonts import refuse_without_matplotlib

SUFFIXES = (".svg", ".html", ".png")
"""Kinds of pictures."""
_LEAST_COLUMN = 24


def refuse_undrawable(path: Path) -> None:
    """Refuse a picture that cannot be drawn, whatever is in it.

    Raises:
        UsageError: The file's name promises another kind of picture.
        MissingError: A PNG without matplotlib.
    """
    svg.refuse_other_picture(path, SUFFIXES)
    if path.suffix.lower() == ".png":
        refuse_without_matplotlib()


def write_picture(tokens: Sequence[str], attention: Attention, path: Path) -> None:
    """Write the picture that the file's name promises, whole or not at all.

    Args:
        tokens: Of a sentence, at least one.
        attention: Its weights.
        path: One that is not refused.

    Raises:
        MissingError: A PNG has letters, and no font of this system has all of them.
        DataError: A PNG cannot be as wide as the sentence.
    """
    if path.suffix.lower() == ".png":
        content: str | bytes = cell_picture(_table(tokens, attention))
    else:
        content = picture(tokens, attention)
        if path.suffix.lower() == ".html":
            content = _page("".join(tokens), content)
    with whole_file(path, "wb" if isinstance(content, bytes) else "w") as out:
        out.write(cast("Any", content))


def picture(tokens: Sequence[str], attention: Attention) -> str:
    """The weights as SVG."""
    table = _table(tokens, attention)
    return svg.document(table.width, table.height, _body(table, attention))


def _table(tokens: Sequence[str], attention: Attention) -> CellTable:
    width = max(_LEAST_COLUMN, svg.MARGIN + svg.CHAR * max(map(svg.width_of, tokens)))
    return CellTable(tuple(tokens), attention.classes, _shares(attention), _caption(attention), width)


def _body(table: CellTable, attention: Attention) -> Iterator[str]:
    for place, token in enumerate(table.columns):
        yield svg.label(table.left + table.column_width * (place + 0.5), 0, token, anchor="middle")
    for row, (name, weights, shares) in enumerate(zip(table.rows, attention.weights, table.shares, strict=True), 1):
        yield svg.label(table.left - svg.MARGIN, row, name, anchor="end")
        for place, (weight, share) in enumerate(zip(weights, shares, strict=True)):
            title = f"{name} {table.columns[place]} {weight:.4f}"
            yield svg.cell(table.left + table.column_width * place, row, table.column_width, share, title)
    yield svg.label(svg.MARGIN, len(table.rows) + 1, table.caption)


def _caption(attention: Attention) -> str:
    return f"weight of each token for each class, mean over heads; white is 0, the darkest {_greatest(attention):.4f}"


def _shares(attention: Attention) -> list[list[float]]:
    greatest = _greatest(attention) or 1.0
    return [[weight / greatest for weight in row] for row in attention.weights]


def _greatest(attention: Attention) -> float:
    return max(max(row) for row in attention.weights)


def _page(title: str, content: str) -> str:
    """An HTML page with the picture in it."""
    head = f'<!doctype html>\n<html lang="zh"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
    return f"{head}\n<body>\n{content}</body></html>\n"
