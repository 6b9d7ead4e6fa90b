"""What classes attend to as a picture: a row for each class, a column for each token, darker for a greater weight.

Classification Attention (2019), Figure 3.
"""

import html
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from cnerkit.storage import whole_file
from cnerkit.text import Attention
from cnerkit.workflows import png, svg

SUFFIXES = (".svg", ".html", ".png")
"""Kinds of pictures; a PNG has the cells alone, since letters would need a font."""
REMARK = "a PNG has no letters"
"""What to know when choosing among them."""
_LEAST_COLUMN = 24


def write_picture(tokens: Sequence[str], attention: Attention, path: Path) -> None:
    """Write the picture that the file's name promises, whole or not at all.

    Args:
        tokens: Of a sentence, at least one.
        attention: Its weights.
        path: Ends in one of ``SUFFIXES``.
    """
    if path.suffix.lower() == ".png":
        content: str | bytes = png.cells([[svg.shade(share) for share in row] for row in _shares(attention)])
    else:
        content = picture(tokens, attention)
        if path.suffix.lower() == ".html":
            content = _page("".join(tokens), content)
    with whole_file(path, "wb" if isinstance(content, bytes) else "w") as out:
        out.write(cast("Any", content))


def picture(tokens: Sequence[str], attention: Attention) -> str:
    """The weights as SVG."""
    left = 2 * svg.MARGIN + svg.CHAR * max(map(svg.width_of, attention.classes))
    column = max(_LEAST_COLUMN, svg.MARGIN + svg.CHAR * max(map(svg.width_of, tokens)))
    width = max(left + column * len(tokens), svg.CHAR * svg.width_of(_caption(attention))) + 2 * svg.MARGIN
    body = _body(tokens, attention, left, column)
    return svg.document(width, 2 * svg.MARGIN + svg.ROW * (len(attention.classes) + 2), body)


def _body(tokens: Sequence[str], attention: Attention, left: float, column: float) -> Iterator[str]:
    for place, token in enumerate(tokens):
        yield svg.label(left + column * (place + 0.5), 0, token, anchor="middle")
    for row, (name, weights, shares) in enumerate(
        zip(attention.classes, attention.weights, _shares(attention), strict=True), 1
    ):
        yield svg.label(left - svg.MARGIN, row, name, anchor="end")
        for place, (weight, share) in enumerate(zip(weights, shares, strict=True)):
            yield svg.cell(left + column * place, row, column, share, f"{name} {tokens[place]} {weight:.4f}")
    yield svg.label(svg.MARGIN, len(attention.classes) + 1, _caption(attention))


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
