"""Depthwise convolutions of a grid at several dilations, in which padding has no part."""

from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

ConvolutionMode = Literal["parallel", "chained"]


class DilatedConvolutions(nn.Module):
    """GELU(DConv(grid)) for each dilation, side by side: CRENER (2024), eq. 8.

    Every channel is convolved by itself with its own 3 x 3 weights, with zeros around the grid.

    Args:
        channels: Width of a cell.
        dilations: How far apart the cells are that each convolution looks at.
        mode: Whether all convolutions read the grid, or each the result of the one before, as in W2NER's code.

    Raises:
        ValueError: The mode is neither, or a dilation is not positive, or there is none.
    """

    def __init__(self, channels: int, dilations: tuple[int, ...] = (1, 2, 3), mode: ConvolutionMode = "parallel") -> None:
        super().__init__()
        if mode not in get_args(ConvolutionMode):
            raise ValueError(f"the mode of dilated convolutions is one of {get_args(ConvolutionMode)}; got {mode!r}")
        if not dilations or min(dilations) < 1:
            raise ValueError(f"dilated convolutions need positive dilations; got {dilations}")
        self.channels, self.dilations, self.mode = channels, tuple(dilations), mode
        convolutions = [nn.Conv2d(channels, channels, 3, groups=channels) for _ in dilations]  # drawn as torch draws them
        self.weight = nn.Parameter(torch.stack([each.weight.detach() for each in convolutions]))
        self.bias = nn.Parameter(torch.stack([each.bias.detach() for each in convolutions if each.bias is not None]))

    def forward(self, grid: Tensor, cells: Tensor) -> Tensor:
        """What stands on padding counts as zeros before, and means nothing after.

        Args:
            grid: (batch, row, column, channel).
            cells: (batch, row, column) bool, True where both tokens are real.

        Returns:
            (batch, row, column, channel * dilations), the channels of each dilation together.
        """
        device = grid.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else grid.dtype
        weight, bias, grid = self.weight.to(dtype), self.bias.to(dtype), grid.to(dtype)
        if self.mode == "parallel":
            return _convolved(grid, cells, weight, bias, self.dilations)
        results: list[Tensor] = []
        for number, dilation in enumerate(self.dilations):
            part = slice(number, number + 1)
            results.append(_convolved(results[-1] if results else grid, cells, weight[part], bias[part], (dilation,)))
        return torch.cat(results, 3)


def _convolved(grid: Tensor, cells: Tensor, weight: Tensor, bias: Tensor, dilations: tuple[int, ...]) -> Tensor:
    result: Tensor = _Convolved.apply(grid, cells, weight, bias, dilations)  # type: ignore[no-untyped-call]
    return result


class _Convolved(Function):
    """Keeps the grid alone, and convolves again for the gradient of GELU.

    Grids stay as they are, channels last in memory, in which convolution is fastest. Torch is slow at gradients where cells
    are skipped (5 to 10 times as slow on processors). So that of the grid is made by another convolution, with the weights
    turned around, and that of the weights from grids of every k-th row and column, in which nothing is skipped.
    """

    @staticmethod
    def forward(ctx: Any, grid: Tensor, cells: Tensor, weight: Tensor, bias: Tensor, dilations: tuple[int, ...]) -> Tensor:
        grid = grid * cells.unsqueeze(3)
        channels = grid.shape[3]
        result = grid.new_empty(*grid.shape[:3], channels * len(dilations))
        for part, *convolution in zip(torch.split(result, channels, 3), weight, bias, dilations, strict=True):
            # Copied, because torch writes nothing into a part when it is GELU's ``out``.
            part.copy_(functional.gelu(_convolution(grid, *convolution)))
        ctx.save_for_backward(grid, cells, weight, bias)
        ctx.dilations = dilations
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_result: Tensor) -> tuple[Tensor | None, ...]:
        grid, cells, weight, bias = ctx.saved_tensors
        of_grid, of_weight, of_bias = torch.zeros_like(grid), torch.empty_like(weight), torch.empty_like(bias)
        of_parts = torch.split(of_result, grid.shape[3], 3)
        for number, (of_part, dilation) in enumerate(zip(of_parts, ctx.dilations, strict=True)):
            before = _convolution(grid, weight[number], bias[number], dilation)
            of_before = torch.ops.aten.gelu_backward(of_part, before)
            of_grid += _convolution(of_before, weight[number].flip(1, 2, 3), None, dilation)
            of_weight[number], of_bias[number] = _weight_gradients(grid, of_before, dilation)
        return of_grid.mul_(cells.unsqueeze(3)), None, of_weight, of_bias, None


def _convolution(grid: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    """Depthwise, (batch, row, column, channel) to the same."""
    with torch.autocast(grid.device.type, enabled=False):
        return functional.conv2d(
            grid.permute(0, 3, 1, 2), weight, bias, padding=dilation, dilation=dilation, groups=grid.shape[3]
        ).permute(0, 2, 3, 1)


def _weight_gradients(grid: Tensor, of_result: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """Of weights and bias, (channel, 1, 3, 3) and (channel)."""
    grid, of_result = (_every_kth(each, dilation).permute(0, 3, 1, 2) for each in (grid, of_result))
    channels = grid.shape[1]
    like_weight = grid.new_empty(channels, 1, 3, 3)
    transposed, wanted = False, [False, True, True]
    _, of_weight, of_bias = torch.ops.aten.convolution_backward(
        of_result, grid, like_weight, [channels], [1, 1], [1, 1], [1, 1], transposed, [0, 0], channels, wanted
    )
    return of_weight, of_bias


def _every_kth(grid: Tensor, k: int) -> Tensor:
    """The k * k grids of every k-th row and column, (batch * k * k, row / k, column / k, channel), with zeros at the end."""
    if k == 1:
        return grid
    missing = (0, 0, 0, -grid.shape[2] % k, 0, -grid.shape[1] % k)
    padded = functional.pad(grid, missing) if any(missing) else grid
    n_sentences, n_rows, n_columns, channels = padded.shape
    apart = padded.reshape(n_sentences, n_rows // k, k, n_columns // k, k, channels)
    return apart.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)
