import pytest
import torch

from cnerkit.nn.bilstm import BiLstm


def ragged(lengths):
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


@pytest.fixture(params=[1, 2], ids=["one-layer", "two-layers"])
def lstm(request):
    return BiLstm(5, 8, layers=request.param)


def test_each_half_is_an_lstm_over_the_sentence_read_from_one_side():
    layer, sentence = BiLstm(5, 8), torch.randn(1, 6, 5)
    rightward, _ = layer.rightward[0](sentence)
    leftward, _ = layer.leftward[0](sentence.flip(1))
    expected = torch.cat([rightward, leftward.flip(1)], dim=2)
    torch.testing.assert_close(layer(sentence, torch.ones(1, 6, dtype=torch.bool)), expected)


def test_with_the_same_weights_it_is_torch_s_bidirectional_lstm_over_packed_sentences():
    layer, oracle = BiLstm(5, 8), torch.nn.LSTM(5, 4, batch_first=True, bidirectional=True)
    state = dict(layer.rightward[0].state_dict())
    oracle.load_state_dict(state | {f"{name}_reverse": value for name, value in layer.leftward[0].state_dict().items()})
    lengths, hidden = [7, 2, 5], torch.randn(3, 7, 5)
    packed = torch.nn.utils.rnn.pack_padded_sequence(hidden, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(oracle(packed)[0], batch_first=True)
    mask = ragged(lengths)
    torch.testing.assert_close(layer(hidden, mask)[mask], expected[mask], rtol=0, atol=1e-6)


def test_what_stands_on_padding_reaches_no_real_token(lstm):
    mask, hidden = ragged([6, 1, 4]), torch.randn(3, 6, 5)
    noisy = torch.where(mask.unsqueeze(2), hidden, 1e6 * torch.randn(3, 6, 5))
    torch.testing.assert_close(lstm(noisy, mask)[mask], lstm(hidden, mask)[mask], rtol=0, atol=1e-6)


def test_no_gradient_reaches_padding_from_a_real_token(lstm):
    mask, hidden = ragged([6, 1, 4]), torch.randn(3, 6, 5, requires_grad=True)
    lstm(hidden, mask)[mask].sum().backward()
    assert not hidden.grad[~mask].any()
    assert hidden.grad[mask].abs().sum(1).all()


def test_a_sentence_gets_the_same_vectors_alone_as_among_others(lstm):
    lengths, hidden = [6, 1, 4], torch.randn(3, 6, 5)
    together = lstm(hidden, ragged(lengths))
    for row, length in enumerate(lengths):
        alone = lstm(hidden[row : row + 1, :length], ragged([length]))
        torch.testing.assert_close(alone[0], together[row, :length], rtol=0, atol=1e-6)


def test_width_out_is_dim(lstm):
    assert lstm.dim == 8
    assert lstm(torch.randn(2, 3, 5), ragged([3, 2])).shape == (2, 3, 8)


def test_dropout_acts_before_between_and_after_layers_while_training_only():
    layer, mask = BiLstm(5, 400, layers=2, dropout=0.5), torch.ones(1, 1, dtype=torch.bool)
    seen = []
    for module in (*layer.rightward, *layer.leftward):
        module.register_forward_hook(lambda _, inputs, __: seen.append((inputs[0] == 0).float().mean().item()))
    hidden = torch.ones(1, 1, 5).expand(200, 1, 5)
    out = layer(hidden, mask.expand(200, 1))
    assert all(0.4 < share < 0.6 for share in [*seen, (out == 0).float().mean().item()])
    layer.eval()
    assert (layer(hidden, mask.expand(200, 1)) != 0).all()


def test_dropout_can_act_between_layers_alone():
    layer = BiLstm(5, 400, layers=2, dropout=0.5, between_only=True)
    seen = []
    for module in (*layer.rightward, *layer.leftward):
        module.register_forward_hook(lambda _, inputs, __: seen.append((inputs[0] == 0).float().mean().item()))
    out = layer(torch.ones(200, 1, 5), torch.ones(200, 1, dtype=torch.bool))
    assert seen[:2] == [0, 0]
    assert all(0.4 < share < 0.6 for share in seen[2:])
    assert (out != 0).all()


@pytest.mark.parametrize(("dim", "layers"), [(7, 1), (0, 1), (8, 0)])
def test_an_odd_width_or_no_layer_is_refused(dim, layers):
    with pytest.raises(ValueError, match=f"even dim and at least one layer, got dim {dim} and {layers} layers"):
        BiLstm(5, dim, layers)
