"""W2NER (Li et al., AAAI 2022): a BiLSTM, a normalised grid, convolutions one after the other, and scores of its labels."""

from torch import Tensor, nn

from cnerkit.nn.bilstm import BiLstm
from cnerkit.nn.co_predictor import CoPredictor
from cnerkit.nn.dilated import DilatedConvolutions
from cnerkit.nn.grid_readings import pairs
from cnerkit.nn.pair_grid import PairGrid


class W2ner(nn.Module):
    """The encoder's vectors to the scores of a grid's labels; a ``GridScorer``.

    Args:
        dropout: Share of the encoder's numbers dropped while training.
        recurrent: The words in context.
        pairs: A vector for each two of them, under the column's condition.
        convolutions: Over the grid; None leaves the cells as they are.
        predictor: From the words and from the grid.
    """

    def __init__(
        self,
        dropout: float,
        recurrent: BiLstm,
        pairs: PairGrid | None,
        convolutions: DilatedConvolutions | None,
        predictor: CoPredictor,
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.recurrent, self.pairs, self.convolutions, self.predictor = recurrent, pairs, convolutions, predictor

    def forward(self, encoded: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, in_dim) to (batch, row, column, score)."""
        hidden = self.recurrent(self.dropout(encoded), mask)
        grid = None if self.pairs is None else self.pairs(hidden, hidden, mask)
        if grid is not None and self.convolutions is not None:
            grid = self.convolutions(grid, pairs(mask))
        scores: Tensor = self.predictor(hidden, hidden, grid)
        return scores
