"""``cnerkit predict --explain``: what a model attends to, beside the entities of each line and as a picture of the first."""

import json
import sys
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
    """Writes predicted lines with what the model attends to, and draws the first that has text."""

    def __init__(
        self, restored: "RestoredModel", model: Path, plot: Path | None, *, batch_tokens: int | None, precision: "Precision"
    ) -> None:
        from cnerkit.workflows.explaining import refuse_unexplained

        refuse_unexplained(restored, model)
        self.restored, self.plot, self.batch_tokens, self.precision = restored, plot, batch_tokens, precision

    def __call__(self, group: "Sequence[PredictedLine]") -> None:
        """A JSON line for each, with the weights of its tokens."""
        from cnerkit.workflows.explaining import explained

        found = explained(self.restored, group, batch_tokens=self.batch_tokens, precision=self.precision)
        first = next((one for one in found if one.tokens), None)
        if self.plot is not None and first is not None:
            from cnerkit.workflows.attention_picture import write_picture

            write_picture(first.tokens, first.attention, self.plot)
            self.plot = None
        sys.stdout.writelines(f"{json.dumps(one.as_record(), ensure_ascii=False)}\n" for one in found)

    def close(self) -> None:
        """Say so when there was nothing to draw."""
        if self.plot is not None:
            note(f"{self.plot} is not written: no line has any text")


def refuse_misfit(explain: Explain | None, plot: Path | None, format_: str | None) -> None:
    """Refuse options that do not go together.

    Raises:
        UsageError: A picture of nothing, a picture of another kind, or weights in a format that cannot hold them.
    """
    if plot is not None:
        if explain is None:
            raise UsageError("--explain-plot draws what --explain shows", fix="add --explain attention")
        from cnerkit.workflows.attention_picture import REMARK, SUFFIXES
        from cnerkit.workflows.svg import refuse_other_picture

        refuse_other_picture(plot, SUFFIXES, remark=REMARK)
    if explain is not None and format_ not in (None, "jsonl"):
        raise UsageError(f"--format {format_} has no place for weights", fix="leave it out: --explain writes JSON lines")
