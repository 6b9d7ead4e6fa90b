"""The projection of every elementwise product of two rows of vectors, without the products being there.

For vectors g (row) and h (column) of the width d and a matrix W of c rows, W (g_i * h_j) is (W diag(g_i)) h_j: each row scales
the matrix once, and one product with all columns does the rest. Scaled matrices take c d numbers a row where products take one
vector of d for each column, and both exist for a few rows at a time only. CRENER's normalised grid is projected so (its
specification, section 7).
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

_AT_ONCE = {"cpu": 2**20}
_AT_ONCE_ELSEWHERE = 2**24
"""Numbers in the scaled matrices of the rows that are computed at once: what a core's cache holds, or enough for a GPU."""


def pair_product(gain: Tensor, columns: Tensor, weight: Tensor, offset: Tensor, *, transposed: bool = False) -> Tensor:
    """``weight @ (gain_i * columns_j) + offset`` for every pair of tokens of a sentence.

    Args:
        gain: (batch, token, dim), a vector for each row i.
        columns: (batch, token, dim), a vector for each column j.
        weight: (channel, dim).
        offset: (batch, token, 1, channel), one for each row, or (batch, 1, token, channel), one for each column.
        transposed: Whether the result is laid out by column and row.

    Returns:
        (batch, row, column, channel), contiguous in the order in which its axes are.

    Raises:
        ValueError: Shapes or types of numbers do not fit.
    """
    _check(gain, columns, weight, offset)
    grid: Tensor = _PairProduct.apply(gain, columns, weight, offset, transposed)  # type: ignore[no-untyped-call]
    return grid


class _PairProduct(Function):
    """Keeps its inputs, which have no cells; both directions scale the matrix anew."""

    @staticmethod
    def forward(ctx: Any, gain: Tensor, columns: Tensor, weight: Tensor, offset: Tensor, transposed: bool) -> Tensor:
        n_sentences, n_tokens, _ = gain.shape
        grid = gain.new_empty(n_sentences, n_tokens, n_tokens, weight.shape[0])
        by_row = grid.transpose(1, 2) if transposed else grid
        offsets = offset.expand_as(by_row)
        for sentence, rows in _parts(gain, weight):
            scaled = gain[sentence, rows, None] * weight  # (row, channel, dim)
            repeated = columns[sentence].expand(len(scaled), -1, -1)
            torch.baddbmm(offsets[sentence, rows], repeated, scaled.transpose(1, 2), out=by_row[sentence, rows])
        ctx.save_for_backward(gain, columns, weight)
        ctx.summed, ctx.transposed = 2 if offset.shape[2] == 1 else 1, transposed
        return grid

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_grid: Tensor) -> tuple[Tensor | None, ...]:
        gain, columns, weight = ctx.saved_tensors
        by_row = of_grid.transpose(1, 2) if ctx.transposed else of_grid
        of_gain, of_columns = torch.empty_like(gain), torch.zeros_like(columns)
        of_weight = torch.zeros_like(weight, dtype=torch.promote_types(weight.dtype, torch.float32))
        for sentence, rows in _parts(gain, weight):
            of_cells, factor = by_row[sentence, rows], gain[sentence, rows, None]
            of_scaled = of_cells.transpose(1, 2) @ columns[sentence]  # (row, channel, dim)
            torch.sum(of_scaled * weight, 1, out=of_gain[sentence, rows])
            of_weight += of_scaled.mul_(factor).sum(0)
            stacked = of_cells.transpose(0, 1).flatten(1)  # (column, row * channel)
            of_columns[sentence].addmm_(stacked, (factor * weight).flatten(0, 1))
        return of_gain, of_columns, of_weight.to(weight.dtype), by_row.sum(ctx.summed, keepdim=True), None


def _parts(gain: Tensor, weight: Tensor) -> Iterator[tuple[int, slice]]:
    """Each sentence, and the rows of it that are computed at once."""
    at_once = max(1, _AT_ONCE.get(gain.device.type, _AT_ONCE_ELSEWHERE) // weight.numel())
    for sentence in range(len(gain)):
        for first in range(0, gain.shape[1], at_once):
            yield sentence, slice(first, first + at_once)


def _check(gain: Tensor, columns: Tensor, weight: Tensor, offset: Tensor) -> None:
    n_sentences, n_tokens, dim = gain.shape
    offsets = {(n_sentences, n_tokens, 1, len(weight)), (n_sentences, 1, n_tokens, len(weight))}
    if columns.shape != gain.shape or weight.shape[1] != dim or tuple(offset.shape) not in offsets:
        shapes = ", ".join(str(tuple(each.shape)) for each in (gain, columns, weight, offset))
        raise ValueError(f"gain, columns, weight and offset of a pair product do not fit: {shapes}")
    if len({each.dtype for each in (gain, columns, weight, offset)}) > 1:
        types = ", ".join(str(each.dtype) for each in (gain, columns, weight, offset))
        raise ValueError(f"gain, columns, weight and offset of a pair product must be of one type: {types}")
