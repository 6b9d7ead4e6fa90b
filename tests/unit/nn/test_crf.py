import itertools
import math
from itertools import pairwise

import pytest
import torch
import torchcrf
from torch.utils._python_dispatch import TorchDispatchMode

import cnerkit.nn.crf_viterbi as viterbi
from cnerkit.nn.crf import Crf

# O, B, I, E, S of one type: rows are the tag before, columns the tag after.
ALLOWED = [[1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1]]
STARTS, ENDS = [1, 1, 0, 0, 1], [1, 0, 0, 1, 1]


def bioes_crf(dtype=torch.float32):
    return Crf(5, allowed=ALLOWED, starts_allowed=STARTS, ends_allowed=ENDS).to(dtype)


def is_legal(path):
    return STARTS[path[0]] and ENDS[path[-1]] and all(ALLOWED[a][b] for a, b in pairwise(path))


def ragged(lengths):
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


@pytest.fixture
def batch():
    """Emissions, tags and mask of three sentences of 5, 1 and 3 tokens, with 5 tags."""
    return torch.randn(3, 5, 5, dtype=torch.float64), torch.randint(5, (3, 5)), ragged([5, 1, 3])


def test_state_dict_is_that_of_pytorch_crf_and_holds_no_constraint():
    theirs = torchcrf.CRF(5, batch_first=True).state_dict()
    ours = bioes_crf()
    assert {name: value.shape for name, value in ours.state_dict().items()} == {name: v.shape for name, v in theirs.items()}
    ours.load_state_dict(theirs)
    assert torch.equal(ours.transitions, theirs["transitions"])


def test_transitions_start_uniform_within_a_tenth():
    drawn = torch.cat([parameter.detach().flatten() for parameter in Crf(100).parameters()])
    assert drawn.abs().max() <= 0.1
    assert drawn.abs().mean().item() == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("filler", [0.0, 1e30, float("nan"), float("inf")], ids=str)
def test_what_stands_on_padding_changes_neither_loss_nor_gradient_nor_path(batch, filler):
    emissions, tags, mask = batch
    crf = Crf(5).double()
    results = []
    for value in (1.0, filler):
        given = emissions.masked_fill(~mask.unsqueeze(2), value).requires_grad_()
        crf.zero_grad()
        loss = crf.log_likelihood(given, tags.masked_fill(~mask, -100 if value != 1.0 else 0), mask).sum()
        loss.backward()
        results.append((loss.detach(), given.grad, crf.transitions.grad.clone(), crf.decode(given, mask)))
    (loss, slope, moves, paths), (other_loss, other_slope, other_moves, other_paths) = results
    torch.testing.assert_close(loss, other_loss, rtol=0, atol=0)
    torch.testing.assert_close(slope, other_slope, rtol=0, atol=0)
    torch.testing.assert_close(moves, other_moves, rtol=0, atol=0)
    assert paths == other_paths
    assert not slope[~mask].any()


def test_a_sentence_scores_the_same_alone_as_among_longer_ones(batch):
    emissions, tags, mask = batch
    crf = Crf(5).double()
    together = crf.log_likelihood(emissions, tags, mask)
    for row, length in enumerate(mask.sum(1).tolist()):
        part = slice(row, row + 1), slice(0, length)
        alone = crf.log_likelihood(emissions[part], tags[part], mask[part])
        torch.testing.assert_close(alone[0], together[row], rtol=1e-13, atol=1e-13)
        assert crf.decode(emissions[part], mask[part]) == [crf.decode(emissions, mask)[row]]


@pytest.mark.parametrize("scale", [1.0, 1000.0], ids=["scaled-products", "log-space"])
def test_without_gradient_the_likelihood_is_the_same(batch, scale):
    emissions, tags, mask = batch
    crf = Crf(5).double()
    with torch.no_grad():
        still = crf.log_likelihood(scale * emissions, tags, mask)
    torch.testing.assert_close(still, crf.log_likelihood(scale * emissions, tags, mask), rtol=1e-13, atol=0)


