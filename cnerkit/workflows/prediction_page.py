"""Predictions as a page to look at, written as they come."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from cnerkit.page.drawing import Colours
from cnerkit.page.prediction import DrawnLine, PredictionPage
from cnerkit.workflows.attention_picture import picture
from cnerkit.workflows.predict import Explanation, PredictedLine

if TYPE_CHECKING:
    from markupsafe import Markup


@contextmanager
def prediction_page(
    out: TextIO, sources: Sequence[str], system: str, types: Sequence[str]
) -> Iterator[Callable[[Sequence[PredictedLine]], None]]:
    """What writes groups of lines to a page. The page is whole at the end; after an error or Ctrl-C it says where it stopped.

    Args:
        out: Where the page goes.
        sources: The names of the inputs.
        system: What finds the entities.
        types: All that it can find.
    """
    page = PredictionPage(sources, system, Colours.of(types))
    is_complete = False
    out.write(page.head())
    try:
        yield lambda group: out.writelines(page.line(_drawn(one)) for one in group)
        is_complete = True
    finally:
        out.write(page.foot(is_complete=is_complete))


def _drawn(one: PredictedLine) -> DrawnLine:
    line = one.line
    shown = _picture(one.explanation) if one.explanation and one.explanation.tokens else None
    return DrawnLine(line.source, line.number, one.as_sentence(), line.problem, shown)


def _picture(explanation: Explanation) -> "Markup":
    from markupsafe import Markup

    return Markup(picture(explanation.tokens, explanation.attention))  # noqa: S704 - svg escapes what is not its own
