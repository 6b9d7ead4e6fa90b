"""The layers that make and refine a grid against the facts of CRENER's specification, and the loss over its cells."""

import pytest
import torch
from torch.nn import functional

from cnerkit.nn.dilated import DilatedConvolutions
from cnerkit.nn.grid_regions import distance_bucket, distance_ids, region_ids
from cnerkit.nn.masked_max import row_and_column_max
from cnerkit.nn.pair_grid import AttentionMaps, PairGrid
from cnerkit.nn.relative_transformer import RelativeAttention, relative_positions
from cnerkit.nn.threshold_loss import cell_losses, threshold_loss


def array(fact):
    return torch.tensor(fact, dtype=torch.float64)


def fill(parameter, fact):
    """Give a parameter the numbers of a fact, which must be of its shape."""
    numbers = array(fact) if isinstance(fact, list) else fact
    assert parameter.shape == numbers.shape
    parameter.data = numbers


def close(found, expected, case):
    torch.testing.assert_close(found, array(expected), **case["tolerance"])


def real(n, n_padded):
    return (torch.arange(n_padded) < n).unsqueeze(0)


@pytest.mark.paper_cases("crener", "relpos")
def test_relative_positions_are_interleaved_waves_of_the_signed_distance(case):
    inputs = case["inputs"]
    close(relative_positions(array(inputs["distances"]), inputs["dim"]), case["expected"]["R"], case)


@pytest.fixture
def relative_attention():
    """One head with the numbers of a fact, and no output projection."""

    def of(inputs):
        dim = len(inputs["u"])
        layer = RelativeAttention(dim, 1, dropout=0.0, terms="full", scaled=False).double()
        for linear, name in ((layer.query, "Wq"), (layer.key, "Wk"), (layer.value, "Wv")):
            fill(linear.weight, array(inputs[name]).t())
        fill(layer.key_bias, [inputs["u"]])
        fill(layer.position_bias, [inputs["v"]])
        fill(layer.gather.weight, torch.eye(dim, dtype=torch.float64))
        fill(layer.gather.bias, torch.zeros(dim, dtype=torch.float64))
        return layer

    return of


@pytest.mark.paper_cases("crener", "rel_attention")
def test_relative_attention_scores_unscaled_and_masks_keys(case, relative_attention):
    layer, hidden = relative_attention(case["inputs"]), array([case["inputs"]["H"]])
    mask = real(case["inputs"]["n_valid"], hidden.shape[1])
    scores = layer.scores(hidden)
    close(scores[0, 0], case["expected"]["scores"], case)
    close(scores[0, 0].masked_fill(~mask, -torch.inf).softmax(1), case["expected"]["probs"], case)
    close(layer(hidden, mask)[0], case["expected"]["output"], case)


def grid_of(inputs, **options):
    """The normalised grid through a matrix that is a fact's, or that changes nothing, before GELU and without features."""
    subject, object_ = array([inputs["h_s"]]), array([inputs["h_o"]])
    dim = subject.shape[2]
    weight = array(inputs["W1"]) if "W1" in inputs else torch.eye(dim, dtype=torch.float64)
    grid = PairGrid(dim, len(weight), distance_dim=0, region_dim=0, dropout=0.0, **options).double()
    for linear, name in ((grid.gain, "alpha"), (grid.bias, "beta")):
        fill(linear.weight, inputs[f"W_{name}"])
        fill(linear.bias, inputs[f"b_{name}"])
    fill(grid.project.weight, weight)
    fill(grid.project.bias, inputs.get("b1", [0.0] * len(weight)))
    return grid, subject, object_


@pytest.mark.parametrize("form", ["factorised", "direct"])
@pytest.mark.paper_cases("crener", "cln")
def test_a_row_conditions_how_columns_are_normalised(case, form):
    grid, subject, object_ = grid_of(case["inputs"], form=form)
    found = grid(subject, object_, real(3, 3))
    close(found[0], functional.gelu(array(case["expected"]["V"])).tolist(), case)


@pytest.mark.parametrize("form", ["factorised", "direct"])
@pytest.mark.paper_cases("crener", "cln")
def test_the_other_orientation_is_the_transpose_with_both_vectors_exchanged(case, form):
    grid, subject, object_ = grid_of(case["inputs"], form=form, normalised="row")
    found = grid(object_, subject, real(3, 3))
    close(found[0], functional.gelu(array(case["expected"]["V_code_orientation"])).tolist(), case)


