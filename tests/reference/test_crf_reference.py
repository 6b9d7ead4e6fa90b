"""The CRF against its definition by enumeration, against pytorch-crf, and against the papers' facts."""

import itertools
from itertools import pairwise

import pytest
import torch
import torchcrf
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.nn.crf import Crf


@pytest.fixture(autouse=True)
def _same_numbers_whatever_the_order():
    """pytest-randomly seeds Python's and NumPy's generators, not torch's."""
    torch.manual_seed(0)


def path_score(crf, emissions, path):
    """The definition: start, emissions along the path, transitions between neighbours, end."""
    along = emissions[range(len(path)), list(path)].sum()
    moves = sum(crf.transitions[a, b] for a, b in pairwise(path))
    return crf.start_transitions[path[0]] + along + moves + crf.end_transitions[path[-1]]


def every_path(crf, emissions, length):
    """Score of each path over the first ``length`` tokens of one sentence."""
    return {path: path_score(crf, emissions, path) for path in itertools.product(range(crf.n_tags), repeat=length)}


def random_crf(n_tags, scale=1.0, **constraints):
    """A float64 CRF whose scores are ``scale`` times standard normal."""
    crf = Crf(n_tags, **constraints).double()
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.copy_(scale * torch.randn_like(parameter))
    return crf


def ragged(lengths):
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def oracle_of(crf):
    """pytorch-crf with the same parameters: their state dicts have the same names."""
    oracle = torchcrf.CRF(crf.n_tags, batch_first=True).to(crf.transitions.dtype)
    oracle.load_state_dict(crf.state_dict())
    return oracle


def gradients(loss, *tensors):
    return torch.autograd.grad(loss, tensors, materialize_grads=True)


@pytest.mark.parametrize("scale", [0.1, 1.0, 50.0, 200.0], ids=lambda scale: f"transitions-{scale}")
@pytest.mark.parametrize("spread", [1.0, 30.0, 400.0], ids=lambda spread: f"emissions-{spread}")
def test_log_partition_and_its_gradient_are_those_of_the_sum_over_every_path(scale, spread):
    lengths = [4, 1, 3]
    crf = random_crf(3, scale)
    emissions = (spread * torch.randn(3, 4, 3, dtype=torch.float64)).requires_grad_()
    weights = torch.randn(3, dtype=torch.float64)
    sums = [torch.stack(list(every_path(crf, emissions[row], length).values())) for row, length in enumerate(lengths)]
    expected = torch.stack([scores.logsumexp(0) for scores in sums])
    actual = crf.log_partition(emissions, ragged(lengths))
    torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-12)
    inputs = (emissions, *crf.parameters())
    for got, wanted in zip(gradients(actual @ weights, *inputs), gradients(expected @ weights, *inputs), strict=True):
        torch.testing.assert_close(got, wanted, rtol=0, atol=1e-10)


@pytest.mark.parametrize("scale", [1.0, 50.0, 200.0], ids=lambda scale: f"transitions-{scale}")
def test_single_precision_agrees_with_double_whatever_the_size_of_the_scores(scale):
    lengths = [7, 2, 5]
    crf = random_crf(5, scale).float().double()
    emissions = (scale * torch.randn(3, 7, 5)).double().requires_grad_()
    tags = torch.randint(5, (3, 7))
    inputs = (emissions, *crf.parameters())
    exact = crf.log_likelihood(emissions, tags, ragged(lengths))
    exact_gradients = gradients(exact.sum(), *inputs)
    crf.float()
    single = emissions.detach().float().requires_grad_()
    actual = crf.log_likelihood(single, tags, ragged(lengths))
    torch.testing.assert_close(actual.double(), exact, rtol=1e-6, atol=1e-5)
    for got, wanted in zip(gradients(actual.sum(), single, *crf.parameters()), exact_gradients, strict=True):
        torch.testing.assert_close(got.double(), wanted, rtol=0, atol=2e-5)


