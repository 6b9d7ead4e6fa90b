"""Options that all commands that compute with a model share."""

from enum import StrEnum


class Precision(StrEnum):
    """The number format of the layers that allow a smaller one."""

    fp32 = "fp32"
    bf16 = "bf16"


def use_threads(threads: int | None) -> None:
    """Compute with so many CPU threads; None leaves them as they are."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
