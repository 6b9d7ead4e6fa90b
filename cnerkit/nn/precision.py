"""In what precision unstable parts are computed, whatever the model's own is."""

import torch
from torch import Tensor


def at_least_float32(values: Tensor) -> Tensor:
    """The values in float32, or as they are in float64."""
    return values if values.dtype is torch.float64 else values.float()