def test_probabilities_of_all_paths_sum_to_one():
    crf = random_crf(3)
    emissions = torch.randn(1, 4, 3, dtype=torch.float64)
    paths = torch.tensor(list(itertools.product(range(3), repeat=4)))
    mask = torch.ones(len(paths), 4, dtype=torch.bool)
    log_probs = crf.log_likelihood(emissions.expand(len(paths), 4, 3), paths, mask)
    torch.testing.assert_close(log_probs.exp().sum().item(), 1.0, rtol=0, atol=1e-12)


@given(data=st.data())
def test_best_path_is_that_of_enumeration_and_of_equals_the_lowest_from_the_end(data):
    n_tags, length = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    scores = st.integers(0, 2).map(float)
    crf = Crf(n_tags).double()
    for parameter in crf.parameters():
        values = data.draw(st.lists(scores, min_size=parameter.numel(), max_size=parameter.numel()))
        parameter.data.copy_(torch.tensor(values).view_as(parameter))
    values = data.draw(st.lists(scores, min_size=length * n_tags, max_size=length * n_tags))
    emissions = torch.tensor(values, dtype=torch.float64).view(1, length, n_tags)
    with torch.no_grad():
        scored = every_path(crf, emissions[0], length)
    highest = max(scored.values())
    expected = min((path for path, score in scored.items() if score == highest), key=lambda path: path[::-1])
    assert crf.decode(emissions, torch.ones(1, length, dtype=torch.bool)) == [list(expected)]


@given(data=st.data())
def test_constrained_sums_and_paths_are_those_over_the_legal_paths(data):
    n_tags, length = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    flags = st.lists(st.booleans(), min_size=n_tags, max_size=n_tags)
    allowed = data.draw(st.lists(flags, min_size=n_tags, max_size=n_tags))
    starts, ends = data.draw(flags), data.draw(flags)
    torch.manual_seed(data.draw(st.integers(0, 10**6)))
    crf = random_crf(n_tags, data.draw(st.sampled_from([1.0, 20.0])), allowed=allowed, starts_allowed=starts, ends_allowed=ends)
    emissions = data.draw(st.sampled_from([1.0, 30.0, 300.0])) * torch.randn(1, length, n_tags, dtype=torch.float64)
    mask = torch.ones(1, length, dtype=torch.bool)
    with torch.no_grad():
        scored = every_path(crf, emissions[0], length)
    legal = {
        path: score
        for path, score in scored.items()
        if starts[path[0]] and ends[path[-1]] and all(allowed[a][b] for a, b in pairwise(path))
    }
    actual = crf.log_partition(emissions, mask, constrained=True)
    if not legal:
        assert actual.item() == float("-inf")
        return
    torch.testing.assert_close(actual[0], torch.stack(list(legal.values())).logsumexp(0), rtol=1e-13, atol=1e-11)
    best = tuple(crf.decode(emissions, mask)[0])
    assert best in legal
    torch.testing.assert_close(legal[best], max(legal.values()), rtol=1e-13, atol=1e-11)


@pytest.mark.parametrize("mixing", ["any-tag-after-any", "bioes", "one-way"])
def test_gradients_pass_gradcheck(mixing):
    bioes = [[1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1]]
    one_way = [[column >= row for column in range(5)] for row in range(5)]
    constraints = {"any-tag-after-any": {}, "bioes": {"allowed": bioes}, "one-way": {"allowed": one_way}}[mixing]
    crf = random_crf(5, **constraints)
    tags, mask = torch.tensor([[0, 1, 3, 4], [4, 4, 0, 0]]), ragged([4, 2])
    emissions = torch.randn(2, 4, 5, dtype=torch.float64, requires_grad=True)

    def partition(emissions, *_):
        return crf.log_partition(emissions, mask, constrained=True)

    def likelihood(emissions, *_):
        return crf.log_likelihood(emissions, tags, mask)

    assert torch.autograd.gradcheck(partition, (emissions, *crf.parameters()))
    assert torch.autograd.gradcheck(likelihood, (emissions, *crf.parameters()))


