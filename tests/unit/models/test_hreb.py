"""HREB-CRF as a registered model: what its hyperparameters put together, its presets, and its published rows."""

import json

import pytest
import torch

from cnerkit.errors import RecipeError
from cnerkit.models.hreb import MODEL
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders import encoder_from_description
from cnerkit.nn.hreb import UnmaskedHead
from cnerkit.nn.rhema import NaiveAttention, RhemaBlock
from cnerkit.nn.tag_heads import CrfHead, SoftmaxHead
from cnerkit.nn.truncation import Truncated
from cnerkit.recipe.loading import load_recipe
from cnerkit.testing import example_encoder, example_sentences, example_task
from cnerkit.testing.contract import behaviour

FLAT = frozenset({"flat"})
RECIPES = ("hreb_msra", "hreb_resume", "hreb_weibo", "hreb_msra_code_v1", "hreb_msra_code_v2")


def build(params, encoder=None):
    torch.manual_seed(7)
    return MODEL.build(params, task=example_task(FLAT), encoder=encoder or example_encoder(FLAT), prepared=None)


def made(**params):
    return build(MODEL.params.model_validate(params))


def rows(name):
    return [row for row in load_recipe(name).published if row.changes is not None]


def changed(name, row):
    return load_recipe(name, [f"{key}={json.dumps(value)}" for key, value in row.changes.items()])


def test_switches_are_called_as_the_ablations_call_them():
    names = ["rhema", "reduced-bias", "ema", "attention", "laplace", "ffn", "bilstm", "crf"]
    assert list(MODEL.switches()) == names
    assert all(switch.paper for _, switch in MODEL.switches().values())


def test_without_reduced_bias_no_gate_is_in_the_state():
    assert [name for name in made().state_dict() if "gate" in name]
    assert not [name for name in made(reduced_bias="static").state_dict() if "gate" in name or "value_norm" in name]


def test_without_rhema_it_is_a_bilstm_and_a_crf():
    model = made(block="none")
    tops = {".".join(name.split(".")[:3]) for name, _ in model.named_parameters() if not name.startswith("encoder.")}
    assert tops == {
        "features.0.recurrent", "head.emit.weight", "head.emit.bias",
        "head.crf.transitions", "head.crf.start_transitions", "head.crf.end_transitions",
    }  # fmt: skip


def test_naive_attention_stands_in_the_place_of_the_block():
    [features] = made(block="naive_attention", layers=2).features
    assert [type(block) for block in features.blocks] == [NaiveAttention] * 2
    [features] = made().features
    assert [type(block) for block in features.blocks] == [RhemaBlock]


def test_parts_that_are_left_out_are_not_there():
    bare = made(bilstm=None, ema=None, attention=False, ffn=None, decoder="softmax")
    [features] = bare.features
    [block] = features.blocks
    assert features.recurrent is block.ffn is block.layer.ema is block.layer.attention is None
    assert isinstance(bare.head, SoftmaxHead)
    assert isinstance(made().head, CrfHead)


def test_tags_are_bio():
    assert made().codec.tags == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


VARIANTS = {
    "bilstm-rhema": {"order": "bilstm_rhema"},
    "parallel": {"order": "parallel"},
    "batch-norm": {"norm": "batch"},
    "unmasked": {"masked": False},
    "cut": {"cut_at": 5},
    "two-blocks": {"layers": 2},
    **{kind: {"reduced_bias": kind} for kind in ("token", "channel", "scalar", "grad_cached", "grad_cached_raw", "off")},
}


def trained(model, batch, steps):
    """The loss before and after some steps."""
    losses, optimizer = [], torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = sum(model.loss(batch).values())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1]


@pytest.mark.parametrize("params", VARIANTS.values(), ids=VARIANTS)
def test_every_variant_learns_and_predicts(params):
    model, batch = made(**params), Batch.of(example_sentences(FLAT))
    first, last = trained(model, batch, 12)
    assert last < first
    with torch.inference_mode():
        found = model.eval().predict(batch.without_entities())
    assert [len(each.tags) for each in found] == batch.lengths


