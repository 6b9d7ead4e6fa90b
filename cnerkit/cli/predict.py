"""``cnerkit predict``: lines of text in, entities out."""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NamedTuple

import typer

from cnerkit.cli.computing import PLUGIN_HELP, Precision, use_plugin, use_threads
from cnerkit.cli.console import note, stdout
from cnerkit.cli.explaining import Explain, Explainer, refuse_misfit
from cnerkit.errors import DataError, MissingError, UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from cnerkit.workflows.model import RestoredModel
    from cnerkit.workflows.predict import FoundEntity, PredictedLine

STYLES = ("bold cyan", "bold magenta", "bold green", "bold yellow", "bold blue", "bold red")


class Form(StrEnum):
    """How the input is read."""

    text = "text"
    jsonl = "jsonl"


class Format(StrEnum):
    """How the output is written."""

    jsonl = "jsonl"
    conll = "conll"
    color = "color"


def command(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of text; standard input without one.", metavar="FILE")
    ] = None,
    model: Annotated[Path | None, typer.Option("-m", "--model", help="A checkpoint, such as best.pt of a run.")] = None,
    format: Annotated[  # noqa: A002 - the option's own word
        Format | None, typer.Option(help="Output; without it, colour on a terminal and JSON lines elsewhere.")
    ] = None,
    form: Annotated[Form | None, typer.Option("--input", help="Input; without it, told from the first line.")] = None,
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
        Explain | None, typer.Option(help="Show besides how much each class attends to each token, as JSON lines.")
    ] = None,
    explain_plot: Annotated[
        Path | None,
        typer.Option("--explain-plot", metavar="FILE", help="With --explain: draw the first line; .svg, .html, .png."),
    ] = None,
) -> None:
    """Find entities in text: one result for each line, in order, as soon as it is there.

    Input is plain text, a sentence or a paragraph of any length on a line, or JSON lines with a "text" field, whose other
    fields are kept. Offsets count Unicode code points of exactly the text that came in; end is exclusive.
    """
    if model is None:
        raise UsageError("no model is given", fix="name a checkpoint: cnerkit predict -m runs/…/best.pt < news.txt")
    if gpus is not None and gpus > 1:
        raise UsageError(f"--gpus {gpus}: prediction uses one GPU", fix="cut the input and start one process for each GPU")
    refuse_misfit(explain, explain_plot, format.value if format else None)
    from cnerkit.workflows.model import refuse_given_spans, restore
    from cnerkit.workflows.path_search import overflows_of, remark_on_overflows
    from cnerkit.workflows.predict import predict_stream

    use_threads(threads)
    use_plugin(plugin)
    streams = list(_named(files))
    restored = restore(model, gpus=gpus, precision=precision.value)
    refuse_given_spans(restored, str(model))
    how: dict[str, Any] = {"batch_tokens": batch_tokens, "precision": precision.value}
    explainer = Explainer(restored, model, explain_plot, **how) if explain else None
    write = explainer or _writer(format, restored)
    bad = 0
    for source, path in streams:
        with _opened(path, source) as stream:
            for group in predict_stream(restored, stream, source, form=form.value if form else None, **how):
                bad += _report_problems(group, strict=strict)
                write(group)
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


class _Jsonl:
    def __call__(self, group: Iterable["PredictedLine"]) -> None:
        sys.stdout.writelines(f"{json.dumps(one.as_record(), ensure_ascii=False)}\n" for one in group)


class _Conll:
    def __init__(self, joiner: str) -> None:
        from cnerkit.corpora.conll import ConllWriter

        self.joiner, self.writer = joiner, ConllWriter()

    def __call__(self, group: Iterable["PredictedLine"]) -> None:
        from cnerkit.codecs.schemes import Scheme
        from cnerkit.workflows.predict import as_tagged

        for one in group:
            sentence, tags = as_tagged(one, self.joiner, Scheme.BIO)
            if not sentence.tokens:  # columns have no way to write a sentence without tokens
                continue
            try:
                sys.stdout.write(self.writer.text(sentence.tokens, tags))
            except DataError as error:
                raise DataError(error.what, where=sentence.id, fix=error.fix) from None


class _Color:
    def __init__(self, types: Iterable[str]) -> None:
        self.styles = {type_: STYLES[place % len(STYLES)] for place, type_ in enumerate(types)}
        self.console = stdout()

    def __call__(self, group: Iterable["PredictedLine"]) -> None:
        for one in group:
            self.console.print(self._painted(one), soft_wrap=True)

    def _painted(self, one: "PredictedLine") -> "Text":
        """The text with the innermost entity's colour on each character, and behind each entity its type."""
        from rich.text import Text

        painted, here = Text(), 0
        covering: list[tuple[int, str]] = []  # how long each entity over the next character is, and its style
        for edge in sorted(_edges(one.entities)):
            painted.append(one.line.text[here : edge.place], style=min(covering)[1] if covering else "")
            here, entity = edge.place, one.entities[edge.entity]
            item = (entity.end - entity.start, f"{self.styles[entity.label]} underline")
            if edge.kind is _Kind.START:
                covering.append(item)
            else:
                covering.remove(item)
            if edge.kind is _Kind.LAST_END:
                painted.append(f"[{entity.label}]", style="dim")
        return painted.append(one.line.text[here:])


class _Kind(IntEnum):
    FRAGMENT_END = 0
    LAST_END = 1
    START = 2


class _Edge(NamedTuple):
    """Where a fragment of an entity starts or ends; sorted, those within others end first."""

    place: int
    kind: _Kind
    before: int
    entity: int


def _edges(entities: Sequence["FoundEntity"]) -> Iterator[_Edge]:
    for number, entity in enumerate(entities):
        for part in entity.fragments:
            yield _Edge(part.start, _Kind.START, -entity.start, number)
            yield _Edge(part.end, _Kind.LAST_END if part.end == entity.end else _Kind.FRAGMENT_END, -entity.start, number)


def _writer(format_: Format | None, restored: "RestoredModel") -> _Jsonl | _Conll | _Color:
    if format_ is None:
        format_ = Format.color if sys.stdout.isatty() else Format.jsonl
    if format_ is Format.conll:
        return _Conll(restored.task.joiner)
    return _Color(restored.task.types) if format_ is Format.color else _Jsonl()
