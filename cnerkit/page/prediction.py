"""The page about one prediction: each line with its entities in colour, written as it comes, and counts at the end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from cnerkit.page.drawing import Colours, sentence_html, shown, type_html
from cnerkit.page.jinja import environment
from cnerkit.text import Sentence

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line of input as the page shows it.

    Attributes:
        source: The name of its file.
        number: In the file, from 1; every line of it is on the page, in order.
        sentence: Its text with the entities that were found.
        problem: Why it could not be read; None if it could.
        picture: What stands below it, an SVG.
    """

    source: str
    number: int
    sentence: Sentence
    problem: str | None = None
    picture: "Markup | None" = None


@dataclass(slots=True)
class PredictionPage:
    """A page in the making, of which only counts are kept.

    Attributes:
        sources: What the lines come from.
        system: What found the entities.
        colours: Of all types that it can find.
    """

    sources: Sequence[str]
    system: str
    colours: Colours
    _counts: Counter[str] = field(default_factory=Counter)
    _n_problems: int = 0
    _n_lines: int = 0
    _last: DrawnLine | None = None

    def head(self) -> str:
        """What stands before the first line."""
        others = f" and {len(self.sources) - 1} more" if len(self.sources) > 1 else ""
        return str(_template().head(shown(f"Entities in {self.sources[0]}{others}"), shown(self.system)))

    def line(self, line: DrawnLine) -> str:
        """The next line, below the name of its file if it is the first of it."""
        before = ""
        if self._last is None or self._last.source != line.source:
            before = str(_template().source(shown(line.source), self._last is None))
        self._last = line
        self._n_lines += 1
        self._n_problems += line.problem is not None
        entities = line.sentence.entities or frozenset()
        self._counts.update(entity.type for entity in entities)
        drawn = sentence_html(line.sentence, entities, self.colours)
        problem = None if line.problem is None else shown(line.problem)
        return before + str(_template().line(line.number, drawn, problem, line.picture))

    def foot(self, *, is_complete: bool) -> str:
        """What stands after the last line: how many there were, and how many entities of each type, most frequent first.

        Args:
            is_complete: False when the input was not read to its end, which the page then says.
        """
        stopped_after = None if is_complete else "before the first line"
        if self._last is not None and not is_complete:
            stopped_after = shown(f"after line {self._last.number} of {self._last.source}")
        lines = "1 line" if self._n_lines - self._n_problems == 1 else f"{self._n_lines - self._n_problems:,} lines"
        ranked = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        counts = [(type_html(type_, self.colours), f"{count:,}") for type_, count in ranked]
        return str(_template().foot(self._last is not None, counts, lines, self._n_problems, stopped_after))


@cache
def _template() -> Any:
    return environment().get_template("prediction.html.j2").module
