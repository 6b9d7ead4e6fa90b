r"""Bytes to whole lines of text: UTF-8 with or without a byte-order mark, ``\n`` or ``\r\n``, gzip or not, in flat memory."""

import codecs
import contextlib
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from cnerkit.errors import DataError, MissingError, UsageError

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 16
_HEAD = 1 << 17


@dataclass(frozen=True, slots=True)
class Block:
    r"""Whole lines, each ended by ``\n``, as UTF-8; ``line`` is the number of the first, from 1."""

    data: bytes
    line: int


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a text; ``whole`` when there are no others."""

    text: str
    whole: bool


@contextlib.contextmanager
def open_source(source: Path | BinaryIO, name: str) -> Iterator[BinaryIO]:
    """Open a file, or take a stream such as stdin, and unpack it when its first bytes are those of gzip.

    A file is closed at the end; a stream is its owner's to close.

    Args:
        source: A file, or bytes that are read once from where they stand.
        name: What messages call it.

    Raises:
        MissingError: There is no such file.
        UsageError: It is a folder.
        DataError: It may not be read.
    """
    opened = _open(source, name) if isinstance(source, Path) else _peekable(source)
    try:
        packed = opened.peek(2)[:2] == _GZIP
        yield cast("BinaryIO", gzip.GzipFile(fileobj=opened)) if packed else opened
    finally:
        if isinstance(source, Path):
            opened.close()


def _open(path: Path, name: str) -> io.BufferedReader:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise MissingError(
            "there is no such file", where=name, fix="check the path, or see `cnerkit data list` for names"
        ) from error
    except IsADirectoryError as error:
        raise UsageError("this is a folder, and a file is needed", where=name, fix="name a file in it") from error
    except OSError as error:
        raise _unreadable(name, error) from error


def _peekable(stream: BinaryIO) -> io.BufferedReader:
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", stream), _CHUNK)


def _unreadable(name: str, error: OSError) -> DataError:
    return DataError(f"cannot be read: {error.strerror or error}", where=name, fix="check the file and who may read it")


class TextSource:
    """The text of one stream, in blocks of whole lines; the first lines can be looked at before anything is read.

    Args:
        stream: Unpacked bytes, read once.
        name: What messages call it.
        surrogates: Accept halves of surrogate pairs as three bytes each (CESU-8), which are not valid UTF-8.
    """

    def __init__(self, stream: BinaryIO, name: str, *, surrogates: bool = False) -> None:
        self.name = name
        self._errors = "surrogatepass" if surrogates else "strict"
        self._chunks = _unix_lines(_read_chunks(stream, name))
        self._seen: deque[bytes] = deque()

    def head(self) -> Head:
        """The first lines, about an eighth of a megabyte or all there is; ``blocks`` gives them once more.

        Raises:
            DataError: The file is empty, binary or not valid UTF-8.
        """
        size, cut = 0, -1
        while (size < _HEAD or cut < 0) and (chunk := next(self._chunks, None)) is not None:
            self._seen.append(chunk)
            cut = size + chunk.rfind(b"\n") if b"\n" in chunk else cut
            size += len(chunk)
        whole = size < _HEAD or cut < 0
        data = b"".join(self._seen)
        head = Head(self.decode(Block(data if whole else data[: cut + 1], 1)), whole)
        if whole and not head.text.strip("\n"):
            what = "the file holds only empty lines" if head.text else "the file is empty"
            raise DataError(what, where=self.name, fix="check that it was written, or name another file")
        return head

    def blocks(self, end: bytes = b"\n") -> Iterator[Block]:
        """All text from its beginning, in blocks that end with ``end``; only the last may end otherwise, in a new line."""
        pending = bytearray()
        line = 1
        while (chunk := self._next_chunk()) is not None:
            searched = max(0, len(pending) - len(end))
            pending += chunk
            cut = pending.rfind(end, searched) + len(end)
            if cut >= len(end):
                block = Block(bytes(pending[:cut]), line)
                yield block
                line += block.data.count(b"\n")
                del pending[:cut]
        if pending:
            yield Block(bytes(pending) if pending.endswith(b"\n") else bytes(pending) + b"\n", line)

    def decode(self, block: Block) -> str:
        """The text of a block.

        Raises:
            DataError: It is binary or not valid UTF-8; says at which line and column.
        """
        if b"\0" in block.data:
            where = self._place(block, block.data.index(b"\0"))
            fix = "name a text file; if this is UTF-16, save it as UTF-8"
            raise DataError("a NUL byte: this is a binary file, not text in UTF-8", where=where, fix=fix)
        try:
            return block.data.decode("utf-8", self._errors)
        except UnicodeDecodeError as error:
            what = f"byte 0x{block.data[error.start]:02X} is not valid UTF-8 ({error.reason})"
            raise DataError(what, where=self._place(block, error.start), fix=_encoding_advice(block.data)) from error

    def _next_chunk(self) -> bytes | None:
        return self._seen.popleft() if self._seen else next(self._chunks, None)

    def _place(self, block: Block, at: int) -> str:
        *lines, last = block.data[:at].split(b"\n")
        return f"{self.name}:{block.line + len(lines)}:{len(last.decode('utf-8', 'replace')) + 1}"


def _read_chunks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    try:
        first = stream.read(_CHUNK).removeprefix(codecs.BOM_UTF8)
        if first:
            yield first
        while chunk := stream.read(_CHUNK):
            yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"the gzip data is damaged: {error}", where=name, fix="get the file again, or unpack it yourself"
        ) from error
    except OSError as error:
        raise _unreadable(name, error) from error


def _unix_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        text = text.removesuffix(held)
        yield text.replace(b"\r\n", b"\n") if b"\r" in text else text
    if held:
        yield held


def _encoding_advice(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "this is UTF-16: save it as UTF-8"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "save the file as UTF-8, and look whether these bytes are damaged"
    return "the text reads as GB18030: convert it with `iconv -f GB18030 -t UTF-8 FILE`"
