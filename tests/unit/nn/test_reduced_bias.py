"""Kinds of reduced-bias additions; their numbers are checked in tests/reference/test_hreb_facts.py."""

import pytest
import torch

from cnerkit.nn.reduced_bias import reduced_bias

MASK = torch.tensor([[True, True, True], [True, False, False]])
TERMS = torch.randn(2, 2, 3, 4, generator=torch.Generator().manual_seed(1))

PARAMETERS = {
    "pooled": 2 * (4 + 1),
    "token": 2 * (4 + 1),
    "channel": 2 * (4 * 4 + 4),
    "scalar": 1,
    "grad_cached": 2 * (4 + 1),
    "grad_cached_raw": 2 * (4 + 1),
    "static": 0,
    "off": 0,
}


@pytest.mark.parametrize(("kind", "n_parameters"), PARAMETERS.items(), ids=PARAMETERS)
def test_each_kind_has_its_parameters_and_gives_the_shape_of_its_terms(kind, n_parameters):
    made = reduced_bias(kind, 4)
    assert sum(parameter.numel() for parameter in made.parameters()) == n_parameters
    assert made(*TERMS, MASK).shape == (2, 3, 4)


def test_a_kind_that_there_is_none_of_is_refused():
    with pytest.raises(ValueError, match="no reduced-bias addition is called 'pooling'"):
        reduced_bias("pooling", 4)


def test_without_gates_the_terms_are_added_or_the_branch_stands_alone():
    branch, skip = TERMS
    assert torch.equal(reduced_bias("static", 4)(branch, skip, MASK), branch + skip)
    assert torch.equal(reduced_bias("off", 4)(branch, skip, MASK), branch)


@pytest.mark.parametrize("kind", ["pooled", "token", "channel", "scalar", "grad_cached"])
def test_measures_are_the_weights_of_the_last_training_batch_and_detached(kind):
    made = reduced_bias(kind, 4)
    assert made.measures() == {}
    made(*TERMS, MASK)
    measures = made.measures()
    assert list(measures) == ["alpha", "beta"]
    assert all(value.shape == () and not value.requires_grad for value in measures.values())
    made.eval()(*TERMS, MASK)
    assert [value.item() for value in made.measures().values()] == [0.5, 0.5]


@pytest.mark.parametrize("mask", [MASK, MASK[:, :1]], ids=["ragged", "one-token"])
def test_weights_per_token_are_averaged_over_real_tokens(mask):
    made, n_tokens = reduced_bias("token", 4), mask.shape[1]
    torch.nn.init.ones_(made.gate.of_branch.weight)
    branch = TERMS[0][:, :n_tokens]
    made(branch, branch, mask)
    torch.testing.assert_close(made.measures()["alpha"], branch.sum(2).sigmoid()[mask].mean())


@pytest.mark.parametrize("kind", ["pooled", "channel", "grad_cached"])
def test_gates_are_computed_in_float32_under_autocast(kind):
    made = reduced_bias(kind, 4)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter)
    precise = made.gate(*TERMS, MASK)
    with torch.autocast("cpu", torch.bfloat16):
        found = made.gate(*TERMS, MASK)
    assert torch.equal(found.alpha, precise.alpha)
    assert found.alpha.dtype is torch.float32


def test_cached_gradients_are_left_alone_where_no_gradient_is_wanted():
    made = reduced_bias("grad_cached", 4)
    with torch.no_grad():
        assert not made(*TERMS, MASK).requires_grad
    assert not made.gate.branch_gradient.any()


def test_the_last_of_several_backward_passes_is_cached():
    made = reduced_bias("grad_cached", 4)
    for scale in (1.0, 2.0):
        branch = TERMS[0].clone().requires_grad_()
        (scale * made(branch, TERMS[1], MASK)).sum().backward()
    torch.testing.assert_close(made.gate.branch_gradient, branch.grad[MASK].mean(0))


def test_the_state_of_cached_gates_holds_their_gradients():
    gradients = {"gate.branch_gradient", "gate.skip_gradient"}
    assert gradients <= reduced_bias("grad_cached", 4).state_dict().keys()
    assert not gradients & reduced_bias("pooled", 4).state_dict().keys()
