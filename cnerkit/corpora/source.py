r"""Bytes to whole lines of text: UTF-8 with or without a byte-order mark, ``\n`` or ``\r\n``, gzip or not, in flat memory."""

import codecs
import contextlib
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from cnerkit.errors import DataError, MissingError, UsageError

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 16
_HEAD = 1 << 17
_ARRAY = re.compile(rb"\s*\[\s*\{")
_DECLARATION = 200
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True, slots=True)
class Block:
    r"""A piece of text as UTF-8: whole lines, each ended by ``\n``, unless they were asked to end otherwise.

    ``line`` is the number of the first line, ``column`` that of its first character, from 1.
    """

    data: bytes
    line: int
    column: int = 1

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of byte ``at``."""
        *lines, last = self.data[:at].split(b"\n")
        return self.line + len(lines), len(last.decode("utf-8", "replace")) + (1 if lines else self.column)


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
        with _sound(name):
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


@contextlib.contextmanager
def _sound(name: str) -> Iterator[None]:
    """Name what goes wrong while bytes are read and unpacked."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        fix = "get the file again, or unpack it yourself"
        raise DataError(f"the gzip data is damaged: {error}", where=name, fix=fix) from error
    except OSError as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: OSError) -> DataError:
    return DataError(f"cannot be read: {error.strerror or error}", where=name, fix="check the file and who may read it")


def transcoded(stream: BinaryIO, encoding: str | None, name: str) -> BinaryIO:
    """A stream as UTF-8: told by ``encoding``, else by the XML declaration that it begins with, else as it is.

    Raises:
        UsageError: There is no such encoding.
        DataError: The first bytes cannot be read. While reading: bytes that the encoding does not have.
    """
    peekable = _peekable(stream)
    with _sound(name):
        declared = _DECLARED.match(peekable.peek(_DECLARATION)[:_DECLARATION])
    encoding = encoding or (declared and declared[1].decode("ascii")) or "utf-8"
    try:
        "a".encode(encoding)  # refuses what is for no text, such as hex
        found = codecs.lookup(encoding)
    except (LookupError, ValueError) as error:
        fix = "name one such as utf-8, gb18030, big5 or iso-8859-1"
        raise UsageError(f"no encoding is called {encoding!r}", where=name, fix=fix) from error
    if found.name in ("utf-8", "utf-8-sig", "ascii"):
        return peekable
    return cast("BinaryIO", io.BufferedReader(_Transcoding(peekable, found, name), _CHUNK))


def marked(text: str) -> str:
    """The beginning of a file in UTF-8, after a byte-order mark where a reader would take it for something else without one."""
    declares = text.startswith("<?xml") and _DECLARED.match(text[:_DECLARATION].encode())
    return f"\ufeff{text}" if declares or text.startswith("\ufeff") else text


class _Transcoding(io.RawIOBase):
    """The bytes of a stream in UTF-8, made of those in another encoding."""

    def __init__(self, stream: BinaryIO, encoding: codecs.CodecInfo, name: str) -> None:
        self._stream, self._name, self._encoding = stream, name, encoding.name
        self._decoder = codecs.getincrementaldecoder(encoding.name)()
        self._held = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held and not self._ended:
            data = self._stream.read(_CHUNK)
            self._ended = not data
            try:
                self._held = self._decoder.decode(data, final=self._ended).encode()
            except UnicodeDecodeError as error:
                raise self._refusal(f"byte 0x{error.object[error.start]:02X}", error.reason) from error
            except UnicodeError as error:  # such as a missing byte-order mark, or halves of surrogate pairs
                raise self._refusal("the text", str(error)) from error
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size

    def _refusal(self, which: str, why: str) -> DataError:
        what = f"{which} is not valid {self._encoding} ({why})"
        return DataError(what, where=self._name, fix="name the encoding of the file with --encoding")


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

    def head(self, size: int = _HEAD) -> Head:
        """The first lines, about an eighth of a megabyte or all there is; ``blocks`` gives them once more.

        Args:
            size: Bytes to look at, when that many are not enough.

        Raises:
            DataError: The file is empty, binary or not valid UTF-8.
        """
        data = b"".join(self._seen)  # not empty when the head was looked at before
        held, cut, whole = len(data), self._head_end(data), False
        while not whole and (held < size or cut < size // 2):
            chunk = next(self._chunks, b"")
            self._seen.append(chunk)
            if b"\0" in chunk:  # lest more and more of what is no text is read in search of a line's end
                self.decode(Block(b"".join(self._seen), 1))
            if (end := self._head_end(chunk)) >= 0:
                cut = held + end
            held, whole = held + len(chunk), not chunk
        data = b"".join(self._seen)
        head = Head(self.decode(Block(data if whole else data[: cut + 1], 1)), whole)
        if whole and not head.text.strip("\n"):
            what = "the file holds only empty lines" if head.text else "the file is empty"
            raise DataError(what, where=self.name, fix="check that it was written, or name another file")
        return head

    def blocks(self, end: bytes = b"\n") -> Iterator[Block]:
        """All text from its beginning, in blocks that end with ``end``; only the last may end otherwise, in a new line."""
        pending = bytearray()
        line, column = 1, 1
        while (chunk := self._next_chunk()) is not None:
            searched = max(0, len(pending) - len(end))
            pending += chunk
            if b"\0" in chunk:
                self.decode(Block(bytes(pending), line, column))
            cut = pending.rfind(end, searched) + len(end)
            if cut >= len(end):
                block = Block(bytes(pending[:cut]), line, column)
                yield block
                line, column = (line + block.data.count(b"\n"), 1) if block.data.endswith(b"\n") else block.place(cut)
                del pending[:cut]
        if pending:
            yield Block(bytes(pending) if pending.endswith(b"\n") else bytes(pending) + b"\n", line, column)

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

    def _head_end(self, chunk: bytes) -> int:
        """Where a head can end at last: after a line or, in a JSON array without lines, after an object; -1 for nowhere."""
        end = chunk.rfind(b"\n")
        return chunk.rfind(b"}") if end < 0 and self._seen and _ARRAY.match(self._seen[0]) else end

    def _next_chunk(self) -> bytes | None:
        return self._seen.popleft() if self._seen else next(self._chunks, None)

    def _place(self, block: Block, at: int) -> str:
        line, column = block.place(at)
        return f"{self.name}:{line}:{column}"


def _read_chunks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    with _sound(name):
        first = stream.read(_CHUNK).removeprefix(codecs.BOM_UTF8)
        if first:
            yield first
        while chunk := stream.read(_CHUNK):
            yield chunk


def _unix_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        if text := text.removesuffix(held):  # who asks for more takes nothing for the end
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
