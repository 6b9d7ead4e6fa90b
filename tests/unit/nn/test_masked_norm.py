import pytest
import torch
from torch import nn

from cnerkit.nn.masked_norm import MaskedBatchNorm, MaskedNorm

MASK = torch.tensor([[True, True, True], [True, False, False]])


def hidden_states():
    torch.manual_seed(2)
    return 3 + 2 * torch.randn(2, 3, 4)


def test_none_changes_nothing_and_has_no_weights():
    norm = MaskedNorm("none", 4)
    assert norm.state_dict() == {}
    assert torch.equal(norm(hidden := hidden_states(), MASK), hidden)


def test_layer_is_torch_s():
    torch.testing.assert_close(MaskedNorm("layer", 4)(hidden := hidden_states(), MASK), nn.LayerNorm(4)(hidden))


def test_batch_is_torch_s_over_the_real_tokens_in_training_and_after_it():
    norm, oracle, hidden = MaskedNorm("batch", 4), nn.BatchNorm1d(4), hidden_states()
    torch.testing.assert_close(norm(hidden, MASK)[MASK], oracle(hidden[MASK]))
    norm.eval(), oracle.eval()
    torch.testing.assert_close(norm(hidden, MASK)[MASK], oracle(hidden[MASK]))


@pytest.mark.parametrize("training", [True, False])
def test_padding_has_no_part_in_a_batch_norm_and_comes_out_as_zero(training):
    hidden = hidden_states()
    noisy = torch.where(MASK.unsqueeze(2), hidden, torch.nan)
    norms = [MaskedBatchNorm(4).train(training) for _ in range(2)]
    found, same = norms[0](noisy, MASK), norms[1](hidden, MASK)
    assert torch.equal(found, same)
    assert not found[~MASK].any()
    assert torch.equal(norms[0].running_var, norms[1].running_var)


def test_a_single_token_has_a_norm():
    norm = MaskedBatchNorm(4)
    found = norm(hidden_states()[:1, :1], MASK[:1, :1])
    assert torch.isfinite(found).all()
    assert torch.isfinite(norm.running_var).all()
