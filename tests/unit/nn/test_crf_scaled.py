import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.nn.crf_chain import Chain, ScoreRange
from cnerkit.nn.crf_logspace import sweep_logarithms
from cnerkit.nn.crf_scaled import renormalise_every, sweep_products

BIOES = torch.tensor([[1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1]], dtype=torch.bool)
BIOES_MIXING = 3
"""In three steps any tag of a BIOES scheme can become any other: from inside to begin, E or S or O lies between."""


def extreme_chain(emission_range, transition_range, n_tags, constrained):
    """Scores only at the two ends of their ranges: the worst that the ranges allow, drawn at random."""

    def extremes(width, *shape):
        return width * torch.randint(2, shape).double()

    start, moves, end = (extremes(transition_range, *shape) for shape in ((n_tags,), (n_tags, n_tags), (n_tags,)))
    emissions = extremes(emission_range, 6, 25, n_tags)
    mask = torch.arange(25) < torch.tensor([25, 25, 17, 8, 2, 1]).unsqueeze(1)
    if constrained:
        moves.masked_fill_(~BIOES, -torch.inf)
        start[2:4], end[1:3] = -torch.inf, -torch.inf
    return Chain.of(emissions, start, moves, end, mask, BIOES_MIXING if constrained else 0)


@given(
    seed=st.integers(0, 10**6),
    room=st.floats(0.05, 1.0),
    share=st.floats(0.0, 1.0),
    constrained=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_products_that_are_called_exact_agree_with_logarithms_at_the_ends_of_the_ranges(seed, room, share, constrained, dtype):
    torch.manual_seed(seed)
    width = room * (70 if dtype == torch.float32 else 690) / (11 if constrained else 1)
    chain = extreme_chain(share * width, (1 - share) * width, 5, constrained)
    interval = renormalise_every(ScoreRange.of(chain), chain.mixing, dtype)
    if interval == 0:
        return
    exact = sweep_logarithms(chain, both=True)
    scaled = sweep_products(chain.in_precision(dtype), interval, both=True)
    digits = 1e-5 if dtype == torch.float32 else 1e-12
    torch.testing.assert_close(scaled.log_partition().double(), exact.log_partition(), rtol=digits, atol=10 * digits)
    weights = torch.ones(6, dtype=torch.float64)
    counts, expected = scaled.counts(weights.to(dtype)), exact.counts(weights)
    torch.testing.assert_close(counts.transitions.double(), expected.transitions, rtol=10 * digits, atol=100 * digits)
    torch.testing.assert_close(counts.emissions.double(), expected.emissions, rtol=10 * digits, atol=10 * digits)


@pytest.mark.parametrize(
    ("emissions", "transitions", "mixing", "single", "double"),
    [
        pytest.param(5.0, 0.2, 0, True, True, id="untrained"),
        pytest.param(30.0, 10.0, 0, True, True, id="trained"),
        pytest.param(40.0, 25.0, 0, False, True, id="wide-needs-double"),
        pytest.param(400.0, 400.0, 0, False, False, id="extreme-needs-logarithms"),
        pytest.param(30.0, 10.0, 3, False, True, id="constrained-needs-double"),
        pytest.param(30.0, 10.0, None, False, False, id="no-mixing-needs-logarithms"),
        pytest.param(float("inf"), 1.0, 0, False, False, id="infinite"),
        pytest.param(float("nan"), 1.0, 0, False, False, id="not-a-number"),
    ],
)
def test_precision_follows_from_the_ranges_of_the_scores(emissions, transitions, mixing, single, double):
    scores = ScoreRange(emissions, transitions, n_tags=29)
    assert (renormalise_every(scores, mixing, torch.float32) > 0) is single
    assert (renormalise_every(scores, mixing, torch.float64) > 0) is double


def test_wider_scores_are_scaled_more_often():
    often = [renormalise_every(ScoreRange(10.0, width, 29), 0, torch.float32) for width in (0.2, 2.0, 5.0, 10.0)]
    assert often == sorted(often, reverse=True)
    assert len(set(often)) == 4


def test_forbidden_scores_do_not_count_for_a_range_unless_nothing_is_constrained():
    moves = torch.tensor([[1.0, -torch.inf], [3.0, 0.0]])
    arguments = torch.zeros(1, 2, 2), torch.zeros(2), moves, torch.zeros(2), torch.ones(1, 2, dtype=torch.bool)
    assert ScoreRange.of(Chain.of(*arguments, 2)).transitions == 3.0
    assert ScoreRange.of(Chain.of(*arguments, 0)).transitions == torch.inf


@pytest.mark.parametrize("interval", [1, 3, 16])
def test_messages_meet_in_the_log_partition_at_every_token(interval):
    chain = extreme_chain(6.0, 2.0, 5, constrained=False)
    sentence, token = chain.mask.nonzero().t()
    for sweep in (sweep_products(chain, interval, both=True), sweep_logarithms(chain, both=True)):
        met = sweep.forward_at(sentence, token) + sweep.backward_at(sentence, token) - chain.emissions[sentence, token]
        torch.testing.assert_close(met.logsumexp(1), sweep.log_partition()[sentence], rtol=1e-12, atol=1e-12)
