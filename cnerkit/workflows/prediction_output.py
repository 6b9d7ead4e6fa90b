"""Where predictions go: to stdout as they come, or to a file or a folder that appears when everything is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from cnerkit.corpora import brat
from cnerkit.corpora.file_names import TakenPaths, path_of
from cnerkit.errors import DataError, UsageError
from cnerkit.storage import whole_file, whole_folder
from cnerkit.workflows.outputs import refuse_to_replace

if TYPE_CHECKING:
    from cnerkit.workflows.predict import PredictedLine


def refuse_unfit_output(output: Path | None, sources: Sequence[str], *, to_folder: bool, force: bool) -> None:
    """Refuse a place that cannot take the result, before any work is done.

    Args:
        output: What the user named; None for stdout.
        sources: The names of all inputs.
        to_folder: Whether the result is a folder with files of brat.
        force: Whether what is there may be replaced.

    Raises:
        UsageError: The place is missing, of the other kind, or taken, or two inputs would have the same files.
    """
    if to_folder:
        _documents(sources)
    if output is None:
        if to_folder:
            raise UsageError("brat is a folder of files, which stdout cannot hold", fix="name a folder with -o")
        return
    if to_folder and output.is_file():
        raise UsageError("this is a file, and a folder is to be written", where=str(output), fix="name a folder with -o")
    if not to_folder and output.is_dir():
        raise UsageError("this is a folder, and one file is to be written", where=str(output), fix="name a file in it with -o")
    if not force:
        refuse_to_replace([output])


@contextmanager
def text_output(output: Path | None, stdout: TextIO) -> Iterator[TextIO]:
    """Stdout, or a file that appears whole or not at all."""
    if output is None:
        yield stdout
        return
    with whole_file(output) as file:
        yield cast("TextIO", file)


@contextmanager
def brat_folder(output: Path, sources: Sequence[str], *, force: bool) -> Iterator["Callable[[Sequence[PredictedLine]], None]"]:
    """What writes groups of lines, each group of one input, to a folder with a ``.txt`` and an ``.ann`` for each input.

    The ``.txt`` has the input's lines with what ended each, so that it has the input's text; a line that could not be read is
    empty. The folder appears when all is done.

    Args:
        output: The folder, which ``refuse_unfit_output`` let pass.
        sources: The names of all inputs.
        force: Replace a folder that has such files and no others.

    Raises:
        DataError: brat cannot carry a line or a type.
    """
    with whole_folder(output, replace=force, suffixes=brat.SUFFIXES) as folder:
        yield _BratFiles(folder, _documents(sources)).write


class _BratFiles:
    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        self._files = {source: [folder / f"{name}{suffix}" for suffix in brat.SUFFIXES] for source, name in names.items()}
        self._documents = {source: brat.GrowingDocument() for source in names}
        for pair in self._files.values():
            for path in pair:
                path.touch()

    def write(self, group: "Sequence[PredictedLine]") -> None:
        document = self._documents[group[0].line.source]
        with ExitStack() as stack:
            files = [
                stack.enter_context(path.open("a", encoding="utf-8", newline="")) for path in self._files[group[0].line.source]
            ]
            for one in group:
                for file, content in zip(files, _grown(document, one), strict=True):
                    file.write(content)


def _grown(document: brat.GrowingDocument, one: "PredictedLine") -> tuple[str, str]:
    try:
        return document.grow(one.line.text + one.line.end, one.as_sentence().entities or ())
    except DataError as error:
        raise DataError(error.what, where=one.line.place, fix="use --format jsonl, which can hold it") from error


def _documents(sources: Sequence[str]) -> dict[str, str]:
    """The name of each input's files, without a suffix: that of the input without its own.

    Raises:
        UsageError: Two inputs have the same.
    """
    names: dict[str, str] = {}
    taken = TakenPaths()
    for source in sources:
        name = path_of(Path(Path(source).name.removesuffix(".gz")).stem)
        try:
            taken.take(name)
        except DataError as error:
            what = f"its files would be {name}.txt and {name}.ann, as those of another input"
            raise UsageError(what, where=source, fix="give the inputs different names, or a folder to each") from error
        names[source] = name
    return names
