import itertools

import pytest
import torch
from torch.nn import functional

from cnerkit.nn import pair_product as pair_product_module
from cnerkit.nn.pair_grid import AttentionMaps, PairGrid
from cnerkit.nn.pair_product import pair_product

DIM, CHANNELS, HEADS = 6, 5, 2
MASK = torch.arange(7) < torch.tensor([7, 4, 1]).unsqueeze(1)

FEATURES = [
    pytest.param({}, id="distance-and-region"),
    pytest.param({"distance_dim": 0}, id="region"),
    pytest.param({"region_dim": 0}, id="distance"),
    pytest.param({"distance_dim": 0, "region_dim": 0}, id="no-features"),
    pytest.param({"attention_heads": HEADS, "attention_dim": 3}, id="all"),
]


def vectors(dtype=torch.float64):
    subject, object_ = (torch.randn(*MASK.shape, DIM, dtype=dtype, requires_grad=True) for _ in range(2))
    return subject, object_


def maps_for(grid):
    if grid.attention is None:
        return None
    return torch.randn(3, grid.attention.in_features, 7, 7, dtype=torch.float64).softmax(3).requires_grad_()


def both_forms(**options):
    """The same grid twice, factorised and direct, with random parameters."""
    factorised, direct = (PairGrid(DIM, CHANNELS, form=form, **options).double() for form in ("factorised", "direct"))
    with torch.no_grad():
        for parameter in factorised.parameters():
            parameter.normal_()
    direct.load_state_dict(factorised.state_dict())
    return factorised, direct


def with_gradients(grid, inputs, seed=3):
    torch.manual_seed(seed)
    subject, object_, maps = inputs
    found = grid(subject, object_, MASK, maps)
    wanted = [each for each in (*inputs, *grid.parameters()) if each is not None]
    return found, torch.autograd.grad(found.sin().sum(), wanted)


@pytest.mark.parametrize("dropout", [0.0, 0.5], ids=["all-channels", "dropped-channels"])
@pytest.mark.parametrize("normalised", ["column", "row"])
@pytest.mark.parametrize("cln_bias", ["condition", "normalised"])
@pytest.mark.parametrize("features", FEATURES)
def test_the_factorised_form_is_the_direct_form_in_values_and_gradients(monkeypatch, features, cln_bias, normalised, dropout):
    monkeypatch.setitem(pair_product_module._AT_ONCE, "cpu", 3 * DIM * CHANNELS)
    forms = both_forms(cln_bias=cln_bias, normalised=normalised, dropout=dropout, **features)
    inputs = (*vectors(), maps_for(forms[0]))
    (found, gradients), (expected, expected_gradients) = (with_gradients(form, inputs) for form in forms)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(gradients, expected_gradients, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("axis", [1, 2])
def test_a_pair_product_has_the_gradient_of_its_definition(axis, transposed):
    shapes = [(2, 3, 4), (2, 3, 4), (5, 4), (2, 3, 1, 5) if axis == 2 else (2, 1, 3, 5)]
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    gain, columns, weight, offset = inputs
    expected = functional.linear(gain.unsqueeze(2) * columns.unsqueeze(1), weight) + offset
    found = pair_product(*inputs, transposed=transposed)
    torch.testing.assert_close(found, expected.transpose(1, 2) if transposed else expected)
    torch.autograd.gradcheck(lambda *each: pair_product(*each, transposed=transposed), inputs)


@pytest.mark.parametrize("form", ["factorised", "direct"])
def test_a_sentence_has_the_same_cells_alone_and_beside_longer_ones_whatever_padding_holds(form):
    grid = both_forms(attention_heads=HEADS)[form == "direct"].eval()
    subject, object_ = vectors()
    maps, garbage = maps_for(grid), (~MASK * 1e3).unsqueeze(2)
    found = grid(subject + garbage, object_ + garbage, MASK, maps)
    for number, length in enumerate(MASK.sum(1).tolist()):
        alone = grid(
            subject[number : number + 1, :length],
            object_[number : number + 1, :length],
            torch.ones(1, length, dtype=torch.bool),
            maps[number : number + 1, :, :length, :length],
        )
        torch.testing.assert_close(found[number, :length, :length], alone[0])


@pytest.mark.parametrize("form", ["factorised", "direct"])
def test_cells_of_padding_are_0(form):
    grid = both_forms()[form == "direct"]
    outside = ~(MASK.unsqueeze(2) & MASK.unsqueeze(1))
    assert (grid(*vectors(), MASK)[outside] == 0).all()


def test_a_dropped_channel_is_dropped_in_all_cells_of_a_sentence_and_in_each_sentence_by_itself():
    grid = PairGrid(DIM, DIM, distance_dim=0, region_dim=0, dropout=0.5).double()
    torch.nn.init.eye_(grid.project.weight)
    torch.nn.init.ones_(grid.bias.bias)
    torch.nn.init.zeros_(grid.project.bias)
    subject, object_ = (torch.randn(40, 4, DIM, dtype=torch.float64) for _ in range(2))
    zero = grid(subject, object_, torch.ones(40, 4, dtype=torch.bool)) == 0
    dropped = zero[:, 0, 0]
    assert (zero == dropped[:, None, None]).all()
    assert 0.3 < dropped.double().mean() < 0.7
    assert (dropped[1:] != dropped[:-1]).any()


def test_untrained_the_grid_repeats_the_normalised_columns_in_every_row():
    grid = PairGrid(DIM, CHANNELS, distance_dim=0, region_dim=0, dropout=0.0)
    subject, object_ = vectors(torch.float32)
    expected = functional.gelu(grid.project(functional.layer_norm(object_, (DIM,), eps=1e-12)))
    found = grid(subject, object_, torch.ones_like(MASK))
    torch.testing.assert_close(found, expected.unsqueeze(1).expand_as(found))


def test_the_factorised_form_keeps_no_vector_of_the_full_width_for_each_cell():
    grid, n_tokens = PairGrid(64, 8), 40
    subject, object_ = (torch.randn(1, n_tokens, 64, requires_grad=True) for _ in range(2))
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda each: kept.append(each.numel()) or each, lambda each: each):
        grid(subject, object_, torch.ones(1, n_tokens, dtype=torch.bool))
    assert max(kept) < n_tokens**2 * 64 / 2


