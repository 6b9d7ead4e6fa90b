"""Predicted lines with what the model attends to in them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cnerkit import registry
from cnerkit.engine.devices import Precision, prediction_batch
from cnerkit.engine.explaining import attention_in
from cnerkit.errors import CnerkitError, UsageError
from cnerkit.nn.protocols import ShowsAttention
from cnerkit.workflows.lines import sentence_of
from cnerkit.workflows.model import RestoredModel
from cnerkit.workflows.predict import Explanation, PredictedLine


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
) -> list[PredictedLine]:
    """The lines with what a model that is not refused attends to in them, in order."""
    sentences = [sentence_of(one.line, restored.tokens) for one in group]
    found = attention_in(
        restored.model,
        sentences,
        batch_tokens=batch_tokens or prediction_batch(restored.device),
        device=restored.device,
        precision=precision,
    )
    return [
        replace(one, explanation=Explanation(sentence.tokens, attention))
        for one, sentence, attention in zip(group, sentences, found, strict=True)
    ]


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
