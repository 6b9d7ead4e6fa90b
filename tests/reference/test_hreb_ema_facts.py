"""HREB-CRF's moving averages, biases by distance, attention weights and SiLU against the facts of its specification."""

import pytest
import torch

from cnerkit.nn.gated_attention import ToeplitzBias, attention_weights, laplace, silu
from cnerkit.nn.moving_average import DampedEma


def close(found, expected, case):
    torch.testing.assert_close(found.detach(), tensor(expected), rtol=case["tolerance"]["rtol"], atol=case["tolerance"]["atol"])


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def logits(probability):
    return tensor(probability).logit()


def ema_of(params, options):
    """The layer with the logits, expansions and reductions that a fact gives for each direction."""
    by_direction = [params[name] for name in ("fwd", "bwd") if name in params]
    n_heads, dim = len(by_direction[0]["e"]), len(by_direction[0]["e"][0])
    layer = DampedEma(
        dim,
        n_heads,
        decay=options["decay"],
        damping=options["damping"],
        bidirectional=options["direction"] == "bidirectional",
        scale=options["scale"],
    ).double()
    stacked = {name: tensor([each[name] for each in by_direction]) for name in "aber"}
    layer.load_state_dict(
        {
            "alpha_logits": stacked["a"].reshape(layer.alpha_logits.shape),
            "delta_logits": stacked["b"].reshape(layer.delta_logits.shape),
            "expansion": stacked["e"],
            "reduction": stacked["r"],
        }
    )
    return layer


def plain_ema(alpha, delta, damping):
    """One channel, one head and one direction, in which nothing is scaled."""
    layer = DampedEma(1, 1, damping=damping, bidirectional=False, scale=False).double()
    values = {"alpha_logits": logits(alpha), "delta_logits": logits(delta), "expansion": tensor(1), "reduction": tensor(1)}
    layer.load_state_dict({name: value.reshape(1, 1, 1) for name, value in values.items()})
    return layer


@pytest.mark.paper_cases("hreb", "moving_averages")
def test_the_plain_averages_of_the_background_are_what_they_say(case):
    values, weights, window = case["inputs"]["x"], case["inputs"]["weights"], case["inputs"]["window"]
    expected = case["expected"]
    for here in range(len(values)):
        newest_first = values[here::-1]
        assert expected["cma"][here] == pytest.approx(sum(newest_first) / (here + 1), abs=case["tolerance"]["atol"])
        if here + 1 < window:
            assert expected["sma"][here] is expected["wma"][here] is None
            continue
        weighted = sum(weight * value for weight, value in zip(weights, newest_first, strict=False)) / sum(weights)
        assert expected["sma"][here] == pytest.approx(sum(newest_first[:window]) / window, abs=case["tolerance"]["atol"])
        assert expected["wma"][here] == pytest.approx(weighted, abs=case["tolerance"]["atol"])


@pytest.mark.paper_cases("hreb", "ema_simple")
@pytest.mark.parametrize("damping", ["mega", "scaled"])
def test_without_damping_the_layer_is_the_exponential_average_from_zero(case, damping):
    layer = plain_ema(case["inputs"]["alpha"], 1.0, damping)
    found = layer(tensor(case["inputs"]["x"]).reshape(1, -1, 1), None)
    close(found.flatten(), case["expected"]["zero_init"], case)


@pytest.mark.paper_cases("hreb", "ema_damped_scalar")
@pytest.mark.parametrize("damping", ["mega", "scaled"])
def test_one_damped_head(case, damping):
    values = tensor(case["inputs"]["x"])
    layer = plain_ema(case["inputs"]["alpha"], case["inputs"]["delta"], damping)
    close(layer(values.reshape(1, -1, 1), None).flatten(), case["expected"][damping], case)
    close(layer.kernel(len(values), torch.float64).flatten(), case["expected"][f"{damping}_kernel"], case)


@pytest.mark.paper_cases("hreb", "ema_multidim")
def test_many_heads_and_channels(case):
    layer, inputs, expected = ema_of(case["params"], case["options"]), case["inputs"], case["expected"]
    found = layer(tensor(inputs["x"]).unsqueeze(0), tensor(inputs["mask"]).bool().unsqueeze(0))
    close(found.squeeze(0), expected["y"], case)
    kernels = [expected[name] for name in ("kernel_fwd", "kernel_bwd") if name in expected]
    close(layer.kernel(len(inputs["x"]), torch.float64), kernels, case)


@pytest.mark.paper_cases("hreb", "silu")
def test_silu_and_what_is_printed_for_it(case):
    points = tensor(case["inputs"]["x"]).requires_grad_()
    close(silu(points), case["expected"]["standard"], case)
    close(silu(points, literal=True), case["expected"]["literal_eq8"], case)
    (slope,) = torch.autograd.grad(silu(points).sum(), points)
    close(slope, case["expected"]["literal_eq8"], case)


@pytest.mark.paper_cases("hreb", "laplace")
def test_the_laplace_function_and_its_slope(case):
    points = tensor(case["inputs"]["x"]).requires_grad_()
    given = [case["inputs"][name] for name in ("mu", "sigma") if name in case["inputs"]]
    found = laplace(points, *given)
    close(found, case["expected"]["y"], case)
    if "dy_dx" in case["expected"]:
        (slope,) = torch.autograd.grad(found.sum(), points)
        close(slope, case["expected"]["dy_dx"], case)


@pytest.mark.paper_cases("hreb", "relative_bias")
def test_the_bias_of_a_pair_is_that_of_its_distance(case):
    weights = tensor(case["inputs"]["w"])
    bias = ToeplitzBias((len(weights) + 1) // 2).double()
    bias.load_state_dict({"weight": weights})
    close(bias(case["inputs"]["N"]), case["expected"]["bias"], case)


@pytest.mark.paper_cases("hreb", "attention")
def test_the_weights_of_gated_attention(case):
    params, expected = {name: tensor(values) for name, values in case["params"].items()}, case["expected"]
    shared, values = tensor(case["inputs"]["Z"]), tensor(case["inputs"]["V"])
    mask = tensor(case["inputs"]["mask"]).bool()
    query = params["kappa_q"] * shared + params["mu_q"]
    key = params["kappa_k"] * shared + params["mu_k"]
    close(query, expected["Q"], case)
    close(key, expected["K"], case)
    bias = ToeplitzBias((len(params["rel_bias"]) + 1) // 2).double()
    bias.load_state_dict({"weight": params["rel_bias"]})
    found = attention_weights(query[None], key[None], bias(len(shared)), mask[None], function=case["options"]["fn"]).squeeze(0)
    close(found[mask], tensor(expected["A"])[mask].tolist(), case)
    close(found[mask] @ values, tensor(expected["O"])[mask].tolist(), case)
