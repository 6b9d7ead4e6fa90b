"""A published folder, as it is or packed: its files, the id that git gives to it, and taking it out of its repository."""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cnerkit.corpora.bundle import members
from cnerkit.errors import DataError

PACKED = (".tar.gz", ".tgz", ".tar", ".zip")
"""What the name of a packed folder ends with after the folder's own."""


class File(NamedTuple):
    """A file of a folder: its path from there, with ``/``, and what it holds."""

    path: str
    data: bytes


def folder_files(path: Path, name: str) -> Iterator[File]:
    """The files of a published folder.

    Args:
        path: The folder, whatever it is called, or an archive of it.
        name: What the folder is called where it is published, and in the archive.

    Raises:
        MissingError: The archive has no such folder, or there is nothing in it.
        DataError: The archive is damaged.
    """
    top = "" if path.is_dir() else f"{name}/"
    for member in members(path, f"{top}*"):
        with member.open() as opened:
            yield File(member.path.removeprefix(top), opened.read())


def files_in_repository(archive: Path, folder: str, at_most: int) -> Iterator[File]:
    """The files of one folder of a repository that is packed as a whole, in the archive's order and flat memory.

    Args:
        archive: A tar file of one folder, which is the repository, whatever it is called.
        folder: The path of the folder in the repository.
        at_most: Bytes that the files may have together; the files stop before there are more.

    Raises:
        DataError: The archive is damaged.
    """
    try:
        with tarfile.open(archive) as packed:
            for info in packed:
                path = info.name.partition("/")[2]
                if not (info.isfile() and path.startswith(f"{folder}/")):
                    continue
                at_most -= info.size
                if at_most < 0:
                    return
                content = packed.extractfile(info)
                assert content is not None, "a plain file has content"
                yield File(path.removeprefix(f"{folder}/"), content.read())
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        reason = str(error).partition(":")[0]
        raise DataError(f"the archive cannot be read: {reason}", where=str(archive), fix="get it again") from error


def pack(files: Iterable[File], name: str, target: Path) -> None:
    """Write files as a packed folder, ``name`` being the only folder at the top of it."""
    with tarfile.open(target, "w:gz") as archive:
        for file in files:
            info = tarfile.TarInfo(f"{name}/{file.path}")
            info.size = len(file.data)
            archive.addfile(info, io.BytesIO(file.data))


def blob_id(data: bytes) -> bytes:
    """The id that git gives to the content of a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()


def tree_id(blobs: Mapping[str, bytes]) -> str:
    """The id that git gives to a folder in which no file can be run and none is a link.

    Args:
        blobs: The id of each file's content, by the file's path from the folder.
    """
    return _tree_id(blobs).hex()


def _tree_id(blobs: Mapping[str, bytes]) -> bytes:
    """Git hashes the sorted list of what lies in a folder, in which a sub-folder stands for a list of its own.

    A sub-folder is sorted as if its name ended in ``/``.
    """
    entries, folders = {}, dict[str, dict[str, bytes]]()
    for path, blob in blobs.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = blob
        else:
            entries[name.encode()] = b"100644 %b\0%b" % (name.encode(), blob)
    for name, inside in folders.items():
        entries[f"{name}/".encode()] = b"40000 %b\0%b" % (name.encode(), _tree_id(inside))
    listed = b"".join(entries[key] for key in sorted(entries))
    return hashlib.sha1(b"tree %d\0" % len(listed) + listed, usedforsecurity=False).digest()
