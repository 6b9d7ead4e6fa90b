"""JSON from and to text: what Python's own reader passes over without a word is refused, and what it fails at gets a name."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.errors import DataError

_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
TOO_DEEP = "JSON that cannot be read: it is nested too deeply"


def decode(text: str) -> Any:
    """The value that a text is.

    Raises:
        json.JSONDecodeError: It is no JSON.
        DataError: It has an object with a key twice, half of a surrogate pair, a number that is too long, or deep nesting.
    """
    return decode_at(text, len(text) - len(text.lstrip(" \t\n\r")), whole=True)[0]


def decode_at(text: str, at: int, *, whole: bool = False) -> tuple[Any, int]:
    """The value that begins at a place, and where it ends; with ``whole``, nothing but white space may follow.

    Raises:
        json.JSONDecodeError: As for ``decode``.
        DataError: As for ``decode``.
    """
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (json.JSONDecodeError, DataError):
        raise
    except RecursionError as error:
        raise DataError(TOO_DEEP, fix="write flat objects") from error
    except ValueError as error:
        raise DataError(f"JSON that cannot be read: {error}", fix="write plain numbers") from error
    if whole and (rest := text[end:].lstrip(" \t\n\r")):
        raise json.JSONDecodeError("Extra data", text, len(text) - len(rest))
    if _HALF_ESCAPED.search(text, at, end):
        for each in _strings(value):
            refuse_halves(each)
    return value, end


def encode(value: Any) -> str:
    """A value as one line of text.

    Raises:
        DataError: It holds half of a surrogate pair, a number that JSON does not have, or deep nesting.
    """
    try:
        text = _ENCODER.encode(value)
    except RecursionError as error:
        raise DataError("JSON that cannot be written: it is nested too deeply", fix="write flat objects") from error
    except ValueError as error:
        what = "a number that is not finite, which JSON cannot hold"
        raise DataError(what, fix="leave it out of the file, or write null") from error
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f"half of a surrogate pair, U+{ord(text[error.start]):04X}, which UTF-8 cannot carry"
        raise DataError(what, fix="write the whole character") from error
    return text


def refuse_halves(text: str) -> None:
    """Refuse what UTF-8 cannot carry.

    Raises:
        DataError: The text holds half of a surrogate pair; says where.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f"character {error.start} is half of a surrogate pair, U+{ord(text[error.start]):04X}"
        raise DataError(what, fix="write the whole character") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, refused when it has a key twice, of which Python would keep the last without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise DataError(f"the key {quote(twice)} stands twice in one object", fix="keep one of them, or join their values")
    return found


# Made once: Python's own shortcuts make them anew for every line.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def _strings(value: Any) -> Iterator[str]:
    """All strings within a value, keys included."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
