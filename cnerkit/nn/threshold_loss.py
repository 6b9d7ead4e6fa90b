"""A loss for cells with any number of labels, each of which is on when its score is above 0."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnerkit.nn.precision import at_least_float32


@dataclass(frozen=True, slots=True)
class CellLoss:
    """A loss over the cells of a batch of grids.

    Attributes:
        mean: Over all cells of two real tokens; scalar, to be minimised.
        positive_cells: The mean over those of them that have a label, 0 where none has; scalar, without gradient.
    """

    mean: Tensor
    positive_cells: Tensor


def threshold_loss(scores: Tensor, targets: Tensor, cells: Tensor) -> CellLoss:
    """log(1 + sum of e^s over labels that are off) + log(1 + sum of e^-s over those that are on), for each cell.

    CRENER (2024), eq. 19 with s_0 = 0: any other threshold is the same as scores shifted by it. In float32 at least.

    Args:
        scores: (batch, row, column, label).
        targets: What is on: bool, of the shape of the scores; or int64 coordinates (n, 4) of sentence, row, column and label,
            in any order and however often.
        cells: (batch, row, column) bool, True where both tokens are real; at least one is.

    Raises:
        ValueError: Shapes do not fit, or the targets are neither.
    """
    if cells.shape != scores.shape[:3]:
        raise ValueError(f"cells are {tuple(cells.shape)}, but scores {tuple(scores.shape)}")
    targets = targets if targets.dtype == torch.bool else dense_targets(targets, scores)
    if targets.shape != scores.shape:
        raise ValueError(f"targets are {tuple(targets.shape)}, but scores {tuple(scores.shape)}")
    with torch.autocast(scores.device.type, enabled=False):
        each = cell_losses(scores, targets).masked_fill(~cells, 0)
        positive = targets.any(3) & cells
        of_positive = (each.detach() * positive).sum() / positive.sum().clamp(min=1)
        return CellLoss(each.sum() / cells.sum(), of_positive)


def cell_losses(scores: Tensor, targets: Tensor) -> Tensor:
    """Eq. 19 of every cell; scores and bool targets (…, label) to (…), in float32 at least."""
    signed = torch.where(targets, -at_least_float32(scores), at_least_float32(scores))
    none = signed.new_zeros(()).expand(*signed.shape[:-1], 1)
    parts = (torch.cat([signed.masked_fill(left_out, -torch.inf), none], -1).logsumexp(-1) for left_out in (targets, ~targets))
    return sum(parts, start=none.squeeze(-1))


def dense_targets(coordinates: Tensor, scores: Tensor) -> Tensor:
    """Bool targets of the shape of the scores from coordinates of sentence, row, column and label.

    Raises:
        ValueError: They are not whole numbers in four columns.
    """
    if coordinates.dtype != torch.long or coordinates.dim() != 2 or coordinates.shape[1] != 4:
        kind = f"{coordinates.dtype} of the shape {tuple(coordinates.shape)}"
        raise ValueError(f"targets are bool, or int64 coordinates (n, 4) of sentence, row, column and label; got {kind}")
    targets = torch.zeros(scores.shape, dtype=torch.bool, device=scores.device)
    return targets.index_put_(
        tuple(coordinates.to(scores.device).unbind(1)), torch.ones((), dtype=torch.bool, device=scores.device)
    )
