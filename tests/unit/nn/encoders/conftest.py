"""Tiny encoders made on the spot: two layers of 16, random weights, a vocabulary of a few hundred items."""

import json

import pytest

HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 200)]
WORDS = ["un", "##believ", "##able", "play", "##ing", "##ed", "new", "york", "co", "##te", "cafe", "ete", "##9", "2024"]
ITEMS = [
    *("[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *"0123456789abcdefghijklmnopqrstuvwxyz",
    *[f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"],
    *"，。！？、《》“”…,.!?-'[]σςα",
    *("##σ", "##ς", "##α"),
    *HAN,
    *[word for word in WORDS if len(word) > 1],
]

SIZES = {
    "vocab_size": len(ITEMS),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 34,
}


@pytest.fixture(scope="session")
def items():
    """The tiny vocabulary."""
    return list(ITEMS)


@pytest.fixture(scope="session")
def sizes():
    """What a tiny config.json says."""
    return dict(SIZES)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A folder as the hub has them: config.json, vocab.txt, model.safetensors, with the pooler that a tagger has no use for."""
    return _save_encoder(tmp_path_factory.mktemp("tiny"), "bert")


@pytest.fixture(scope="session")
def save_encoder():
    """``save_encoder(folder, model_type)`` writes another such folder."""
    return _save_encoder


def _save_encoder(folder, model_type):
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(model_type, **SIZES)
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(ITEMS) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}), encoding="utf-8")
    return folder
