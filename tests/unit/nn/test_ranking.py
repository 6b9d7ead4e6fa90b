import math

import pytest
import torch

from cnerkit.codecs.soft_labels import SoftLabels
from cnerkit.nn import ranking
from cnerkit.nn.ranking import LambdaRankHead, RankNetHead, ndcg
from cnerkit.text import TypeHierarchy

HEADS = [pytest.param(RankNetHead, id="ranknet"), pytest.param(LambdaRankHead, id="lambdarank")]
GATES = ["related", "none"]
TAGS = [0, 3, 0, 8, 5, 1]


@pytest.fixture(autouse=True)
def _same_numbers_whatever_the_order():
    torch.manual_seed(0)


def ranks(gate="related"):
    return torch.from_numpy(SoftLabels(("a", "a/x", "b/y/z"), TypeHierarchy("/"), gate=gate).ranks)


def pairs(row):
    return [(a, b) for a in range(len(row)) for b in range(len(row)) if row[a] > row[b]]


def places(scores):
    """The 1-based place of each label by its score; of equal scores the first is higher."""
    order = sorted(range(len(scores)), key=lambda label: (-scores[label], label))
    return {label: place for place, label in enumerate(order, 1)}


def weights(name, scores, row):
    """How much each pair counts for a token."""
    if name == "ranknet":
        return dict.fromkeys(pairs(row), 1 / len(pairs(row)))
    gains, place = [2.0**rank for rank in row], places(scores)
    ideal = sum(gain / math.log2(1 + at) for at, gain in enumerate(sorted(gains, reverse=True), 1))
    discount = {label: 1 / math.log2(1 + at) for label, at in place.items()}
    return {(a, b): abs(gains[a] - gains[b]) * abs(discount[a] - discount[b]) / ideal for a, b in pairs(row)}


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("head", HEADS)
def test_loss_and_gradient_are_those_of_the_definition(head, gate):
    table, tags = ranks(gate), torch.tensor(TAGS)
    scores = torch.randn(len(tags), len(table), dtype=torch.float64, requires_grad=True)
    found = head(4, table).per_token(scores, tags)
    (gradient,) = torch.autograd.grad(found.sum(), scores)
    for token, tag in enumerate(TAGS):
        row, here = table[tag].tolist(), scores[token].tolist()
        counted = weights(head.name, here, row)
        loss = sum(weight * math.log1p(math.exp(here[b] - here[a])) for (a, b), weight in counted.items())
        assert found[token].item() == pytest.approx(loss, rel=1e-10)
        slope = [0.0] * len(row)
        for (a, b), weight in counted.items():
            slope[a] -= weight / (1 + math.exp(here[a] - here[b]))
            slope[b] += weight / (1 + math.exp(here[a] - here[b]))
        torch.testing.assert_close(gradient[token], torch.tensor(slope, dtype=torch.float64), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("head", HEADS)
def test_the_gradient_is_that_of_finite_differences(head):
    model, tags = head(4, ranks()), torch.tensor(TAGS)
    scores = torch.randn(len(tags), len(ranks()), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: model.per_token(given, tags), scores)


@pytest.mark.parametrize("head", HEADS)
def test_parts_that_fit_the_memory_give_the_same_loss_and_gradient(head, monkeypatch):
    model, tags = head(4, ranks()), torch.tensor(TAGS * 3)
    scores = torch.randn(len(tags), len(ranks()), dtype=torch.float64, requires_grad=True)
    whole = model.per_token(scores, tags)
    (expected,) = torch.autograd.grad(whole.sum(), scores)
    monkeypatch.setattr(ranking, "_NUMBERS_AT_ONCE", 2 * len(ranks()) ** 2)
    parts = model.per_token(scores, tags)
    (found,) = torch.autograd.grad(parts.sum(), scores)
    torch.testing.assert_close((parts, found), (whole, expected), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("tags", [[0, 0], [3, 1]], ids=["outside-alone", "entities-alone"])
@pytest.mark.parametrize("head", HEADS)
def test_a_batch_of_one_kind_of_characters_has_a_finite_loss_with_a_gradient(head, tags):
    model, mask = head(4, ranks().float()), torch.ones(1, 2, dtype=torch.bool)
    (loss,) = model.loss(model(torch.randn(1, 2, 4), mask), [tags], mask).values()
    loss.backward()
    assert torch.isfinite(loss)
    assert model.emit.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("head", HEADS)
def test_the_loss_is_the_mean_over_real_tokens_and_float32_under_bfloat16(head):
    model, mask = head(4, ranks().float()), torch.tensor([[True, True, True], [True, False, False]])
    hidden, tags = torch.randn(2, 3, 4), [[0, 3, 8], [5]]
    with torch.autocast("cpu", torch.bfloat16):
        scores = model(hidden, mask)
        (loss,) = model.loss(scores, tags, mask).values()
    assert (scores.dtype, loss.dtype) == (torch.bfloat16, torch.float32)
    each = model.per_token(scores[mask].float(), torch.tensor([0, 3, 8, 5]))
    assert loss.item() == pytest.approx(each.mean().item(), rel=1e-6)


def test_ndcg_is_one_in_the_order_of_the_ranks_and_less_elsewhere():
    table = ranks()
    perfect = table.nan_to_num(neginf=-100.0)
    torch.testing.assert_close(ndcg(perfect, table), torch.ones(len(table), dtype=torch.float64))
    assert (ndcg(-perfect, table) < 0.7).all()
