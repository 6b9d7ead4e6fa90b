"""Files that belong together: those of a folder, of a zip or of a tar archive. Nothing is ever unpacked to the disk."""

import contextlib
import io
import lzma
import os
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from cnerkit.errors import DataError, MissingError

_LARGEST = 1 << 30
"""Bytes that are unpacked from an archive at most: one that claims more may be meant to do harm."""

_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, LookupError, ValueError, OverflowError, RuntimeError, MemoryError),
)
"""What the standard library raises, in practice, on archives that were damaged or made up."""

_COPY = "copy what it points to in its place, as `cp -rL` does"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a folder or an archive: its path from there, with ``/``, and how to open it."""

    path: str
    open: Callable[[], BinaryIO]

    @property
    def stem(self) -> str:
        """The path without the last suffix."""
        return str(PurePosixPath(self.path).with_suffix(""))


def is_bundle(path: Path) -> bool:
    """True for a folder, a zip or a tar archive; a single gzipped file is none."""
    return path.is_dir() or (path.is_file() and (zipfile.is_zipfile(path) or _is_tar(path)))


def members(path: Path, pattern: str = "*") -> tuple[Member, ...]:
    """The files of a folder or archive whose path matches a pattern, in natural order: ``text-2`` before ``text-10``.

    Hidden files and what an archiver of macOS adds are left out; links are refused, since following them can lead anywhere.

    Args:
        path: A folder, a zip or a tar archive.
        pattern: As shells have them, with one choice such as ``{train,dev}`` at most; ``*`` matches ``/`` too.

    Raises:
        MissingError: No file matches.
        DataError: The archive is damaged, has passwords, a name twice, or names that lead out of it; or a file is a link.
    """
    listing = _of_folder if path.is_dir() else _of_zip if zipfile.is_zipfile(path) else _of_tar
    patterns = _choices(pattern)
    with _sound(str(path), "the folder" if path.is_dir() else "the archive"):
        found = list(listing(path, lambda name: not _is_hidden(name) and any(fnmatchcase(name, each) for each in patterns)))
    if not found:
        what = "it holds no files" if pattern == "*" else f"none of its files is {pattern}"
        raise MissingError(what, where=str(path), fix="name a folder or an archive that has them")
    seen: set[str] = set()
    for each in found:
        if not PurePosixPath(each.path).name:
            raise DataError("the archive has a file without a name", where=str(path), fix="look who made this archive")
        if each.path in seen:
            fix = "unpack it, and keep the file that is meant"
            raise DataError(f"the archive has two files named {each.path}", where=str(path), fix=fix)
        seen.add(each.path)
    return tuple(sorted(found, key=lambda each: natural_key(each.path)))


def _choices(pattern: str) -> list[str]:
    """The patterns that one stands for: ``a{b,c}`` for ``ab`` and ``ac``."""
    before, _, rest = pattern.partition("{")
    within, closed, after = rest.partition("}")
    return [f"{before}{each}{after}" for each in within.split(",")] if closed and "," in within else [pattern]


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """A key that sorts numbers within names by their value, and no two different names alike."""
    parts = re.split("([0-9]+)", name)
    key = [(0, part) if at % 2 == 0 else (len(part.lstrip("0")), part.lstrip("0")) for at, part in enumerate(parts)]
    return key, name


def _of_folder(folder: Path, wanted: Callable[[str], bool]) -> Iterator[Member]:
    for at, folders, files in os.walk(folder, onerror=_raise):
        for name, is_folder in (*((each, True) for each in folders), *((each, False) for each in files)):
            path = Path(at, name)
            inner = _inner_name(path.relative_to(folder).as_posix(), folder)
            if path.is_symlink() and (wanted(inner) or (is_folder and not _is_hidden(inner))):
                raise DataError("this is a link, which is not followed", where=str(path), fix=_COPY)
            if not is_folder and wanted(inner) and path.is_file():
                yield Member(inner, lambda path=path: _opened(path))  # type: ignore[misc]


def _opened(path: Path) -> BinaryIO:
    with _sound(str(path), "the file"):
        return path.open("rb")


def _of_zip(path: Path, wanted: Callable[[str], bool]) -> Iterator[Member]:
    archive, total = zipfile.ZipFile(path), 0  # open as long as a member lives: its table is long, and read once
    for info in archive.infolist():
        name = _inner_name(info.filename, path)
        if info.is_dir() or not wanted(name):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            raise DataError("this is a link, which is not followed", where=f"{path}/{name}", fix=_COPY)
        if info.flag_bits & 1:
            raise DataError("this file needs a password", where=f"{path}/{name}", fix="unpack the archive, and name the folder")
        total = _checked_total(total + info.file_size, path)
        yield Member(name, lambda info=info, name=name: _unzipped(archive, info, f"{path}/{name}"))  # type: ignore[misc]


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> BinaryIO:
    with _sound(where, "the file"):
        return io.BytesIO(archive.read(info))


def _of_tar(path: Path, wanted: Callable[[str], bool]) -> Iterator[Member]:
    """The files of a tar; those of a packed one are read once, since finding each anew means unpacking all before it."""
    packed, total = not _is_tar(path, "r:"), 0
    with tarfile.open(path, "r:*" if packed else "r:") as archive:
        for info in archive:
            name = _inner_name(info.name, path)
            if info.isdir() or not wanted(name):
                continue
            if not info.isfile():
                raise DataError("this is a link or a device, and not a file", where=f"{path}/{name}", fix=_COPY)
            if packed:
                total = _checked_total(total + info.size, path)
                data = _extracted(archive, info).read()
                yield Member(name, lambda data=data: io.BytesIO(data))  # type: ignore[misc]
            else:
                yield Member(name, lambda info=info, name=name: _from_tar(path, info, f"{path}/{name}"))  # type: ignore[misc]
        _refuse_cut_off(archive, path)


def _from_tar(path: Path, info: tarfile.TarInfo, where: str) -> BinaryIO:
    with _sound(where, "the file"), tarfile.open(path, "r:") as archive:
        return io.BytesIO(_extracted(archive, info).read())


def _extracted(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    content = archive.extractfile(info)
    assert content is not None, "a plain file has content"
    return cast("BinaryIO", content)


def _refuse_cut_off(archive: tarfile.TarFile, path: Path) -> None:
    """A tar ends in zeros; where something else stands, the library stops without a word and leaves the rest out."""
    assert archive.fileobj is not None, "the archive is open"
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        fix = "get it again, or unpack it and look what is there"
        raise DataError("the archive is cut off or damaged: its end mark is not there", where=str(path), fix=fix)


def _checked_total(total: int, path: Path) -> int:
    if total > _LARGEST:
        fix = "unpack it, and name the folder"
        raise DataError(f"the archive holds more than {_LARGEST} bytes when it is unpacked", where=str(path), fix=fix)
    return total


def _inner_name(name: str, bundle: Path) -> str:
    """The path of a file in its folder or archive.

    Raises:
        DataError: It leads out of there, or cannot be written in UTF-8.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise DataError(
            f"the archive has a file named {name!r}, which leads out of it", where=str(bundle), fix="look who made this archive"
        )
    try:
        name.encode()
    except UnicodeEncodeError as error:
        fix = "rename it; a zip made on an older system can be unpacked with the right encoding first"
        raise DataError(f"the name of the file {name!r} is not valid UTF-8", where=str(bundle), fix=fix) from error
    return str(path)


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(path).parts)


def _is_tar(path: Path, mode: str = "r:*") -> bool:
    try:
        with tarfile.open(path, mode):  # type: ignore[call-overload]
            return True
    except _DAMAGE:
        return False


@contextlib.contextmanager
def _sound(where: str, what: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
        fix = "get it again, or look who may read it"
        raise DataError(f"{what} cannot be read: {reason}", where=where, fix=fix) from error


def _raise(error: OSError) -> None:
    raise error
