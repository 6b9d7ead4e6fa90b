"""HREB-CRF against the facts of its specification: additions, blocks, norms, and what holds of them whatever the numbers."""

import numpy as np
import pytest
import torch
from torch import nn

from cnerkit.nn.crf import Crf
from cnerkit.nn.gated_attention import ToeplitzBias, silu
from cnerkit.nn.hreb import HrebFeatures, Recurrent
from cnerkit.nn.masked_norm import MaskedBatchNorm
from cnerkit.nn.reduced_bias import reduced_bias
from cnerkit.nn.rhema import Attention, Ema, NaiveAttention, Rhema, RhemaBlock

KINDS = ["pooled", "token", "channel", "scalar", "grad_cached", "grad_cached_raw", "static", "off"]


def numbers(values):
    return torch.tensor(values, dtype=torch.float64)


def close(found, expected, case):
    np.testing.assert_allclose(
        np.asarray(found.detach()), np.asarray(expected, dtype=float), case["tolerance"]["rtol"], case["tolerance"]["atol"]
    )


def fill(module, **values):
    """Give parameters and buffers their numbers; matrices are written [in][out]."""
    state = {}
    for name, value in values.items():
        tensor, own = numbers(value), module.get_parameter if name in dict(module.named_parameters()) else module.get_buffer
        state[name] = (tensor.T if tensor.ndim == 2 else tensor).reshape(own(name).shape)
    module.load_state_dict({**module.state_dict(), **state})


def fill_gate(gate, params):
    alpha, beta = (params.get(f"w{term}", params.get(f"W{term}")) for term in "ab")
    biases = {"of_branch.bias": np.ravel(params["ba"]), "of_skip.bias": np.ravel(params["bb"])}
    fill(gate, **{"of_branch.weight": alpha, "of_skip.weight": beta, **biases})


def addition(kind, dim, params):
    made = reduced_bias(kind, dim).double()
    if kind == "scalar":
        fill(made.gate, share=params["r"])
    elif kind not in ("static", "off"):
        fill_gate(made.gate, params)
    return made


def kind_of(case, normalize):
    mode = case["options"].get("mode", "grad_cached")
    return "grad_cached_raw" if mode == "grad_cached" and not normalize else mode


@pytest.mark.paper_cases("hreb", "reduced_bias")
def test_reduced_bias_additions(case):
    branch, skip = (numbers(case["inputs"][name]).unsqueeze(0) for name in ("F", "x"))
    mask = numbers(case["inputs"]["mask"]).bool().unsqueeze(0)
    params, expected = case["params"], case["expected"]
    made = addition(kind_of(case, params.get("normalize", True)), branch.shape[2], params)
    if "gF" in params:
        fill(made.gate, branch_gradient=params["gF"], skip_gradient=params["gx"])
    close(made(branch, skip, mask)[0][mask[0]], np.array(expected["y"])[np.array(case["inputs"]["mask"], dtype=bool)], case)
    if hasattr(made, "gate"):
        weights = made.gate(branch, skip, mask)
        real = mask[0] if np.ndim(expected["alpha"]) == 2 else slice(None)
        close(weights.alpha.flatten()[real], np.ravel(expected["alpha"])[real], case)
        close(weights.beta.flatten()[real], np.ravel(expected["beta"])[real], case)


@pytest.mark.paper_cases("hreb", "grad_cached_steps")
def test_gradients_of_one_step_gate_the_next(case):
    skip, weight = numbers(case["inputs"]["x"]).unsqueeze(0), numbers(case["inputs"]["c"])
    mask, matrix = torch.ones(1, len(weight), dtype=torch.bool), numbers(case["params"]["W"])
    made = addition(kind_of(case, case["options"]["normalize"]), skip.shape[2], case["params"])
    for step in case["expected"]["steps"]:
        found = made((skip @ matrix).requires_grad_(), skip.clone().requires_grad_(), mask)
        loss = (weight * found.tanh()).sum()
        loss.backward()
        close(torch.stack(list(made.measures().values())), [step["alpha"], step["beta"]], case)
        close(found[0], step["y"], case)
        close(loss, step["loss"], case)
        close(made.gate.branch_gradient, step["cached_gF"], case)
        close(made.gate.skip_gradient, step["cached_gx"], case)


