"""The diagnostics of a checkpoint: what is looked at, what is drawn, and where it goes."""

import json
import sys

import pytest
import torch

from cnerkit import registry
from cnerkit.engine.checkpoint import Checkpoint, Origin, save_checkpoint
from cnerkit.engine.progress import EpochRecord, Score
from cnerkit.engine.runs import FolderKeeper, RunFolder
from cnerkit.errors import MissingError, UsageError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders import encoder_from_description
from cnerkit.recipe.loading import load_recipe
from cnerkit.registry import Task
from cnerkit.text import Entity, LabelSet, Sentence
from cnerkit.workflows import diagnosing
from cnerkit.workflows.diagnosing import WRITTEN, draw
from cnerkit.workflows.gold import Gold

TYPES = ("人名", "地名")
TEXTS = (("林小去沪", ((0, 2, "人名"), (3, 4, "地名"))), ("林小在沪", ((0, 2, "人名"), (3, 4, "地名"))))
STATIC = {"kind": "static", "dim": 8, "vocabulary": sorted("林小去沪在"), "dropout": 0.0, "pretrained": False}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def gold(tmp_path):
    """Writes gold of those texts and more."""

    def write(*more):
        file = tmp_path / "gold.jsonl"
        rows = [*TEXTS, *more]
        records = [
            {
                "id": f"s{number}",
                "text": text,
                "entities": [dict(zip(("start", "end", "label"), one, strict=True)) for one in of],
            }
            for number, (text, of) in enumerate(rows)
        ]
        file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
        return Gold(str(file))

    return write


@pytest.fixture
def trained(tmp_path):
    """Makes the checkpoint of a model that learned the texts for some steps; gives its path."""

    def make(name="bert_softmax", steps=12, **params):
        torch.manual_seed(4)
        spec, encoder = registry.get(name), encoder_from_description(STATIC)
        task, params = Task(LabelSet(TYPES)), spec.params.model_validate(params)
        sentences = [Sentence(text, tuple(text), frozenset(Entity.span(*one) for one in of)) for text, of in TEXTS]
        learned_from = {"task": task, "encoder": encoder, "sentences": sentences, "progress": lambda *_: None}
        prepared = spec.prepare(params, **learned_from) if spec.prepare else None
        model = spec.build(params, task=task, encoder=encoder, prepared=prepared)
        optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
        for _ in range(steps):
            optimiser.zero_grad()
            torch.stack([*model.loss(Batch.of(sentences)).values()]).sum().backward()
            optimiser.step()
        recipe = tmp_path / "own.yaml"
        recipe.write_text(
            f"title: t\npaper: p\ndata: {{train: a.jsonl, dev: a.jsonl}}\nencoder: {{kind: static}}\nmodel: {{name: {name}}}\n",
            encoding="utf-8",
        )
        resolved = load_recipe(str(recipe), []).resolved()
        origin = Origin(resolved, name, params.model_dump(mode="json"), task, encoder.description(), prepared, "0")
        path = tmp_path / "run" / "best.pt"
        path.parent.mkdir(exist_ok=True)
        save_checkpoint(path, Checkpoint("best", origin, {"epoch": 1}, model.state_dict(), None))
        return path

    return make


