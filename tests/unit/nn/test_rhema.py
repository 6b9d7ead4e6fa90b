"""What a RHEMA block is made of; its numbers are checked in tests/reference/test_hreb_facts.py."""

import pytest
import torch
from torch import nn

from cnerkit.nn.gated_attention import BucketBias
from cnerkit.nn.rhema import Attention, Ema, NaiveAttention, Rhema, RhemaBlock

USUAL = Rhema(Ema(4), Attention(6, 5), ffn_dim=16)
MASK = torch.arange(5) < torch.tensor([[5], [3]])
HIDDEN = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))


def block(seed=5, **made_of):
    torch.manual_seed(seed)
    usual = {"ema": USUAL.ema, "attention": USUAL.attention, "ffn_dim": USUAL.ffn_dim}
    made = RhemaBlock(8, Rhema(**{**usual, **made_of}))
    for parameter in made.parameters():  # at first weights are so small that hardly anything shows
        parameter.data *= 10
    return made.eval()


def groups(made):
    """What has parameters: the first two parts of their names."""
    return {".".join(name.split(".")[:2]) for name, _ in made.named_parameters()}


@pytest.mark.parametrize(("dim", "millions"), [(768, 4.54), (1024, 7.62)])
def test_the_default_block_has_as_many_parameters_as_the_specification_counts(dim, millions):
    with torch.device("meta"):
        made = RhemaBlock(dim, Rhema(ffn_dim=2 * dim))
    assert sum(parameter.numel() for parameter in made.parameters()) / 1e6 == pytest.approx(millions, abs=0.005)


@pytest.mark.parametrize(
    ("without", "gone"),
    [
        ({"ema": None}, {"layer.ema"}),
        ({"attention": None}, {"layer.attention", "layer.reset", "layer.recall"}),
        ({"ffn_dim": None}, {"ffn.widen", "ffn.narrow", "ffn_add.gate", "ffn_norm.norm"}),
        ({"norm": "none"}, {"norm.norm", "ffn_norm.norm"}),
        ({"reduced_bias": "static"}, {"add.gate", "ffn_add.gate"}),
    ],
)
def test_a_part_that_is_left_out_leaves_no_parameter(without, gone):
    assert groups(block()) - groups(block(**without)) == gone
    assert torch.isfinite(block(**without)(HIDDEN, MASK)[MASK]).all()


@pytest.mark.parametrize("kind", ["static", "off"])
def test_without_gates_attention_has_neither_residual_nor_norm(kind):
    names = {name for name, _ in block(reduced_bias=kind).layer.attention.named_parameters()}
    assert not {name for name in names if name.startswith(("value_add", "value_norm"))}


VARIANTS = {
    "softmax": {"attention": Attention(6, 5, "softmax")},
    "library-scaling": {"attention": Attention(6, 5, scaling="library")},
    "softmax-library-scaling": {"attention": Attention(6, 5, "softmax", scaling="library")},
    "buckets": {"attention": Attention(6, 5, bias="buckets")},
    "causal": {"attention": Attention(6, 5, causal=True)},
    "no-shared-residual": {"attention": Attention(6, 5, shared_residual=False)},
    "no-value-residual": {"attention": Attention(6, 5, value_residual=False)},
    "one-direction": {"ema": Ema(4, bidirectional=False)},
    "scaled-damping": {"ema": Ema(4, damping="scaled")},
    "decay-per-channel": {"ema": Ema(4, decay="per_channel")},
    "unscaled": {"ema": Ema(4, scale=False)},
    "literal-silu": {"literal_silu": True},
    "library-init": {"init": "library"},
    "batch-norm": {"norm": "batch"},
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_reading_is_another_function_that_learns(variant):
    made, found = block(**variant), block()(HIDDEN, MASK)[MASK]
    assert not torch.allclose(made(HIDDEN, MASK)[MASK], found, atol=1e-4)
    (made.train()(HIDDEN, MASK) ** 3)[MASK].sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in made.parameters())


def test_library_scaling_depends_on_the_padding_of_a_batch_and_mega_s_does_not():
    alone = HIDDEN[1:, :3], MASK[1:, :3]
    for scaling, same in (("mega", True), ("library", False)):
        made = block(attention=Attention(6, 5, scaling=scaling))
        assert torch.allclose(made(*alone)[0], made(HIDDEN, MASK)[1, :3], atol=1e-5) == same


def test_buckets_are_scaled_by_the_root_of_the_shared_width():
    bias = block(attention=Attention(9, 5, bias="buckets")).layer.attention.bias
    assert isinstance(bias, BucketBias)
    assert bias.scale == 3


def test_new_weights_are_small_or_as_the_library_draws_them():
    layers = {init: RhemaBlock(200, Rhema(attention=Attention(50, 60), init=init)).layer for init in ("mega", "library")}
    small, large = layers["mega"], layers["library"]
    for weight in (small.candidate.weight, small.recall.weight, small.update.weight, small.attention.value.weight):
        assert 0.015 < weight.std() < 0.025
    assert not small.candidate.bias.any()
    for weight in (large.candidate.weight, large.recall.weight, large.candidate.bias):
        assert 0.8 < weight.std() < 1.2
    assert large.update.weight.std() < 0.1


def test_dropout_acts_while_training_only():
    made = block(dropout=0.5)
    assert torch.equal(made(HIDDEN, MASK), made(HIDDEN, MASK))
    assert not torch.equal(made.train()(HIDDEN, MASK), made(HIDDEN, MASK))


@pytest.mark.parametrize("attention", [Attention(6, 5), Attention(6, 5, "softmax")], ids=["laplace", "softmax"])
def test_under_autocast_it_is_near_what_it_is_without(attention):
    made = block(attention=attention)
    with torch.autocast("cpu", torch.bfloat16):
        found = made(HIDDEN, MASK)
    torch.testing.assert_close(found[MASK], made(HIDDEN, MASK)[MASK], rtol=0.05, atol=0.1)


def test_gradients_are_those_of_finite_differences():
    made, hidden = block().double(), HIDDEN.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda values: made(values, MASK)[MASK], (hidden,), fast_mode=True)


class TestNaiveAttention:
    def test_it_is_softmax_attention_of_one_head_with_a_residual_and_a_norm(self):
        made, hidden = NaiveAttention(8), HIDDEN[:1]
        query, key, value = made.query(hidden)[0], made.key(hidden)[0], made.value(hidden)[0]
        attended = (query @ key.T / 8**0.5).softmax(1) @ value
        expected = nn.functional.layer_norm(attended + hidden[0], (8,))
        torch.testing.assert_close(made(hidden, MASK[:1])[0], expected)

    def test_dropout_acts_while_training_only(self):
        made = NaiveAttention(8, dropout=0.5)
        assert not torch.equal(made(HIDDEN, MASK), made(HIDDEN, MASK))
        made.eval()
        assert torch.equal(made(HIDDEN, MASK), made(HIDDEN, MASK))
