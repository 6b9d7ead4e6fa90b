"""An encoder that stays as it is while what reads it is trained."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Encoder


class FrozenEncoder(nn.Module):
    """Another encoder without anything to learn, as in prediction also while training; a protocol ``Encoder``.

    Args:
        encoder: What to freeze.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.dim = encoder, encoder.dim
        self._module.requires_grad_(requires_grad=False)

    @property
    def _module(self) -> nn.Module:
        return cast("nn.Module", self.encoder)

    def train(self, mode: bool = True) -> "FrozenEncoder":
        """As any module, but what is within stays in eval mode: nothing would learn to do without what it drops."""
        super().train(mode)
        self._module.eval()
        return self

    def forward(self, batch: Batch) -> Tensor:
        """Hidden states, (batch, token, dim), without a gradient."""
        with torch.no_grad():
            return self.encoder(batch)

    def pretrained_parameters(self) -> list[Tensor]:
        """None: nothing learns."""
        return []

    def add_marks(self, marks: Sequence[str], *, unused: bool = False) -> None:
        """As the encoder within; the vectors of marks do not learn either."""
        self.encoder.add_marks(marks, unused=unused)
        self._module.requires_grad_(requires_grad=False)

    def description(self) -> dict[str, Any]:
        """That of the encoder within."""
        return self.encoder.description()
