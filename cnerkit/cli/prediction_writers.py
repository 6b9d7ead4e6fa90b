"""What ``cnerkit predict`` writes: the formats, and where they go."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from cnerkit.cli.console import stdout
from cnerkit.errors import DataError, UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from cnerkit.workflows.division import Tokens
    from cnerkit.workflows.model import RestoredModel
    from cnerkit.workflows.predict import FoundEntity, PredictedLine

Write = Callable[[Sequence["PredictedLine"]], None]
"""Takes the lines of one input, group by group."""
STYLES = ("bold cyan", "bold magenta", "bold green", "bold yellow", "bold blue", "bold red")


class Format(StrEnum):
    """How the output is written."""

    jsonl = "jsonl"
    conll = "conll"
    brat = "brat"
    html = "html"
    color = "color"


@dataclass(frozen=True, slots=True)
class Output:
    """What is written, and where.

    Attributes:
        format: Of the result.
        place: A file or folder; None for stdout.
        sources: The names of all inputs.
        force: Whether what is there may be replaced.
    """

    format: Format
    place: Path | None
    sources: tuple[str, ...]
    force: bool

    def refuse_unfit(self) -> None:
        """Refuse a place that cannot take the result, before any work is done.

        Raises:
            UsageError: It is of the wrong kind or taken, or colours would go to a file.
        """
        from cnerkit.workflows.prediction_output import refuse_unfit_output

        if self.format is Format.color and self.place is not None:
            fix = "choose --format html, or leave out -o"
            raise UsageError("--format color is for a terminal", where=str(self.place), fix=fix)
        refuse_unfit_output(self.place, self.sources, to_folder=self.format is Format.brat, force=self.force)

    @contextmanager
    def opened(self, restored: "RestoredModel", model: Path) -> Iterator[Write]:
        """What writes predicted lines; a file or folder is there when this ends without an error."""
        from cnerkit.workflows.prediction_output import brat_folder, text_output

        if self.format is Format.brat and self.place is not None:
            with brat_folder(self.place, self.sources, force=self.force) as write:
                yield write
            return
        with text_output(self.place, sys.stdout) as out:
            if self.format is Format.html:
                from cnerkit.workflows.prediction_page import prediction_page

                system = f"{restored.origin.model}, {model}"
                with prediction_page(out, self.sources, system, restored.task.types.types) as write:
                    yield write
            elif self.format is Format.conll:
                yield _Conll(out, restored.tokens)
            else:
                yield _Color(restored.task.types) if self.format is Format.color else _Jsonl(out)


def usual_format(place: Path | None, *, explaining: bool) -> Format:
    """Colour on a terminal, JSON lines elsewhere; and with explanations, which colour cannot show."""
    on_terminal = place is None and not explaining and sys.stdout.isatty()
    return Format.color if on_terminal else Format.jsonl


class _Jsonl:
    def __init__(self, out: TextIO) -> None:
        self.out = out

    def __call__(self, group: Iterable["PredictedLine"]) -> None:
        self.out.writelines(f"{json.dumps(one.as_record(), ensure_ascii=False)}\n" for one in group)


class _Conll:
    def __init__(self, out: TextIO, tokens: "Tokens") -> None:
        from cnerkit.corpora.conll import ConllWriter

        self.out, self.tokens, self.writer = out, tokens, ConllWriter()

    def __call__(self, group: Iterable["PredictedLine"]) -> None:
        from cnerkit.codecs.schemes import Scheme
        from cnerkit.workflows.predict import as_tagged

        for one in group:
            sentence, tags = as_tagged(one, self.tokens, Scheme.BIO)
            if not sentence.tokens:  # columns have no way to write a sentence without tokens
                continue
            try:
                self.out.write(self.writer.text(sentence.tokens, tags))
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