@pytest.mark.parametrize("name", ["hreb_msra_code_v1", "hreb_msra_code_v2"])
def test_a_code_preset_writes_every_hyperparameter_and_learns(name):
    recipe = load_recipe(name)
    written = {key.split(".")[1] for key in recipe.origins if key.startswith("model.")} - {"name"}
    assert written == set(MODEL.params.model_fields)
    model, batch = build(recipe.model.params), Batch.of(example_sentences(FLAT))
    first, last = trained(model, batch, 12)
    assert last < first
    inner = model.model if isinstance(model, Truncated) else model
    assert isinstance(inner.head, UnmaskedHead)
    assert not inner.head.head.crf.has_constraints


def test_what_lies_behind_the_cut_is_never_found():
    sentences = example_sentences(FLAT)
    model, batch = made(cut_at=4), Batch.of(sentences)
    trained(model, batch, 60)
    with torch.inference_mode():
        found = {entity for each in model.eval().predict(batch) for entity in each.entities}
    assert found
    assert all(entity.end <= 4 for entity in found)


def test_an_encoder_of_odd_width_is_refused_where_there_is_a_bilstm():
    description = {"kind": "static", "dim": 7, "vocabulary": ["钱"], "dropout": 0.0, "pretrained": False}
    with pytest.raises(RecipeError, match=r"the encoder's vectors have 7\nfix: choose an encoder of even width") as caught:
        build(MODEL.params(), encoder_from_description(description))
    assert caught.value.where == "model.bilstm"
    assert build(MODEL.params(bilstm=None), encoder_from_description(description)).features[0].dim == 7


@pytest.mark.parametrize("name", RECIPES)
def test_the_changes_of_every_published_row_make_a_recipe(name):
    for row in rows(name):
        recipe = changed(name, row)
        assert recipe.data == load_recipe(name).data
        assert row.changes == {} or (recipe.model, recipe.encoder) != (load_recipe(name).model, load_recipe(name).encoder)


def test_the_rows_of_table_5_are_what_it_says():
    recipes = [changed("hreb_msra", row) for row in rows("hreb_msra") if "Table 5" in row.source]
    full, *others = [(each.encoder.kind, each.model.params.block, each.model.params.reduced_bias) for each in recipes]
    assert full == ("bert", "rhema", "pooled")
    assert others == [
        ("static", "none", "pooled"),
        ("bert", "none", "pooled"),
        ("bert", "none", "pooled"),
        ("static", "naive_attention", "pooled"),
        ("static", "rhema", "static"),
        ("static", "rhema", "pooled"),
        ("bert", "rhema", "pooled"),
    ]
    encoders = [each.encoder.path for each in recipes if each.encoder.kind == "bert"]
    large, base = "hfl/chinese-roberta-wwm-ext-large", "bert-base-chinese"
    assert encoders == [large, base, large, base]


@pytest.mark.parametrize("name", RECIPES[:3])
def test_the_heads_of_table_6_are_those_of_the_moving_average(name):
    heads = {row.row: changed(name, row).model.params.ema.heads for row in rows(name) if "EMA heads" in row.row}
    assert set(heads.values()) >= {8, 16, 32, 128}
    assert all(row == f"HREB, {count} EMA heads" for row, count in heads.items())


def test_beside_a_plain_bilstm_the_kind_of_additions_changes_nothing():
    one, other = (MODEL.params(block="none", reduced_bias=kind) for kind in ("pooled", "static"))
    assert behaviour(MODEL, one) == behaviour(MODEL, other)


def test_gates_are_reported_under_the_names_of_their_additions():
    model = made()
    model.loss(Batch.of(example_sentences(FLAT)))
    reporting = {name: module for name, module in model.named_modules() if hasattr(module, "measures")}
    assert list(reporting) == [
        "features.0.blocks.0.layer.attention.value_add",
        "features.0.blocks.0.add",
        "features.0.blocks.0.ffn_add",
        "features.0.add",
    ]
    assert all(value.item() == 0.5 for module in reporting.values() for value in module.measures().values())