@pytest.mark.parametrize("lengths", [[9] * 4, [9, 1, 5, 8], [1, 1]], ids=["full", "ragged", "single-tokens"])
@pytest.mark.parametrize("n_tags", [1, 2, 13, 29])
def test_loss_and_gradients_are_those_of_pytorch_crf(n_tags, lengths):
    crf = random_crf(n_tags)
    oracle = oracle_of(crf)
    mask = ragged(lengths)
    emissions = torch.randn(*mask.shape, n_tags, dtype=torch.float64, requires_grad=True)
    tags = torch.randint(n_tags, mask.shape)
    expected, actual = oracle(emissions, tags, mask, reduction="none"), crf.log_likelihood(emissions, tags, mask)
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-10)
    wanted = gradients(expected.mean(), emissions, *oracle.parameters())
    for got, other in zip(gradients(actual.mean(), emissions, *crf.parameters()), wanted, strict=True):
        torch.testing.assert_close(got, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("n_tags", "scale"), [(3, 1.0), (29, 0.1), (29, 3.0), (150, 0.1), (150, 3.0)])
def test_best_paths_are_those_of_pytorch_crf_on_ragged_batches(n_tags, scale, dtype):
    crf = random_crf(n_tags, scale).to(dtype)
    lengths = [12, *torch.randint(1, 13, (15,)).tolist()]
    emissions = 2 * torch.randn(16, 12, n_tags, dtype=dtype)
    assert crf.decode(emissions, ragged(lengths)) == oracle_of(crf).decode(emissions, ragged(lengths))


def crf_from(start, transitions, end):
    crf = Crf(len(start)).double()
    state = {"start_transitions": start, "transitions": transitions, "end_transitions": end}
    crf.load_state_dict({name: torch.tensor(values, dtype=torch.float64) for name, values in state.items()})
    return crf


@pytest.mark.paper_cases("hreb", "crf")
def test_likelihood_and_best_path_are_those_of_hreb(case):
    crf = crf_from(**case["params"])
    inputs, expected = case["inputs"], case["expected"]
    emissions = torch.tensor([inputs["emissions"]], dtype=torch.float64)
    tags = torch.tensor([inputs["tags"]])
    mask = (torch.arange(emissions.shape[1]) < inputs["length"]).unsqueeze(0)
    whole = torch.ones_like(mask)
    (best,) = crf.decode(emissions, mask)
    actual = {
        "nll": -crf.log_likelihood(emissions, tags, mask).item(),
        "log_partition": crf.log_partition(emissions, mask).item(),
        "viterbi_score": path_score(crf, emissions[0], best).item(),
        "nll_if_mask_ignored": -crf.log_likelihood(emissions, tags, whole).item(),
    }
    assert best == expected["viterbi"]
    for name, value in actual.items():
        assert value == pytest.approx(expected[name], abs=case["tolerance"]["atol"], rel=case["tolerance"]["rtol"]), name


@pytest.mark.paper_cases("softfine", "crf")
def test_likelihood_and_best_path_are_those_of_softfine(case):
    inputs, expected = case["inputs"], case["expected"]
    crf = crf_from(inputs["start"], inputs["transitions"], inputs["end"])
    emissions = torch.tensor([inputs["emissions"]], dtype=torch.float64)
    mask = torch.ones(emissions.shape[:2], dtype=torch.bool)
    (best,) = crf.decode(emissions, mask)
    actual = {
        "log_likelihood": crf.log_likelihood(emissions, torch.tensor([inputs["gold"]]), mask).item(),
        "log_partition": crf.log_partition(emissions, mask).item(),
        "best_score": path_score(crf, emissions[0], best).item(),
    }
    assert best == expected["best_path"]
    for name, value in actual.items():
        assert value == pytest.approx(expected[name], abs=case["tolerance"]["atol"], rel=case["tolerance"]["rtol"]), name
