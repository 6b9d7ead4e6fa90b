"""Where a conversion writes: all of it appears, or nothing does."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TextIO, cast

from cnerkit.corpora import formats
from cnerkit.errors import UsageError
from cnerkit.storage import unwritable, whole_file, whole_folder
from cnerkit.workflows.sources import STDIN, Source
from cnerkit.workflows.writing import Target

_SPOOLED = 1 << 23


def outputs_of(source: Source, target: Target, kind: str, asked: Path | None) -> dict[str, Path | None]:
    """Where each split goes; None is stdout.

    Args:
        source: What is converted.
        target: What it is converted to.
        kind: What a folder that is named after the source has besides its name.
        asked: What the user named.

    Raises:
        UsageError: Several splits or files cannot go where the user wants.
    """
    output = None if asked == Path(STDIN) else asked
    folder = output or Path(f"{source.name}.{kind}")
    if target.format.kind == "folder" and asked is not None and output is None:
        raise UsageError(f"{target.format.name} is a folder of files, which stdout cannot hold", fix="name a folder with -o")
    if len(source.parts) == 1:
        if target.format.kind == "folder":
            _refuse_file(folder)
            return dict.fromkeys(source.parts, folder)
        if output is not None and output.is_dir():
            raise UsageError(
                "this is a folder, and one file is to be written", where=str(output), fix="name a file in it with -o"
            )
        return dict.fromkeys(source.parts, output)
    if asked is not None and output is None:
        splits = ", ".join(source.parts)
        raise UsageError(f"{source.name} has several splits, which stdout would mix", fix=f"choose one with --split: {splits}")
    _refuse_file(folder)
    return {split: folder / f"{split}{target.format.suffix}" for split in source.parts}


def _refuse_file(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError("this is a file, and a folder is needed", where=str(folder), fix="name another with -o")


def refuse_to_replace(paths: Sequence[Path], option: str = "-o") -> None:
    """Refuse to write where something is already; an empty folder, a pipe and a device hold nothing.

    Args:
        paths: Where to write.
        option: What names the place on the command line.

    Raises:
        UsageError: There is something.
    """
    there = [path for path in paths if path.is_file() or (path.is_dir() and any(path.iterdir()))]
    if there:
        others = f", as are {len(there) - 1} more" if len(there) > 1 else ""
        fix = f"say --force to replace, or name another place with {option}"
        raise UsageError(f"{there[0]} is there already{others}", fix=fix)


@contextmanager
def all_or_nothing(
    outputs: Mapping[str, Path | None], target: Target, report: Path | None, stdout: TextIO
) -> Iterator[tuple[dict[str, IO[str] | Path], IO[str] | None]]:
    """Where to write each split, and the report's file; all appear when everything is done, and none does after an error.

    A split that is a folder is written in a folder that has another name until then.

    Raises:
        UsageError: The report is to be written where a result is.
    """
    results = [path for path in outputs.values() if path is not None]
    if report is not None:
        _refuse_report_among(results, report)
    paths = results if report is None else [*results, report]
    new = {folder for path in paths for folder in path.parents if not folder.exists()}
    try:
        with ExitStack() as stack:
            opened = {split: stack.enter_context(_place(path, target, stdout)) for split, path in outputs.items()}
            yield opened, None if report is None else stack.enter_context(_text_file(report))
    except BaseException:
        for folder in sorted(new, reverse=True):  # the deepest before those above it
            with suppress(OSError):
                folder.rmdir()
        raise


def _refuse_report_among(results: Sequence[Path], report: Path) -> None:
    real = report.resolve()
    for result in results:
        if real.is_relative_to(result.resolve()):
            what = f"{result} is to be written, and the report cannot have the same place"
            raise UsageError(what, where=str(report), fix="name another file with --report")


def _place(path: Path | None, target: Target, stdout: TextIO) -> AbstractContextManager[IO[str] | Path]:
    if path is None:
        return _held_back(stdout)
    if target.format.kind == "folder":
        return whole_folder(path, replace=True, suffixes=formats.folder(target.format.name).SUFFIXES)
    return _text_file(path)


def _text_file(path: Path) -> AbstractContextManager[IO[str]]:
    return cast("AbstractContextManager[IO[str]]", whole_file(path))


@contextmanager
def _held_back(stdout: TextIO) -> Iterator[IO[str]]:
    """A file whose content goes to stdout at the end, so that nobody reads half of a corpus that turns out to be refused."""
    with tempfile.SpooledTemporaryFile(_SPOOLED, "w+", encoding="utf-8", newline="\n") as held:
        try:
            yield held
            held.seek(0)
        except OSError as error:
            raise unwritable(Path(tempfile.gettempdir()), error) from error
        try:
            shutil.copyfileobj(held, stdout)
            stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable(Path("stdout"), error) from error
