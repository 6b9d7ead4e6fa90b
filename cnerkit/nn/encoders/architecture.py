"""Which BERT-like architectures there are, and the plain, bounded facts of which one is built."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnerkit.errors import DataError, RecipeError

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

Plain = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Family:
    """The classes of transformers that build an architecture.

    Attributes:
        config: Name of the configuration's class.
        model: Name of the bare model's class.
        has_pooler: Whether the model can do without the layer on top of ``[CLS]``, which no tagger uses.
        skips_positions: Whether positions are counted from one past ``pad_token_id``, as RoBERTa does.
    """

    config: str
    model: str
    has_pooler: bool = True
    skips_positions: bool = False


FAMILIES: Mapping[str, Family] = {
    "albert": Family("AlbertConfig", "AlbertModel"),
    "bert": Family("BertConfig", "BertModel"),
    "electra": Family("ElectraConfig", "ElectraModel", has_pooler=False),
    "ernie": Family("ErnieConfig", "ErnieModel"),
    "megatron-bert": Family("MegatronBertConfig", "MegatronBertModel"),
    "roberta": Family("RobertaConfig", "RobertaModel", skips_positions=True),
}

_LARGEST: Mapping[str, int] = {
    "vocab_size": 2_000_000,
    "hidden_size": 1 << 15,
    "num_hidden_layers": 256,
    "num_attention_heads": 1024,
    "intermediate_size": 1 << 17,
    "max_position_embeddings": 1 << 20,
    "type_vocab_size": 1024,
    "embedding_size": 1 << 15,
    "num_hidden_groups": 256,
    "inner_group_num": 16,
    "task_type_vocab_size": 1024,
}
"""Counts that a configuration may have, each at least 1, and how large a real one could be."""

_SMALL = ("hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range", "layer_norm_eps")
"""Numbers from 0 up to, not including, 1."""

_ACTIVATIONS = ("gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh")

_LARGEST_MODEL = 5_000_000_000
"""Parameters; what claims more is damaged or means harm."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """An architecture and its sizes: numbers, texts and truth values only, so that it can come from anybody's file.

    ``sizes`` is complete, so that a later version of transformers, with other defaults, builds the same model.
    """

    model_type: str
    sizes: Mapping[str, Plain]

    @property
    def family(self) -> Family:
        """The classes that build it."""
        return FAMILIES[self.model_type]

    def config(self) -> "PretrainedConfig":
        """The configuration for transformers, made of the known facts only.

        Raises:
            DataError: They contradict one another.
        """
        import transformers

        config: PretrainedConfig = getattr(transformers, self.family.config)(**self.sizes)
        sizes = {name: getattr(config, name) for name in ("hidden_size", "num_attention_heads", "pad_token_id", "vocab_size")}
        if (
            config.hidden_size % config.num_attention_heads
            or config.pad_token_id >= config.vocab_size
            or self.capacity(config) < 1
        ):
            raise DataError(f"the encoder's sizes contradict one another: {sizes}", fix="take a whole copy of the encoder")
        return config

    def capacity(self, config: "PretrainedConfig") -> int:
        """Pieces that the encoder takes at once, ``[CLS]`` and ``[SEP]`` not counted."""
        skipped = config.pad_token_id + 1 if self.family.skips_positions else 0
        return int(config.max_position_embeddings) - skipped - 2

    def random_model(self) -> "PreTrainedModel":
        """The bare model with transformers' random weights."""
        import transformers

        keywords = {"add_pooling_layer": False} if self.family.has_pooler else {}
        model: PreTrainedModel = getattr(transformers, self.family.model)(self.config(), **keywords)
        return model


def architecture_from(facts: Mapping[str, Any], *, where: str) -> Architecture:
    """Read what is needed, and nothing else, from a ``config.json``.

    A file without ``model_type`` is a BERT, as the oldest ones are. What names code, a kernel or a number format is not taken.

    Args:
        facts: The object in the file, or the one in a checkpoint.
        where: Its name for messages.

    Raises:
        RecipeError: The architecture is not one of ``FAMILIES``, or has positions of a kind that transformers gave up.
        DataError: A value is of another kind than it should be, or absurd.
    """
    import transformers

    model_type = facts.get("model_type", "bert")
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        raise RecipeError(
            f"the encoder is of the kind {model_type!r}, which is not one of {', '.join(FAMILIES)}",
            where=where,
            fix="take a BERT-like encoder with a WordPiece vocabulary, such as hfl/chinese-roberta-wwm-ext",
        )
    if facts.get("position_embedding_type", "absolute") != "absolute":
        raise RecipeError(
            f"the encoder's positions are of the kind {facts['position_embedding_type']!r}, not absolute",
            where=where,
            fix="take an encoder with absolute positions",
        )
    told = {name: _checked(name, facts[name], where) for name in _names() if facts.get(name) is not None}
    config = getattr(transformers, FAMILIES[model_type].config)(**told)
    sizes = {name: getattr(config, name) for name in _names() if getattr(config, name, None) is not None}
    _refuse_giants(sizes, where)
    return Architecture(model_type, sizes)


def _names() -> list[str]:
    return [*_LARGEST, *_SMALL, "hidden_act", "pad_token_id", "use_task_id"]


def _checked(name: str, value: Any, where: str) -> Plain:
    if name in _LARGEST:
        legal = type(value) is int and 1 <= value <= _LARGEST[name]
    elif name in _SMALL:
        legal = type(value) in (int, float) and math.isfinite(value) and 0 <= value < 1
    elif name == "pad_token_id":
        legal = type(value) is int and 0 <= value < _LARGEST["vocab_size"]
    else:
        legal = value in _ACTIVATIONS if name == "hidden_act" else type(value) is bool
    if not legal:
        raise DataError(f"the encoder's {name} cannot be {value!r}", where=where, fix="the file is damaged; take a whole copy")
    return float(value) if name in _SMALL else value


def _refuse_giants(sizes: Mapping[str, Plain], where: str) -> None:
    """Refuse sizes that are legal one by one but would fill any memory together."""
    size = {name: int(sizes.get(name, 0)) for name in _LARGEST}
    per_layer = size["hidden_size"] * (4 * size["hidden_size"] + 2 * size["intermediate_size"])
    rows = size["vocab_size"] + size["max_position_embeddings"]
    total = rows * max(size["hidden_size"], size["embedding_size"]) + size["num_hidden_layers"] * per_layer
    if total > _LARGEST_MODEL:
        raise DataError(f"the encoder claims {total:,} parameters", where=where, fix="the file is damaged; take a whole copy")