def test_every_picture_is_drawn_and_the_numbers_behind_them_written(trained, gold, tmp_path):
    path, folder = trained(), tmp_path / "new" / "plots"
    keeper = FolderKeeper(RunFolder(path.parent), None)
    for number, loss in enumerate((0.7, 0.3), start=1):
        keeper.log("epoch", EpochRecord(number, number, loss, Score(0, 0, 0), is_best=False))
    drawn = draw(path, gold(), folder, gpus=0)
    assert {file.name for file in folder.iterdir()} == WRITTEN
    assert [plot.name for plot in drawn.plots] == ["pca", "violins", "discrepancy", "loss"]
    for plot in drawn.plots:
        assert plot.png.startswith(PNG)
        assert (folder / f"{plot.name}.png").read_bytes() == plot.png
        assert plot.title
        assert plot.alt.endswith(".")
    told = json.loads((folder / "diagnostics.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(drawn.to_json()))
    assert told["classes"] == [*TYPES, "no entity"]
    assert [(span["sentence"], span["start"], span["end"], span["truth"]) for span in told["spans"]] == [
        ("s0", 0, 2, "人名"),
        ("s0", 3, 4, "地名"),
        ("s1", 0, 2, "人名"),
        ("s1", 3, 4, "地名"),
    ]
    assert told["loss"] == [{"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": 0.3}]
    assert told["tags"]["Up"] + told["tags"]["Stable"] == 4
    assert "0.7 in the first and 0.3 in the last; the checkpoint is of epoch 1" in drawn.plots[3].alt


@pytest.fixture
def undrawn(monkeypatch):
    """Leaves the pictures out, which take their time."""
    monkeypatch.setattr(diagnosing, "draw_all", lambda *_: ())


@pytest.mark.usefixtures("undrawn")
def test_what_is_right_is_what_a_trained_model_finds(trained, gold, tmp_path):
    untrained = draw(trained(steps=0), gold(), tmp_path / "before", gpus=0).diagnostics
    found = draw(trained(steps=60), gold(), tmp_path / "after", gpus=0).diagnostics
    assert found.tags() == {"Up": 0, "Stable": 4, "Down": 0}
    assert untrained.tags()["Stable"] < 4
    assert found.distribution(right=True).quartiles[0] > 0.9


@pytest.mark.parametrize(
    ("name", "params", "classes"),
    [
        ("sng", {"glove": None, "hidden_dim": 4}, (*TYPES, "no entity")),
        ("sng", {"glove": None, "hidden_dim": 4, "negatives": None}, TYPES),
        ("sng_typing", {"glove": None, "hidden_dim": 4}, TYPES),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_classes_are_the_types_and_none_where_the_model_knows_that(trained, gold, tmp_path, name, params, classes):
    assert draw(trained(name, **params), gold(), tmp_path / "plots", gpus=0).diagnostics.classes == classes


@pytest.mark.usefixtures("undrawn")
def test_entities_that_the_model_cannot_be_asked_about_are_left_out_and_counted(trained, gold, tmp_path):
    more = ("林小去沪", [(0, 1, "新"), (0, 4, "地名"), (1, 2, "人名")])
    drawn = draw(trained("sng", glove=None, hidden_dim=4), gold(more), tmp_path / "plots", gpus=0)
    assert drawn.notes == (
        "1 entity of the gold left out of the plots: of a type that the model does not know",
        "1 entity of the gold left out of the plots: longer than the spans of at most 2 tokens that the model looks at",
        "there is no plot of the loss: beside the checkpoint lies no log of a run",
    )
    assert drawn.places[4:] == (("s2", 1, 2),)


@pytest.mark.usefixtures("undrawn")
def test_discontinuous_entities_and_those_that_no_window_holds_are_counted_too(trained, tmp_path):
    file = tmp_path / "gold.jsonl"
    whole = {"start": 0, "end": 700, "label": "人名"}
    pieces = {"start": 0, "end": 4, "fragments": [[0, 1], [3, 4]], "label": "人名"}
    records = [{"text": "林" * 700, "entities": [whole, pieces, {"start": 5, "end": 6, "label": "人名"}]}]
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    drawn = draw(trained(), Gold(str(file)), tmp_path / "plots", gpus=0)
    assert [place[1:] for place in drawn.places] == [(5, 6)]
    assert drawn.notes[:2] == (
        "1 entity of the gold left out of the plots: discontinuous",
        "1 entity of the gold left out of the plots: longer than the text that the model sees around it",
    )


def test_a_model_that_does_not_tell_is_refused_with_those_that_do(trained, gold, tmp_path):
    path = trained("hreb", steps=0, cut_at=3)
    with pytest.raises(UsageError) as caught:
        draw(path, gold(), tmp_path / "plots", gpus=0)
    assert str(caught.value) == (
        f"{path}: the 'hreb' of this checkpoint does not tell how probable each type is for a given span\n"
        "fix: leave --plots out, or give a checkpoint of sng, sng_typing or a tagger such as bert_crf"
    )


def test_without_matplotlib_nothing_is_computed_and_the_fix_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingError, match="pictures are drawn with matplotlib, which is not installed") as caught:
        draw(tmp_path / "no.pt", None, tmp_path / "plots", gpus=0)
    assert caught.value.fix == "pip install 'cnerkit[plots]'"
    assert caught.value.exit_code == 5


@pytest.mark.usefixtures("undrawn")
def test_earlier_plots_are_replaced_and_none_of_them_stays(trained, gold, tmp_path):
    folder = tmp_path / "plots"
    folder.mkdir()
    (folder / "loss.png").write_bytes(b"old")
    draw(trained(), gold(), folder, gpus=0)
    assert [file.name for file in folder.iterdir()] == ["diagnostics.json"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("plots", "the folder holds thesis.png, which is none of the plots"),
        ("plots/thesis.png", "this is a file, and plots go"),
    ],
)
def test_a_place_that_holds_something_else_is_refused_before_anything_is_computed(tmp_path, name, what):
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "thesis.png").write_bytes(PNG)
    with pytest.raises(UsageError, match=what) as caught:
        draw(tmp_path / "no.pt", None, tmp_path / name, gpus=0)
    assert "--plots" in caught.value.fix
    assert (tmp_path / "plots" / "thesis.png").read_bytes() == PNG


@pytest.mark.usefixtures("undrawn")
def test_a_failure_while_drawing_leaves_no_folder(monkeypatch, trained, gold, tmp_path):
    monkeypatch.setattr(diagnosing, "_write", fails_within(diagnosing._write))
    with pytest.raises(KeyboardInterrupt):
        draw(trained(), gold(), tmp_path / "plots", gpus=0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["gold.jsonl", "own.yaml", "run"]


def fails_within(write):
    """Writes as ever, but with a picture that cannot be written to the end."""

    class Torn:
        name = "torn"

        @property
        def png(self):
            raise KeyboardInterrupt

    def torn(drawn, folder):
        write(type("Drawn", (), {"plots": (*drawn.plots, Torn())})(), folder)

    return torn
