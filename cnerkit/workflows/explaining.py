"""Predicted lines with what the model attends to in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnerkit import registry
from cnerkit.engine.devices import Precision, prediction_batch
from cnerkit.engine.explaining import attention_in
from cnerkit.errors import CnerkitError, UsageError
from cnerkit.nn.protocols import ShowsAttention
from cnerkit.text import Attention
from cnerkit.workflows.lines import sentence_of
from cnerkit.workflows.model import RestoredModel
from cnerkit.workflows.predict import PredictedLine

DIGITS = 4
"""Decimals of a weight."""


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line with its entities, its tokens, and how much each class attends to each of them."""

    predicted: PredictedLine
    tokens: tuple[str, ...]
    attention: Attention

    def as_record(self) -> dict[str, Any]:
        """The line as one JSON object.

        If it could be read, with its ``attention``: a row of weights for each class, one for each token.
        """
        record = self.predicted.as_record()
        if self.predicted.line.problem:
            return record
        rows = [[round(weight, DIGITS) for weight in row] for row in self.attention.weights]
        return {**record, "attention": {"classes": list(self.attention.classes), "tokens": list(self.tokens), "weights": rows}}


def refuse_unexplained(restored: RestoredModel, where: Path) -> None:
    """Refuse a model in which nothing attends.

    Raises:
        UsageError: Names the models that have such a part, and what leaves it out.
    """
    name = restored.origin.model
    if "attention" not in registry.get(name).explains:
        fix = f"give a checkpoint of {' or '.join(_models_that_attend()) or 'a model that has some'}"
        raise UsageError(f"the model {name!r} has no attention of classes to show", where=str(where), fix=fix)
    if not (isinstance(restored.model, ShowsAttention) and restored.model.attending):
        raise UsageError(
            f"the model {name!r} was trained without the part in which classes attend",
            where=str(where),
            fix="give a checkpoint of one that was trained with all of its parts",
        )


def explained(
    restored: RestoredModel, group: Sequence[PredictedLine], *, batch_tokens: int | None, precision: Precision = "fp32"
) -> list[ExplainedLine]:
    """The lines with what a model that is not refused attends to in them, in order."""
    sentences = [sentence_of(one.line, restored.task.joiner) for one in group]
    found = attention_in(
        restored.model,
        sentences,
        batch_tokens=batch_tokens or prediction_batch(restored.device),
        device=restored.device,
        precision=precision,
    )
    return [ExplainedLine(*row) for row in zip(group, (one.tokens for one in sentences), found, strict=True)]


def _models_that_attend() -> list[str]:
    """Names of the models that can show attention; one that cannot be loaded is left out."""
    found = []
    for name in registry.names():
        try:
            spec = registry.get(name)
        except CnerkitError:
            continue
        if "attention" in spec.explains:
            found.append(name)
    return found
