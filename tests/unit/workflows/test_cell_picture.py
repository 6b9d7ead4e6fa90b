"""Tables of cells as PNG: the colours of the cells, letters from a font that has them, and what is refused."""

from io import BytesIO

import pytest
from matplotlib.font_manager import findfont
from matplotlib.image import imread

from cnerkit.errors import DataError, MissingError
from cnerkit.workflows import fonts, svg
from cnerkit.workflows.cell_picture import SCALE, CellTable, cell_picture


def table(columns=("$a_1$", "b"), shares=((0.0, 0.5), (0.25, 1.0))):
    return CellTable(tuple(columns), ("LOC", "PER"), shares, "a caption", column_width=40)


def drawn(asked):
    """The picture's pixels: rows of columns of red, green and blue between 0 and 1."""
    return imread(BytesIO(cell_picture(asked)))[:, :, :3]


def test_each_cell_has_the_colour_of_its_share():
    asked = table()
    pixels = drawn(asked)
    assert pixels.shape[:2] == (SCALE * asked.height, int(SCALE * asked.width))
    for row, shares in enumerate(asked.shares, start=1):
        for column, share in enumerate(shares):
            y, x = SCALE * (svg.top(row) + svg.ROW / 2), SCALE * (asked.left + asked.column_width * (column + 0.5))
            expected = [part / 255 for part in svg.shade(share)]
            assert pixels[int(y), int(x)] == pytest.approx(expected, abs=0.01)


def test_columns_rows_and_the_caption_are_named_and_a_dollar_has_no_meaning():
    asked = table()
    named, nameless = drawn(asked), drawn(CellTable((" ", " "), ("   ", "   "), asked.shares, " " * 9, asked.column_width))
    assert named.shape == nameless.shape
    other = (named != nameless).any(axis=2)
    top, left = int(SCALE * svg.top(1)), int(SCALE * asked.left)
    bottom = int(SCALE * svg.top(1 + len(asked.rows)))
    column = SCALE * int(asked.column_width)
    assert [other[:top, at : at + column].any() for at in (left, left + column)] == [True, True]
    assert [other[at : at + SCALE * svg.ROW, :left].any() for at in (top, top + SCALE * svg.ROW)] == [True, True]
    assert other[bottom:].any()


def test_letters_that_no_font_has_are_named_with_what_to_do(monkeypatch):
    monkeypatch.setattr(fonts, "_fonts", lambda: iter([findfont("DejaVu Sans")]))
    with pytest.raises(MissingError, match="no font of this system has all letters of the picture: 京北") as caught:
        cell_picture(table(["北", "京"]))
    assert caught.value.fix.startswith("install a Chinese font, such as Noto Sans CJK, or name the picture .svg or .html")


def wide(n_columns):
    return table(["a"] * n_columns, [[1.0] * n_columns] * 2)


def test_a_sentence_that_is_wider_than_a_png_is_refused():
    with pytest.raises(DataError, match="the sentence has 900 tokens, and a PNG has room for 817 of them") as caught:
        cell_picture(wide(900))
    assert caught.value.fix == "name the picture .svg or .html"
    assert SCALE * wide(817).width < 1 << 16 <= SCALE * wide(818).width
