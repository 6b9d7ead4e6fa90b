"""Pictures of tables as SVG: rows of text and shaded cells, in pixels."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from cnerkit.errors import UsageError

ROW, MARGIN, CHAR = 24, 12, 7.2
"""Pixels: height of a row, edge, width of a small letter."""
DARK = (8, 69, 148)
"""The colour of 1; 0 is white."""


def document(width: float, height: float, body: Iterable[str]) -> str:
    """A picture on a white ground, of elements in their order."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" role="img" '
        'font-family="monospace, sans-serif" font-size="12">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>", ""])


def refuse_other_picture(path: Path, suffixes: Sequence[str] = (".svg",)) -> None:
    """Refuse a file whose name promises another kind of picture.

    Args:
        path: Where the picture is to be written.
        suffixes: Of the kinds that there are, in small letters.

    Raises:
        UsageError: It ends in none of them.
    """
    if path.suffix.lower() not in suffixes:
        kinds = _either([suffix.removeprefix(".").upper() for suffix in suffixes])
        raise UsageError(
            f"the picture is an {kinds} file, and {path.name} is called otherwise",
            fix=f"name it with {_either(suffixes)} at the end",
        )


def label(x: float, row: int, text: str, *, anchor: str = "start", fill: str = "black") -> str:
    """A text in a row; ``anchor`` is what of it stands at ``x``: its start, its middle or its end."""
    y = top(row) + ROW * 0.7
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" xml:space="preserve">{visible(text)}</text>'


def cell(x: float, row: int, width: float, share: float, title: str = "") -> str:
    """A cell as dark as a share between 0 and 1; the title is shown where a pointer stands on it."""
    fill = ",".join(map(str, shade(share)))
    place = f'x="{x:.1f}" y="{top(row):.1f}" width="{width:.1f}" height="{ROW}" fill="rgb({fill})"'
    return f"<rect {place}><title>{visible(title)}</title></rect>" if title else f"<rect {place}/>"


def shade(share: float) -> tuple[int, int, int]:
    """Red, green and blue of a share between 0 and 1."""
    red, green, blue = (round(255 - share * (255 - part)) for part in DARK)
    return red, green, blue


def top(row: int) -> float:
    """Where a row begins."""
    return MARGIN + ROW * row


def width_of(text: str) -> int:
    """Small letters that a text is as wide as; a Chinese character counts as two."""
    return sum(1 if character < "\u1100" else 2 for character in text)


def visible(text: str) -> str:
    """The text for XML, which knows no control characters."""
    return escape(printable(text))


def printable(text: str) -> str:
    """The text with U+FFFD for each character that has no shape."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _either(kinds: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
