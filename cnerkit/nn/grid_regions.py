"""Where a cell of a grid lies: how far from the diagonal, and on which side of it. CRENER's specification, section 8."""

import torch
from torch import Tensor

N_DISTANCES, N_REGIONS = 20, 3
"""How many numbers there are, that of padding, 0, included."""

_ON_DIAGONAL = 19
_SIDE = 9
_ABOVE, _BELOW = 1, 2


def distance_bucket(distance: Tensor) -> Tensor:
    """The number of the bucket of a signed distance, row less column: 1 to 9 below the diagonal, 10 to 18 above, 19 on it.

    Bucket k holds distances from 2^(k-1) up to 2^k, the last all from 256 on.
    """
    buckets = torch.frexp(distance.abs().float()).exponent.clamp(max=_SIDE)
    return torch.where(distance == 0, _ON_DIAGONAL, torch.where(distance < 0, buckets + _SIDE, buckets))


def region_of_distance() -> Tensor:
    """For each number of a distance that of the region in which it occurs, (20)."""
    return torch.tensor([0, *[_BELOW] * _SIDE, *[_ABOVE] * _SIDE, _BELOW])


def distances(n_tokens: int, device: torch.device) -> Tensor:
    """The number of the distance of each cell, (row, column)."""
    here = torch.arange(n_tokens, device=device)
    return distance_bucket(here.unsqueeze(1) - here)


def distance_ids(mask: Tensor) -> Tensor:
    """The number of the distance of each cell, 0 on padding; (batch, token) to (batch, row, column)."""
    return _where_real(distances(mask.shape[1], mask.device), mask)


def region_ids(mask: Tensor) -> Tensor:
    """1 above the diagonal, 2 on and below it, 0 on padding; (batch, token) to (batch, row, column)."""
    here = torch.arange(mask.shape[1], device=mask.device)
    return _where_real(torch.where(here.unsqueeze(1) < here, _ABOVE, _BELOW), mask)


def _where_real(ids: Tensor, mask: Tensor) -> Tensor:
    return ids.masked_fill(~(mask.unsqueeze(2) & mask.unsqueeze(1)), 0)
