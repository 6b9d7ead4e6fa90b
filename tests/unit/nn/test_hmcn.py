import itertools
import math

import pytest
import torch

from cnerkit.codecs.label_nodes import LabelNodes
from cnerkit.codecs.soft_labels import SoftLabels
from cnerkit.nn.hmcn import HmcnHead
from cnerkit.text import TypeHierarchy

TYPES = ("a", "a/x", "a/y", "b/x/p", "b/x/q", "c")
NODES = LabelNodes(SoftLabels(TYPES, TypeHierarchy("/")).labels)
OPTIONS = {"dim": 6, "dropout": 0.0, "local_share": 0.5, "violation": 0.1, "decoding": "joint"}


@pytest.fixture(autouse=True)
def _same_numbers_whatever_the_order():
    torch.manual_seed(0)


def head(nodes=NODES, **options):
    return HmcnHead(4, nodes, **{**OPTIONS, **options}).double()


def ragged(*lengths):
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def some_targets(mask):
    return [[(7 * row + 5 * place) % len(NODES.labels) for place in range(int(n))] for row, n in enumerate(mask.sum(1))]


@pytest.mark.parametrize("options", [{}, {"local_share": None}, {"local_share": 0.2, "violation": 3.0}], ids=str)
def test_the_gradient_of_each_loss_is_that_of_finite_differences(options):
    model, mask = head(**options).eval(), ragged(3, 1)
    names = ["global", "violation"] if model.local_share is None else ["global", "local", "violation"]
    assert list(model.loss(model(torch.randn(2, 3, 4).double(), mask), some_targets(mask), mask)) == names
    for name in names:
        hidden = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(
            lambda given, n=name: model.loss(model(given, mask), some_targets(mask), mask)[n], hidden
        )


@pytest.mark.parametrize("name", ["global", "local", "violation"])
def test_the_gradient_is_right_through_the_batch_norm_of_training_too(name):
    model, mask = head().train(), ragged(3, 2)
    hidden = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: model.loss(model(given, mask), some_targets(mask), mask)[name], hidden)


def test_losses_are_those_of_the_definition():
    model, mask = head(), ragged(2)
    scores = torch.randn(1, 2, 2, sum(NODES.sizes), dtype=torch.float64)
    target, probs = some_targets(mask), scores.sigmoid()
    terms = model.loss(scores, target, mask)
    for flow, name in enumerate(("global", "local")):
        expected = 0.0
        for place, label in enumerate(target[0]):
            for node in range(sum(NODES.sizes)):
                p = probs[0, place, flow, node].item()
                expected -= math.log(p if node in NODES.label_index[label] else 1 - p)
        assert terms[name].item() == pytest.approx(expected / 2, rel=1e-12)
    mixed = probs.mean(2)[0]
    excess = [max(0.0, (row[child] - row[parent]).item()) ** 2 for row in mixed for child, parent in NODES.child_parent]
    assert terms["violation"].item() == pytest.approx(0.1 * sum(excess) / 2, rel=1e-12)


def test_padding_takes_no_part_in_the_batch_norm():
    hidden = torch.randn(2, 5, 4, dtype=torch.float64)
    narrow, wide = head().train(), head().train()
    wide.load_state_dict(narrow.state_dict())
    one = narrow(hidden[:, :3], ragged(3, 1))
    other = wide(hidden, torch.nn.functional.pad(ragged(3, 1), (0, 2)))
    torch.testing.assert_close(other[:, :3], one, rtol=0, atol=0)
    torch.testing.assert_close(narrow.state_dict(), wide.state_dict(), rtol=0, atol=0)
    assert other[:, 3:].abs().sum() == 0


