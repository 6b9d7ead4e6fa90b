"""The highest value of each channel along the rows and along the columns of a grid, real cells alone."""

import torch
from torch import Tensor


def row_and_column_max(grid: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """For each row the maximum over the columns of real tokens, and for each column that over the rows: CRENER, eq. 11.

    Args:
        grid: (batch, row, column, channel).
        mask: (batch, token), with at least one real token in each sentence.

    Returns:
        (batch, row, channel) and (batch, column, channel); what stands on padding means nothing.
    """
    outside = ~mask[:, :, None, None]
    by_row = grid.masked_fill(outside.transpose(1, 2), -torch.inf).amax(2)
    by_column = grid.masked_fill(outside, -torch.inf).amax(1)
    return by_row, by_column
