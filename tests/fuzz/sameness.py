"""What must not matter to a reader, or not be lost by it: how bytes are wrapped and come, and what a file says besides."""

import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from unittest import mock

from targets import TALLY, Choices, Finding, check_complaint, choices_of

from cnerkit.corpora.formats import FORMATS
from cnerkit.errors import CnerkitError
from cnerkit.text import Sentence
from cnerkit.workflows.division import Division
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.reading import Reading, open_corpus_file
from cnerkit.workflows.writing import GRID, SPAN, Target, Writing

_SYNONYMS = ("label", "labels", "entities", "annotations", "data")
"""What the lists of doccano's versions are called."""
WRAPPINGS = ("chunks", "mark", "line-ends", "gzip", "array", "tagged", "division", "kept")


def check_wrapping(data: bytes, header: bytes, how: int) -> str:
    """The same file in another wrapping is read the same; the word for what became of it."""
    wrapping, choices = WRAPPINGS[how % len(WRAPPINGS)], choices_of(header)
    if wrapping == "division":
        return _check_division(data, choices)
    if wrapping == "tagged":
        return _check_tagged(data, choices)
    if wrapping == "kept":
        return _check_kept(data, choices)
    plain = _read(data, choices)
    if wrapping == "chunks" and not data.startswith(b"<?xml"):  # a declaration comes whole too
        with mock.patch("cnerkit.corpora.source._CHUNK", how // 8 % 9 + 3):  # a byte-order mark comes whole
            other = _read(data, choices)
    elif choices.options.encoding or data.startswith((b"\xef\xbb\xbf", b"\x1f\x8b", b"\xff\xfe", b"<?xml")):
        return "no wrapping"
    else:
        text_like = choices.options.format and FORMATS[choices.options.format].kind in ("columns", "text")
        wrapped = None if wrapping == "array" and text_like else _wrapped(data, wrapping)
        if wrapped is None:
            return "no wrapping"
        other = _read(wrapped, choices)
    both_refused = isinstance(plain, str) and isinstance(other, str)
    if plain != other and not (both_refused and (wrapping != "chunks" or "" in (plain, other))):
        raise Finding(f"{wrapping} matter", f"{plain!r:.900} but {other!r:.900}")
    return f"{wrapping} do not matter to what {'is refused' if isinstance(plain, str) else 'is read'}"


def _wrapped(data: bytes, wrapping: str) -> bytes | None:
    if wrapping == "mark":
        return b"\xef\xbb\xbf" + data
    if wrapping == "line-ends":
        return None if b"\r" in data else data.replace(b"\n", b"\r\n")
    if wrapping == "gzip":
        return gzip.compress(data, 1)
    lines = [line for line in data.split(b"\n") if line.strip(b" \t\r")]
    try:
        if not lines or not all(isinstance(json.loads(line), dict) for line in lines):
            return None
    except ValueError:
        return None
    return b"[" + b",".join(lines) + b"]"


def _read(data: bytes, choices: Choices) -> list[Sentence] | str:
    """The sentences, or the kind of error and its place; nothing about bytes that are no text, which come in larger pieces."""
    try:
        with open_corpus_file(io.BytesIO(data), choices.options, name="f.x", ids="f") as reading:
            return list(reading.sentences)
    except CnerkitError as error:
        check_complaint(error)
        return "" if re.search("is not valid|a NUL byte", error.what) else f"{type(error).__name__} {error.where}"


def _check_tagged(data: bytes, choices: Choices) -> str:
    """Tags that are copied without a detour over values say the same as the values."""
    sentences = _read(data, choices)
    if isinstance(sentences, str):
        return "tagged refused"
    with open_corpus_file(io.BytesIO(data), choices.options, name="f.x", ids="f") as reading:
        if reading.tagged is None:
            return "not tagged"
        joiners = {sentence.joiner for sentence in sentences}
        again = [each.sentence(joiner) for each in reading.tagged for joiner in joiners]
    if again != sentences:
        raise Finding("tags and values differ", f"{again} {sentences}")
    return "tags and values are the same"


def _check_division(data: bytes, choices: Choices) -> str:
    """Divided texts hold the same characters but white space, and the same entities but those that are counted."""
    whole = _read(data, Choices(replace(choices.options, division=Division())))
    if isinstance(whole, str) or choices.options.division.changes_nothing:
        return "not divided"
    try:
        with open_corpus_file(io.BytesIO(data), choices.options, name="f.x", ids="f") as reading:
            parts, losses = list(reading.sentences), reading.losses
    except CnerkitError as error:
        check_complaint(error)
        return "division refused"
    if _bare(each.text for each in whole) != _bare(each.text for each in parts):
        raise Finding("division changes the text", f"{whole!r:.900} became {parts!r:.900}")
    missing = _entities(whole) - _entities(parts)
    new = _entities(parts) - _entities(whole)
    same = losses.fields["entities that became the same as another"]
    if new or missing.total() > losses.counts.total() + same:
        raise Finding("division changes entities", f"{missing} {new} {losses.counts} {whole!r:.900} became {parts!r:.900}")
    return "divided"


def _bare(texts: Any) -> str:
    return "".join("".join(texts).split())


def _entities(sentences: Sequence[Sentence]) -> Counter[tuple[str, str]]:
    return Counter((entity.type, _bare(each.surface(entity))) for each in sentences for entity in each.entities or ())


def _check_kept(data: bytes, choices: Choices) -> str:
    """Whatever words a JSON file has are still there when it was written in its own format, or something was counted."""
    options = replace(choices.options, division=Division())
    try:
        with open_corpus_file(io.BytesIO(data), options, name="f.x", ids="f") as reading:
            if FORMATS[reading.format].kind != "records" or reading.format == GRID:
                return "no records"
            sentences, losses = list(reading.sentences), Losses()
            written = "".join(Writing(Target(SPAN, FORMATS[reading.format]), reading.format, "f.x", losses).texts(sentences))
    except CnerkitError as error:
        check_complaint(error)
        TALLY.refusals[f"kept: {error.what:.60}"] += 1
        return "kept refused"
    gone = _words(data.decode("utf-8-sig")) - _words(written)
    if gone and not reading.counts.overlooked and not losses.fields:
        raise Finding(f"{reading.format} drops words", f"{gone} of {data.decode()} in {written}")
    return _counted(reading, gone)


def _counted(reading: Reading, gone: set[str]) -> str:
    return f"{reading.format} keeps {'what it has' if not gone else 'all that it does not count'}"


def _words(text: str) -> set[str]:
    is_array = text.lstrip(" \t\r\n").startswith("[")
    found: set[str] = set()
    waiting: list[Any] = [json.loads(each) for each in ([text] if is_array else filter(str.strip, text.split("\n")))]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found.update(key for key, value in one.items() if value not in (None, [], {}) and key not in _SYNONYMS)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            found.add(one)
    return found
