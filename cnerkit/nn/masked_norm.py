"""Normalisation over real tokens: none, each token by itself, or each channel over all tokens of a batch."""

from typing import Literal

import torch
from torch import Tensor, nn

from cnerkit.nn.precision import at_least_float32

NormKind = Literal["layer", "batch", "none"]


class MaskedNorm(nn.Module):
    """Layer norm, batch norm or nothing, behind an addition.

    Batch norm mixes the sentences of a batch and differs between training and prediction: a paper's figure may ask for it, but
    for text it is no good choice.

    Args:
        kind: Which.
        dim: Width of the hidden states.
    """

    def __init__(self, kind: NormKind, dim: int) -> None:
        super().__init__()
        self.norm = {"layer": nn.LayerNorm, "batch": MaskedBatchNorm, "none": nn.Identity}[kind](dim)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to the same; what stands on padding means nothing."""
        found: Tensor = self.norm(hidden, mask) if isinstance(self.norm, MaskedBatchNorm) else self.norm(hidden)
        return found


class MaskedBatchNorm(nn.Module):
    """Batch norm whose statistics are over real tokens; padding comes out as 0.

    Training normalises by the biased variance of the batch; the running variance that prediction uses is of unbiased ones.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, dim: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight, self.bias = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to the same, in float32 at least."""
        precise = at_least_float32(hidden)
        real = mask.unsqueeze(2)
        mean, variance = self._of_batch(precise, real) if self.training else (self.running_mean, self.running_var)
        scaled = (precise - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias
        return scaled.masked_fill(~real, 0)

    def _of_batch(self, hidden: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and biased variance of the batch, (dim) each, which also move the running ones."""
        count = real.sum()
        mean = hidden.masked_fill(~real, 0).sum((0, 1)) / count
        variance = (hidden - mean).masked_fill(~real, 0).square().sum((0, 1)) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            unbiased = variance * count / (count - 1).clamp(min=1)
            self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        return mean, variance
