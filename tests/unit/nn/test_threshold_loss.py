import math

import pytest
import torch

from cnerkit.nn.threshold_loss import cell_losses, dense_targets, threshold_loss

MASK = torch.arange(5) < torch.tensor([5, 2]).unsqueeze(1)
CELLS = MASK.unsqueeze(2) & MASK.unsqueeze(1)


def some_targets(share=0.2):
    return torch.rand(2, 5, 5, 6) < share


def by_definition(scores, targets):
    """The first line of eq. 19: every pair of a label that is on and one that is off, and each against the threshold."""
    on, off = scores[targets].exp(), scores[~targets].exp()
    return (1 + (off[:, None] / on).sum() + (1 / on).sum() + off.sum()).log()


def test_the_loss_is_the_mean_of_the_definition_over_real_cells():
    scores, targets = torch.randn(2, 5, 5, 6, dtype=torch.float64), some_targets()
    each = torch.stack([by_definition(*cell) for cell in zip(scores[CELLS], targets[CELLS], strict=True)])
    found = threshold_loss(scores, targets, CELLS)
    torch.testing.assert_close(found.mean, each.mean())
    torch.testing.assert_close(found.positive_cells, each[targets[CELLS].any(1)].mean())


def test_without_any_label_the_loss_starts_at_the_logarithm_of_their_number_and_one():
    found = threshold_loss(torch.zeros(2, 5, 5, 10), torch.zeros(2, 5, 5, 10, dtype=torch.bool), CELLS)
    assert found.mean.item() == pytest.approx(math.log(11))
    assert found.positive_cells.item() == 0


def test_coordinates_in_any_order_and_repeated_are_the_dense_targets():
    targets, scores = some_targets(), torch.randn(2, 5, 5, 6)
    coordinates = targets.nonzero()
    shuffled = torch.cat([coordinates, coordinates[:3]])[torch.randperm(len(coordinates) + 3)]
    assert torch.equal(dense_targets(shuffled, scores), targets)
    assert threshold_loss(scores, shuffled, CELLS) == threshold_loss(scores, targets, CELLS)
    assert not dense_targets(coordinates[:0], scores).any()


def test_padding_has_neither_loss_nor_gradient():
    scores = (torch.randn(2, 5, 5, 6) + (~CELLS * 1e4).unsqueeze(3)).requires_grad_()
    targets = some_targets()
    found = threshold_loss(scores, targets, CELLS)
    found.mean.backward()
    assert found.mean < 10
    assert (scores.grad[~CELLS] == 0).all()
    assert not found.positive_cells.requires_grad


@pytest.mark.parametrize("scale", [1.0, 1e4], ids=["usual", "huge"])
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0], ids=["no-label", "some", "every-label"])
def test_scores_in_bfloat16_give_a_loss_in_float32_and_finite_gradients(share, scale):
    scores = (scale * torch.randn(2, 5, 5, 6)).bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        found = threshold_loss(scores, some_targets(share), CELLS)
    found.mean.backward()
    assert found.mean.dtype is torch.float32
    assert found.mean.isfinite()
    assert scores.grad.isfinite().all()
    assert scores.grad.any()


def test_the_gradient_of_the_loss_of_a_cell_is_that_of_finite_differences():
    scores = torch.randn(7, 6, dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(lambda each: cell_losses(each, torch.rand(7, 6, generator=torch.manual_seed(0)) < 0.3), scores)


@pytest.mark.parametrize(
    ("targets", "cells", "message"),
    [
        pytest.param(torch.zeros(2, 5, 5, 6), CELLS, r"got torch\.float32 of the shape \(2, 5, 5, 6\)", id="numbers"),
        pytest.param(torch.zeros(9, 3).long(), CELLS, r"got torch\.int64 of the shape \(9, 3\)", id="three-columns"),
        pytest.param(torch.zeros(2, 5, 5, 7).bool(), CELLS, r"\(2, 5, 5, 7\), but scores \(2, 5, 5, 6\)", id="labels"),
        pytest.param(some_targets(), CELLS[:, :4], r"cells are \(2, 4, 5\), but scores \(2, 5, 5, 6\)", id="cells"),
    ],
)
def test_targets_and_cells_that_do_not_fit_are_refused(targets, cells, message):
    with pytest.raises(ValueError, match=message):
        threshold_loss(torch.zeros(2, 5, 5, 6), targets, cells)
