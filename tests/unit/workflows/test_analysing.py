"""What is known of a system besides its predictions, and the buckets that follow from it."""

import json
from types import SimpleNamespace

import pytest

from cnerkit.errors import MissingError
from cnerkit.recipe.loading import load_recipe
from cnerkit.registry import Task
from cnerkit.testing import example_encoder, example_task
from cnerkit.text import LabelSet
from cnerkit.workflows.analysing import background_of_checkpoint, background_of_files, ways_of_model
from cnerkit.workflows.corpus import load_corpus
from cnerkit.workflows.gold import Gold

ALWAYS = ["entity length", "sentence length", "density", "position"]
OF_TRAIN = ["frequency in train", "seen in train"]
FLAT = frozenset({"flat"})


def names(ways):
    return [way.name for way in ways]


@pytest.fixture
def recipe(tmp_path):
    record = json.dumps({"text": "王五去沪", "entities": [{"start": 0, "end": 2, "label": "PER"}]})
    for split in ("train", "dev"):
        (tmp_path / f"{split}.jsonl").write_text(f"{record}\n", encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        "title: own files\npaper: none\ndata: {train: train.jsonl, dev: dev.jsonl}\nmodel: {name: bilstm_crf}\n"
        "encoder: {kind: static, dim: 8}\n",
        encoding="utf-8",
    )
    return load_recipe(str(tmp_path / "own.yaml"))


@pytest.fixture
def restored(recipe):
    """What is looked at of a checkpoint that was trained by the recipe."""
    fingerprint = load_corpus(recipe.data, base=None, data_dir=None).fingerprint
    origin = SimpleNamespace(fingerprint=fingerprint)
    return SimpleNamespace(model=example_encoder(FLAT), task=example_task(FLAT), origin=origin)


def test_a_checkpoint_is_known_by_the_train_of_its_recipe_and_the_characters_of_its_encoder(restored, recipe):
    background = background_of_checkpoint(restored, recipe, train=None, data_dir=None)
    assert names(background.ways) == [*ALWAYS, *OF_TRAIN, "characters"]
    assert background.notes == ()


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda file: file.unlink(), "nothing is said of what train has: {file}: there is no such file"),
        (
            lambda file: file.write_text('{"text": "天", "entities": []}\n', encoding="utf-8"),
            "nothing is said of what train has: train has changed since the checkpoint was trained",
        ),
    ],
    ids=["gone", "changed"],
)
def test_training_data_that_is_not_as_it_was_is_left_out_with_a_note(restored, recipe, tmp_path, change, note):
    file = tmp_path / "train.jsonl"
    change(file)
    background = background_of_checkpoint(restored, recipe, train=None, data_dir=None)
    assert background.notes == (note.format(file=file),)
    assert names(background.ways) == [*ALWAYS, "characters"]


def test_a_dataset_that_is_not_here_is_not_downloaded_for_its_entities(restored, monkeypatch, tmp_path):
    monkeypatch.delenv("CNERKIT_DATA", raising=False)
    recipe = load_recipe("bert_crf_weibo")
    background = background_of_checkpoint(restored, recipe, train=None, data_dir=tmp_path)
    (note,) = background.notes
    assert note.startswith("nothing is said of what train has: weibo is not here (train, dev, test); cnerkit data get")


def test_what_the_user_says_was_trained_on_goes_before_the_recipe(restored, recipe, tmp_path):
    (tmp_path / "train.jsonl").unlink()
    background = background_of_checkpoint(restored, recipe, train=Gold(str(tmp_path / "dev.jsonl")), data_dir=None)
    assert names(background.ways) == [*ALWAYS, *OF_TRAIN, "characters"]
    with pytest.raises(MissingError, match="there is no such file"):
        background_of_checkpoint(restored, recipe, train=Gold(str(tmp_path / "none.jsonl")), data_dir=None)


def test_characters_say_nothing_of_an_encoder_of_words_and_depth_nothing_of_flat_types():
    words = Task(LabelSet(("work/film", "place")), FLAT, " ", "/")
    assert names(ways_of_model(example_encoder(FLAT), None, words.joiner, words.hierarchy_separator)) == [
        *ALWAYS,
        "hierarchy depth",
    ]


@pytest.mark.usefixtures("recipe")
def test_of_files_only_what_the_user_says_was_trained_on_is_known(tmp_path):
    gold = Gold(str(tmp_path / "dev.jsonl"))
    assert names(background_of_files(gold, None).ways) == ALWAYS
    assert names(background_of_files(gold, Gold(str(tmp_path / "train.jsonl"))).ways) == [*ALWAYS, *OF_TRAIN]


def test_what_was_trained_on_is_the_train_split_of_a_dataset_and_else_a_file():
    assert Gold.train_of("sample", None, None, None).split == "train"
    assert Gold.train_of("train.txt", None, None, None).split is None
