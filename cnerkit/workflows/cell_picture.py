"""A table of shaded cells as PNG, with the names of its rows and columns, drawn by matplotlib."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from cnerkit.errors import DataError, MissingError
from cnerkit.workflows import svg
from cnerkit.workflows.fonts import font_with

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

SCALE = 2
"""Pixels of the picture for each of ``svg``."""
_UNIT = 100
"""Pixels of ``svg`` in what matplotlib calls an inch."""
_WIDEST = (1 << 16) - 1
"""Pixels that matplotlib can draw in a row."""


@dataclass(frozen=True, slots=True)
class CellTable:
    """What is drawn.

    Attributes:
        columns: The name of each column, at least one.
        rows: The name of each row, at least one.
        shares: A row of shares between 0 and 1 for each row, as dark as they are great.
        caption: What stands below.
        column_width: In pixels of ``svg``.
    """

    columns: tuple[str, ...]
    rows: tuple[str, ...]
    shares: Sequence[Sequence[float]]
    caption: str
    column_width: float

    @property
    def left(self) -> float:
        """Pixels of ``svg`` from the edge to the first column."""
        return 2 * svg.MARGIN + svg.CHAR * max(map(svg.width_of, self.rows))

    @property
    def width(self) -> float:
        """In pixels of ``svg``."""
        cells = self.left + self.column_width * len(self.columns)
        return max(cells, svg.CHAR * svg.width_of(self.caption)) + 2 * svg.MARGIN

    @property
    def height(self) -> float:
        """In pixels of ``svg``."""
        return 2 * svg.MARGIN + svg.ROW * (len(self.rows) + 2)


def cell_picture(table: CellTable) -> bytes:
    """The PNG, ``SCALE`` times as large as the table says.

    Raises:
        MissingError: No font of this system has all letters.
        DataError: It would be too wide.
    """
    import matplotlib as mpl

    if SCALE * table.width > _WIDEST:
        n_most = int((_WIDEST / SCALE - table.left - 2 * svg.MARGIN) / table.column_width)
        what = f"the sentence has {len(table.columns):,} tokens, and a PNG has room for {n_most:,} of them"
        raise DataError(what, fix="name the picture .svg or .html")
    font = _font((*table.columns, *table.rows, table.caption))
    held = BytesIO()
    with mpl.rc_context():
        mpl.rcdefaults()  # a user's own settings could ask for LaTeX
        _figure(table, font).savefig(held, format="png")
    return held.getvalue()


def _font(texts: Iterable[str]) -> "FontProperties":
    from matplotlib.font_manager import FontProperties

    letters = {letter for text in texts for letter in svg.printable(text) if not letter.isspace()}
    file = font_with(letters)
    if file is None:
        beyond = "".join(sorted(letter for letter in letters if not letter.isascii()))
        what = f"no font of this system has all letters of the picture: {beyond[:40]}{'…' if len(beyond) > 40 else ''}"
        fix = "install a Chinese font, such as Noto Sans CJK, or name the picture .svg or .html, which need no font here"
        raise MissingError(what, fix=fix)
    return FontProperties(fname=file, size=12 * 72 / _UNIT)


def _figure(table: CellTable, font: "FontProperties") -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    figure = Figure((table.width / _UNIT, table.height / _UNIT), dpi=SCALE * _UNIT)
    FigureCanvasAgg(figure)
    inner = table.column_width * len(table.columns), svg.ROW * len(table.rows)
    bottom = table.height - svg.top(1) - inner[1]
    place = (table.left / table.width, bottom / table.height, inner[0] / table.width, inner[1] / table.height)
    axes = figure.add_axes(place)
    colours = LinearSegmentedColormap.from_list("shares", [[part / 255 for part in svg.shade(share)] for share in (0, 1)])
    axes.imshow(table.shares, cmap=colours, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks(range(len(table.columns)), table.columns)
    axes.set_yticks(range(len(table.rows)), table.rows)
    caption = figure.text(svg.MARGIN / table.width, bottom / table.height / 2, table.caption, verticalalignment="center")
    _write([*axes.get_xticklabels(), *axes.get_yticklabels(), caption], [*table.columns, *table.rows, table.caption], font)
    return figure


def _write(labels: "Sequence[Text]", texts: Sequence[str], font: "FontProperties") -> None:
    """Put texts in place as they are: a dollar has no meaning."""
    for label, text in zip(labels, texts, strict=True):
        label.set_parse_math(False)
        label.set_fontproperties(font)
        label.set_text(svg.printable(text))