@pytest.mark.parametrize("scale", [1.0, 1000.0], ids=["scaled-products", "log-space"])
def test_a_gradient_can_be_taken_twice_with_the_same_result(batch, scale):
    emissions, tags, mask = batch
    emissions = (scale * emissions).requires_grad_()
    loss = Crf(5).double().log_likelihood(emissions, tags, mask).sum()
    (first,) = torch.autograd.grad(loss, emissions, retain_graph=True)
    (second,) = torch.autograd.grad(loss, emissions)
    assert torch.equal(first, second)


def test_bfloat16_emissions_are_computed_on_in_single_precision_also_under_autocast(batch):
    emissions, tags, mask = batch
    crf = Crf(5)
    low = emissions.bfloat16().requires_grad_()
    expected = crf.log_likelihood(low.detach().float(), tags, mask)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = crf.log_likelihood(low, tags, mask)
        actual.sum().backward()
        paths = crf.decode(low, mask)
    assert torch.equal(actual, expected)
    assert low.grad.dtype == torch.bfloat16
    assert crf.transitions.grad.dtype == torch.float32
    assert paths == crf.decode(low.float(), mask)


def test_constrained_decoding_never_gives_an_illegal_path():
    crf = bioes_crf()
    for scale in (0.1, 1.0, 100.0, 1e4):
        mask = ragged([11, *torch.randint(1, 12, (40,)).tolist()])
        with torch.no_grad():
            crf.transitions.copy_(scale * torch.randn(5, 5))
        paths = crf.decode(scale * torch.randn(41, 11, 5), mask)
        assert [len(path) for path in paths] == mask.sum(1).tolist()
        assert all(is_legal(path) for path in paths)


def test_a_sentence_without_a_legal_path_gets_the_best_that_breaks_the_fewest_constraints():
    allowed, starts = [[0, 1, 0], [0, 0, 1], [0, 0, 0]], [1, 0, 0]  # 0 1 2 is the longest legal path
    crf = Crf(3, allowed=allowed, starts_allowed=starts).double()
    for parameter in crf.parameters():
        torch.nn.init.zeros_(parameter)
    emissions = 9 * torch.randn(1, 4, 3, dtype=torch.float64)

    def breaks(path):
        return (not starts[path[0]]) + sum(not allowed[a][b] for a, b in pairwise(path))

    def score(path):
        return emissions[0, range(4), path].sum().item()

    expected = max(itertools.product(range(3), repeat=4), key=lambda path: (-breaks(path), score(path)))
    assert crf.decode(emissions, torch.ones(1, 4, dtype=torch.bool)) == [list(expected)]


