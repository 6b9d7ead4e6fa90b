"""A checkpoint, made a model again."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit import registry
from cnerkit.engine.checkpoint import RETRAIN, Checkpoint, Origin, load_checkpoint
from cnerkit.engine.devices import Precision, device_for
from cnerkit.engine.inference import halve_pretrained
from cnerkit.errors import CnerkitError, DataError, MissingError, UsageError
from cnerkit.nn.encoders import encoder_from_description
from cnerkit.nn.protocols import ReadsSpans
from cnerkit.registry import Task
from cnerkit.workflows.division import Tokens

if TYPE_CHECKING:
    import torch

    from cnerkit.nn.protocols import Model


@dataclass(frozen=True, slots=True)
class RestoredModel:
    """A trained model in eval mode on its device, where it comes from, and what a user says of the tokens of running text."""

    model: "Model"
    device: "torch.device"
    origin: Origin
    scores: dict[str, Any]
    asked: Tokens | None = None

    @property
    def task(self) -> Task:
        """What the model was built for."""
        return self.origin.task

    @property
    def tokens(self) -> Tokens:
        """What it reads running text in: what its recipe says, else what stands between spaces if its corpus comes as words."""
        said = self.asked or self.recipe.get("data", {}).get("tokens")
        return Tokens(said) if said else Tokens.SPACES if self.task.joiner else Tokens.CHARACTERS

    @property
    def recipe(self) -> dict[str, Any]:
        """The resolved recipe, as plain data."""
        return self.origin.recipe


def restore(checkpoint: Path | Checkpoint, *, gpus: int | None = None, precision: Precision = "fp32") -> RestoredModel:
    """Make the model of a checkpoint again. Needs no hub, no training data and no recipe file.

    Args:
        checkpoint: A file, or what was read from one.
        gpus: 0 is the CPU, 1 a GPU, None a GPU if there is one.
        precision: ``bf16`` keeps the pretrained weights in bfloat16.

    Raises:
        MissingError: There is no such file, the GPU is not there, or the model is not installed.
        DataError: The file cannot be read, or its weights do not fit the model.
    """
    device = device_for(gpus)
    where = str(checkpoint) if isinstance(checkpoint, Path) else None
    held = load_checkpoint(checkpoint) if isinstance(checkpoint, Path) else checkpoint
    model = _build(held.origin, where)
    load_weights(model, held, where)
    if precision == "bf16":
        halve_pretrained(model)
    return RestoredModel(model.to(device).eval(), device, held.origin, held.scores)


def reading_as(restored: RestoredModel, tokens: Tokens, where: str) -> RestoredModel:
    """The same, reading running text in words of some kind.

    Raises:
        UsageError: It reads characters and is to read words, or the other way round.
    """
    if tokens.joiner == restored.tokens.joiner:
        return replace(restored, asked=tokens)
    if restored.tokens is Tokens.CHARACTERS:
        raise UsageError(f"the model reads characters, and not {tokens}", where=where, fix="leave --tokens out")
    raise UsageError("the model reads words, and not characters", where=where, fix="say --tokens spaces or --tokens words")


def refuse_given_spans(restored: RestoredModel, where: str) -> None:
    """Refuse a model that has to be told where entities are, for what has text alone.

    Raises:
        UsageError: It is one.
    """
    if isinstance(restored.model, ReadsSpans):
        raise UsageError(
            f"the model {restored.origin.model!r} tells the types of given spans and finds none in text",
            where=where,
            fix="score it with cnerkit evaluate, which gives it the spans of the gold; to find entities, take another model",
        )


def load_weights(model: Any, checkpoint: Checkpoint, where: str | None) -> None:
    """Give a model the weights of a checkpoint.

    Raises:
        DataError: They do not fit.
    """
    try:
        model.load_state_dict(checkpoint.state)
    except RuntimeError as error:
        reasons = [line.strip() for line in str(error).splitlines()[1:]]
        first = reasons[0] if reasons else str(error)
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise DataError(
            f"the weights do not fit the model {checkpoint.origin.model!r}: {first}{more}", where=where, fix=RETRAIN
        ) from error


def _build(origin: Origin, where: str | None) -> Any:
    try:
        spec = registry.get(origin.model)
    except CnerkitError as error:
        raise MissingError(
            f"the checkpoint's model {origin.model!r} cannot be loaded: {error.what}",
            where=where,
            fix="install the distribution that offers it; `cnerkit model list` shows the models that are there",
        ) from error
    try:
        params = spec.params(**origin.params)
    except ValueError as error:
        raise DataError(
            f"the checkpoint's hyperparameters do not fit the model {origin.model!r} that is installed: {error}",
            where=where,
            fix=f"install the version of it that the checkpoint was written with (cnerkit {origin.versions.get('cnerkit')})",
        ) from error
    encoder = encoder_from_description(origin.encoder, where=where or "checkpoint", blank=True)  # its weights come next
    return spec.build(params, task=origin.task, encoder=encoder, prepared=origin.prepared)
