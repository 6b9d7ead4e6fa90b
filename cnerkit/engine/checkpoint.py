"""The checkpoint: one file of tensors and plain data from which a model is made again. Reading it runs no code."""

import pickle
import platform
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Literal, cast

import torch
from torch import Tensor

import cnerkit
from cnerkit.errors import CnerkitError, DataError, MissingError
from cnerkit.registry import Kind, Task
from cnerkit.storage import unwritable, whole_file
from cnerkit.text import LabelSet

FORMAT = "cnerkit"
VERSION = 1
GIVE = "give a best.pt or last.pt that cnerkit train wrote"
RETRAIN = "train the model again, or ask for a whole copy of the file"


def software() -> dict[str, str]:
    """Versions of what makes a difference to a model's numbers."""
    return {
        "cnerkit": cnerkit.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "transformers": version("transformers"),
    }


@dataclass(frozen=True, slots=True)
class Origin:
    """What a checkpoint's model is made from, weights aside, and what it was trained on.

    Attributes:
        recipe: The resolved recipe, as plain data.
        model: The model's name in the registry.
        params: Its hyperparameters, as plain data.
        task: What the model was built for.
        encoder: The encoder's description, from which it is made again.
        prepared: What the model learned from train before it was built: tensors and plain data; None for most models.
        fingerprint: A digest of the corpus.
        versions: Versions of what wrote the file.
    """

    recipe: dict[str, Any]
    model: str
    params: dict[str, Any]
    task: Task
    encoder: dict[str, Any]
    prepared: dict[str, Any] | None
    fingerprint: str
    versions: dict[str, str] = field(default_factory=software)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model at one moment of its training.

    Attributes:
        kind: ``best`` holds what predicting needs; ``last`` also what going on with training needs.
        origin: What the model is made from.
        scores: Scores on dev at that moment, as plain data.
        state: The model's weights by name.
        training: Optimizer and position; None in a ``best``.
    """

    kind: Literal["best", "last"]
    origin: Origin
    scores: dict[str, Any]
    state: dict[str, Tensor]
    training: dict[str, Any] | None = None


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all; the same content gives the same bytes.

    Raises:
        CnerkitError: The folder cannot be written, or the disk is full.
    """
    origin, task = checkpoint.origin, checkpoint.origin.task
    payload = {
        "format": FORMAT,
        "version": VERSION,
        "kind": checkpoint.kind,
        "recipe": origin.recipe,
        "model": origin.model,
        "params": origin.params,
        "task": {
            "types": list(task.types),
            "kinds": sorted(task.kinds),
            "joiner": task.joiner,
            "hierarchy_separator": task.hierarchy_separator,
        },
        "encoder": origin.encoder,
        "prepared": origin.prepared,
        "fingerprint": origin.fingerprint,
        "versions": origin.versions,
        "scores": checkpoint.scores,
        "state": {name: tensor.detach().cpu() for name, tensor in checkpoint.state.items()},
        "training": checkpoint.training,
    }
    save_plain(path, payload)


def save_plain(path: Path, payload: dict[str, Any]) -> None:
    """Write tensors and plain data, whole or not at all; the same content gives the same bytes.

    Raises:
        CnerkitError: The folder cannot be written, or the disk is full.
    """
    with whole_file(path, "wb") as file:
        _save(_canonical(payload), cast("IO[bytes]", file), path)


def _save(payload: dict[str, Any], file: IO[bytes], path: Path) -> None:
    try:
        torch.save(payload, file)
    except RuntimeError as error:  # torch's writer hides the reason behind an error of its own
        reason: BaseException | None = error
        while reason is not None and not isinstance(reason, OSError):
            reason = reason.__cause__ or reason.__context__
        if reason is None:
            raise
        raise unwritable(path, reason) from error