def test_a_batch_of_one_token_trains_by_what_was_seen_before():
    model, mask = head().train(), ragged(1)
    hidden = torch.randn(1, 1, 4, dtype=torch.float64)
    before = {name: value.clone() for name, value in model.named_buffers()}
    scores = model(hidden, mask)
    torch.testing.assert_close(scores, model.eval()(hidden, mask), rtol=0, atol=0)
    assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())
    assert torch.isfinite(sum(model.loss(scores, [[5]], mask).values()))


def test_joint_decoding_takes_the_label_with_the_highest_product():
    model, mask = head(), ragged(4, 2)
    scores = torch.randn(2, 4, 2, sum(NODES.sizes), dtype=torch.float64)
    probs = scores.sigmoid().mean(2)
    for row, labels in enumerate(model.best(scores, mask)):
        for place, label in enumerate(labels):
            products = [math.prod(probs[row, place, list(nodes)].tolist()) for nodes in NODES.label_index]
            assert label == max(range(len(products)), key=products.__getitem__)


def test_greedy_decoding_takes_the_likeliest_node_under_the_one_before():
    model, mask = head(decoding="greedy"), ragged(40)
    scores = 3 * torch.randn(1, 40, 2, sum(NODES.sizes), dtype=torch.float64)
    probs, (labels,) = scores.sigmoid().mean(2)[0], model.best(scores, mask)
    for row, label in zip(probs, labels, strict=True):
        open_ = list(NODES.label_index)
        for level in range(len(NODES.sizes)):
            best = max({nodes[level] for nodes in open_}, key=lambda node: row[node].item())
            open_ = [nodes for nodes in open_ if nodes[level] == best]
        assert open_ == [NODES.label_index[label]]
    assert labels != head().best(scores, mask)[0]


def test_extreme_scores_stay_in_order():
    scores = torch.full((1, 1, 2, sum(NODES.sizes)), -500.0)
    scores[..., list(NODES.label_index[9])] = -400.0
    (labels,) = head().float().best(scores, ragged(1))
    assert labels == [9]


def test_the_probabilities_of_all_labels_of_a_token_sum_to_one_and_the_best_has_the_highest():
    model, mask = head(), ragged(1)
    scores = torch.randn(1, 1, 2, sum(NODES.sizes), dtype=torch.float64)
    each = [model.probabilities(scores, mask, [[label]], [[(0, 1)]])[0][0] for label in range(len(NODES.labels))]
    assert sum(each) == pytest.approx(1, abs=1e-12)
    assert max(each) == each[model.best(scores, mask)[0][0]]


def test_the_probability_of_a_span_is_the_product_over_its_tokens():
    model, mask = head(), ragged(3)
    scores, path = torch.randn(1, 3, 2, sum(NODES.sizes), dtype=torch.float64), [3, 8, 1]
    singles = model.probabilities(scores, mask, [path], [[(0, 1), (1, 2), (2, 3)]])[0]
    spans = list(itertools.combinations(range(4), 2))
    for (start, end), found in zip(spans, model.probabilities(scores, mask, [path], [spans])[0], strict=True):
        assert found == pytest.approx(math.prod(singles[start:end]), rel=1e-12)


def test_flat_types_violate_nothing():
    nodes = LabelNodes(SoftLabels(("PER", "LOC")).labels)
    model, mask = head(nodes), ragged(2)
    assert model.loss(model(torch.randn(1, 2, 4).double(), mask), [[1, 3]], mask)["violation"].item() == 0


def test_losses_are_float32_under_bfloat16():
    model, mask = head().float().train(), ragged(3, 2)
    hidden = torch.randn(2, 3, 4)
    with torch.autocast("cpu", torch.bfloat16):
        scores = model(hidden, mask)
        terms = model.loss(scores, some_targets(mask), mask)
    assert scores.dtype is torch.bfloat16
    assert {term.dtype for term in terms.values()} == {torch.float32}
    precise = model.loss(model(hidden, mask), some_targets(mask), mask)
    for name, term in terms.items():
        assert term.item() == pytest.approx(precise[name].item(), rel=0.05)
