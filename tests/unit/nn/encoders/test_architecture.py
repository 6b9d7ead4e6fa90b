import json

import pytest

from cnerkit.errors import DataError, RecipeError
from cnerkit.nn.encoders.architecture import FAMILIES, architecture_from


@pytest.mark.parametrize("model_type", FAMILIES)
def test_every_family_is_built_as_its_config_says_without_pooler(sizes, model_type):
    model = architecture_from({"model_type": model_type, **sizes}, where="config.json").random_model()
    assert model.config.model_type == model_type
    assert {name: getattr(model.config, name) for name in sizes} == sizes
    assert getattr(model, "pooler", None) is None


def test_what_names_code_kernels_or_number_formats_never_reaches_transformers(sizes):
    dangerous = {
        "auto_map": {"AutoModel": "modeling.Evil"},
        "_attn_implementation": "evil/kernel",
        "attn_implementation": "evil/kernel",
        "quantization_config": {"quant_method": "evil"},
        "_name_or_path": "evil/model",
        "torch_dtype": "float16",
        "is_decoder": True,
        "architectures": ["Evil"],
    }
    architecture = architecture_from({**sizes, **dangerous}, where="config.json")
    assert sizes.items() <= architecture.sizes.items()
    assert dangerous.keys().isdisjoint(architecture.sizes)
    assert "evil" not in json.dumps(architecture.config().to_dict()).lower()


def test_a_config_without_model_type_is_a_bert(sizes):
    assert architecture_from(sizes, where="config.json").model_type == "bert"


def test_sizes_that_are_not_told_are_the_defaults_of_transformers_and_are_kept():
    architecture = architecture_from({"hidden_size": 768}, where="config.json")
    assert (architecture.sizes["num_hidden_layers"], architecture.sizes["layer_norm_eps"]) == (12, 1e-12)
    assert architecture_from(architecture.sizes, where="checkpoint") == architecture


@pytest.mark.parametrize("model_type", ["gpt2", "xlm-roberta", "Bert", None, 7, ["bert"], {"bert": 1}])
def test_another_kind_of_model_is_refused_naming_those_that_are_not(model_type):
    with pytest.raises(RecipeError, match="which is not one of albert, bert, electra, ernie, megatron-bert, roberta") as caught:
        architecture_from({"model_type": model_type}, where="config.json")
    assert caught.value.where == "config.json"


def test_relative_positions_are_refused():
    with pytest.raises(RecipeError, match="the encoder's positions are of the kind 'relative_key', not absolute"):
        architecture_from({"position_embedding_type": "relative_key"}, where="config.json")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", 0),
        ("hidden_size", -16),
        ("hidden_size", 16.0),
        ("hidden_size", "16"),
        ("hidden_size", True),
        ("hidden_size", [16]),
        ("hidden_size", 1 << 40),
        ("num_hidden_layers", 10_000),
        ("vocab_size", 10**12),
        ("hidden_dropout_prob", 1.0),
        ("hidden_dropout_prob", float("nan")),
        ("hidden_dropout_prob", "0.1"),
        ("layer_norm_eps", -1e-12),
        ("hidden_act", "os.system"),
        ("hidden_act", ["gelu"]),
        ("pad_token_id", -1),
        ("use_task_id", "yes"),
    ],
)
def test_a_value_of_another_kind_or_absurd_is_refused_by_its_name(name, value):
    with pytest.raises(DataError, match=f"the encoder's {name} cannot be"):
        architecture_from({name: value}, where="config.json")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"num_attention_heads": 3}, id="heads-do-not-divide"),
        pytest.param({"pad_token_id": 100_000}, id="padding-outside-the-vocabulary"),
        pytest.param({"max_position_embeddings": 2}, id="no-room-for-a-piece"),
    ],
)
def test_sizes_that_contradict_one_another_are_refused(sizes, changes):
    architecture = architecture_from({**sizes, **changes}, where="config.json")
    with pytest.raises(DataError, match="the encoder's sizes contradict one another"):
        architecture.random_model()


@pytest.mark.parametrize(
    "giant",
    [
        pytest.param({"hidden_size": 32_768, "intermediate_size": 131_072}, id="wide-with-the-usual-number-of-layers"),
        pytest.param({"hidden_size": 8_192, "num_hidden_layers": 256}, id="deep"),
        pytest.param({"hidden_size": 8_192, "vocab_size": 2_000_000}, id="a-vector-for-every-word"),
    ],
)
def test_sizes_that_only_together_fill_any_memory_are_refused(giant):
    with pytest.raises(DataError, match=r"the encoder claims [\d,]+ parameters"):
        architecture_from(giant, where="config.json")


@pytest.mark.parametrize(("model_type", "capacity"), [("bert", 32), ("roberta", 31)])
def test_the_capacity_leaves_room_for_the_special_pieces_and_positions_that_are_never_used(sizes, model_type, capacity):
    architecture = architecture_from({"model_type": model_type, **sizes, "pad_token_id": 0}, where="config.json")
    assert architecture.capacity(architecture.config()) == capacity