@pytest.mark.paper_cases("hreb", "laplace_residual")
def test_values_are_added_to_what_attention_makes_of_them(case):
    weights, values = (numbers(case["inputs"][name]).unsqueeze(0) for name in ("A", "V"))
    params, width = case["params"], values.shape[2]
    block = RhemaBlock(4, Rhema(attention=Attention(3, width))).double()
    add, norm = block.layer.attention.value_add, block.layer.attention.value_norm
    for linear, weight in ((add.gate.of_branch, params["alpha"]), (add.gate.of_skip, params["beta"])):
        nn.init.constant_(linear.bias, float(torch.logit(numbers(weight))))
    fill(norm, weight=params["ln_weight"], bias=params["ln_bias"])
    mask = torch.ones(1, values.shape[1], dtype=torch.bool)
    close(norm(add(weights @ values, values, mask))[0], case["expected"]["O"], case)


@pytest.mark.paper_cases("hreb", "masked_batch_norm")
def test_batch_norm_over_real_tokens(case):
    hidden, mask, expected = numbers(case["inputs"]["x"]), numbers(case["inputs"]["mask"]).bool(), case["expected"]
    norm = MaskedBatchNorm(hidden.shape[2], eps=case["options"]["eps"], momentum=1.0).double()
    close(norm(hidden, mask), expected["y"], case)
    close(norm.running_mean, expected["mean"], case)
    close(norm.running_var, expected["var_unbiased"], case)


@pytest.mark.paper_cases("hreb", "crf")
def test_loss_without_a_mask_is_that_of_the_released_code(case):
    inputs, params = case["inputs"], case["params"]
    crf = Crf(len(params["start"])).double()
    names = {"start_transitions": params["start"], "end_transitions": params["end"]}
    fill(crf, **names, transitions=np.transpose(params["transitions"]).tolist())
    emissions, tags = numbers(inputs["emissions"]).unsqueeze(0), torch.tensor([inputs["tags"]])
    real = torch.arange(emissions.shape[1]) < inputs["length"]
    close(-crf.log_likelihood(emissions, tags, real.unsqueeze(0)), [case["expected"]["nll"]], case)
    every = torch.ones_like(tags, dtype=torch.bool)
    close(-crf.log_likelihood(emissions, tags, every), [case["expected"]["nll_if_mask_ignored"]], case)


