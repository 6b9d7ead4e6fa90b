"""Files that are written whole or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cnerkit.errors import CnerkitError


@contextlib.contextmanager
def whole_file(path: Path, mode: str = "w") -> Iterator[IO[str] | IO[bytes]]:
    r"""Open a file for writing that appears under its name only when everything was written.

    The content goes to a temporary file in the same folder, is flushed to the disk and then renamed, so that a crash, a full
    disk or Ctrl-C leaves either the old file or the new one. Text is UTF-8 with ``\n``. Missing folders are made.

    Args:
        path: The file to make or replace.
        mode: ``"w"`` for text, ``"wb"`` for bytes.

    Raises:
        CnerkitError: The folder cannot be written, or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        temporary = Path(name)
        text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
        with os.fdopen(descriptor, mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> CnerkitError:
    """The error that tells a user why a file could not be written."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CnerkitError(
            f"the disk is full: {reason}", where=str(path), fix="free some space, or write somewhere else with -o"
        )
    return CnerkitError(f"cannot write: {reason}", where=str(path), fix="choose a folder that you may write to with -o")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
