"""The orders of blocks and BiLSTM, and what padding is to a model that takes it for text."""

import pytest
import torch
from torch import nn

from cnerkit.nn.crf import Crf
from cnerkit.nn.hreb import HrebFeatures, Recurrent, UnmaskedFeatures, UnmaskedHead
from cnerkit.nn.rhema import Attention, Ema, Rhema, RhemaBlock
from cnerkit.nn.tag_heads import CrfHead

MASK = torch.arange(5) < torch.tensor([[5], [3]])
HIDDEN = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))
MADE_OF = Rhema(Ema(4), Attention(6, 5), "scalar", norm="none")
GATED = Recurrent(reduced_bias="scalar", norm="layer")


def features(order, recurrent=GATED, n_blocks=1, dropout=0.0):
    torch.manual_seed(5)
    blocks = [RhemaBlock(8, MADE_OF) for _ in range(n_blocks)]
    return HrebFeatures(8, blocks, recurrent, order, dropout).eval()


def layer_norm(hidden):
    return nn.functional.layer_norm(hidden, (8,))


def test_the_paper_s_order_is_block_then_bilstm_within_an_addition_and_a_norm():
    made = features("rhema_bilstm")
    refined = made.blocks[0](HIDDEN, MASK)
    expected = layer_norm(0.5 * made.recurrent(refined, MASK) + 0.5 * refined)
    torch.testing.assert_close(made(HIDDEN, MASK), expected)


def test_the_first_code_s_order_is_bilstm_norm_and_block():
    made = features("bilstm_rhema")
    normalised = layer_norm(0.5 * made.recurrent(HIDDEN, MASK) + 0.5 * HIDDEN)
    layer = made.blocks[0].layer
    torch.testing.assert_close(made(HIDDEN, MASK), 0.5 * layer(normalised, MASK) + 0.5 * normalised)


def test_the_second_code_s_order_adds_both_over_the_encoder_and_normalises_the_sum():
    made = features("parallel")
    layer = made.blocks[0].layer
    both = 0.5 * layer(HIDDEN, MASK) + 0.5 * HIDDEN + 0.5 * made.recurrent(HIDDEN, MASK) + 0.5 * HIDDEN
    torch.testing.assert_close(made(HIDDEN, MASK), layer_norm(both))


@pytest.mark.parametrize("order", ["rhema_bilstm", "bilstm_rhema", "parallel"])
def test_without_blocks_or_without_a_bilstm_the_other_stands_alone(order):
    plain = features(order, Recurrent(), n_blocks=0)
    assert torch.equal(plain(HIDDEN, MASK), plain.recurrent(HIDDEN, MASK))
    made = features(order, None)
    assert torch.equal(made(HIDDEN, MASK), made.blocks[0](HIDDEN, MASK))
    assert set(dict(made.named_children())) == {"dropout", "blocks"}


def test_blocks_stand_on_top_of_one_another():
    made = features("rhema_bilstm", None, n_blocks=2)
    first, second = made.blocks
    assert torch.equal(made(HIDDEN, MASK), second(first(HIDDEN, MASK), MASK))


def test_the_encoder_s_numbers_are_dropped_while_training_and_the_bilstm_s_between_layers_only():
    made = features("rhema_bilstm", Recurrent(), n_blocks=0, dropout=0.5)
    assert (made.dropout.p, made.recurrent.dropout.p, made.recurrent.at_ends.p) == (0.5, 0.5, 0.0)
    assert not torch.equal(made.train()(HIDDEN, MASK), made(HIDDEN, MASK))


def test_the_bilstm_is_drawn_as_xavier_with_biases_of_zero():
    made = HrebFeatures(64, [], Recurrent(layers=1), "rhema_bilstm", 0.0).recurrent
    [lstm] = made.rightward
    assert not lstm.bias_ih_l0.any()
    assert not lstm.bias_hh_l0.any()
    bound = (6 / (64 + 4 * 32)) ** 0.5
    assert 0.95 * bound < lstm.weight_ih_l0.abs().max() <= bound


def test_an_odd_width_is_refused_where_there_is_a_bilstm():
    with pytest.raises(ValueError, match="even dim and at least one layer, got dim 7"):
        HrebFeatures(7, [], Recurrent(), "rhema_bilstm", 0.0)


def test_unmasked_features_take_padding_for_tokens():
    made = features("rhema_bilstm")
    unmasked = UnmaskedFeatures(made)
    assert torch.equal(unmasked(HIDDEN, MASK), made(HIDDEN, torch.ones_like(MASK)))
    assert not torch.allclose(unmasked(HIDDEN, MASK)[MASK], made(HIDDEN, MASK)[MASK])


class TestUnmaskedHead:
    def head(self):
        torch.manual_seed(3)
        every = [[True] * 3] * 3
        return CrfHead(8, 3, allowed=every, starts_allowed=every[0], ends_allowed=every[0], continues=every)

    def test_its_loss_takes_padding_for_tokens_tagged_o(self):
        head, targets = self.head(), [[0, 1, 2, 0, 1], [1, 2, 2]]
        scores = head(HIDDEN, MASK)
        everywhere = torch.ones_like(MASK)
        padded = [targets[0], [*targets[1], 0, 0]]
        assert torch.equal(UnmaskedHead(head)(HIDDEN, MASK), scores)
        assert UnmaskedHead(head).loss(scores, targets, MASK) == head.loss(scores, padded, everywhere)

    def test_it_gives_the_real_part_of_the_best_path_through_padding(self):
        head = self.head()
        nn.init.normal_(head.crf.transitions, std=5)
        scores = head(HIDDEN, MASK)
        long, short = Crf.decode(head.crf, scores, torch.ones_like(MASK))
        assert UnmaskedHead(head).best(scores, MASK) == [long, short[:3]]

    def test_its_probabilities_are_among_paths_through_padding(self):
        head, spans = self.head(), [[(0, 2)], [(1, 3)]]
        nn.init.normal_(head.crf.transitions, std=5)
        scores = head(HIDDEN, MASK)
        paths = UnmaskedHead(head).best(scores, MASK)
        found = UnmaskedHead(head).probabilities(scores, MASK, paths, spans)
        long, short = Crf.decode(head.crf, scores, torch.ones_like(MASK))
        everywhere = head.probabilities(scores, torch.ones_like(MASK), [long, [*short[:3], 0, 0]], spans)
        assert found == everywhere
