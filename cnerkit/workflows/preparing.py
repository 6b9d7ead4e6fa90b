"""What a model learns from train before it is built, from the user's cache if an earlier run has learned it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cnerkit.errors import CnerkitError
from cnerkit.registry import ModelSpec, Params, Task
from cnerkit.storage import user_cache
from cnerkit.workflows.corpus import fingerprint

if TYPE_CHECKING:
    import torch

    from cnerkit.engine.progress import Observer
    from cnerkit.nn.protocols import Encoder
    from cnerkit.text import Sentence

VERSION = 1
"""Of the meaning of what is kept: when that changes, what older versions kept is learned anew."""
_DIGITS = 32


def prepared(
    spec: ModelSpec,
    params: Params,
    *,
    task: Task,
    encoder: "Encoder",
    sentences: "Sequence[Sentence]",
    device: "torch.device",
    observer: "Observer",
) -> dict[str, Any] | None:
    """What a model learns from train before it is built; None when it learns nothing.

    It is kept under a digest of all that it follows from: the model, the hyperparameters that it names, task, sentences and the
    encoder with its weights. The seed of a run is not among them, so that runs that differ in it share what is kept. A file
    that cannot be read, or holds something else, is replaced.

    Args:
        spec: The model's declaration.
        params: Its hyperparameters.
        task: What it will be built for.
        encoder: As it is before training; it is on the CPU, and afterwards again.
        sentences: Train.
        device: Where the encoder computes meanwhile.
        observer: Told how far it is, and when the result cannot be kept.
    """
    if spec.prepare is None:
        return None
    key = _key(spec, params, task, encoder, sentences)
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    file = user_cache("prepared") / f"{spec.name}-{digest[:_DIGITS]}.pt"
    kept = _kept(file, digest)
    if kept is None:
        kept = _learned(spec, params, digest, device, task=task, encoder=encoder, sentences=sentences, observer=observer)
        _keep(file, digest, kept, observer)
    return kept


def _learned(
    spec: ModelSpec,
    params: Params,
    digest: str,
    device: "torch.device",
    *,
    encoder: "Encoder",
    observer: "Observer",
    **given: Any,
) -> dict[str, Any]:
    from torch import nn

    from cnerkit.engine.seeds import seed_everything

    assert spec.prepare is not None, "there is something to learn"
    module = cast("nn.Module", encoder)
    seed_everything(0, "prepare", digest)
    module.to(device)
    try:
        return spec.prepare(params, encoder=encoder, progress=observer.preparing, **given)
    finally:
        module.to("cpu")


def _key(spec: ModelSpec, params: Params, task: Task, encoder: "Encoder", sentences: "Sequence[Sentence]") -> dict[str, Any]:
    """All that the result follows from, as plain data."""
    values = params.model_dump(mode="json")
    read = values if spec.prepare_reads is None else {name: values[name] for name in spec.prepare_reads}
    return {
        "version": VERSION,
        "model": spec.name,
        "params": read,
        "task": [list(task.types), sorted(task.kinds), task.joiner, task.hierarchy_separator],
        "encoder": encoder.description(),
        "weights": _digest(encoder),
        "sentences": fingerprint({"train": sentences}),
    }


def _digest(encoder: "Encoder") -> str:
    """A digest of an encoder's weights, by name."""
    import torch
    from torch import nn

    digest = hashlib.blake2b()
    for name, tensor in cast("nn.Module", encoder).state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _kept(file: Path, digest: str) -> dict[str, Any] | None:
    """What is kept under a digest; None when nothing is, or what is there cannot be read."""
    from cnerkit.engine.checkpoint import load_plain

    try:
        found = load_plain(file)
    except CnerkitError:
        return None
    if not isinstance(found, dict) or found.get("digest") != digest or not isinstance(found.get("prepared"), dict):
        return None
    kept: dict[str, Any] = found["prepared"]
    return kept


def _keep(file: Path, digest: str, learned: dict[str, Any], observer: "Observer") -> None:
    from cnerkit.engine.checkpoint import save_plain

    try:
        save_plain(file, {"digest": digest, "prepared": learned})
    except CnerkitError as error:
        observer.noted(f"what was prepared is not kept for further runs: {error.what} ({file.parent})")
