"""CRENER against the facts of its specification: enhancement, co-predictor, pooling of word pieces, sizes."""

import numpy as np
import pytest
import torch

from cnerkit.models.crener import CrenerParams, build
from cnerkit.nn.co_predictor import Biaffine, CellPredictor, CoPredictor
from cnerkit.nn.enhancement import Enhancement, Roles
from cnerkit.registry import Task
from cnerkit.text import LabelSet


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def close(found, expected, case):
    np.testing.assert_allclose(found.detach().numpy(), expected, case["tolerance"]["rtol"], case["tolerance"]["atol"])


def attention_of(block, inputs, number):
    """Row-vector matrices into torch's attention, which multiplies columns; no biases."""
    query, key, value, out = (tensor(inputs[f"W_{name}{number}"]) for name in "qkvo")
    block.in_proj_weight.data = torch.cat([query.T, key.T, value.T])
    block.out_proj.weight.data = out.T
    block.in_proj_bias.data.zero_()
    block.out_proj.bias.data.zero_()


@pytest.mark.paper_cases("crener", "enhancement_update")
@pytest.mark.parametrize("side", ["subject", "object"])
def test_an_update_of_the_characters_from_the_tags(case, side):
    inputs, expected = case["inputs"], case["expected"]
    pooled, first, running = (tensor(inputs[name]) for name in ("pooled", "S0", "S_r"))
    update = Enhancement(pooled.shape[1], first.shape[1], n_heads=1, dropout=0.0).double()
    attention_of(update.among_tags, inputs, 1)
    attention_of(update.to_characters, inputs, 2)
    number = Roles._fields.index(side)
    update.recover[number].weight.data, update.recover[number].bias.data = (
        tensor(inputs["W_recover"]),
        tensor(inputs["b_recover"]),
    )
    update.refine[number].weight.data, update.refine[number].bias.data = tensor(inputs["W_gelu"]), tensor(inputs["b_gelu"])
    # A grid that says the same in every column of a row, or in every row of a column, pools to that.
    n = len(pooled)
    grid = pooled[:, None].expand(n, n, -1) if side == "subject" else pooled[None].expand(n, n, -1)
    both = [Roles(each[None], each[None]) for each in (first, running)]
    found = update(grid[None], *both, torch.ones(1, n, dtype=torch.bool))
    close(found[number][0], expected["S_next"], case)
    recovered = update.recover[number](pooled)[None]
    close(recovered[0], expected["U"], case)
    among, _ = update.among_tags(recovered, recovered, recovered)
    close(among[0], expected["self_attn"], case)
    crossed, _ = update.to_characters(among, first[None], first[None])
    close(crossed[0], expected["cross_attn"], case)
    close(torch.nn.functional.gelu(update.refine[number](crossed))[0], expected["gelu"], case)


@pytest.mark.paper_cases("crener", "biaffine")
def test_the_biaffine_scores_and_the_sum_of_both_predictors(case):
    inputs, expected = case["inputs"], case["expected"]
    subject, object_, product, linear, constant, of_cells = (
        tensor(inputs[name]) for name in ("s", "o", "U", "W", "b", "y_mlp")
    )
    n_labels, dim, _ = product.shape
    biaffine = Biaffine(dim, n_labels).double()
    weight = torch.zeros_like(biaffine.weight)
    weight[:, :dim, :dim], weight[:, :dim, dim], weight[:, dim, :dim] = product, linear[:, :dim], linear[:, dim:]
    weight[:, dim, dim] = constant
    biaffine.weight.data = weight
    close(biaffine(subject[None], object_[None])[0], expected["y_biaffine"], case)
    predictor = CoPredictor(biaffine, torch.nn.Identity())
    scores = predictor(subject[None], object_[None], of_cells[None])
    close(scores[0], expected["score"], case)
    assert (scores[0] > 0).double().tolist() == expected["positive"]


@pytest.mark.paper_cases("crener", "subword_pool")
def test_the_pieces_of_a_character_have_the_maximum_of_each_number(case):
    pieces = tensor(case["inputs"]["pieces"])
    groups = case["inputs"]["groups"]
    assert [place for group in groups for place in group] == list(range(len(pieces)))
    found = torch.segment_reduce(pieces, "max", lengths=torch.tensor([len(group) for group in groups]))
    close(found, case["expected"]["chars"], case)


class Vectors(torch.nn.Module):
    """An encoder of a given width."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def pretrained_parameters(self):
        return []


def size(*modules):
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


@pytest.mark.paper_cases("crener", "parameter_counts")
def test_the_default_model_has_the_sizes_of_the_specification(case):
    inputs, expected = case["inputs"], case["expected"]
    types = LabelSet(tuple("abcd"))
    assert 2 + 2 * len(types) == inputs["R"]
    model = build(CrenerParams(), task=Task(types), encoder=Vectors(inputs["d_b"]), prepared=None).scorer
    [grid], [update] = model.rounds.passes, model.rounds.updates
    assert size(model.context.narrow) == expected["input_projection"]
    assert size(*model.context.layer.layers) == expected["rel_transformer_layer"]
    assert size(model.rounds.roles) == expected["eq4"]
    assert size(grid.pairs.gain, grid.pairs.bias) == expected["cln"]
    assert size(grid.pairs.project) == expected["mlp1"]
    assert size(grid.convolutions) == expected["dconv"]
    assert size(grid.tags) == expected["tf"]
    assert size(*update.recover) == expected["recover"]
    assert size(model.predictor.pairs.biaffine) == expected["biaffine"]
    assert size(model.predictor.cells) == expected["mlp_rel"]
    assert isinstance(model.predictor.cells, CellPredictor)
