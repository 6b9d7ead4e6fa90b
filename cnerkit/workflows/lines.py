"""Lines of text as they come: plain or JSON, numbered, in constant memory, as soon as they are there."""

import codecs
import gzip
import io
import json
import re
import stat
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from os import fstat
from typing import Any, BinaryIO, Literal

from cnerkit.errors import DataError
from cnerkit.text import Sentence
from cnerkit.workflows.division import Tokens, token_ranges

Form = Literal["text", "jsonl"]
CHUNK_TOKENS = 65_536
"""Characters that are looked at together, so that lines of one length can share a batch."""
_MAY_BE_HALF, _HALF = re.compile(r"\\u[dD]"), re.compile("[\ud800-\udfff]")
"""Of a surrogate pair: an escape that may write one, and one, which no UTF-8 can hold."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input: its text, the other fields it came with, or what is wrong with it; and what ended it."""

    source: str
    number: int
    text: str = ""
    fields: dict[str, Any] | None = None
    problem: str | None = None
    end: str = "\n"

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"{self.source}:{self.number}"


def read_lines(stream: BinaryIO, source: str, form: Form | None = None) -> Iterator[Line]:
    """Lines of a stream, a byte order mark and the ends of lines taken off and nothing else.

    Without a ``form``, the first line that is not empty decides: a JSON object with a ``text`` makes all of them JSON lines.
    """
    for number, raw in enumerate(_raw_lines(stream, source), start=1):
        content = raw.removesuffix(b"\n").removesuffix(b"\r")
        empty = Line(source, number, end=raw[len(content) :].decode("ascii"))
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} of the line is not UTF-8 (0x{content[error.start]:02x})"
            yield replace(empty, problem=problem)
            continue
        if form is None and text:
            form = "jsonl" if _is_record(text) else "text"
        yield _json_line(empty, text) if form == "jsonl" and text else replace(empty, text=text)


def chunks(lines: Iterable[Line], *, live: bool, tokens: int = CHUNK_TOKENS) -> Iterator[list[Line]]:
    """Lines in groups of about ``tokens`` characters.

    From a live stream a group ends as soon as no further line is waiting, so that whoever types a line gets its answer.
    """
    if live:
        yield from _as_they_come(iter(lines), tokens)
        return
    chunk: list[Line] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line.text) + 1
        if size >= tokens:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def is_live(stream: BinaryIO) -> bool:
    """True for pipes and terminals, whose next line may be long in coming; False for files."""
    try:
        return not stat.S_ISREG(fstat(stream.fileno()).st_mode)
    except (OSError, io.UnsupportedOperation):
        return False


def tokenize(text: str, tokens: Tokens) -> tuple[tuple[str, ...], list[int]]:
    """A text's tokens and where each starts."""
    if tokens is Tokens.CHARACTERS:
        return tuple(text), list(range(len(text) + 1))
    ranges = list(token_ranges(text, tokens, 0, len(text)))
    return tuple(text[start:end] for start, end in ranges), [start for start, _ in ranges]


def sentence_of(line: Line, tokens: Tokens) -> Sentence:
    """The line as a sentence that is not annotated."""
    return Sentence(line.place, tokenize(line.text, tokens)[0], None, tokens.joiner)


def _raw_lines(stream: BinaryIO, source: str) -> Iterator[bytes]:
    try:
        for number, raw in enumerate(stream):
            yield raw.removeprefix(codecs.BOM_UTF8) if number == 0 else raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"the gzip data is damaged: {error}", where=source, fix="get the file again") from error


def _is_record(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        record = json.loads(text)
    except ValueError:
        return False
    return isinstance(record, dict) and isinstance(record.get("text"), str)


def _json_line(empty: Line, text: str) -> Line:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        return replace(empty, problem=f"the line is not JSON: {error}")
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        return replace(empty, problem='the line is not a JSON object with a string "text"')
    if _MAY_BE_HALF.search(text) and (half := _HALF.search(json.dumps(record, ensure_ascii=False))):
        return replace(empty, problem=f"the line holds half of a surrogate pair, U+{ord(half.group()):04X}")
    return replace(empty, text=record["text"], fields={key: value for key, value in record.items() if key != "text"})


class _Waiting:
    """Lines that were read and not yet taken: at most about ``tokens`` characters of them."""

    def __init__(self, tokens: int) -> None:
        self._tokens, self._size, self._ended = tokens, 0, False
        self._lines: list[Line] = []
        self._failure: BaseException | None = None
        self._changed = threading.Condition()

    def fill(self, lines: Iterator[Line]) -> None:
        """Read until the end, waiting whenever enough is there."""
        try:
            for line in lines:
                with self._changed:
                    self._changed.wait_for(lambda: self._size < self._tokens)
                    self._lines.append(line)
                    self._size += len(line.text) + 1
                    self._changed.notify()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever takes
            self._failure = error
        with self._changed:
            self._ended = True
            self._changed.notify()

    def take(self) -> list[Line]:
        """All that is there, at least one line; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._ended)
            taken, self._lines, self._size = self._lines, [], 0
            self._changed.notify()
        if not taken and self._failure:
            raise self._failure
        return taken


def _as_they_come(lines: Iterator[Line], tokens: int) -> Iterator[list[Line]]:
    waiting = _Waiting(tokens)
    threading.Thread(target=waiting.fill, args=(lines,), daemon=True).start()
    while chunk := waiting.take():
        yield chunk
