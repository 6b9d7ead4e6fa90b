"""Options that all commands that compute with a model share."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

PLUGIN_HELP = "A Python file that declares the checkpoint's model as MODEL."


class Precision(StrEnum):
    """The number format of the layers that allow a smaller one."""

    fp32 = "fp32"
    bf16 = "bf16"


def use_threads(threads: int | None) -> None:
    """Compute with so many CPU threads; None leaves them as they are."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)


def use_plugin(path: Path | None) -> None:
    """Register the model that a user's file declares, for this process; None registers nothing."""
    if path is not None:
        from cnerkit.registry import load_plugin

        load_plugin(path)


def recipe_overrides(assignments: Sequence[str] | None, encoder: str | None, precision: str | None) -> list[str]:
    """All that a command line says about a recipe, as assignments; JSON text is YAML text."""
    short = {"encoder.path": encoder, "training.precision": precision}
    given = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in short.items() if value is not None]
    return [*(assignments or []), *given]
