import pytest
import torch
from torch.nn import functional

from cnerkit.nn.dilated import DilatedConvolutions

CHANNELS = 4
LENGTHS = torch.tensor([8, 5, 1])
MASK = torch.arange(8) < LENGTHS.unsqueeze(1)
CELLS = MASK.unsqueeze(2) & MASK.unsqueeze(1)


def plain(layer, grid, cells):
    """Eq. 8 with torch's own convolution, padding zeroed before each."""
    results, read = [], grid
    for weight, bias, dilation in zip(layer.weight, layer.bias, layer.dilations, strict=True):
        clean = (read * cells.unsqueeze(3)).permute(0, 3, 1, 2)
        before = functional.conv2d(clean, weight, bias, padding=dilation, dilation=dilation, groups=grid.shape[3])
        results.append(functional.gelu(before).permute(0, 2, 3, 1))
        read = results[-1] if layer.mode == "chained" else grid
    return torch.cat(results, 3)


@pytest.mark.parametrize("dilations", [(1, 2, 3), (2,), (5, 9)], ids=str)
@pytest.mark.parametrize("mode", ["parallel", "chained"])
@pytest.mark.parametrize(("dtype", "digits"), [(torch.float64, 1e-10), (torch.float32, 1e-4)], ids=["float64", "float32"])
def test_values_and_gradients_are_those_of_plain_convolutions_between_which_padding_is_zeroed(dtype, digits, mode, dilations):
    layer = DilatedConvolutions(CHANNELS, dilations, mode).to(dtype)
    grid = torch.randn(*CELLS.shape, CHANNELS, dtype=dtype, requires_grad=True)
    results = []
    for compute in (lambda: layer(grid, CELLS), lambda: plain(layer, grid, CELLS)):
        found = compute() * CELLS.unsqueeze(3)
        results.append((found, *torch.autograd.grad(found.sin().sum(), (grid, *layer.parameters()))))
    torch.testing.assert_close(results[0], results[1], rtol=digits, atol=digits)


@pytest.mark.parametrize("mode", ["parallel", "chained"])
def test_a_sentence_has_the_same_cells_alone_and_beside_longer_ones_whatever_padding_holds(mode):
    layer = DilatedConvolutions(CHANNELS, mode=mode).double()
    grid = torch.randn(*CELLS.shape, CHANNELS, dtype=torch.float64)
    found = layer(grid + (~CELLS * 1e3).unsqueeze(3), CELLS)
    for number, length in enumerate(LENGTHS.tolist()):
        alone = layer(grid[number : number + 1, :length, :length], torch.ones(1, length, length, dtype=torch.bool))
        torch.testing.assert_close(found[number, :length, :length], alone[0])


@pytest.mark.parametrize("mode", ["parallel", "chained"])
def test_under_autocast_values_and_gradients_are_close_to_those_in_float32(mode):
    layer = DilatedConvolutions(CHANNELS, mode=mode)
    grid = torch.randn(*CELLS.shape, CHANNELS, requires_grad=True)
    results = {}
    for halved in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=halved):
            found = layer(grid, CELLS).float() * CELLS.unsqueeze(3)
        results[halved] = (found, *torch.autograd.grad(found.sum(), (grid, *layer.parameters())))
    for found, expected in zip(results[True], results[False], strict=True):
        assert found.isfinite().all()
        assert (found - expected).norm() < 0.02 * expected.norm()


def test_parallel_convolutions_keep_no_tensor_wider_than_the_grid():
    layer, kept = DilatedConvolutions(CHANNELS), []
    grid = torch.randn(*CELLS.shape, CHANNELS, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda each: kept.append(each.numel()) or each, lambda each: each):
        layer(grid, CELLS)
    assert max(kept) == grid.numel()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"mode": "none"}, r"one of \('parallel', 'chained'\); got 'none'", id="mode"),
        pytest.param({"dilations": (1, 0)}, r"got \(1, 0\)", id="dilation-0"),
        pytest.param({"dilations": ()}, r"got \(\)", id="no-dilation"),
    ],
)
def test_modes_and_dilations_that_are_none_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        DilatedConvolutions(CHANNELS, **options)
