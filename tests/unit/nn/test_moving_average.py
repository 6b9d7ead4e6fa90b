import copy
import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.nn.moving_average import DampedEma

KINDS = [
    pytest.param(
        {"decay": decay, "damping": damping, "bidirectional": both}, id=f"{decay}-{damping}-{'both' if both else 'left'}"
    )
    for decay, damping, both in itertools.product(("per_head", "per_channel"), ("mega", "scaled"), (True, False))
]
GARBAGE = [float("nan"), float("inf"), -1e30]


def ragged(lengths, n_tokens=None):
    return torch.arange(n_tokens or max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def one_direction(layer, which, hidden):
    """The definition, token by token; hidden (batch, token, dim)."""
    alpha, delta = layer.alpha_logits[which].sigmoid(), layer.delta_logits[which].sigmoid()
    retained = (1 - alpha) * delta if layer.scaled_damping else 1 - alpha * delta
    state, found = 0, []
    for here in range(hidden.shape[1]):
        state = alpha * layer.expansion[which] * hidden[:, here, None] + retained * state  # (batch, head, dim)
        found.append((layer.reduction[which] * state).sum(1))
    return torch.stack(found, dim=1)


def recurrence(layer, hidden, mask):
    real = hidden * mask.unsqueeze(2)
    found = one_direction(layer, 0, real)
    if len(layer.expansion) == 2:
        found = found + one_direction(layer, 1, real.flip(1)).flip(1)
    return found * layer.expansion.shape[1] ** -0.5 if layer.scale != 1 else found


def spread(layer):
    """The layer with decays of all kinds, from none of the past to nearly all of it."""
    torch.nn.init.normal_(layer.alpha_logits, std=4)
    torch.nn.init.normal_(layer.delta_logits, std=4)
    return layer


@given(
    decay=st.sampled_from(["per_head", "per_channel"]),
    damping=st.sampled_from(["mega", "scaled"]),
    bidirectional=st.booleans(),
    scale=st.booleans(),
    n_heads=st.integers(1, 6),
    dim=st.integers(1, 4),
    lengths=st.lists(st.integers(1, 33), min_size=1, max_size=3),
    seed=st.integers(0, 2**31),
)
def test_it_is_the_recurrence_whatever_the_shape(decay, damping, bidirectional, scale, n_heads, dim, lengths, seed):
    torch.manual_seed(seed)
    layer = DampedEma(dim, n_heads, decay=decay, damping=damping, bidirectional=bidirectional, scale=scale)
    layer = spread(layer.double())
    hidden, mask = torch.randn(len(lengths), max(lengths), dim, dtype=torch.float64), ragged(lengths)
    torch.testing.assert_close(layer(hidden, mask), recurrence(layer, hidden, mask), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kernel_is_the_answer_to_one_impulse(kind):
    layer = spread(DampedEma(3, 4, **kind).double())
    impulse = torch.zeros(1, 21, 3, dtype=torch.float64)
    impulse[:, 10] = 1
    kernel, answer = layer.kernel(11, torch.float64), layer(impulse, None)[0].T
    torch.testing.assert_close(answer[:, 11:], kernel[0, :, 1:], rtol=1e-9, atol=1e-12)
    earlier = kernel[1, :, 1:].flip(1) if kind["bidirectional"] else torch.zeros(3, 10, dtype=torch.float64)
    torch.testing.assert_close(answer[:, :10], earlier, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(answer[:, 10], kernel[:, :, 0].sum(0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind):
    layer = DampedEma(2, 3, **kind).double()
    hidden, mask = torch.randn(2, 5, 2, dtype=torch.float64, requires_grad=True), ragged([5, 3])
    names, values = zip(*layer.named_parameters(), strict=True)

    def averages(hidden, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (hidden, mask))[mask]

    assert torch.autograd.gradcheck(averages, (hidden, *values))


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("kind", KINDS)
def test_padding_reaches_no_real_token_and_no_gradient(kind, garbage):
    layer = spread(DampedEma(4, 8, **kind))
    short = torch.randn(2, 13, 4, requires_grad=True)
    layer(short, None).square().sum().backward()
    expected, gradients = short.grad, [each.grad.clone() for each in layer.parameters()]
    layer.zero_grad()
    padded = torch.full((2, 29, 4), garbage)
    padded[:, :13] = short.detach()
    padded.requires_grad_()
    mask = ragged([13, 13], 29)
    found = layer(padded, mask)
    torch.testing.assert_close(found[:, :13], layer(short, None), rtol=1e-6, atol=1e-6)
    assert found.isfinite().all()
    found[mask].square().sum().backward()
    torch.testing.assert_close(padded.grad[:, :13], expected, rtol=1e-5, atol=1e-5)
    assert not padded.grad[:, 13:].any()
    for parameter, gradient in zip(layer.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-4)


def test_a_sentence_has_the_same_averages_alone_as_in_a_batch():
    layer, hidden, lengths = DampedEma(6, 16), torch.randn(3, 40, 6), [40, 7, 23]
    together = layer(hidden, ragged(lengths))
    for number, length in enumerate(lengths):
        alone = layer(hidden[number : number + 1, :length], None)[0]
        torch.testing.assert_close(together[number, :length], alone, rtol=1e-6, atol=1e-6)


def test_from_the_left_alone_nothing_later_matters_and_from_both_sides_it_does():
    hidden = torch.randn(1, 12, 3)
    changed = hidden.clone()
    changed[:, 7:] += 1
    left, both = DampedEma(3, 4, bidirectional=False), DampedEma(3, 4)
    torch.testing.assert_close(left(changed, None)[:, :7], left(hidden, None)[:, :7], rtol=1e-6, atol=1e-6)
    assert (both(changed, None)[:, :7] - both(hidden, None)[:, :7]).abs().amax(2).min() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_long_memory_is_exact_in_float32(kind):
    layer = DampedEma(8, 64, **kind)
    torch.nn.init.constant_(layer.alpha_logits, -4)
    torch.nn.init.constant_(layer.delta_logits, -4 if kind["damping"] == "mega" else 8)
    hidden = torch.randn(1, 512, 8)
    found = layer(hidden, None)
    expected = copy.deepcopy(layer).double()(hidden.double(), None)
    assert (layer.kernel(512)[..., -1] / layer.kernel(512)[..., 0]).min() > 1e-5
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("logit", [-100.0, 100.0])
@pytest.mark.parametrize("kind", KINDS)
def test_decays_at_their_limits_give_finite_averages_and_gradients(kind, logit):
    layer = DampedEma(3, 2, **kind)
    torch.nn.init.constant_(layer.alpha_logits, logit)
    torch.nn.init.constant_(layer.delta_logits, logit)
    found = layer(torch.randn(2, 300, 3), None)
    found.sum().backward()
    assert found.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_under_autocast_only_what_comes_out_is_rounded(kind):
    layer, hidden, mask = DampedEma(5, 16, **kind), torch.randn(2, 30, 5).bfloat16(), ragged([30, 11])
    expected = layer(hidden.float(), mask)
    with torch.autocast("cpu", torch.bfloat16):
        found, precise = layer(hidden, mask), layer(hidden.float(), mask)
    assert (found.dtype, precise.dtype) == (torch.bfloat16, torch.float32)
    torch.testing.assert_close(precise, expected, rtol=0, atol=0)
    torch.testing.assert_close(found, expected.bfloat16(), rtol=0, atol=0)
    found.float().sum().backward()
    assert all(parameter.grad.dtype is torch.float32 for parameter in layer.parameters())


def test_new_weights_are_those_of_mega():
    layer = DampedEma(400, 50)
    assert layer.expansion[:, 0::2].mean().item() == pytest.approx(1, abs=1e-3)
    assert layer.expansion[:, 1::2].mean().item() == pytest.approx(-1, abs=1e-3)
    assert layer.expansion[:, 0::2].std().item() == pytest.approx(0.02, rel=0.05)
    assert layer.reduction.std().item() == pytest.approx(1, rel=0.05)
    channels = DampedEma(400, 50, decay="per_channel")
    for values in (channels.alpha_logits, channels.delta_logits):
        assert (values.mean().item(), values.std().item()) == pytest.approx((0, 0.2), abs=0.01)


class TestWhatIsKeptWhileEvaluating:
    @pytest.fixture
    def made(self, monkeypatch):
        """The lengths of all kernels that were made."""
        made, kernel = [], DampedEma.kernel

        def noted(layer, n_tokens, *args):
            made.append(n_tokens)
            return kernel(layer, n_tokens, *args)

        monkeypatch.setattr(DampedEma, "kernel", noted)
        return made

    @pytest.fixture
    def layer(self, made):
        """A layer in evaluation that has averaged eight tokens."""
        layer = DampedEma(3, 4).eval()
        self.averages(layer)
        made.clear()
        return layer

    def averages(self, layer, n_tokens=8):
        with torch.no_grad():
            return layer(torch.ones(1, n_tokens, 3), None)

    def averages_of_new_kernel(self, layer):
        return layer(torch.ones(1, 8, 3), None).detach()

    def test_the_kernel_is_made_once_for_each_length(self, layer, made):
        assert torch.equal(self.averages(layer), self.averages_of_new_kernel(layer))
        made.clear()
        for n_tokens in (8, 9, 8, 9):
            self.averages(layer, n_tokens)
        assert made == [9]

    def test_what_was_kept_under_inference_mode_serves_without_gradients(self, layer, made):
        with torch.inference_mode():
            kept = layer(torch.ones(1, 9, 3), None)
        assert torch.equal(self.averages(layer, 9), kept)
        assert made == [9]

    def test_weights_born_under_inference_mode_are_no_obstacle(self, layer, made):
        with torch.inference_mode():
            born = DampedEma(3, 4).eval()
            born.load_state_dict(layer.state_dict())
            assert torch.equal(self.averages(born), self.averages(born))
        assert len(made) == 1

    def test_nothing_is_kept_with_gradients(self, layer, made):
        for _ in range(2):
            layer.zero_grad()
            layer(torch.ones(1, 8, 3), None).sum().backward()
            assert all(parameter.grad.any() for parameter in layer.parameters())
        assert len(made) == 2

    def test_nothing_is_kept_while_training(self, layer, made):
        layer.train()
        self.averages(layer)
        self.averages(layer)
        assert len(made) == 2

    def test_training_forgets_all(self, layer, made):
        layer.train().eval()
        self.averages(layer)
        assert len(made) == 1

    @pytest.mark.parametrize("assign", [False, True])
    def test_loaded_weights_count_at_once(self, layer, assign):
        other = DampedEma(3, 4)
        layer.load_state_dict(other.state_dict(), assign=assign)
        assert torch.equal(self.averages(layer), self.averages_of_new_kernel(other))

    def test_weights_changed_in_place_count_at_once(self, layer):
        before = self.averages(layer)
        with torch.no_grad():
            layer.reduction.mul_(2)
        assert torch.equal(self.averages(layer), 2 * before)

    def test_weights_that_a_change_of_type_has_rounded_count_at_once(self, layer):
        before = self.averages(layer)
        layer.bfloat16().float()
        assert not torch.equal(self.averages(layer), before)
        assert torch.equal(self.averages(layer), self.averages_of_new_kernel(layer))

    def test_it_is_no_part_of_the_weights(self, layer):
        assert set(layer.state_dict()) == {"alpha_logits", "delta_logits", "expansion", "reduction"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"dim": 0}, "one channel and one head, got dim 0 and 64 heads", id="no-channel"),
        pytest.param({"dim": 3, "n_heads": 0}, "got dim 3 and 0 heads", id="no-head"),
        pytest.param({"dim": 3, "decay": "per_token"}, "got 'per_token' and 'mega'", id="decay"),
        pytest.param({"dim": 3, "damping": "none"}, "got 'per_head' and 'none'", id="damping"),
    ],
)
def test_what_makes_no_layer_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        DampedEma(**given)


def test_hidden_states_of_another_width_are_refused():
    with pytest.raises(ValueError, match="dim 3 got hidden states of dim 1"):
        DampedEma(3)(torch.ones(1, 2, 1), None)