@pytest.mark.parametrize("form", ["factorised", "direct"])
@pytest.mark.paper_cases("crener", "factorised_mlp")
def test_both_forms_project_the_normalised_grid(case, form):
    grid, subject, object_ = grid_of(case["inputs"], form=form)
    found = grid(subject, object_, real(3, 3))
    close(found[0], functional.gelu(array(case["expected"]["pre_activation"])).tolist(), case)


@pytest.mark.paper_cases("crener", "distance_bucket")
def test_distances_fall_into_buckets_by_size_and_sign(case):
    assert distance_bucket(torch.tensor(case["inputs"]["d"])).tolist() == case["expected"]["id"]


@pytest.mark.paper_cases("crener", "region_grid")
def test_cells_are_numbered_by_distance_and_by_side_and_padding_is_0(case):
    mask = real(case["inputs"]["n"], case["inputs"]["n_pad"])
    assert region_ids(mask)[0].tolist() == case["expected"]["region"]
    assert distance_ids(mask)[0].tolist() == case["expected"]["distance"]


@pytest.mark.paper_cases("crener", "ml_loss_cell")
def test_the_loss_of_a_cell_and_its_gradient(case):
    scores = array(case["inputs"]["s"]).requires_grad_()
    loss = cell_losses(scores - case["inputs"]["s0"], array(case["inputs"]["y"]).bool())
    close(loss, case["expected"]["loss"], case)
    close(torch.autograd.grad(loss, scores)[0], case["expected"]["grad"], case)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.paper_cases("crener", "ml_loss_grid")
def test_the_loss_of_a_grid_is_the_mean_over_real_cells(case, sparse):
    scores, targets = array([case["inputs"]["s"]]), array([case["inputs"]["y"]]).bool()
    mask = real(case["inputs"]["n"], scores.shape[1])
    found = threshold_loss(scores, targets.nonzero() if sparse else targets, mask.unsqueeze(2) & mask.unsqueeze(1))
    close(found.mean, case["expected"]["loss_mean"], case)
    close(found.mean * case["inputs"]["n"] ** 2, case["expected"]["loss_sum"], case)


@pytest.mark.paper_cases("crener", "masked_maxpool")
def test_maxima_are_over_real_cells(case):
    grid, n = array([case["inputs"]["TF"]]), case["inputs"]["n"]
    by_row, by_column = row_and_column_max(grid, real(n, grid.shape[1]))
    close(by_row[0, :n], case["expected"]["subject"], case)
    close(by_column[0, :n], case["expected"]["object"], case)


@pytest.mark.paper_cases("crener", "dilated_conv")
def test_each_channel_is_convolved_by_itself(case):
    grid, inputs = array([case["inputs"]["x"]]), case["inputs"]
    layer = DilatedConvolutions(grid.shape[3], (inputs["dilation"],)).double()
    fill(layer.weight, array(inputs["w"])[None, :, None])
    fill(layer.bias, array(inputs["b"])[None])
    found = layer(grid, torch.ones(grid.shape[:3], dtype=torch.bool))
    close(found[0], case["expected"]["out"], case)
    close(found[0], functional.gelu(array(case["expected"]["pre"])).tolist(), case)


@pytest.mark.parametrize("form", ["factorised", "direct"])
@pytest.mark.paper_cases("crener", "attention_embedding")
def test_attention_maps_times_the_length_are_features_of_a_cell(case, form):
    inputs, hidden = case["inputs"], array([case["inputs"]["h"]])
    queries, keys = array(inputs["W_q"]), array(inputs["W_k"])  # (head, dim, width)
    n_heads, dim, width = queries.shape
    attention = AttentionMaps(dim, n_heads, width).double()
    fill(attention.query.weight, queries.transpose(1, 2).flatten(0, 1))
    fill(attention.key.weight, keys.transpose(1, 2).flatten(0, 1))
    mask = real(inputs["n_valid"], hidden.shape[1])
    maps = attention(hidden, mask)
    close(maps[0].permute(1, 2, 0), case["expected"]["maps"], case)
    features = len(inputs["b_a"])
    options = {"distance_dim": 0, "region_dim": 0, "attention_heads": n_heads, "attention_dim": features, "dropout": 0.0}
    grid = PairGrid(dim, features, form=form, **options).double()
    fill(grid.attention.weight, inputs["W_a"])
    fill(grid.attention.bias, inputs["b_a"])
    only_attention = [torch.zeros(features, dim, dtype=torch.float64), torch.eye(features, dtype=torch.float64)]
    fill(grid.project.weight, torch.cat(only_attention, 1))
    fill(grid.project.bias, torch.zeros(features, dtype=torch.float64))
    close(grid(hidden, hidden, mask, maps)[0], functional.gelu(array(case["expected"]["E_a"])).tolist(), case)
