"""Sentences of any length, through a model that computes a grid of all pairs: divided for training, windowed for prediction."""

import json
from pathlib import Path

import pytest
import yaml

from cnerkit.engine.checkpoint import load_checkpoint
from cnerkit.engine.inference import predict_sentences
from cnerkit.errors import CnerkitError
from cnerkit.recipe.loading import load_recipe
from cnerkit.registry import load_plugin
from cnerkit.text import Entity
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.evaluate import Gold, evaluate_checkpoint
from cnerkit.workflows.model import restore
from cnerkit.workflows.planning import plan
from cnerkit.workflows.train import Options, train

PLUGIN = Path(__file__).with_name("grid_plugin.py")
LENGTHS = (1, 2, 31, 32, 33, 509, 510, 511, 512, 513, 1200, 3000)
ON_CPU = Options(gpus=0)


def record(length):
    """A text with the nested entities 北京 and 北京大学 wherever they fit, and a person of one character."""
    text = ("他去了北京大学，李说。" * (length // 11 + 1))[:length]
    entities = []
    for start in range(length):
        for name, label in (("北京", "LOC"), ("北京大学", "ORG"), ("李", "PER")):
            if text.startswith(name, start):
                entities.append({"start": start, "end": start + len(name), "label": label})
    return {"text": text, "entities": entities}


@pytest.fixture
def recipe_file(tmp_path):
    """The grid on a corpus of sentences of all lengths."""
    load_plugin(PLUGIN)
    lines = [json.dumps(record(length), ensure_ascii=False) for length in LENGTHS]
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    written = {
        "data": {split: str(tmp_path / f"{split}.jsonl") for split in ("train", "dev", "test")},
        "encoder": {"kind": "static", "dim": 16},
        "model": {"name": "grid_plugin"},
        "training": {"epochs": 4, "batch_tokens": 256, "lr": 0.03},
    }
    (tmp_path / "grid.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    return str(tmp_path / "grid.yaml")


def test_any_length_is_trained_and_predicted_and_scored_against_the_whole_gold(recipe_file, tmp_path):
    result = train(load_recipe(recipe_file), tmp_path / "run", ON_CPU)
    gold, found = load_split(str(tmp_path / "test.jsonl")), load_split(str(tmp_path / "run/predictions.test.jsonl"))
    assert [len(sentence) for sentence in found] == list(LENGTHS)
    assert result.test.micro.support == sum(len(sentence.entities) for sentence in gold)
    assert result.test.micro.recall == 1  # a cell sees its two characters alone, so that some others are found besides
    report = evaluate_checkpoint(tmp_path / "run/best.pt", Gold(str(tmp_path / "test.jsonl")), gpus=0).report
    assert report.micro == result.test.micro


def test_the_model_is_never_given_more_than_its_window_or_than_the_cells_of_a_batch(recipe_file, tmp_path):
    train(load_recipe(recipe_file, ["training.epochs=1", "training.batch_cells=5000"]), tmp_path / "run", ON_CPU)
    restored = restore(tmp_path / "run/best.pt", gpus=0)
    list(predict_sentences(restored.model, load_split(str(tmp_path / "dev.jsonl")), batch_tokens=100))
    assert max(longest for _, longest in restored.model.seen) <= 32
    assert max(rows * longest**2 for rows, longest in restored.model.seen) <= 6400


def test_sentences_that_were_divided_are_counted_in_a_note(recipe_file):
    told = plan(load_recipe(recipe_file), gpus=0, data_dir=None, threads=None)
    assert told.splits["train"].longest == 3000
    (note,) = (note for note in told.notes if "divided" in note)
    assert note.startswith("train: 8 sentences of more than 32 tokens divided into ")
    assert note.endswith("pieces; no entity is cut")


def test_a_recipe_may_divide_further_but_not_beyond_what_the_model_can_afford(recipe_file):
    shorter = plan(load_recipe(recipe_file, ["training.max_tokens=20"]), gpus=0, data_dir=None, threads=None)
    assert any("of more than 20 tokens divided" in note for note in shorter.notes)
    longer = plan(load_recipe(recipe_file, ["training.max_tokens=100"]), gpus=0, data_dir=None, threads=None)
    assert any("of more than 32 tokens divided" in note for note in longer.notes)


def test_an_entity_longer_than_a_piece_is_kept_whole_and_told_of(recipe_file, tmp_path):
    text = "一" * 50
    line = json.dumps({"text": text, "entities": [{"start": 2, "end": 48, "label": "ORG"}]}, ensure_ascii=False)
    for split in ("train", "dev"):
        with (tmp_path / f"{split}.jsonl").open("a", encoding="utf-8") as out:
            out.write(line + "\n")
    told = plan(load_recipe(recipe_file), gpus=0, data_dir=None, threads=None)
    assert "train: 1 piece of more than 32 tokens (up to 46) kept whole, because entities fill them" in told.notes
    assert "dev: 1 entity of more than 9 tokens in sentences of more than 32 may not be found, but count" in told.notes
    assert train(load_recipe(recipe_file, ["training.epochs=1"]), tmp_path / "run", ON_CPU).n_epochs == 1


def test_dividing_changes_nothing_where_no_sentence_is_too_long(recipe_file, tmp_path):
    for split in ("train", "dev", "test"):
        lines = [json.dumps(record(length), ensure_ascii=False) for length in range(5, 30)]
        (tmp_path / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    train(load_recipe(recipe_file, ["training.epochs=1"]), tmp_path / "as-it-is", ON_CPU)
    train(load_recipe(recipe_file, ["training.epochs=1", "training.max_tokens=29"]), tmp_path / "limited", ON_CPU)
    one, other = (load_checkpoint(tmp_path / name / "best.pt").state for name in ("as-it-is", "limited"))
    assert all(one[name].equal(other[name]) for name in one)


def test_memory_that_runs_out_while_evaluating_is_told_with_the_option(recipe_file, tmp_path, monkeypatch):
    train(load_recipe(recipe_file, ["training.epochs=1"]), tmp_path / "run", ON_CPU)

    def exhausted(_self, _batch):
        raise MemoryError

    model = type(restore(tmp_path / "run/best.pt", gpus=0).model)
    monkeypatch.setattr(model, "predict", exhausted)
    with pytest.raises(CnerkitError, match=r"out of memory in a batch of .* the longest, .* has 32 tokens") as caught:
        evaluate_checkpoint(tmp_path / "run/best.pt", Gold(str(tmp_path / "test.jsonl")), gpus=0)
    assert "--batch-tokens" in caught.value.fix


def test_checkpointing_lowers_the_estimate_that_the_plan_tells(recipe_file):
    usual = ["model.rounds=6", "model.width=32"]
    kept, recomputed = (
        plan(load_recipe(recipe_file, [*usual, f"model.checkpoint={on}"]), gpus=0, data_dir=None, threads=None).memory
        for on in ("false", "true")
    )
    assert recomputed.activations < 0.7 * kept.activations
    assert recomputed.optimizer == kept.optimizer


def test_the_largest_batch_is_that_with_the_most_cells(recipe_file, tmp_path):
    lines = [json.dumps(record(length), ensure_ascii=False) for length in [30] * 3 + [4] * 60]
    (tmp_path / "train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    small, large = (
        plan(load_recipe(recipe_file, [f"training.batch_cells={cells}"]), gpus=0, data_dir=None, threads=None).memory
        for cells in (900, 2700)
    )
    assert 2.5 < large.activations / small.activations < 3.5


def test_what_a_window_finds_is_not_dropped_because_another_entity_lies_over_it(recipe_file, tmp_path):
    train(load_recipe(recipe_file), tmp_path / "run", ON_CPU)
    (found,) = (sentence for sentence in load_split(str(tmp_path / "run/predictions.test.jsonl")) if len(sentence) == 1200)
    nested = [entity for entity in found.entities if entity.type == "ORG"]
    assert len(nested) > 80
    assert sum(Entity.span(entity.start, entity.start + 2, "LOC") in found.entities for entity in nested) > 0.9 * len(nested)
