"""Telling a file's published bytes from others, and naming the known version that other bytes are."""

import codecs
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cnerkit.corpora.catalogue import Counts, Identity, OtherVersion, every_version
from cnerkit.corpora.source import open_source
from cnerkit.errors import DataError

_GZIP = b"\x1f\x8b"
_SMALLEST_GZIP = 20
_CHUNK = 1 << 18


def identify(path: Path, *, unix: bool = False) -> Identity:
    r"""Size and hashes of a file as it was published: a gzipped copy counts as what it unpacks to.

    Args:
        path: The file.
        unix: Read it without a byte-order mark and with ``\n`` for ``\r\n``.

    Raises:
        DataError: The file is a damaged gzip file.
    """
    size = sum(map(len, _pieces(path, unix)))
    sha256 = hashlib.sha256()
    blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for piece in _pieces(path, unix):
        sha256.update(piece)
        blob.update(piece)
    return Identity(sha256.hexdigest(), size, blob.hexdigest())


def published_size(path: Path) -> int:
    """Bytes of the published file, told without reading it: a gzip file keeps the size of its content at its end.

    Raises:
        DataError: The file may not be read.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            size = file.seek(0, os.SEEK_END)
            if not packed or size < _SMALLEST_GZIP:
                return size
            file.seek(-4, os.SEEK_END)
            return int.from_bytes(file.read(4), "little")
    except OSError as error:
        fix = "check its permissions"
        raise DataError(f"cannot be read: {error.strerror or error}", where=str(path), fix=fix) from error


def agree(actual: Identity, known: Identity) -> bool:
    """True when a file is the known one.

    The SHA-256 decides where it is known, else the id that git gives to the content, else the size alone.
    """
    if known.sha256:
        return actual.sha256 == known.sha256
    if known.git_blob_sha1:
        return actual.git_blob_sha1 == known.git_blob_sha1
    return known.bytes is not None and actual.bytes == known.bytes


def name_content(path: Path) -> str | None:
    """The known version that a file is, in words such as ``weibo_v1 train``, or None."""
    if exact := _known_version(identify(path)):
        return exact
    same_text = _known_version(identify(path, unix=True))
    return f"{same_text} with other line ends or a byte-order mark" if same_text else None


def name_counts(counts: Counts) -> str | None:
    """The known version whose sentences, tokens and entities are these, or None; what nobody has counted cannot tell."""

    def same(version: OtherVersion) -> bool:
        known = version.counts
        if known.tokens is None or known.entities is None:
            return False
        return (known.sentences, known.tokens, known.entities) == (counts.sentences, counts.tokens, counts.entities)

    return next((version.title for version in every_version() if same(version)), None)


def _known_version(actual: Identity) -> str | None:
    return next((version.title for version in every_version() if agree(actual, version.identity)), None)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _unix_lines(file: BinaryIO) -> Iterator[bytes]:
    for number, line in enumerate(file):
        text = line.removeprefix(codecs.BOM_UTF8) if number == 0 else line
        yield text[:-2] + b"\n" if text.endswith(b"\r\n") else text


def _pieces(path: Path, unix: bool) -> Iterator[bytes]:
    try:
        with open_source(path, str(path)) as file:
            yield from _unix_lines(file) if unix else _chunks(file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"this gzip file is damaged: {error}", where=str(path), fix="remove it and get it again") from error
