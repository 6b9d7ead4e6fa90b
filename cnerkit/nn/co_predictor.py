"""Scores of the labels of each cell of a grid, from its two characters and from the cell: CRENER, equations 16 to 18; W2NER."""

import torch
from torch import Tensor, nn

from cnerkit.nn.precision import at_least_float32


class Biaffine(nn.Module):
    """Equation 16: what two vectors say of each label, multiplied, by themselves, and as a constant.

    ``y' = s^T U o + W [s; o] + b`` is ``[s; 1]^T T [o; 1]`` with one tensor T per label.

    Args:
        dim: Width of the vectors.
        n_labels: Number of labels.
    """

    def __init__(self, dim: int, n_labels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_labels, dim + 1, dim + 1))
        nn.init.xavier_normal_(self.weight)

    def forward(self, subject: Tensor, object: Tensor) -> Tensor:  # noqa: A002 - the paper's word
        """(batch, row, dim) and (batch, column, dim) to (batch, row, column, label)."""
        left, right = _with_one(subject), _with_one(object)
        scores: Tensor = torch.einsum("bxi,lij,byj->bxyl", left, self.weight, right)
        return scores


class BiaffinePredictor(nn.Module):
    """Equation 16 with what comes before it: each side through dropout, a linear map and GELU.

    Args:
        in_dim: Width of the characters' vectors.
        dim: Width of both sides.
        n_labels: Number of labels.
        dropout: Share of numbers dropped while training.
    """

    def __init__(self, in_dim: int, dim: int, n_labels: int, dropout: float) -> None:
        super().__init__()
        self.subject, self.object = (dropped_gelu(in_dim, dim, dropout) for _ in range(2))
        self.biaffine = Biaffine(dim, n_labels)

    def forward(self, subject: Tensor, object: Tensor) -> Tensor:  # noqa: A002 - the paper's word
        """Each (batch, token, in_dim) to (batch, row, column, label)."""
        scores: Tensor = self.biaffine(self.subject(subject), self.object(object))
        return scores


class CellPredictor(nn.Sequential):
    """Equation 17: an MLP over each cell, (batch, row, column, in_channels) to (batch, row, column, label).

    Args:
        in_channels: Channels of the grid.
        hidden_dim: Width within the MLP.
        n_labels: Number of labels.
        dropout: Share of numbers dropped before either linear map while training.
    """

    def __init__(self, in_channels: int, hidden_dim: int, n_labels: int, dropout: float) -> None:
        hidden = dropped_gelu(in_channels, hidden_dim, dropout)
        super().__init__(*hidden, nn.Dropout(dropout), nn.Linear(hidden_dim, n_labels))


class CoPredictor(nn.Module):
    """The sum of both predictors, or what one of them says; unnormalised, in float32 at least (equation 18 without softmax).

    Args:
        pairs: From the two characters; None to leave it out.
        cells: From the cell; None to leave it out.

    Raises:
        ValueError: Both are left out.
    """

    def __init__(self, pairs: BiaffinePredictor | None, cells: CellPredictor | None) -> None:
        super().__init__()
        if pairs is None and cells is None:
            raise ValueError("a co-predictor of neither pairs nor cells predicts nothing: pairs is None and cells is None")
        self.pairs, self.cells = pairs, cells

    def forward(self, subject: Tensor, object: Tensor, grid: Tensor | None) -> Tensor:  # noqa: A002 - the paper's word
        """Scores, (batch, row, column, label).

        Args:
            subject: (batch, token, dim).
            object: (batch, token, dim).
            grid: (batch, row, column, channel); None when cells have no say.
        """
        scores = []
        if self.pairs is not None:
            scores.append(at_least_float32(self.pairs(subject, object)))
        if self.cells is not None:
            assert grid is not None, "the predictor of cells needs a grid"
            scores.append(at_least_float32(self.cells(grid)))
        return scores[0] if len(scores) == 1 else scores[0] + scores[1]


def dropped_gelu(in_dim: int, dim: int, dropout: float) -> nn.Sequential:
    """Dropout, a linear map and GELU: what W2NER's code calls an MLP."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(in_dim, dim), nn.GELU())


def _with_one(vectors: Tensor) -> Tensor:
    return torch.cat([vectors, torch.ones_like(vectors[..., :1])], dim=-1)
