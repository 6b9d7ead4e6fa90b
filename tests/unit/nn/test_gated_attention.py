import math

import pytest
import torch

from cnerkit.nn.gated_attention import (
    LAPLACE_MEAN,
    BucketBias,
    ToeplitzBias,
    attention_weights,
    laplace,
    silu,
)

FUNCTIONS = ["laplace", "softmax"]
GARBAGE = [float("nan"), float("inf"), -1e30]


def ragged(lengths, n_tokens=None):
    return torch.arange(n_tokens or max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def random_heads(batch, n_tokens, width=4, dtype=torch.float32):
    """Queries, keys and a bias, of which no weight is near 0 or 1."""
    return (
        torch.randn(batch, n_tokens, width, dtype=dtype),
        torch.randn(batch, n_tokens, width, dtype=dtype),
        0.3 * torch.randn(n_tokens, n_tokens, dtype=dtype) + LAPLACE_MEAN,
    )


def test_at_its_mean_laplace_has_value_and_slope_of_the_squared_relu():
    point = torch.tensor(LAPLACE_MEAN, dtype=torch.float64, requires_grad=True)
    squared = point.clamp(min=0) ** 2
    (slope,) = torch.autograd.grad(laplace(point), point)
    (expected,) = torch.autograd.grad(squared, point)
    assert laplace(point).item() == pytest.approx(squared.item(), abs=1e-12) == 0.5
    assert slope.item() == pytest.approx(expected.item(), abs=1e-12)


def test_without_a_divisor_laplace_divides_by_the_real_tokens_and_softmax_by_the_root_of_the_width():
    query, key, bias = random_heads(2, 5, dtype=torch.float64)
    mask = ragged([5, 3])
    products = query @ key.transpose(1, 2)
    found = attention_weights(query, key, bias, mask, function="laplace")
    torch.testing.assert_close(found[0], laplace(products[0] / 5 + bias))
    torch.testing.assert_close(found[1, :3, :3], laplace(products[1] / 3 + bias)[:3, :3])
    found = attention_weights(query, key, bias, mask, function="softmax")
    torch.testing.assert_close(found[1, :3, :3], (products[1] / 2 + bias)[:3, :3].softmax(1))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_given_divisor_counts_whatever_the_function(function):
    query, key, bias = random_heads(1, 5, dtype=torch.float64)
    scores = query @ key.transpose(1, 2) / 7 + bias
    expected = laplace(scores) if function == "laplace" else scores.softmax(2)
    torch.testing.assert_close(attention_weights(query, key, bias, None, function=function, divisor=7), expected)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_mask_is_a_mask_of_real_tokens_alone(function):
    query, key, bias = random_heads(2, 5)
    mask = torch.ones(2, 5, dtype=torch.bool)
    expected = attention_weights(query, key, bias, mask, function=function)
    assert torch.equal(attention_weights(query, key, bias, None, function=function), expected)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_padding_reaches_no_real_token_and_no_gradient(function, garbage, causal):
    query, key, bias = random_heads(2, 7)
    n_real = 4
    queries, keys = (torch.full_like(query, garbage) for _ in range(2))
    queries[:, :n_real], keys[:, :n_real] = query[:, :n_real], key[:, :n_real]
    queries.requires_grad_(), keys.requires_grad_()
    found = attention_weights(queries, keys, bias, ragged([n_real] * 2, 7), function=function, causal=causal)
    short = query[:, :n_real], key[:, :n_real], bias[:n_real, :n_real]
    expected = attention_weights(*short, None, function=function, causal=causal)
    torch.testing.assert_close(found[:, :n_real, :n_real], expected, rtol=1e-6, atol=1e-6)
    assert found.isfinite().all()
    assert not found[:, :n_real, n_real:].any()
    found[:, :n_real].square().sum().backward()
    for values in (queries, keys):
        assert values.grad.isfinite().all()
        assert not values.grad[:, n_real:].any()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_sentence_without_a_real_token_has_finite_weights(function):
    query, key, bias = random_heads(2, 3)
    assert attention_weights(query, key, bias, ragged([3, 0]), function=function).isfinite().all()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_causal_weights_of_a_query_are_those_without_the_keys_after_it(function):
    query, key, bias = random_heads(1, 6)
    found = attention_weights(query, key, bias, None, function=function, divisor=2, causal=True)
    assert not found.triu(1).any()
    for length in range(1, 7):
        begun = query[:, :length], key[:, :length], bias[:length, :length]
        expected = attention_weights(*begun, None, function=function, divisor=2)
        torch.testing.assert_close(found[:, length - 1, :length], expected[:, -1])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_scores_and_weights_stay_in_float32_under_autocast(function):
    query, key, bias = random_heads(2, 9, width=64)
    mask = ragged([9, 5])
    rounded = query.bfloat16(), key.bfloat16()
    expected = attention_weights(*(each.float() for each in rounded), bias, mask, function=function)
    with torch.autocast("cpu", torch.bfloat16):
        found = attention_weights(*rounded, bias, mask, function=function)
    assert found.dtype is torch.float32
    assert torch.equal(found, expected)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_gradients_are_those_of_finite_differences(function):
    query, key, bias = (each.requires_grad_() for each in random_heads(2, 4, dtype=torch.float64))
    mask = ragged([4, 2])
    assert torch.autograd.gradcheck(
        lambda *given: attention_weights(*given, mask, function=function, causal=True)[mask], (query, key, bias)
    )


def test_what_does_not_fit_is_refused():
    query, key, bias = random_heads(2, 4)
    with pytest.raises(ValueError, match=r"'laplace', 'softmax'.*got 'sparsemax'"):
        attention_weights(query, key, bias, None, function="sparsemax")
    with pytest.raises(ValueError, match=r"queries \(2, 4, 4\), keys \(2, 3, 4\)"):
        attention_weights(query, key[:, :3], bias, None)
    with pytest.raises(ValueError, match=r"a bias \(1, 4\) do not fit"):
        attention_weights(query, key, bias[:1], None)


@pytest.mark.parametrize("n_tokens", [1, 2, 4, 5, 9])
def test_a_toeplitz_bias_is_that_of_the_distance_or_of_the_farthest_there_is(n_tokens):
    bias = ToeplitzBias(4)
    found = bias(n_tokens)
    assert found.shape == (n_tokens, n_tokens)
    for query in range(n_tokens):
        for key in range(n_tokens):
            assert found[query, key] == bias.weight[3 + max(-3, min(3, key - query))]


def test_the_gradient_of_a_bias_is_summed_over_the_pairs_of_its_distance():
    bias = ToeplitzBias(3)
    bias(5).sum().backward()
    assert bias.weight.grad.tolist() == [1 + 2 + 3, 4, 5, 4, 3 + 2 + 1]


def test_new_biases_are_small():
    assert ToeplitzBias(4000).weight.std().item() == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize(("n_buckets", "max_distance"), [(32, 128), (8, 20), (2, 2)])
def test_a_bucket_holds_one_distance_at_first_and_then_ever_more(n_buckets, max_distance):
    bias = BucketBias(n_buckets, max_distance, scale=1.0)
    bias.load_state_dict({"weight": torch.arange(float(n_buckets))})
    last_row = bias(max_distance + 9)[-1].flip(0)
    for distance, found in enumerate(last_row.tolist()):
        expected, half = distance, n_buckets // 2
        if distance >= half:
            expected = half + math.floor((n_buckets - half) * math.log(distance / half) / math.log(max_distance / half))
        assert found == min(expected, n_buckets - 1), distance


def test_keys_after_the_query_have_the_bias_of_its_own_place():
    bias = BucketBias()
    found = bias(6)
    assert torch.equal(found.triu(), bias.weight[0].expand(6, 6).triu())
    assert found.tril(-1).unique().numel() == 6


def test_bucket_biases_are_multiplied_by_their_scale():
    plain, scaled = BucketBias(), BucketBias(scale=5.0)
    scaled.load_state_dict(plain.state_dict())
    assert torch.equal(scaled(7), 5 * plain(7))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: ToeplitzBias(0), "max_tokens 0", id="toeplitz-of-nothing"),
        pytest.param(lambda: BucketBias(0), "got 0 and 128", id="no-bucket"),
        pytest.param(lambda: BucketBias(7), "got 7 and 128", id="odd-number-of-buckets"),
        pytest.param(lambda: BucketBias(32, 31), "got 32 and 31", id="more-buckets-than-distances"),
    ],
)
def test_what_makes_no_bias_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_printed_silu_is_the_slope_of_silu():
    points = torch.linspace(-6, 6, 49, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(silu(points).sum(), points)
    torch.testing.assert_close(silu(points, literal=True), slope, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(silu(points), points * points.sigmoid(), rtol=1e-12, atol=1e-12)