def block_of(case):
    """The block of a case with its numbers, which has other names for some of them."""
    params, options = case["params"], case["options"]
    dim, width, bias = len(params["Wz"]), len(params["bz"]), params["rel_bias"]
    attention = Attention(width, len(params["bv"]), options["attention_fn"], shared_residual=options["z_residual"] == "project")
    ema = Ema(n_heads=len(params["ema"]["fwd"]["a"]), **_ema_options(options["ema"]))
    made = Rhema(ema, attention, options["reduced_bias"], ffn_dim=len(params["b1"]), norm=options["norm"])
    block = RhemaBlock(dim, made)
    block.layer.attention.bias = ToeplitzBias((len(bias) + 1) // 2)
    block.double()
    layer = block.layer
    names = {
        "query_scale": "kappa_q",
        "query_shift": "mu_q",
        "key_scale": "kappa_k",
        "key_shift": "mu_k",
        "bias.weight": "rel_bias",
    }
    fill(layer.attention, **{name: params[theirs] for name, theirs in names.items()})
    linears = {
        layer.attention.shared: "z",
        layer.attention.value: "v",
        layer.reset: "r",
        layer.update: "u",
        layer.candidate: "h",
    }
    linears |= {block.ffn.widen: "1", block.ffn.narrow: "2"}
    for linear, name in linears.items():
        fill(linear, weight=params[f"W{name}"], bias=params[f"b{name}"])
    fill(layer.recall, weight=params["Uh"])
    if layer.attention.shared_residual is not None:
        fill(layer.attention.shared_residual, weight=params["Wp"])
    for made, name in ((layer.attention.value_add, "rb_att"), (block.add, "rb_1"), (block.ffn_add, "rb_2")):
        if name in params:
            fill_gate(made.gate, params[name])
    directions = [params["ema"]["fwd"], params["ema"]["bwd"]]
    for name, theirs in {"alpha_logits": "a", "delta_logits": "b", "expansion": "e", "reduction": "r"}.items():
        values = torch.stack([numbers(direction[theirs]) for direction in directions])
        layer.ema.get_parameter(name).data = values.reshape(layer.ema.get_parameter(name).shape)
    return block


def _ema_options(options):
    return {key: value for key, value in options.items() if key != "direction"} | {
        "bidirectional": options["direction"] == "bidirectional"
    }


@pytest.mark.paper_cases("hreb", "rhema_block")
def test_every_step_of_the_block(case):
    block, expected, seen = block_of(case), case["expected"], {}
    layer, attention = block.layer, block.layer.attention
    watched = {"X_ema": layer.ema, "A": attention.dropout, "O": attention, "Y_hat": layer.dropout, "Y": layer}
    watched |= {"after_add1": block.norm, "shared": attention.shared, "gamma": layer.reset, "Phi": layer.update}
    for name, module in watched.items():
        module.register_forward_hook(lambda _, __, output, name=name: seen.update({name: output}))
    hidden, mask = numbers(case["inputs"]["x"]).unsqueeze(0), numbers(case["inputs"]["mask"]).bool().unsqueeze(0)
    n_real = int(mask.sum())
    out = block.train()(hidden, mask)
    residual = attention.shared_residual(hidden) if attention.shared_residual is not None else 0
    seen |= {"gamma": silu(seen["gamma"]), "Phi": seen["Phi"].sigmoid(), "Z": silu(seen.pop("shared")) + residual, "out": out}
    for name, value in seen.items():
        close(value[0, :n_real, :n_real] if name == "A" else value[0, :n_real], expected[name], case)
    gates = {"att": attention.value_add, "1": block.add, "2": block.ffn_add}
    for name, (alpha, beta) in expected["gates"].items():
        if case["options"]["reduced_bias"] != "static":
            close(torch.stack(list(gates[name].measures().values())), [alpha, beta], case)


def ragged(*lengths):
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def random_block(**made_of):
    return RhemaBlock(8, Rhema(**{"ema": Ema(4), "attention": Attention(6, 5), "ffn_dim": 16, **made_of}))


def stirred(module):
    """All parameters random, so that no gate is at its start and no gradient vanishes."""
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.4)
    return module.double().eval()


