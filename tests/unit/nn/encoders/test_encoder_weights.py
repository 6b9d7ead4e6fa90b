import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from cnerkit.errors import DataError, MissingError, RecipeError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.architecture import FAMILIES
from cnerkit.nn.encoders.weights import pretrained_bert
from cnerkit.text import Sentence


@pytest.fixture
def folder(tiny_folder, tmp_path):
    """A copy of the tiny encoder that a test may spoil."""
    return shutil.copytree(tiny_folder, tmp_path / "encoder")


def load(folder, **changes):
    return pretrained_bert(str(folder), **{"revision": None, "pooling": "first", "overlap": 8, **changes}).eval()


def vectors(encoder, text="一丁a"):
    with torch.no_grad():
        return encoder(Batch.of([Sentence("s", tuple(text))]))[0]


@pytest.mark.parametrize("model_type", FAMILIES)
def test_every_family_gives_the_vectors_that_transformers_computes_from_the_same_folder(
    save_encoder, tmp_path, model_type, capfd
):
    from transformers import AutoModel

    folder = save_encoder(tmp_path, model_type)
    capfd.readouterr()
    encoder = load(folder)
    assert capfd.readouterr() == ("", "")
    ids = [encoder.vocabulary.start, *map(encoder.vocabulary.items.index, "一丁a"), encoder.vocabulary.end]
    with torch.no_grad():
        expected = AutoModel.from_pretrained(folder).eval()(torch.tensor([ids])).last_hidden_state[0, 1:-1]
    torch.testing.assert_close(vectors(encoder), expected)


@pytest.mark.parametrize("model_type", FAMILIES)
def test_every_family_fills_its_positions_and_goes_on_with_windows(save_encoder, tmp_path, model_type):
    encoder = load(save_encoder(tmp_path, model_type))
    for length in (encoder.capacity, encoder.capacity + 1, 3 * encoder.capacity):
        assert vectors(encoder, "一" * length).shape == (length, encoder.dim)


@pytest.mark.parametrize("model_type", FAMILIES)
def test_every_family_learns_in_all_its_parameters(save_encoder, tmp_path, model_type):
    encoder = load(save_encoder(tmp_path, model_type)).train()
    (encoder(Batch.of([Sentence("s", tuple("一丁a"))])) * torch.randn(16)).sum().backward()
    assert [name for name, parameter in encoder.named_parameters() if parameter.grad is None] == []


def renamed_tensors(folder, rename):
    """The weights under other names, as the old files have them."""
    file = folder / "model.safetensors"
    return {rename(name): tensor for name, tensor in load_file(file).items()}


