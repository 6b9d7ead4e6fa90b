"""Files and folders that are written whole or not at all."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from cnerkit.errors import CnerkitError, UsageError


@contextlib.contextmanager
def whole_file(path: Path, mode: str = "w") -> Iterator[IO[str] | IO[bytes]]:
    r"""Open a file for writing that appears under its name only when everything was written.

    The content goes to a temporary file in the same folder, is flushed to the disk and then renamed, so that a crash, a full
    disk or Ctrl-C leaves either the old file or the new one. Text is UTF-8 with ``\n``. Missing folders are made. A link to a
    file stays one. What is no plain file, such as a pipe or ``/dev/null``, is never replaced, but written to as it is.

    Args:
        path: The file to make or replace.
        mode: ``"w"`` for text, ``"wb"`` for bytes.

    Raises:
        CnerkitError: The folder cannot be written, or the disk is full.
    """
    real = Path(os.path.realpath(path))
    temporary: Path | None = None
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    try:
        if real.exists() and not real.is_file():
            with real.open(mode, **text) as device:  # type: ignore[call-overload]
                yield device
            return
        real.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".part", dir=real.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(real)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path, *, replace: bool, suffixes: Collection[str] | None = None) -> Iterator[Path]:
    """A new folder that appears under its name only when everything was written; before, it has a hidden name beside it.

    An old folder of the name is moved aside, and removed when the new one is in its place; if that fails, it is moved back.
    After an error or Ctrl-C everything is as it was. A link to a folder stays one: what it points to is replaced.

    Args:
        path: The folder to make; missing folders above it are made too.
        replace: Replace a folder that is there. An empty one is always replaced.
        suffixes: An old folder is only replaced when all of its files end so, lest something else is lost; None for any files.

    Yields:
        The folder to write into.

    Raises:
        UsageError: There is something of the name that may not be replaced.
        CnerkitError: The folder cannot be written, or the disk is full.
    """
    real, new = Path(os.path.realpath(path)), None
    above = [each for each in real.parents if not each.exists()]
    try:
        _refuse_to_lose(real, path, replace=replace, suffixes=suffixes)
        new = _folder_beside(real)
        yield new
        _flush(new)
        new.chmod(0o777 & ~_umask())
        _put(new, real, replace=replace)
        above = []
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if new is not None:
            shutil.rmtree(new, ignore_errors=True)
        for each in above:
            with contextlib.suppress(OSError):
                each.rmdir()


def _folder_beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))


def _put(new: Path, place: Path, *, replace: bool) -> None:
    """Give a new folder its name, in the place of an old one if that may be replaced."""
    if not (replace and place.exists()):
        new.rename(place)  # the system takes an empty folder away, and refuses another
        return
    aside = _folder_beside(place)
    old = aside / place.name
    try:
        place.rename(old)
        new.rename(place)
    finally:
        if old.exists() and not place.exists():
            old.rename(place)
        if place.exists():
            shutil.rmtree(aside, ignore_errors=True)


def _refuse_to_lose(real: Path, path: Path, *, replace: bool, suffixes: Collection[str] | None) -> None:
    """Refuse to replace what a user may not mean to lose."""
    if not real.exists():
        return
    if not real.is_dir():
        raise UsageError("this is a file, and a folder is to be written", where=str(path), fix="name another folder with -o")
    if Path.cwd().is_relative_to(real):
        raise UsageError("this folder is the one you work in, or is above it", where=str(path), fix="name a new folder in it")
    held = sorted(each for each in real.rglob("*") if each.is_symlink() or not each.is_dir())
    if held and not replace:
        raise UsageError("this folder is there already", where=str(path), fix="say --force to replace, or name another with -o")
    foreign = [each for each in held if suffixes is not None and each.suffix not in suffixes]
    if foreign:
        what = f"the folder to replace holds {foreign[0].relative_to(real)}, which is none of {', '.join(suffixes or ())}"
        raise UsageError(what, where=str(path), fix="name another folder with -o, or remove this one yourself")


def _flush(folder: Path) -> None:
    """Send what was written into a folder to the disk, so that a crash after it got its name finds whole files."""
    for at, _, files in os.walk(folder):
        for name in files:
            with Path(at, name).open("rb") as file:
                os.fsync(file.fileno())


def user_cache(kind: str) -> Path:
    """Where what can be fetched or computed again is kept: below ``$CNERKIT_CACHE``, or the place that the system has for it.

    Args:
        kind: The folder's name there, such as ``datasets``.
    """
    if own := os.environ.get("CNERKIT_CACHE"):
        return Path(own).expanduser() / kind
    from platformdirs import user_cache_path

    return user_cache_path("cnerkit") / kind


def unwritable(path: Path, error: OSError) -> CnerkitError:
    """The error that tells a user why a file could not be written."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CnerkitError(f"the disk is full: {reason}", where=str(path), fix="free some space, or write somewhere else")
    return CnerkitError(f"cannot write: {reason}", where=str(path), fix="choose a folder that you may write to")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
