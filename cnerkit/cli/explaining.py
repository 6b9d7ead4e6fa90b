"""``cnerkit predict --explain``: what a model attends to, beside the entities of each line and as a picture of the first."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.cli.console import note
from cnerkit.errors import UsageError

if TYPE_CHECKING:
    from cnerkit.engine.devices import Precision
    from cnerkit.workflows.model import RestoredModel
    from cnerkit.workflows.predict import PredictedLine


class Explain(StrEnum):
    """What is shown of how a model came to a prediction."""

    attention = "attention"


class Explainer:
    """Adds to predicted lines what the model attends to, and draws the first that has text."""

    def __init__(
        self, restored: "RestoredModel", model: Path, plot: Path | None, *, batch_tokens: int | None, precision: "Precision"
    ) -> None:
        from cnerkit.workflows.explaining import refuse_unexplained

        refuse_unexplained(restored, model)
        self.restored, self.plot, self.batch_tokens, self.precision = restored, plot, batch_tokens, precision

    def __call__(self, group: "Sequence[PredictedLine]") -> "list[PredictedLine]":
        """The lines with the weights of their tokens."""
        from cnerkit.workflows.explaining import explained

        found = explained(self.restored, group, batch_tokens=self.batch_tokens, precision=self.precision)
        first = next((one.explanation for one in found if one.explanation and one.explanation.tokens), None)
        if self.plot is not None and first is not None:
            from cnerkit.workflows.attention_picture import write_picture

            write_picture(first.tokens, first.attention, self.plot)
            self.plot = None
        return found

    def close(self) -> None:
        """Say so when there was nothing to draw."""
        if self.plot is not None:
            note(f"{self.plot} is not written: no line has any text")


def refuse_misfit(explain: Explain | None, plot: Path | None, format_: str) -> None:
    """Refuse options that do not go together.

    Raises:
        UsageError: A picture of nothing, a picture of another kind, or weights in a format that cannot hold them.
        MissingError: A picture that cannot be drawn here.
    """
    if plot is not None:
        if explain is None:
            raise UsageError("--explain-plot draws what --explain shows", fix="add --explain attention")
        from cnerkit.workflows.attention_picture import refuse_undrawable

        refuse_undrawable(plot)
    if explain is not None and format_ not in {"jsonl", "html"}:
        fix = "leave it out, which gives JSON lines, or say --format html"
        raise UsageError(f"--format {format_} has no place for weights", fix=fix)