def test_the_old_format_with_its_old_names_and_another_models_head_is_read_in_silence(folder, capfd):
    def old(name):
        return f"bert.{name}".replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

    expected = vectors(load(folder))
    tensors = renamed_tensors(folder, old)
    tensors["cls.predictions.bias"] = torch.zeros(3)
    torch.save(tensors, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    torch.testing.assert_close(vectors(load(folder)), expected)
    assert capfd.readouterr() == ("", "")


class Payload:
    """Runs a command when it is unpickled by a careless reader."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        import os

        return os.system, (self.command,)


def test_a_pickle_that_would_run_a_command_is_refused_and_runs_nothing(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    torch.save({"a": Payload(f"touch {tmp_path / 'ran'}")}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match="the encoder's weights are damaged"):
        load(folder)
    assert not (tmp_path / "ran").exists()


def test_safetensors_are_preferred_to_a_pickle(folder):
    (folder / "pytorch_model.bin").write_bytes(b"not looked at")
    load(folder)


def test_weights_of_half_precision_are_computed_in_float32(folder):
    file = folder / "model.safetensors"
    save_file({name: tensor.bfloat16() for name, tensor in load_file(file).items()}, file, metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16", "torch_dtype": "bfloat16"}))
    assert {parameter.dtype for parameter in load(folder).parameters()} == {torch.float32}


@pytest.mark.parametrize("missing", ["config.json", "vocab.txt", "model.safetensors"])
def test_a_folder_that_lacks_a_file_is_refused_naming_it_and_what_is_there(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(MissingError, match=f"the encoder has no {missing}.*; there is: ") as caught:
        load(folder)
    assert caught.value.where == str(folder)
    assert "config.json, vocab.txt and model.safetensors (or pytorch_model.bin)" in caught.value.fix
    assert missing not in caught.value.what.split("there is: ")[1].split(", ")


def test_weights_that_lack_a_tensor_are_refused_naming_it(folder):
    file = folder / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if "layer.1.output.dense" not in name}
    save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(MissingError, match=r"the encoder's weights lack 2 of the tensors .*layer\.1\.output\.dense\.bias"):
        load(folder)


def test_weights_of_other_sizes_than_the_config_says_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 64}))
    with pytest.raises(DataError, match="the encoder's weights are damaged") as caught:
        load(folder)
    assert "config.json" in caught.value.fix


@pytest.mark.parametrize("keep", [0, 4, 100, 5000])
def test_weights_that_are_cut_off_are_refused(folder, keep):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DataError, match="the encoder's weights are damaged"):
        load(folder)


def test_a_pointer_of_git_lfs_is_not_weights(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    with pytest.raises(MissingError, match="only a pointer to the weights") as caught:
        load(folder)
    assert caught.value.fix == "run: git lfs pull"


def test_a_missing_part_of_weights_in_parts_is_missing(folder):
    names = list(load_file(folder / "model.safetensors"))
    (folder / "model.safetensors").unlink()
    index = {"metadata": {}, "weight_map": dict.fromkeys(names, "model-00001-of-00001.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(MissingError, match="the encoder's weights cannot be read"):
        load(folder)


def test_weights_in_parts_are_read(folder):
    expected = vectors(load(folder))
    names = list(load_file(folder / "model.safetensors"))
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    index = {"metadata": {}, "weight_map": dict.fromkeys(names, "model-00001-of-00001.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    torch.testing.assert_close(vectors(load(folder)), expected)


def test_a_vocabulary_of_another_encoder_is_refused_with_the_folder(folder):
    with (folder / "vocab.txt").open("a", encoding="utf-8") as file:
        file.write("龙\n")
    with pytest.raises(DataError, match=r"the vocabulary has .* items, but the encoder has only") as caught:
        load(folder)
    assert caught.value.where == str(folder)


def test_a_config_that_is_cut_off_is_refused_with_its_place(folder):
    (folder / "config.json").write_text('{"model_type": ')
    with pytest.raises(DataError, match="not a JSON file") as caught:
        load(folder)
    assert caught.value.where == str(folder / "config.json")


def test_another_kind_of_model_is_refused_with_the_place_of_its_config(folder):
    (folder / "config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(RecipeError, match="the encoder is of the kind 't5'") as caught:
        load(folder)
    assert caught.value.where == str(folder / "config.json")


def test_a_revision_of_a_local_folder_is_refused(folder):
    with pytest.raises(RecipeError, match="a folder has no revision 'v1'"):
        load(folder, revision="v1")


def test_a_file_is_no_folder(folder):
    with pytest.raises(MissingError, match="this is a file, not the folder of an encoder"):
        load(folder / "model.safetensors")


@pytest.mark.parametrize("path", ["./nowhere/encoder", "a/b/c", "~/no such folder", ""])
def test_a_path_that_is_no_folder_and_no_name_says_so_without_asking_the_hub(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda *_, **__: pytest.fail("asked the hub"))
    with pytest.raises(MissingError, match=r"there is no encoder: .* does not exist|the encoder has no config.json"):
        load(path)


def test_the_home_folder_may_be_written_as_a_tilde(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    load(f"~/{folder.name}")