@pytest.mark.parametrize("scale", [1.0, 1000.0], ids=["scaled-products", "log-space"])
def test_a_path_that_is_not_legal_or_not_possible_has_no_probability_and_no_gradient(scale):
    chain = [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    crf = Crf(3, allowed=chain, starts_allowed=[1, 0, 0], ends_allowed=[0, 0, 1]).double()
    emissions = (scale * torch.randn(3, 4, 3, dtype=torch.float64)).requires_grad_()
    tags = torch.tensor([[0, 0, 1, 2], [0, 2, 2, 2], [0, 1, 0, 0]])  # legal; a forbidden step; two tokens have no legal path
    result = crf.log_likelihood(emissions, tags, ragged([4, 4, 2]), constrained=True)
    assert result[0] <= 0
    assert result[1:].tolist() == [-math.inf, -math.inf]
    result.sum().backward()
    assert emissions.grad.isfinite().all()
    assert emissions.grad[0].any()
    assert not emissions.grad[1:].any()
    assert all(parameter.grad.isfinite().all() for parameter in crf.parameters())


def test_forbidden_transitions_get_no_gradient_from_constrained_sums():
    crf = bioes_crf(torch.float64)
    crf.log_partition(torch.randn(2, 6, 5, dtype=torch.float64), ragged([6, 4]), constrained=True).sum().backward()
    forbidden = ~torch.tensor(ALLOWED, dtype=torch.bool)
    assert not crf.transitions.grad[forbidden].any()
    assert (crf.transitions.grad[~forbidden] > 0).all()


def test_constraints_hold_in_sums_only_when_asked_for(batch):
    emissions, tags, mask = batch
    free, bound = Crf(5).double(), bioes_crf(torch.float64)
    bound.load_state_dict(free.state_dict())
    assert torch.equal(free.log_likelihood(emissions, tags, mask), bound.log_likelihood(emissions, tags, mask))
    assert (bound.log_partition(emissions, mask, constrained=True) < bound.log_partition(emissions, mask)).all()


def test_leaving_out_tags_that_cannot_win_changes_no_path(monkeypatch):
    crf = Crf(40).double()
    for spread in (0, 1, 3):
        emissions = torch.randint(-spread, spread + 1, (6, 9, 40)).double()  # whole numbers, so that there are ties
        with torch.no_grad():
            crf.transitions.copy_(torch.randint(-1, 2, (40, 40)))
        mask = ragged([9, 1, 4, 9, 6, 2])
        paths = []
        for threshold in (1, 10**9):
            monkeypatch.setattr(viterbi, "_MANY_PATHS", threshold)
            paths.append(crf.decode(emissions, mask))
        assert paths[0] == paths[1]


class Reads(TorchDispatchMode):
    """Counts how often a tensor's value is asked for, which on a GPU waits for it."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function in {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default}
        return function(*args, **(kwargs or {}))


def test_the_number_of_waits_for_the_device_does_not_grow_with_the_tokens():
    crf = bioes_crf()
    counts = []
    for n_tokens in (2, 50):
        mask, emissions = torch.ones(3, n_tokens, dtype=torch.bool), torch.randn(3, n_tokens, 5, requires_grad=True)
        with Reads() as reads:
            crf.log_likelihood(emissions, torch.zeros(3, n_tokens, dtype=torch.long), mask).sum().backward()
            crf.decode(emissions, mask)
        counts.append(reads.count)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "mask",
    [
        pytest.param([[0, 1, 1], [1, 1, 1]], id="left-padding"),
        pytest.param([[1, 0, 1], [1, 1, 1]], id="hole"),
        pytest.param([[0, 0, 0], [1, 1, 1]], id="no-token"),
    ],
)
@pytest.mark.parametrize("method", ["log_partition", "decode", "sweep"])
def test_a_mask_that_is_not_right_padding_is_refused(mask, method):
    with pytest.raises(ValueError, match="mask must be True on the first tokens of each sentence, at least one"):
        getattr(Crf(4), method)(torch.randn(2, 3, 4), torch.tensor(mask, dtype=torch.bool))


@pytest.mark.parametrize(
    ("shape", "mask_shape", "message"),
    [
        pytest.param((2, 3, 5), (2, 3), r"emissions are \(2, 3, 5\); expected \(batch, token, 4\)", id="tags"),
        pytest.param((2, 0, 4), (2, 0), r"emissions are \(2, 0, 4\)", id="no-token"),
        pytest.param((2, 3, 4), (2, 4), r"mask is torch.bool \(2, 4\); expected torch.bool \(2, 3\)", id="mask"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shape, mask_shape, message):
    with pytest.raises(ValueError, match=message):
        Crf(4).decode(torch.zeros(shape), torch.ones(mask_shape, dtype=torch.bool))


def test_tags_of_another_shape_than_the_mask_are_refused():
    with pytest.raises(ValueError, match=r"tags are \(2, 2\) but mask is \(2, 3\)"):
        Crf(4).log_likelihood(torch.zeros(2, 3, 4), torch.zeros(2, 2, dtype=torch.long), torch.ones(2, 3, dtype=torch.bool))


def test_decoding_scores_that_are_not_numbers_is_refused():
    emissions = torch.zeros(2, 3, 4)
    emissions[1, 1, 2] = math.nan
    with pytest.raises(ValueError, match="emissions or transitions are not finite"):
        Crf(4).decode(emissions, torch.ones(2, 3, dtype=torch.bool))


def test_a_crf_without_tags_or_with_constraints_for_others_is_refused():
    with pytest.raises(ValueError, match="at least one tag, got 0"):
        Crf(0)
    with pytest.raises(ValueError, match=r"ends_allowed has shape \(2,\); expected \(3,\) for 3 tags"):
        Crf(3, ends_allowed=[True, False])
