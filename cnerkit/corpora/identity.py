"""Telling a file's or folder's published bytes from others, and naming the known version that other bytes are."""

import codecs
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cnerkit.corpora.catalogue import Counts, Identity, OtherVersion, Published, every_version
from cnerkit.corpora.source import open_source
from cnerkit.corpora.tree import File, blob_id, folder_files, tree_id
from cnerkit.errors import DataError

_GZIP = b"\x1f\x8b"
_SMALLEST_GZIP = 20
_CHUNK = 1 << 18


def identify_as(file: Published, path: Path) -> Identity:
    """Size and hashes of what lies where a published file or folder should.

    Raises:
        MissingError: An archive does not hold the folder that it should.
        DataError: It is damaged.
    """
    if file.is_folder:
        return identify_files(folder_files(path, file.name))
    return identify(path, unpack=not file.is_gzip)


def is_published(file: Published, path: Path) -> bool:
    """False when what lies where a published file or folder should is known to be another; raises as ``identify_as``."""
    return not file.identity.is_known or agree(identify_as(file, path), file.identity)


def identify_files(files: Iterable[File]) -> Identity:
    """Size and id of a folder with these files."""
    blobs, size = {}, 0
    for file in files:
        blobs[file.path] = blob_id(file.data)
        size += len(file.data)
    return Identity(bytes=size, git_tree_sha1=tree_id(blobs), files=len(blobs))


def identify(path: Path, *, unpack: bool = True, unix: bool = False) -> Identity:
    r"""Size and hashes of a file as it was published: a gzipped copy counts as what it unpacks to.

    Args:
        path: The file.
        unpack: Look into a gzipped file; False for one that is published so.
        unix: Read it without a byte-order mark and with ``\n`` for ``\r\n``.

    Raises:
        DataError: The file is a damaged gzip file.
    """
    size = sum(map(len, _pieces(path, unpack, unix)))
    sha256 = hashlib.sha256()
    blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for piece in _pieces(path, unpack, unix):
        sha256.update(piece)
        blob.update(piece)
    return Identity(sha256.hexdigest(), size, blob.hexdigest())


def published_size(path: Path, *, unpack: bool = True) -> int:
    """Bytes of the published file, told without reading it: a gzip file keeps the size of its content at its end.

    Args:
        path: The file.
        unpack: Look into a gzipped file; False for one that is published so.

    Raises:
        DataError: The file may not be read.
    """
    try:
        with path.open("rb") as file:
            packed = unpack and file.read(2) == _GZIP
            size = file.seek(0, os.SEEK_END)
            if not packed or size < _SMALLEST_GZIP:
                return size
            file.seek(-4, os.SEEK_END)
            return int.from_bytes(file.read(4), "little")
    except OSError as error:
        fix = "check its permissions"
        raise DataError(f"cannot be read: {error.strerror or error}", where=str(path), fix=fix) from error


def agree(actual: Identity, known: Identity) -> bool:
    """True when a file or a folder is the known one.

    The SHA-256 decides where it is known, else the id that git gives to the content, else the size alone.
    """
    if known.git_tree_sha1 or actual.git_tree_sha1:
        return actual.git_tree_sha1 == known.git_tree_sha1
    if known.sha256:
        return actual.sha256 == known.sha256
    if known.git_blob_sha1:
        return actual.git_blob_sha1 == known.git_blob_sha1
    return known.bytes is not None and actual.bytes == known.bytes


def name_content(path: Path) -> str | None:
    """The known version that a file is, in words such as ``weibo_v1 train``, or None."""
    for unpack in (True, False):
        if exact := name_identity(identify(path, unpack=unpack)):
            return exact
    same_text = name_identity(identify(path, unix=True))
    return f"{same_text} with other line ends or a byte-order mark" if same_text else None


def name_counts(counts: Counts) -> str | None:
    """The known version whose texts, tokens and entities are these, or None; what nobody has counted cannot tell."""

    def same(version: OtherVersion) -> bool:
        known = version.counts
        if known.tokens is None or known.entities is None:
            return False
        texts = (known.sentences or known.documents) == (counts.sentences or counts.documents)
        return texts and (known.tokens, known.entities) == (counts.tokens, counts.entities)

    return next((version.title for version in every_version() if same(version)), None)


def name_as(file: Published, path: Path) -> str | None:
    """The known version that lies where a published file or folder should, or None; raises as ``identify_as``."""
    return name_identity(identify_as(file, path)) if file.is_folder else name_content(path)


def name_identity(actual: Identity) -> str | None:
    """The known version that has these hashes, in words, or None."""
    return next((version.title for version in every_version() if agree(actual, version.identity)), None)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _unix_lines(file: BinaryIO) -> Iterator[bytes]:
    for number, line in enumerate(file):
        text = line.removeprefix(codecs.BOM_UTF8) if number == 0 else line
        yield text[:-2] + b"\n" if text.endswith(b"\r\n") else text


def _pieces(path: Path, unpack: bool, unix: bool) -> Iterator[bytes]:
    if not unpack:
        with path.open("rb") as file:
            yield from _chunks(file)
        return
    try:
        with open_source(path, str(path)) as file:
            yield from _unix_lines(file) if unix else _chunks(file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"this gzip file is damaged: {error}", where=str(path), fix="remove it and get it again") from error