@pytest.mark.parametrize("form", ["factorised", "direct"])
def test_in_bfloat16_values_and_gradients_are_close_to_those_in_float32(form):
    torch.manual_seed(1)
    grid, attention = PairGrid(64, 32, form=form, attention_heads=HEADS, dropout=0.0), AttentionMaps(64, HEADS, 8)
    hidden = torch.randn(2, 12, 64, requires_grad=True)
    mask = torch.arange(12) < torch.tensor([[12], [5]])
    results = {}
    for halved in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=halved):
            found = grid(hidden, hidden.flip(1), mask, attention(hidden, mask))
        results[halved] = (found.float(), torch.autograd.grad(found.float().sum(), hidden)[0])
    for found, expected in zip(results[True], results[False], strict=True):
        assert found.isfinite().all()
        assert (found - expected).norm() < 0.02 * expected.norm()


@pytest.mark.parametrize(("heads", "shown"), [(0, "None"), (3, r"\(3, 3, 7, 7\)")])
def test_maps_that_are_missing_or_too_many_are_refused(heads, shown):
    grid = PairGrid(DIM, CHANNELS, attention_heads=HEADS)
    maps = torch.zeros(3, heads, 7, 7) if heads else None
    with pytest.raises(ValueError, match=f"2 attention heads got maps {shown}"):
        grid(*vectors(torch.float32), MASK, maps)


@pytest.mark.parametrize("widths", [(0, 4, 2), (4, 0, 2), (4, 4, -1)], ids=str)
def test_widths_that_are_not_are_refused(widths):
    dim, channels, distance_dim = widths
    with pytest.raises(ValueError, match="cannot be"):
        PairGrid(dim, channels, distance_dim=distance_dim)


@pytest.mark.parametrize("wrong", range(4))
def test_a_pair_product_of_tensors_that_do_not_fit_is_refused(wrong):
    shapes = [[2, 3, 4], [2, 3, 4], [5, 4], [2, 3, 1, 5]]
    shapes[wrong][-1] += 1
    with pytest.raises(ValueError, match=r"do not fit: .*(5|6)\)"):
        pair_product(*map(torch.zeros, shapes))


def test_a_pair_product_of_several_types_is_refused():
    inputs = [torch.zeros(shape) for shape in ((2, 3, 4), (2, 3, 4), (5, 4), (2, 3, 1, 5))]
    with pytest.raises(ValueError, match=r"of one type: torch\.float32, torch\.float32, torch\.float32, torch\.bfloat16"):
        pair_product(*inputs[:3], inputs[3].bfloat16())


def test_attention_maps_are_probabilities_over_real_tokens_whatever_padding_holds():
    attention = AttentionMaps(DIM, HEADS, 3).double()
    hidden = torch.randn(*MASK.shape, DIM, dtype=torch.float64)
    found = attention(hidden + (~MASK * 1e3).unsqueeze(2), MASK)
    for (number, length), head in itertools.product(enumerate(MASK.sum(1).tolist()), range(HEADS)):
        alone = attention(hidden[number : number + 1, :length], torch.ones(1, length, dtype=torch.bool))
        torch.testing.assert_close(found[number, head, :length, :length], alone[0, head])
        assert (found[number, head, :length, length:] == 0).all()
