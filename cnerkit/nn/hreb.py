"""HREB-CRF's way from the encoder to the tags: RHEMA blocks and a BiLSTM in one of three orders (Sun et al., 2025)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from cnerkit.nn.bilstm import BiLstm
from cnerkit.nn.masked_norm import MaskedNorm, NormKind
from cnerkit.nn.protocols import FeatureLayer, Head
from cnerkit.nn.reduced_bias import GateKind, reduced_bias

Order = Literal["rhema_bilstm", "bilstm_rhema", "parallel"]


@dataclass(frozen=True, slots=True)
class Recurrent:
    """The BiLSTM.

    Attributes:
        layers: Number of layers.
        dropout: Share of the numbers dropped between layers while training.
        reduced_bias: The kind of the addition around it; ``off``, with no norm, leaves it a plain BiLSTM.
        norm: Behind that addition.
    """

    layers: int = 2
    dropout: float = 0.5
    reduced_bias: GateKind = "off"
    norm: NormKind = "none"


class HrebFeatures(nn.Module):
    """Blocks and a BiLSTM over the encoder's hidden states, whose width they keep; a ``FeatureLayer``.

    In the order ``rhema_bilstm`` of the paper's Section 3.2 each reads what the one before it gives, in ``bilstm_rhema`` the
    other way round. In ``parallel`` both read the encoder, and their additions are added and normalised together. The
    released code was like the second at one time and like the third at another.

    Args:
        dim: Width of the encoder's hidden states.
        blocks: One after the other; none is possible.
        recurrent: None for no BiLSTM, nor the addition and norm of one.
        order: Of the two.
        dropout: Share of the encoder's numbers dropped while training.

    Raises:
        ValueError: ``dim`` is odd and there is a BiLSTM.
    """

    def __init__(
        self, dim: int, blocks: Sequence[FeatureLayer], recurrent: Recurrent | None, order: Order, dropout: float
    ) -> None:
        super().__init__()
        self.dim, self.order, self.dropout = dim, order, nn.Dropout(dropout)
        self.blocks = nn.ModuleList(blocks)  # type: ignore[arg-type]
        self.recurrent = None
        if recurrent is not None:
            self.recurrent = BiLstm(dim, dim, recurrent.layers, recurrent.dropout, between_only=True)
            _draw_as_xavier(self.recurrent)
            self.add, self.norm = reduced_bias(recurrent.reduced_bias, dim), MaskedNorm(recurrent.norm, dim)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to the same."""
        hidden = self.dropout(hidden)
        if self.recurrent is None:
            return self._through_blocks(hidden, mask)
        if self.order == "parallel" and len(self.blocks):
            both = self._through_blocks(hidden, mask) + self.add(self.recurrent(hidden, mask), hidden, mask)
            joined: Tensor = self.norm(both, mask)
            return joined
        if self.order == "rhema_bilstm":
            return self._through_recurrent(self._through_blocks(hidden, mask), mask)
        return self._through_blocks(self._through_recurrent(hidden, mask), mask)

    def _through_blocks(self, hidden: Tensor, mask: Tensor) -> Tensor:
        for block in self.blocks:
            hidden = block(hidden, mask)
        return hidden

    def _through_recurrent(self, hidden: Tensor, mask: Tensor) -> Tensor:
        assert self.recurrent is not None, "there is one"
        normalised: Tensor = self.norm(self.add(self.recurrent(hidden, mask), hidden, mask), mask)
        return normalised


def _draw_as_xavier(recurrent: BiLstm) -> None:
    for parameter in recurrent.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)


class UnmaskedFeatures(nn.Module):
    """A feature layer that takes padding for tokens, as released code may; a ``FeatureLayer``."""

    def __init__(self, features: HrebFeatures) -> None:
        super().__init__()
        self.dim, self.features = features.dim, features

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, in_dim) to (batch, token, dim)."""
        found: Tensor = self.features(hidden, torch.ones_like(mask))
        return found


class UnmaskedHead(nn.Module):
    """A head that takes padding for tokens tagged 0, which is O in every scheme; a ``Head``.

    Its loss is over padding too, and paths go on into it; of what it finds, the real tokens' tags are given.
    """

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Scores, (batch, token, tag)."""
        return self.head(hidden, torch.ones_like(mask))

    def loss(self, scores: Tensor, targets: Sequence[Sequence[int]], mask: Tensor) -> dict[str, Tensor]:
        """The head's terms, over padding too."""
        return self.head.loss(scores, targets, torch.ones_like(mask))

    def best(self, scores: Tensor, mask: Tensor) -> list[list[int]]:
        """The real tokens' part of the best path through tokens and padding."""
        lengths = mask.sum(1).tolist()
        paths = self.head.best(scores, torch.ones_like(mask))
        return [path[:length] for path, length in zip(paths, lengths, strict=True)]

    def probabilities(
        self, scores: Tensor, mask: Tensor, paths: Sequence[Sequence[int]], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[list[float]]:
        """Probability of the path's tags over each span, among paths through tokens and padding."""
        return self.head.probabilities(scores, torch.ones_like(mask), paths, spans)
