"""The parts of the grid models: both readings of scores, the co-predictor, enhancement, features of characters."""

import math

import pytest
import torch

from cnerkit.nn.character_features import CharacterFeatures
from cnerkit.nn.co_predictor import BiaffinePredictor, CellPredictor, CoPredictor
from cnerkit.nn.enhancement import Enhancement, Roles, TagFeatures
from cnerkit.nn.grid_readings import SoftmaxReading, ThresholdReading
from cnerkit.nn.grid_regions import distance_ids, region_ids

MASK = torch.tensor([[True, True, False], [True, True, True]])


def test_labels_above_the_threshold_are_on_wherever_tokens_are_real():
    scores = torch.full((2, 3, 3, 2), -1.0)
    scores[0, 0, 1, 1], scores[0, 0, 2, 0], scores[1, 2, 2, 0] = 0.5, 9.0, 2.0  # the second lies on padding
    table = ThresholdReading(2).on(scores, MASK)
    assert table[:, :4].tolist() == [[0, 0, 1, 1], [1, 2, 2, 0]]
    assert table[:, 4].tolist() == pytest.approx([1 / (1 + math.exp(-0.5)), 1 / (1 + math.exp(-2))])
    assert ThresholdReading(2, threshold=1.0).on(scores, MASK)[:, :4].tolist() == [[1, 2, 2, 0]]


def test_the_label_with_the_highest_score_is_on_unless_that_of_none_is_higher():
    scores = torch.zeros(2, 3, 3, 3)
    scores[..., 0] = 1.0
    scores[0, 1, 0], scores[0, 2, 2, 1], scores[1, 0, 2, 2] = torch.tensor([0.0, 1.0, 2.0]), 9.0, 3.0
    table = SoftmaxReading(2).on(scores, MASK)
    assert table[:, :4].tolist() == [[0, 1, 0, 1], [1, 0, 2, 1]]
    first = math.exp(2) / (1 + math.e + math.exp(2))
    assert table[:, 4].tolist() == pytest.approx([first, math.exp(3) / (math.e + 1 + math.exp(3))])


def test_the_cross_entropy_is_the_mean_over_real_cells_with_the_first_label_of_each():
    scores = torch.randn(2, 3, 3, 4, dtype=torch.float64)
    cells = [[(0, 1, 2), (1, 0, 1), (0, 1, 0)], []]
    targets = {(0, 0, 1): 1, (0, 1, 0): 2}
    log_probs = scores.log_softmax(3)
    real = [(s, r, c) for s, n in ((0, 2), (1, 3)) for r in range(n) for c in range(n)]
    each = {place: -log_probs[(*place, targets.get(place, 0))] for place in real}
    found = SoftmaxReading(3).loss(scores, cells, MASK)
    torch.testing.assert_close(found.mean, sum(each.values()) / len(real), rtol=0, atol=1e-12)
    torch.testing.assert_close(found.positive_cells, sum(each[place] for place in targets) / 2, rtol=0, atol=1e-12)


@pytest.mark.parametrize("reading", [ThresholdReading(2), SoftmaxReading(2)], ids=["threshold", "softmax"])
def test_a_batch_without_entities_has_a_loss_and_a_gradient(reading):
    scores = torch.zeros(2, 3, 3, reading.n_scores, requires_grad=True)
    found = reading.loss(scores, [[], []], MASK)
    found.mean.backward()
    assert found.mean.item() == pytest.approx(math.log(3))
    assert found.positive_cells.item() == 0
    assert scores.grad[0, :2, :2].abs().sum() > 0
    assert scores.grad[0, 2].abs().sum() == 0


def test_a_co_predictor_of_nothing_is_refused():
    with pytest.raises(ValueError, match="predicts nothing: pairs is None and cells is None"):
        CoPredictor(None, None)


def test_scores_are_the_sum_of_both_predictors_and_float32_under_autocast():
    pairs, cells = BiaffinePredictor(8, 4, 3, 0.0), CellPredictor(6, 5, 3, 0.0)
    hidden, grid = torch.randn(2, 3, 8), torch.randn(2, 3, 3, 6)
    both, one, other = (CoPredictor(*parts)(hidden, hidden, grid) for parts in ((pairs, cells), (pairs, None), (None, cells)))
    torch.testing.assert_close(both, one + other)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = CoPredictor(pairs, cells)(hidden, hidden, grid)
    assert low.dtype is torch.float32
    torch.testing.assert_close(low, both, rtol=0.05, atol=0.05)


def test_features_of_tags_are_a_linear_map_for_each_group():
    together, grid = TagFeatures(5, 4, 3), torch.randn(2, 3, 3, 5)
    parts = zip(together.weight.split(4), together.bias.split(4), strict=True)
    apart = torch.cat([torch.nn.functional.linear(grid, weight, bias) for weight, bias in parts], -1)
    torch.testing.assert_close(together(grid), apart)
    for weight in together.weight.split(4):
        torch.testing.assert_close(weight @ weight.T, torch.eye(4))


def test_what_stands_on_padding_does_not_reach_an_update():
    update = Enhancement(6, 8, 2, dropout=0.0).eval()
    tags, first, running = torch.randn(1, 4, 4, 6), torch.randn(2, 1, 4, 8), torch.randn(2, 1, 4, 8)
    mask = torch.tensor([[True, True, True, False]])
    tags[:, 3], tags[:, :, 3] = 1e4, 1e4
    padded = update(tags, Roles(*first), Roles(*running), mask)
    alone = update(tags[:, :3, :3], Roles(*first[:, :, :3]), Roles(*running[:, :, :3]), mask[:, :3])
    for one, other in zip(padded, alone, strict=True):
        torch.testing.assert_close(one[:, :3], other, rtol=0, atol=1e-5)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="3 heads do not divide a width of 8"):
        Enhancement(6, 8, 3)
    with pytest.raises(ValueError, match="3 attention heads do not divide features of a width of 4"):
        CharacterFeatures(8, 4, distance=True, region=True, attention_heads=3)


def test_features_of_a_character_are_means_over_its_row_of_the_grid():
    features = CharacterFeatures(8, 4, distance=True, region=True, attention_heads=2)
    encoded, maps = torch.randn(2, 3, 8), torch.rand(2, 2, 3, 3).softmax(3)
    found = features(encoded, MASK, maps)
    assert (features.dim, found.shape) == (12, (2, 3, 12))
    for sentence, length in ((0, 2), (1, 3)):
        for place in range(length):
            for part, bags, ids in ((0, features.distance, distance_ids), (1, features.region, region_ids)):
                mean = bags.weight[ids(MASK)[sentence, place, :length]].mean(0)
                torch.testing.assert_close(found[sentence, place, 4 * part : 4 * part + 4], mean)
    values = features.values(encoded).view(2, 3, 2, 2)
    torch.testing.assert_close(found[..., 8:], torch.einsum("bhij,bjhd->bihd", maps, values).flatten(2))
