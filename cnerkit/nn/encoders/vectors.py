"""Word2vec text files: a token and its numbers per line, with or without a header line."""

import gzip
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnerkit.errors import DataError, MissingError, RecipeError

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Vectors:
    """Distinct tokens and their vectors, (token, dim) in float32."""

    tokens: tuple[str, ...]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Line:
    """A token and its numbers."""

    token: str
    numbers: list[float]


def read_vectors(path: Path, dim: int) -> Vectors:
    r"""Read a word2vec text file as one stream: UTF-8, ``\n`` or ``\r\n``, gzip or not.

    A first line of two whole numbers is a header (count and width) and no vector. Numbers are separated by spaces or tabs; a
    token may be a space or hold some. Of a token that occurs twice, the first vector counts.

    Args:
        path: The file.
        dim: The width that the recipe says.

    Raises:
        MissingError: There is no such file.
        RecipeError: The file's vectors have another width than the recipe says.
        DataError: A line has another number of numbers, something that is not a finite number, no token or no UTF-8; or there
            are no vectors at all.
    """
    lines: dict[str, int] = {}
    values = array("f")
    for number, line in _lines(path):
        if number == 1 and (width := _header_width(line, dim)):
            _refuse_other_width(width, dim, f"{path}:1")
            continue
        where = f"{path}:{number}"
        if not lines and _width(line) not in (0, dim + 1):  # a token may look like one number more
            _refuse_other_width(_width(line), dim, where)
        found = _parsed(line, dim, where)
        if found.token not in lines:
            lines[found.token] = number
            values.extend(found.numbers)
    if not lines:
        raise DataError("there is no vector in it", where=str(path), fix="give a word2vec text file")
    vectors = Vectors(tuple(lines), np.frombuffer(values, np.float32).reshape(len(lines), dim))
    for place in np.flatnonzero(~np.isfinite(vectors.values).all(axis=1)):
        token = vectors.tokens[place]
        raise DataError(
            f"the vector of {token!r} is not finite in float32", where=f"{path}:{lines[token]}", fix="drop the line"
        )
    return vectors


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    r"""Lines that are not empty, with their numbers, without ``\n`` and a byte-order mark."""
    try:
        with path.open("rb") as opened:
            packed = opened.read(2) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                bare = line.rstrip(b"\r\n").removeprefix(_BYTE_ORDER_MARK if number == 1 else b"")
                if bare:
                    yield number, bare
    except FileNotFoundError as error:
        raise MissingError(
            "there is no file of vectors", where=str(path), fix="set encoder.path to a word2vec text file"
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix="give a word2vec text file") from error


def _header_width(line: bytes, dim: int) -> int | None:
    """The width that a header line names; None when the line is a vector, as ``7 3`` is where vectors have one number."""
    fields = line.split()
    return int(fields[1]) if len(fields) == 2 and dim != 1 and fields[0].isdigit() and fields[1].isdigit() else None


def _refuse_other_width(width: int, dim: int, where: str) -> None:
    if width != dim:
        raise RecipeError(
            f"the vectors of the file have {width} numbers, but encoder.dim is {dim}",
            where=where,
            fix=f"set encoder.dim to {width}, or give another file",
        )


def _parsed(line: bytes, dim: int, where: str) -> _Line:
    """The token and its numbers; the token is all that stands before the last ``dim`` fields and one separator."""
    fields = line.split()
    if len(fields) == dim + 1 and line.startswith(fields[0]):
        token, fields = fields[0], fields[1:]
    else:
        token, fields = _odd_token(line, fields, dim, where), fields[-dim:]
    try:
        text, numbers = token.decode("utf-8"), list(map(float, fields))
    except UnicodeDecodeError as error:
        raise DataError(
            f"the token {token!r} is not UTF-8", where=where, fix="drop what is not with: iconv -c -t UTF-8"
        ) from error
    except ValueError as error:
        raise DataError(str(error), where=where, fix=f"a line is a token and {dim} numbers") from error
    return _Line(text, numbers)


def _odd_token(line: bytes, fields: list[bytes], dim: int, where: str) -> bytes:
    """A token that is a space or holds some, or the error that the line has too few or too many numbers."""
    numbers, words = fields[-dim:], fields[:-dim]
    end = len(line)
    for field in reversed(numbers):
        end = line.rindex(field, 0, end)
    token = line[: max(end - 1, 0)]
    if len(numbers) < dim or not token or any(map(_is_number, words[1:])):
        raise DataError(
            f"expected a token and {dim} numbers, got {len(fields)} fields", where=where, fix="repair the line, or drop it"
        )
    return token


def _width(line: bytes) -> int:
    """How many numbers the line ends with."""
    return sum(1 for _ in takewhile(_is_number, reversed(line.split())))


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
