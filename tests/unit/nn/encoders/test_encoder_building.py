import copy
import json
from types import SimpleNamespace

import pytest
import torch

from cnerkit.errors import DataError, RecipeError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders import BertEncoder, StaticEncoder, encoder_from_description, new_encoder
from cnerkit.nn.encoders.architecture import FAMILIES
from cnerkit.text import Sentence

TRAIN = [Sentence("a", tuple("一丁七"))]


def static(**changes):
    return SimpleNamespace(**{"kind": "static", "dim": 3, "path": None, "min_count": 1, "dropout": 0.0, **changes})


def bert(path, **changes):
    usual = {"kind": "bert", "path": str(path), "revision": None, "pooling": "first", "overlap": 8, "layers": 1}
    return SimpleNamespace(**{**usual, **changes})


def vectors(encoder, text="一丁a"):
    with torch.no_grad():
        return encoder.eval()(Batch.of([Sentence("s", tuple(text))]))[0]


def test_random_vectors_take_their_vocabulary_from_train():
    encoder = new_encoder(static(min_count=1, dropout=0.5), TRAIN)
    assert isinstance(encoder, StaticEncoder)
    assert (set(encoder.vocabulary), encoder.dim, encoder.dropout) == ({"一", "丁", "七"}, 3, 0.5)


def test_vectors_are_read_from_the_file_that_the_recipe_names(tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text("1 3\n龙 1 2 3\n", encoding="utf-8")
    encoder = new_encoder(static(path=file), TRAIN)
    assert vectors(encoder, "龙").tolist() == [[1, 2, 3]]
    assert encoder.vocabulary[1:] == ("一", "丁", "七")
    with pytest.raises(RecipeError, match=r"the vectors of the file have 3 numbers, but encoder\.dim is 4"):
        new_encoder(static(path=file, dim=4), TRAIN)


def test_a_pretrained_encoder_has_the_settings_of_the_recipe(tiny_folder):
    encoder = new_encoder(bert(tiny_folder, pooling="mean", overlap=3, layers=2), TRAIN)
    assert isinstance(encoder, BertEncoder)
    assert (encoder.pooling, encoder.overlap, encoder.layers, encoder.dim) == ("mean", 3, 2, 16)


def test_more_layers_than_the_encoder_has_are_refused_with_its_place(tiny_folder):
    with pytest.raises(RecipeError, match="the mean over the last 3 layers of an encoder that has 2") as caught:
        new_encoder(bert(tiny_folder, layers=3), TRAIN)
    assert (caught.value.where, caught.value.fix) == (str(tiny_folder), "lower encoder.layers to 2")


def test_a_description_that_says_nothing_of_layers_is_of_the_last_one(tiny_folder):
    described = new_encoder(bert(tiny_folder, layers=2), TRAIN).description()
    assert encoder_from_description(described).layers == 2
    del described["layers"]
    assert encoder_from_description(described).layers == 1


@pytest.mark.parametrize("model_type", FAMILIES)
@pytest.mark.parametrize("blank", [True, False])
def test_a_pretrained_encoder_is_the_same_after_its_description_went_through_a_file(
    save_encoder, tmp_path, model_type, blank, monkeypatch
):
    encoder = new_encoder(bert(save_encoder(tmp_path, model_type)), TRAIN)
    described = json.loads(json.dumps(encoder.description()))
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda *_, **__: pytest.fail("asked the hub"))
    monkeypatch.chdir(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    again = encoder_from_description(described, blank=blank)
    again.load_state_dict(encoder.state_dict())
    text = "一丁A\u3000b" * 20
    assert torch.equal(vectors(again, text), vectors(encoder, text))
    assert again.description() == encoder.description()


def test_a_description_alone_gives_random_weights_that_can_be_trained(tiny_folder):
    described = new_encoder(bert(tiny_folder), TRAIN).description()
    torch.manual_seed(0)
    first, second = (encoder_from_description(described) for _ in range(2))
    assert not torch.equal(vectors(first), vectors(second))
    assert 0.01 < first.bert.embeddings.word_embeddings.weight.std() < 0.03


def test_drawing_at_random_is_as_ever_after_a_blank_encoder(tiny_folder):
    described = new_encoder(bert(tiny_folder), TRAIN).description()
    encoder_from_description(described, blank=True)
    assert torch.zeros(100).normal_().std() > 0.5


BERT = {
    "kind": "bert",
    "model_type": "bert",
    "config": {},
    "vocabulary": [],
    "lower_case": True,
    "pooling": "first",
    "overlap": 8,
}
STATIC = {"kind": "static", "vocabulary": ["一"], "dim": 3, "dropout": 0.0, "pretrained": False}


@pytest.mark.parametrize(
    ("description", "message"),
    [
        pytest.param({}, "the encoder is of the kind None, not bert or static", id="empty"),
        pytest.param({"kind": "gpt"}, "the encoder is of the kind 'gpt'", id="unknown-kind"),
        pytest.param({"kind": ["bert"]}, "the encoder is of the kind", id="kind-is-a-list"),
        pytest.param({**BERT, "model_type": "gpt2"}, "the encoder is of the kind 'gpt2'", id="unknown-architecture"),
        pytest.param({**BERT, "config": None}, "not described as it should be", id="no-config"),
        pytest.param({**BERT, "config": {"hidden_size": 10**9}}, "hidden_size cannot be 1000000000", id="absurd-size"),
        pytest.param({**BERT, "vocabulary": "abc"}, "not described as it should be", id="vocabulary-is-a-text"),
        pytest.param({**BERT, "vocabulary": [1]}, "not described as it should be", id="vocabulary-of-numbers"),
        pytest.param(BERT, r"has no item \[PAD\]", id="vocabulary-without-special-items"),
        pytest.param({**BERT, "lower_case": "no"}, "not described as it should be", id="lower-case-is-a-text"),
        pytest.param({**BERT, "pooling": "median"}, "not described as it should be", id="unknown-pooling"),
        pytest.param({**BERT, "layers": 0}, "not described as it should be", id="no-layer"),
        pytest.param({**BERT, "layers": "all"}, "not described as it should be", id="layers-are-a-text"),
        pytest.param({**BERT, "overlap": -1}, "not described as it should be", id="negative-overlap"),
        pytest.param({**BERT, "overlap": True}, "not described as it should be", id="overlap-is-a-truth-value"),
        pytest.param({**STATIC, "vocabulary": None}, "not described as it should be", id="static-without-vocabulary"),
        pytest.param({**STATIC, "dim": 0}, "not described as it should be", id="static-without-width"),
        pytest.param({**STATIC, "dim": 10**12}, "not described as it should be", id="static-of-absurd-width"),
        pytest.param({**STATIC, "dim": 3.0}, "not described as it should be", id="static-width-is-a-fraction"),
        pytest.param({**STATIC, "dropout": 1.5}, "not described as it should be", id="static-with-absurd-dropout"),
        pytest.param({**STATIC, "pretrained": 1}, "not described as it should be", id="static-pretrained-is-a-number"),
    ],
)
def test_a_description_from_a_damaged_or_forged_checkpoint_is_refused_with_its_place(description, message):
    with pytest.raises(DataError, match=message) as caught:
        encoder_from_description(description, where="ckpt.pt")
    assert caught.value.where == "ckpt.pt"


def test_an_encoder_can_be_copied(tiny_folder):
    encoder = new_encoder(bert(tiny_folder), TRAIN)
    assert torch.equal(vectors(copy.deepcopy(encoder)), vectors(encoder))