def _canonical(tree: Any) -> Any:
    """The same data made of fresh containers and of one object per text, so that equal content is pickled to equal bytes.

    A pickle writes an object that it met before as a reference, and whether two equal texts are one object depends on where
    they came from.
    """
    if isinstance(tree, str):
        return sys.intern(str(tree))
    if isinstance(tree, Mapping):
        return {_canonical(key): _canonical(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_canonical(value) for value in tree]
    return tree


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint. Its tensors stay in the file until they are used, and no code in it is run.

    Raises:
        MissingError: There is no such file.
        DataError: The file is cut short, is no checkpoint, would run code, or is newer than this cnerkit.
    """
    payload = load_plain(path)
    if not isinstance(payload, Mapping) or payload.get("format") != FORMAT:
        raise DataError(
            "this torch file is not a checkpoint of cnerkit",
            where=str(path),
            fix=GIVE,
        )
    if payload.get("version") != VERSION:
        raise DataError(
            f"the checkpoint has format version {payload.get('version')!r} and was written by a newer cnerkit; "
            f"this is {cnerkit.__version__}, which reads version {VERSION}",
            where=str(path),
            fix="upgrade cnerkit",
        )
    try:
        return _checkpoint(payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"the checkpoint lacks a part or holds a wrong one: {error}", where=str(path), fix=RETRAIN) from error


def _checkpoint(payload: Mapping[str, Any]) -> Checkpoint:
    task = payload["task"]
    origin = Origin(
        recipe=dict(payload["recipe"]),
        model=str(payload["model"]),
        params=dict(payload["params"]),
        task=Task(
            types=LabelSet(tuple(task["types"])),
            kinds=frozenset(cast("list[Kind]", task["kinds"])),
            joiner=task["joiner"],
            hierarchy_separator=task["hierarchy_separator"],
        ),
        encoder=dict(payload["encoder"]),
        prepared=payload["prepared"],
        fingerprint=str(payload["fingerprint"]),
        versions=dict(payload["versions"]),
    )
    return Checkpoint(
        kind=payload["kind"],
        origin=origin,
        scores=dict(payload["scores"]),
        state=dict(payload["state"]),
        training=payload["training"],
    )


def load_plain(path: Path) -> Any:
    """The tensors and plain data that a file holds, refused with the reason when it cannot be read safely.

    Raises:
        MissingError: There is no such file.
        DataError: The file is cut short, of another kind, or would run code.
    """
    where = str(path)
    _refuse_other_files(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise DataError(
            "the file holds Python objects that could run code when they are read, and is refused as unsafe",
            where=where,
            fix="give a checkpoint that cnerkit train wrote: it holds tensors and plain data alone",
        ) from error
    except (RuntimeError, EOFError, KeyError, ValueError, AttributeError, OSError) as error:
        raise DataError(f"the checkpoint is damaged: {str(error).splitlines()[0]}", where=where, fix=RETRAIN) from error


def _refuse_other_files(path: Path) -> None:
    where = str(path)
    if path.is_dir():
        raise DataError("this is a folder, not a checkpoint", where=where, fix=f"give the file {path / 'best.pt'}")
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError as error:
        raise MissingError("there is no such checkpoint", where=where, fix=f"check the path; {GIVE}") from error
    except OSError as error:
        raise CnerkitError(f"cannot read the checkpoint: {error.strerror}", where=where, fix="make it readable") from error
    if not start:
        raise DataError("the checkpoint is empty", where=where, fix=RETRAIN)
    if start[:1] == b"\x80":
        raise DataError("this pickle file could run code when it is read, and is refused as unsafe", where=where, fix=GIVE)
    if start != b"PK\x03\x04":
        raise DataError("this is not a checkpoint", where=where, fix=GIVE)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError("the checkpoint is cut short: its end is missing", where=where, fix=RETRAIN) from error
    if not any(name.endswith("/data.pkl") for name in names):
        raise DataError("this is a zip file of another kind, not a checkpoint", where=where, fix=GIVE)
