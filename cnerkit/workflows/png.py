"""A picture of plain coloured cells as PNG, which the standard library can write."""

import struct
import zlib
from collections.abc import Iterator, Sequence

Color = tuple[int, int, int]
CELL = 16
"""Pixels of a cell's side."""


def cells(table: Sequence[Sequence[Color]]) -> bytes:
    """A square for each cell of a table that is not empty; rows from the top, all equally long.

    PNG (second edition, W3C 2003), Sections 5 and 11: eight bits for each of red, green and blue, no filter.
    """
    width, height = CELL * len(table[0]), CELL * len(table)
    lines = (b"\0" + b"".join(bytes(color) * CELL for color in row) for row in table)
    pixels = b"".join(line * CELL for line in lines)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunks((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")))


def _chunks(*parts: tuple[bytes, bytes]) -> Iterator[bytes]:
    for kind, content in parts:
        yield struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
