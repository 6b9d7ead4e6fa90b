"""What a model learns from train before it is built: kept in the user's cache, taken again, never taken for something else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from cnerkit.engine.checkpoint import load_plain
from cnerkit.engine.progress import Silent
from cnerkit.errors import RecipeError
from cnerkit.models.classattn import MODEL
from cnerkit.nn.encoders import encoder_from_description
from cnerkit.recipe.loading import load_recipe
from cnerkit.registry import Task, checked, load_plugin
from cnerkit.storage import user_cache
from cnerkit.testing import example_encoder, example_sentences, example_task
from cnerkit.text import LabelSet
from cnerkit.workflows.planning import plan
from cnerkit.workflows.preparing import prepared

FLAT = frozenset({"flat"})
TASK, SENTENCES = example_task(FLAT), example_sentences(FLAT)


class Counting:
    """The model's own ``prepare``, and how often it was called with which sentences."""

    def __init__(self):
        self.calls = []

    def __call__(self, params, **given):
        self.calls.append(given["sentences"])
        return MODEL.prepare(params, **given)


class Told(Silent):
    def __init__(self):
        self.notes, self.progress = [], []

    def noted(self, text):
        self.notes.append(text)

    def preparing(self, done, total):
        self.progress.append((done, total))


@pytest.fixture
def encoder():
    torch.manual_seed(4)
    return example_encoder(FLAT)


@pytest.fixture
def learn(encoder):
    """Learn with what is changed; gives the result and whether a pass was needed."""

    def run(observer=None, spec=MODEL, **changes):
        counting = Counting()
        given = {"task": TASK, "encoder": encoder, "sentences": SENTENCES, **changes}
        params = given.pop("params", None) or MODEL.params()
        device = torch.device("cpu")
        found = prepared(replace(spec, prepare=counting), params, device=device, observer=observer or Silent(), **given)
        return found, bool(counting.calls)

    return run


def the_file():
    [file] = user_cache("prepared").iterdir()
    return file


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_second_time_it_is_taken_from_the_cache(learn):
    first, passed = learn()
    again, passed_again = learn()
    assert (passed, passed_again) == (True, False)
    assert same(first, again)


@pytest.mark.parametrize(
    "params", [{"alpha": 0.3}, {"scope": "all"}, {"reading": "literal"}, {"class_vectors": "random"}, {"dropout": 0.5}]
)
def test_what_the_pass_does_not_look_at_takes_it_again(learn, params):
    learn()
    assert not learn(params=MODEL.params(**params))[1]


def test_what_it_looks_at_does_not(learn):
    learn()
    assert learn(params=MODEL.params(class_of={"LOC": "PER"}))[1]


def test_another_corpus_another_task_and_other_weights_do_not(learn, encoder):
    learn()
    assert learn(sentences=SENTENCES[1:])[1]
    assert learn(task=Task(LabelSet((*TASK.types, "ORG"))))[1]
    with torch.no_grad():
        next(encoder.parameters())[0, 0] += 1
    assert learn()[1]


def test_another_configuration_of_the_encoder_does_not(learn, encoder):
    learn()
    other = encoder_from_description({**encoder.description(), "overlap": 3})
    other.load_state_dict(encoder.state_dict())
    assert learn(encoder=other)[1]


@pytest.mark.parametrize("broken", ["empty", "cut", "other bytes", "of another key", "of another kind"])
def test_a_file_that_is_not_what_it_should_be_is_made_anew(learn, broken):
    first, _ = learn()
    file, whole = the_file(), the_file().read_bytes()
    if broken in {"of another key", "of another kind"}:
        held = {"digest": "0" * 64, "prepared": {}} if broken == "of another key" else [1]
        torch.save(held, file)
    else:
        file.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "other bytes": b"text"}[broken])
    again, passed = learn()
    assert passed
    assert same(first, again)
    assert load_plain(the_file())["prepared"].keys() == first.keys()


def test_a_cache_that_cannot_be_written_is_told_of_and_stops_nothing(learn, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "file"))
    told = Told()
    found, _ = learn(told)
    assert found["counts"].sum() > 0
    assert told.notes[0].startswith("what was prepared is not kept for further runs: cannot write:")


def test_progress_is_told_up_to_the_end(learn):
    told = Told()
    learn(told)
    assert told.progress[-1] == (5, 5)


def test_a_model_that_learns_nothing_before_it_is_built_keeps_nothing(encoder):
    spec = replace(MODEL, prepare=None)
    given = {"task": TASK, "encoder": encoder, "sentences": SENTENCES, "observer": Silent(), "device": torch.device("cpu")}
    assert prepared(spec, MODEL.params(), **given) is None
    assert not user_cache("prepared").exists()


def test_a_declaration_that_prepares_with_what_it_has_not_is_refused():
    with pytest.raises(RecipeError, match="'classattn' prepares with the hyperparameter 'alpa', which it has not"):
        checked(replace(MODEL, prepare_reads=("alpa",)), name=None, where="here")


@pytest.fixture
def corpus(tmp_path):
    """A recipe over files of one's own, whose model is declared by a plugin that counts its passes."""
    for split, person in (("train", "赵小兰"), ("dev", "孙明亮"), ("test", "李四光")):
        entities = [{"start": 0, "end": 3, "label": "PER"}]
        line = json.dumps({"text": f"{person}在北京上班", "entities": entities}, ensure_ascii=False)
        (tmp_path / f"{split}.jsonl").write_text(f"{line}\n" * 3, encoding="utf-8")
    written = {
        "data": {split: str(tmp_path / f"{split}.jsonl") for split in ("train", "dev", "test")},
        "encoder": {"kind": "static", "dim": 8},
        "model": {"name": "toy_plugin"},
    }
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    return tmp_path / "toy.yaml"


def test_only_train_is_learned_from_and_its_long_sentences_are_divided(corpus):
    spec = load_plugin(Path(__file__).with_name("toy_plugin.py"))
    seen = []
    object.__setattr__(spec, "prepare", lambda _, **given: seen.extend(given["sentences"]) or {"shares": torch.ones(1)})
    for settings in ([], ["training.max_tokens=5"]):
        seen.clear()
        plan(load_recipe(str(corpus), settings), gpus=0, data_dir=None, threads=None)
        assert "".join(sentence.text for sentence in seen) == "赵小兰在北京上班" * 3
        assert max(map(len, seen)) == (5 if settings else 8)
