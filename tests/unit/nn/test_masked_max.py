import torch

from cnerkit.nn.masked_max import row_and_column_max


def test_maxima_of_a_sentence_are_the_same_alone_and_beside_longer_ones_whatever_padding_holds():
    mask = torch.arange(6) < torch.tensor([6, 3, 1]).unsqueeze(1)
    cells = mask.unsqueeze(2) & mask.unsqueeze(1)
    grid = torch.randn(3, 6, 6, 4) - 5
    by_row, by_column = row_and_column_max(grid + (~cells * 1e3).unsqueeze(3), mask)
    for number, length in enumerate(mask.sum(1).tolist()):
        alone = grid[number, :length, :length]
        assert torch.equal(by_row[number, :length], alone.amax(1))
        assert torch.equal(by_column[number, :length], alone.amax(0))


def test_gradients_reach_the_highest_real_cells_alone():
    mask = torch.tensor([[True, True, False]])
    grid = torch.zeros(1, 3, 3, 1, requires_grad=True)
    values = torch.tensor([[1.0, 2.0, 9.0], [4.0, 3.0, 9.0], [9.0, 9.0, 9.0]])[None, :, :, None]
    by_row, by_column = row_and_column_max(grid + values, mask)
    (by_row[:, :2].sum() + by_column[:, :2].sum()).backward()
    assert grid.grad[0, :, :, 0].tolist() == [[0, 1, 0], [2, 1, 0], [0, 0, 0]]