BILSTM = Recurrent(reduced_bias="pooled", norm="layer")
PARTS = {
    "block": random_block,
    "softmax": lambda: random_block(attention=Attention(6, 5, "softmax", bias="buckets")),
    "token-gates": lambda: random_block(reduced_bias="token"),
    "channel-gates": lambda: random_block(reduced_bias="channel"),
    "cached-gates": lambda: random_block(reduced_bias="grad_cached"),
    "naive": lambda: NaiveAttention(8),
    "bilstm": lambda: HrebFeatures(8, [], BILSTM, "rhema_bilstm", 0.0),
    "whole": lambda: HrebFeatures(8, [random_block(), random_block()], BILSTM, "rhema_bilstm", 0.0),
    "parallel": lambda: HrebFeatures(8, [random_block()], BILSTM, "parallel", 0.0),
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_no_padding_reaches_a_real_token_whatever_it_holds_and_splitting_a_batch_changes_nothing(part):
    torch.manual_seed(3)
    module, mask, hidden = stirred(part()), ragged(9, 1, 6), torch.randn(3, 9, 8, dtype=torch.float64)
    found = module(hidden, mask)
    noisy = torch.where(mask.unsqueeze(2), hidden, 1e8 * torch.randn_like(hidden))
    torch.testing.assert_close(module(noisy, mask)[mask], found[mask], rtol=0, atol=1e-12)
    for row, length in enumerate(mask.sum(1).tolist()):
        alone = module(hidden[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(alone[0], found[row, :length], rtol=0, atol=1e-12)


@pytest.mark.parametrize("part", ["block", "softmax", "token-gates", "channel-gates", "naive"])
def test_infinite_padding_does_not_either(part):
    torch.manual_seed(3)
    module, mask, hidden = stirred(PARTS[part]()), ragged(9, 1, 6), torch.randn(3, 9, 8, dtype=torch.float64)
    infinite = torch.where(mask.unsqueeze(2), hidden, torch.inf)
    torch.testing.assert_close(module(infinite, mask)[mask], module(hidden, mask)[mask], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_an_addition_of_real_tokens_is_free_of_padding(kind):
    torch.manual_seed(3)
    made, mask = stirred(reduced_bias(kind, 8)), ragged(5, 2)
    branch, skip = torch.randn(2, 2, 5, 8, dtype=torch.float64)
    noisy = [torch.where(mask.unsqueeze(2), term, torch.nan) for term in (branch, skip)]
    torch.testing.assert_close(made(*noisy, mask)[mask], made(branch, skip, mask)[mask], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("share", "term"), [(1.0, 0), (0.0, 1)])
def test_a_scalar_gate_at_its_ends_gives_one_term(share, term):
    made, terms = reduced_bias("scalar", 4), torch.randn(2, 2, 3, 4)
    nn.init.constant_(made.gate.share, share)
    torch.testing.assert_close(made(*terms, ragged(3, 2)), terms[term], rtol=0, atol=0)


def test_pooled_gates_start_at_one_half_and_learn():
    made, mask = reduced_bias("pooled", 4), ragged(3, 2)
    (made(torch.randn(2, 3, 4), torch.randn(2, 3, 4), mask) ** 3)[mask].sum().backward()
    assert [value.item() for value in made.measures().values()] == [0.5, 0.5]
    assert all(parameter.grad.abs().min() > 0 for parameter in made.parameters())


class TestCachedGates:
    def step(self, made, scale=1.0):
        """One forward and backward pass; gives what comes out, and the gradients that reach both terms."""
        torch.manual_seed(4)
        mask, terms = ragged(4, 2), [torch.randn(2, 4, 6).requires_grad_() for _ in range(2)]
        found = made(*terms, mask)
        (scale * found.square())[mask].sum().backward()
        return found, [term.grad[mask].mean(0) for term in terms]

    @pytest.mark.parametrize("kind", ["grad_cached", "grad_cached_raw"])
    def test_the_first_pass_is_gated_by_the_biases_and_the_next_by_its_gradients(self, kind):
        made = reduced_bias(kind, 6)
        nn.init.constant_(made.gate.of_branch.bias, 0.7)
        _, gradients = self.step(made)
        assert made.measures()["alpha"] == torch.sigmoid(torch.tensor(0.7))
        assert made.measures()["beta"] == 0.5
        torch.testing.assert_close([made.gate.branch_gradient, made.gate.skip_gradient], gradients)
        self.step(made)
        assert made.measures()["beta"] != 0.5

    def test_evaluation_leaves_them_alone(self):
        made = reduced_bias("grad_cached", 6)
        self.step(made)
        kept = made.gate.branch_gradient.clone()
        made.eval()
        self.step(made, scale=3.0)
        assert torch.equal(made.gate.branch_gradient, kept)

    def test_gradients_that_are_not_finite_leave_them_alone(self):
        made = reduced_bias("grad_cached", 6)
        self.step(made)
        kept = made.gate.branch_gradient.clone()
        self.step(made, scale=float("inf"))
        assert torch.equal(made.gate.branch_gradient, kept)

    def test_they_survive_saving_and_loading(self):
        made, other = reduced_bias("grad_cached", 6), reduced_bias("grad_cached", 6)
        self.step(made)
        other.load_state_dict(made.state_dict())
        assert torch.equal(self.step(other.eval())[0], self.step(made.eval())[0])


@pytest.mark.parametrize("causal", [True, False])
def test_only_a_causal_block_is_blind_to_what_comes_later(causal):
    torch.manual_seed(3)
    attention = Attention(6, 5, causal=causal)
    block = stirred(random_block(ema=Ema(4, bidirectional=not causal), attention=attention, reduced_bias="scalar"))
    hidden, mask = torch.randn(1, 7, 8, dtype=torch.float64), ragged(7)
    later = torch.cat([hidden[:, :4], torch.randn(1, 3, 8, dtype=torch.float64)], dim=1)
    same = torch.isclose(block(hidden, mask)[:, :4], block(later, mask)[:, :4], rtol=0, atol=1e-12)
    assert bool(same.all()) == causal
