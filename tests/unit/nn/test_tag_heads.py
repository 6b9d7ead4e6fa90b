import itertools
import math
from itertools import pairwise

import pytest
import torch

from cnerkit.nn.tag_heads import CrfHead, SoftmaxHead, padded_tags

# Schemes of one type, as rows of "tag after": what may follow, what may start and end, and what goes on with the same entity.
BIOES = {
    "allowed": [[1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1]],
    "starts_allowed": [1, 1, 0, 0, 1],
    "ends_allowed": [1, 0, 0, 1, 1],
    "continues": [[0, 0, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
}
BIO = {
    "allowed": [[1, 1, 0], [1, 1, 1], [1, 1, 1]],
    "starts_allowed": [1, 1, 0],
    "ends_allowed": [1, 1, 1],
    "continues": [[0, 0, 0], [0, 0, 1], [0, 0, 1]],
}
IO = {"allowed": [[1, 1], [1, 1]], "starts_allowed": [1, 1], "ends_allowed": [1, 1], "continues": [[0, 0], [0, 1]]}
SCHEMES = [pytest.param(BIOES, id="bioes"), pytest.param(BIO, id="bio"), pytest.param(IO, id="io")]


def crf_head(scheme, **options):
    head = CrfHead(4, len(scheme["allowed"]), **scheme, **options).double()
    for parameter in head.crf.parameters():
        torch.nn.init.normal_(parameter)
    return head


def ragged(lengths):
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def path_weights(head, scheme, emissions, *, constrained):
    """exp(score) of each tag path of one sentence by the definition, legal ones only if constrained."""
    crf, weights = head.crf, {}
    for path in itertools.product(range(crf.n_tags), repeat=len(emissions)):
        legal = scheme["starts_allowed"][path[0]] and scheme["ends_allowed"][path[-1]]
        legal = legal and all(scheme["allowed"][a][b] for a, b in pairwise(path))
        if legal or not constrained:
            score = emissions[range(len(path)), path].sum() + sum(crf.transitions[a, b] for a, b in pairwise(path))
            weights[path] = (score + crf.start_transitions[path[0]] + crf.end_transitions[path[-1]]).exp().item()
    return weights


def is_whole(path, start, end, continues):
    """Whether an entity on ``[start, end)`` of the path is neither the rest of one before nor goes on after."""
    before = start > 0 and continues[path[start - 1]][path[start]]
    after = end < len(path) and continues[path[end - 1]][path[end]]
    return not before and not after


@pytest.mark.parametrize("constrained", [True, False], ids=["constrained", "free"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_crf_probability_of_a_span_is_the_share_of_the_paths_on_which_it_is_the_same_whole_entity(scheme, constrained):
    head, lengths = crf_head(scheme, constrained=constrained), [4, 1, 3]
    mask, emissions = ragged(lengths), torch.randn(3, 4, len(scheme["allowed"]), dtype=torch.float64)
    paths = head.best(emissions, mask)
    spans = [[(start, end) for start in range(n) for end in range(start + 1, n + 1)] for n in lengths]
    with torch.no_grad():
        actual = head.probabilities(emissions, mask, paths, spans)
        for row, length in enumerate(lengths):
            weights = path_weights(head, scheme, emissions[row, :length], constrained=constrained)
            for (start, end), probability in zip(spans[row], actual[row], strict=True):
                same = [
                    weight
                    for path, weight in weights.items()
                    if list(path[start:end]) == paths[row][start:end] and is_whole(path, start, end, scheme["continues"])
                ]
                assert probability == pytest.approx(sum(same) / sum(weights.values()), abs=1e-12)


def test_crf_probability_of_a_path_that_breaks_a_constraint_is_zero_only_where_it_breaks_it():
    head = crf_head(BIOES)
    emissions, mask = torch.randn(1, 4, 5, dtype=torch.float64), torch.ones(1, 4, dtype=torch.bool)
    broken, clean = head.probabilities(emissions, mask, [[1, 4, 1, 3]], [[(0, 2), (2, 4)]])[0]  # B S is forbidden
    assert broken == 0.0
    assert 0.0 < clean < 1.0


def test_crf_probability_in_a_sentence_without_a_legal_path_is_zero():
    no_single = {**BIOES, "starts_allowed": [0, 1, 0, 0, 0]}  # one token cannot both start and end
    head, mask = crf_head(no_single), torch.ones(1, 1, dtype=torch.bool)
    emissions = torch.randn(1, 1, 5, dtype=torch.float64)
    assert head.probabilities(emissions, mask, head.best(emissions, mask), [[(0, 1)]]) == [[0.0]]


@pytest.mark.parametrize("n_tokens", [1, 500])
def test_probabilities_of_bfloat16_scores_are_finite_and_within_zero_and_one(n_tokens):
    mask = torch.ones(2, n_tokens, dtype=torch.bool)
    scores = (20 * torch.randn(2, n_tokens, 5)).bfloat16()
    for head in (crf_head(BIOES).float(), SoftmaxHead(4, 5)):
        paths = head.best(scores.float(), mask)
        spans = [[(here, here + 1) for here in range(n_tokens)]] * 2
        values = head.probabilities(scores, mask, paths, spans)
        assert [len(row) for row in values] == [n_tokens] * 2
        assert all(0.0 <= value <= 1.0 for row in values for value in row)


@pytest.mark.parametrize("head", [crf_head(BIOES), SoftmaxHead(4, 5).double()], ids=["crf", "softmax"])
def test_without_spans_there_are_no_probabilities(head):
    mask = ragged([3, 2])
    assert head.probabilities(torch.zeros(2, 3, 5).double(), mask, [[0] * 3, [0] * 2], [[], []]) == [[], []]


@pytest.mark.parametrize("head", [crf_head(BIOES), SoftmaxHead(4, 5).double()], ids=["crf", "softmax"])
@pytest.mark.parametrize("span", [(1, 1), (-1, 1), (1, 3)], ids=["empty", "negative", "too-long"])
def test_a_span_that_is_empty_or_leaves_its_sentence_is_refused(head, span):
    with pytest.raises(ValueError, match=r"is empty or leaves sentence 1 of 2 tokens"):
        head.probabilities(torch.zeros(2, 3, 5).double(), ragged([3, 2]), [[0] * 3, [0] * 2], [[], [span]])


def test_softmax_probability_of_a_span_is_the_product_over_its_tokens():
    head, mask = SoftmaxHead(4, 3), ragged([4, 2])
    scores = torch.randn(2, 4, 3)
    probs, paths = scores.softmax(2), head.best(scores, mask)
    spans = [[(0, 4), (1, 3)], [(1, 2)]]
    expected = [[math.prod(probs[row, t, paths[row][t]].item() for t in range(*span)) for span in spans[row]] for row in (0, 1)]
    actual = head.probabilities(scores, mask, paths, spans)
    assert actual[0] == pytest.approx(expected[0], rel=1e-5)
    assert actual[1] == pytest.approx(expected[1], rel=1e-5)


def test_softmax_best_is_the_highest_tag_of_each_real_token_and_of_equals_the_lowest():
    scores = torch.tensor([[[0.0, 1.0, 1.0], [2.0, 0.0, 2.0]], [[0.0, 0.0, 3.0], [9.0, 0.0, 0.0]]])
    assert SoftmaxHead(4, 3).best(scores, ragged([2, 1])) == [[1, 0], [2]]


def test_crf_loss_can_be_the_sum_over_sentences():
    scores, mask, targets = torch.randn(2, 4, 5), ragged([4, 1]), [[0, 1, 3, 4], [4]]
    mean, total = crf_head(BIOES), crf_head(BIOES, reduction="sum")
    total.load_state_dict(mean.state_dict())
    torch.testing.assert_close(total.loss(scores, targets, mask)["crf"], 2 * mean.loss(scores, targets, mask)["crf"])


def test_crf_loss_is_the_mean_over_sentences_and_softmax_loss_the_mean_over_tokens():
    mask, targets = ragged([4, 1]), [[0, 1, 3, 0], [4]]
    scores = torch.randn(2, 4, 5, dtype=torch.float64)
    head = crf_head(BIOES)
    apart = [
        head.loss(scores[row : row + 1, :n], [targets[row]], mask[row : row + 1, :n])["crf"] for row, n in ((0, 4), (1, 1))
    ]
    torch.testing.assert_close(head.loss(scores, targets, mask), {"crf": (apart[0] + apart[1]) / 2})
    log_probs = scores.log_softmax(2)
    summed = log_probs[0, range(4), targets[0]].sum() + log_probs[1, 0, 4]
    actual = SoftmaxHead(4, 5).loss(scores, targets, mask)
    torch.testing.assert_close(actual, {"cross_entropy": -summed / 5}, check_dtype=False, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("head", [crf_head(BIOES).float(), SoftmaxHead(4, 5)], ids=["crf", "softmax"])
def test_loss_of_half_precision_scores_is_single_precision(head):
    scores = torch.randn(1, 3, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (loss,) = head.loss(scores.bfloat16(), [[0, 1, 3]], torch.ones(1, 3, dtype=torch.bool)).values()
    assert loss.dtype == torch.float32


@pytest.mark.parametrize("make", [lambda share: crf_head(BIOES, dropout=share), lambda share: SoftmaxHead(4, 5, share)])
def test_dropout_acts_on_the_hidden_states_while_training_only(make):
    hidden, mask = torch.ones(1, 50, 4, dtype=torch.float64), torch.ones(1, 50, dtype=torch.bool)
    head = make(0.5).double()
    assert len(head(hidden, mask).unique(dim=1)[0]) > 1
    assert len(head.eval()(hidden, mask).unique(dim=1)[0]) == 1


def test_targets_are_padded_with_the_first_tag():
    assert padded_tags([[3, 1, 2], [4]], ragged([3, 1])).tolist() == [[3, 1, 2], [4, 0, 0]]


@pytest.mark.parametrize("targets", [[[0, 0, 0]], [[0, 0], [0]], [[0] * 4, [0]]], ids=["sentences", "too-short", "too-long"])
def test_targets_that_do_not_fit_the_mask_are_refused(targets):
    with pytest.raises(ValueError, match=r"for a mask \(2, 3\)"):
        padded_tags(targets, ragged([3, 2]))


def test_a_head_whose_continuations_are_for_another_number_of_tags_is_refused():
    with pytest.raises(ValueError, match=r"continues has shape \(2, 2\); expected \(5, 5\)"):
        CrfHead(4, 5, **{**BIOES, "continues": IO["continues"]})
