"""A standard layer: BERT's own, made of plain parts."""

import pytest
import torch
from transformers import BertConfig
from transformers.models.bert.modeling_bert import BertLayer

from cnerkit.nn.encoders import encoder_from_description
from cnerkit.nn.transformer_layer import TransformerLayer, heads_of
from cnerkit.testing import example_encoder

OWN_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "follow_up.attended",
    "attention.output.LayerNorm": "follow_up.first_norm",
    "intermediate.dense": "follow_up.expand",
    "output.dense": "follow_up.contract",
    "output.LayerNorm": "follow_up.second_norm",
}


def test_with_the_weights_of_a_bert_layer_it_is_one():
    torch.manual_seed(1)
    config = BertConfig(hidden_size=24, num_attention_heads=4, intermediate_size=96, attn_implementation="eager")
    theirs, ours = BertLayer(config).double().eval(), TransformerLayer(24, 4, 0.1).double().eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    state = {}
    for name, tensor in theirs.state_dict().items():
        part, _, kind = name.rpartition(".")
        state[f"{OWN_NAMES[part]}.{kind}"] = tensor
    ours.load_state_dict(state)
    hidden, mask = torch.randn(2, 5, 24, dtype=torch.float64), torch.tensor([[True] * 5, [True, True, False, False, False]])
    added = torch.zeros(2, 1, 1, 5, dtype=torch.float64).masked_fill(~mask[:, None, None, :], -torch.inf)
    expected = theirs(hidden, attention_mask=added)
    expected = expected[0] if isinstance(expected, tuple) else expected
    torch.testing.assert_close(ours(hidden, mask)[mask], expected[mask], rtol=0, atol=1e-10)


def test_new_weights_are_drawn_as_berts_are():
    torch.manual_seed(1)
    layer = TransformerLayer(128, 2, 0.1)
    assert layer.query.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert not layer.follow_up.expand.bias.any()
    assert layer.follow_up.first_norm.weight.eq(1).all()
    assert layer.follow_up.first_norm.eps == 1e-12


def test_heads_that_do_not_divide_the_width_are_refused_with_both_numbers():
    with pytest.raises(ValueError, match="5 heads cannot share 24 numbers equally"):
        TransformerLayer(24, 5, 0.1)


def test_the_heads_are_those_of_the_encoders_own_layers():
    static = encoder_from_description({"kind": "static", "dim": 4, "vocabulary": ["字"], "dropout": 0.0, "pretrained": False})
    assert (heads_of(example_encoder(frozenset({"flat"}))), heads_of(static)) == (2, 1)
