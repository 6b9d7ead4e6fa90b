import pytest
import torch

from cnerkit.nn.relative_transformer import RelativeAttention, RelativeTransformer, relative_positions, shifted

MASK = torch.arange(7) < torch.tensor([7, 3, 1]).unsqueeze(1)


def attention(**options):
    layer = RelativeAttention(8, 2, **{"dropout": 0.0, "terms": "full", "scaled": False, **options}).double()
    hidden = torch.randn(3, 7, 8, dtype=torch.float64)
    return layer, hidden


def by_definition(layer, hidden, distance):
    """Eq. 2 with a vector R for each pair of tokens, whose distance is given as a function of both places."""
    n_tokens = hidden.shape[1]
    places = torch.arange(n_tokens, dtype=torch.float64)
    query, key = (linear(hidden).unflatten(2, (2, 4)) for linear in (layer.query, layer.key))
    far = distance(places[:, None], places[None]).flatten()
    positions = relative_positions(far, 4).unflatten(0, (n_tokens, n_tokens))
    content = torch.einsum("bihd,bjhd->bhij", query + layer.key_bias, key)
    return content, torch.einsum("bihd,ijd->bhij", query + getattr(layer, "position_bias", 0), positions)


@pytest.mark.parametrize("n_tokens", [1, 2, 7])
@pytest.mark.parametrize(
    ("terms", "distance"),
    [
        pytest.param("full", lambda i, j: i - j, id="signed"),
        pytest.param("no_sign", lambda i, j: (i - j).abs(), id="unsigned"),
    ],
)
def test_scores_are_the_four_terms_of_the_definition(terms, distance, n_tokens):
    layer, hidden = attention(terms=terms)
    content, position = by_definition(layer, hidden[:, :n_tokens], distance)
    torch.testing.assert_close(layer.scores(hidden[:, :n_tokens]), content + position, rtol=1e-10, atol=1e-10)


def test_without_distance_scores_have_no_term_and_no_parameter_for_it():
    layer, hidden = attention(terms="no_distance")
    torch.testing.assert_close(layer.scores(hidden), by_definition(layer, hidden, lambda i, j: i - j)[0])
    assert not hasattr(layer, "position_bias")


def test_scaled_scores_are_divided_by_the_root_of_the_width_of_a_head():
    layer, hidden = attention()
    scaled, _ = attention(scaled=True)
    scaled.load_state_dict(layer.state_dict())
    torch.testing.assert_close(scaled.scores(hidden), layer.scores(hidden) / 2)


def test_the_sine_of_a_distance_changes_its_sign_with_it_and_the_cosine_does_not():
    there, back = relative_positions(torch.tensor([3.0, -3.0]), 6)
    assert torch.equal(there[0::2], -back[0::2])
    assert torch.equal(there[1::2], back[1::2])


def test_shifting_puts_each_distance_where_it_occurs():
    by_distance = torch.arange(3, -5, -1).expand(4, -1).contiguous()
    assert shifted(by_distance).tolist() == [[i - j for j in range(4)] for i in range(4)]


@pytest.mark.parametrize("terms", ["full", "no_sign", "no_distance"])
def test_a_sentence_has_the_same_vectors_alone_and_beside_longer_ones_whatever_padding_holds(terms):
    layer = RelativeTransformer(8, 2, 2, terms=terms).double().eval()
    hidden = torch.randn(3, 7, 8, dtype=torch.float64)
    found = layer(hidden + (~MASK * 1e3).unsqueeze(2), MASK)
    for number, length in enumerate(MASK.sum(1).tolist()):
        alone = layer(hidden[number : number + 1, :length], torch.ones(1, length, dtype=torch.bool))
        torch.testing.assert_close(found[number, :length], alone[0])


@pytest.mark.parametrize("terms", ["full", "no_sign", "no_distance"])
def test_gradients_reach_every_parameter(terms):
    layer = RelativeTransformer(8, 2, 2, terms=terms)
    layer(torch.randn(3, 7, 8), MASK)[MASK].sin().sum().backward()
    assert [name for name, each in layer.named_parameters() if each.grad is None or not each.grad.any()] == []


def test_under_autocast_large_scores_give_finite_vectors_and_gradients_and_weights_are_in_float32():
    layer = RelativeTransformer(16, 2, 1, dropout=0.0)
    hidden = (30 * torch.randn(3, 7, 16)).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(hidden, MASK)
        assert layer.layers[0].attention.scores(hidden).dtype is torch.float32
    gradients = torch.autograd.grad(found[MASK].float().sin().sum(), (hidden, *layer.parameters()))
    assert found[MASK].isfinite().all()
    assert all(each.isfinite().all() for each in gradients)


def test_a_layer_has_as_many_parameters_as_the_specification_counts():
    layer = RelativeTransformer(512, 8, 1)
    assert sum(each.numel() for each in layer.parameters()) == 2_102_272


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"n_heads": 3}, "3 heads cannot share 8", id="heads-that-do-not-divide"),
        pytest.param({"n_heads": 8}, "8 heads of 8 numbers are 1 wide", id="odd-heads"),
        pytest.param({"n_layers": 0}, "at least one layer, got 0", id="no-layer"),
        pytest.param({"terms": "half"}, r"one of \('full', 'no_sign', 'no_distance'\); got 'half'", id="terms"),
    ],
)
def test_sizes_and_terms_that_are_none_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        RelativeTransformer(**{"dim": 8, "n_heads": 2, "n_layers": 1, **options})
