"""``cnerkit predict``: lines of text in, entities out."""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from cnerkit.cli.computing import PLUGIN_HELP, Precision, use_plugin, use_threads
from cnerkit.cli.console import note
from cnerkit.cli.explaining import Explain, Explainer, refuse_misfit
from cnerkit.cli.prediction_writers import Format, Output, usual_format
from cnerkit.errors import DataError, MissingError, UsageError

if TYPE_CHECKING:
    from cnerkit.workflows.predict import PredictedLine


class Form(StrEnum):
    """How the input is read."""

    text = "text"
    jsonl = "jsonl"


def command(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of text; standard input without one.", metavar="FILE")
    ] = None,
    model: Annotated[Path | None, typer.Option("-m", "--model", help="A checkpoint, such as best.pt of a run.")] = None,
    format: Annotated[  # noqa: A002 - the option's own word
        Format | None, typer.Option(help="Output; without it, colour on a terminal and JSON lines elsewhere.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", help="A file, a folder for brat, or - for stdout, which is usual."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    form: Annotated[Form | None, typer.Option("--input", help="Input; without it, told from the first line.")] = None,
    tokens: Annotated[
        str | None,
        typer.Option(
            "--tokens", metavar="T", help="Words of a model that reads words: spaces, words; without it, as it learned."
        ),
    ] = None,
    batch_tokens: Annotated[
        int | None, typer.Option(min=1, help="Padded characters in a batch, at most; without it, what suits the device.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    gpus: Annotated[int | None, typer.Option(help="0 for the CPU, 1 for a GPU; without it, a GPU if there is one.")] = None,
    precision: Annotated[
        Precision, typer.Option(help="bf16 is faster and may change a label here and there.")
    ] = Precision.fp32,
    plugin: Annotated[Path | None, typer.Option("--plugin", metavar="FILE", help=PLUGIN_HELP)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first line that cannot be read.")] = False,
    explain: Annotated[
        Explain | None, typer.Option(help="Show besides how much each class attends to each token; in JSON lines and HTML.")
    ] = None,
    explain_plot: Annotated[
        Path | None,
        typer.Option("--explain-plot", metavar="FILE", help="With --explain: draw the first line; .svg, .html, .png."),
    ] = None,
) -> None:
    """Find entities in text: one result for each line, in order, as soon as it is there.

    Input is plain text, a sentence or a paragraph of any length on a line, or JSON lines with a "text" field, whose other
    fields are kept. Offsets count Unicode code points of exactly the text that came in; end is exclusive. HTML is one page to
    look at; brat is a folder with a .txt and an .ann for each FILE.
    """
    if model is None:
        raise UsageError("no model is given", fix="name a checkpoint: cnerkit predict -m runs/…/best.pt < news.txt")
    if gpus is not None and gpus > 1:
        raise UsageError(f"--gpus {gpus}: prediction uses one GPU", fix="cut the input and start one process for each GPU")
    place = None if output == Path("-") else output
    format_ = format or usual_format(place, explaining=explain is not None)
    refuse_misfit(explain, explain_plot, format_.value)
    streams = list(_named(files))
    out = Output(format_, place, tuple(source for source, _ in streams), force)
    out.refuse_unfit()
    from cnerkit.workflows.division import tokens_named
    from cnerkit.workflows.model import reading_as, refuse_given_spans, restore
    from cnerkit.workflows.path_search import overflows_of, remark_on_overflows
    from cnerkit.workflows.predict import predict_stream

    kind = tokens_named(tokens) if tokens is not None else None
    use_threads(threads)
    use_plugin(plugin)
    restored = restore(model, gpus=gpus, precision=precision.value)
    refuse_given_spans(restored, str(model))
    restored = reading_as(restored, kind, str(model)) if kind else restored
    how: dict[str, Any] = {"batch_tokens": batch_tokens, "precision": precision.value}
    explainer = Explainer(restored, model, explain_plot, **how) if explain else None
    bad = 0
    with out.opened(restored, model) as write:
        for source, path in streams:
            with _opened(path, source) as stream:
                for group in predict_stream(restored, stream, source, form=form.value if form else None, **how):
                    bad += _report_problems(group, strict=strict)
                    write(explainer(group) if explainer else group)
                    sys.stdout.flush()
    if explainer:
        explainer.close()
    if remark := remark_on_overflows(overflows_of(restored.model)):
        note(remark)
    if bad:
        raise DataError(f"{bad} line{'s' if bad > 1 else ''} could not be read; all others are done", fix="see the notes above")


def _named(files: list[Path] | None) -> Iterator[tuple[str, Path | None]]:
    """Each input with what to call it; all are known to be there before the first is read."""
    for path in files or [Path("-")]:
        if str(path) == "-":
            yield "stdin", None
        elif not path.is_file():
            raise MissingError("there is no such file", where=str(path), fix="check the path, or use - for standard input")
        else:
            yield str(path), path


@contextlib.contextmanager
def _opened(path: Path | None, name: str) -> Iterator[BinaryIO]:
    """The input's bytes. Standard input gets a buffer of its own, which the interpreter does not lock when it ends."""
    from cnerkit.corpora.source import open_source

    with open_source(path or os.fdopen(os.dup(sys.stdin.fileno()), "rb"), name) as stream:
        yield stream


def _report_problems(group: Iterable["PredictedLine"], *, strict: bool) -> int:
    bad = [one.line for one in group if one.line.problem]
    for line in bad:
        where = f"{line.source}:{line.number}"
        if strict:
            raise DataError(str(line.problem), where=where, fix="mend the line, or leave out --strict to go on after it")
        note(f"{where}: {line.problem}; its result is empty")
    return len(bad)
