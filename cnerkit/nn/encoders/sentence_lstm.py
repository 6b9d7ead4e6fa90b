"""An encoder whose vectors an LSTM has read over the whole sentence before anything else sees them."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.bilstm import BiLstm
from cnerkit.nn.protocols import Encoder


class SentenceLstm(nn.Module):
    """Another encoder with an LSTM over it; a protocol ``Encoder``.

    Args:
        encoder: Tokens to vectors.
        hidden_dim: Width of the states of one direction.
        from_both_ends: Whether a second direction reads from the right; its states stand beside those of the first.
    """

    def __init__(self, encoder: Encoder, hidden_dim: int, *, from_both_ends: bool) -> None:
        super().__init__()
        self.encoder, self.from_both_ends = encoder, from_both_ends
        self.dim = 2 * hidden_dim if from_both_ends else hidden_dim
        self.lstm = BiLstm(encoder.dim, self.dim) if from_both_ends else nn.LSTM(encoder.dim, hidden_dim, batch_first=True)

    def forward(self, batch: Batch) -> Tensor:
        """The states at each token, (batch, token, dim)."""
        hidden = self.encoder(batch)
        states: Tensor = self.lstm(hidden, batch.mask) if self.from_both_ends else self.lstm(hidden)[0]
        return states

    def pretrained_parameters(self) -> list[Tensor]:
        """Those of the encoder within; the LSTM starts random."""
        return self.encoder.pretrained_parameters()

    def add_marks(self, marks: Sequence[str], *, unused: bool = False) -> None:
        """As the encoder within."""
        self.encoder.add_marks(marks, unused=unused)

    def description(self) -> dict[str, Any]:
        """That of the encoder within."""
        return self.encoder.description()
