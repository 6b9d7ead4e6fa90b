import json
from xml.etree import ElementTree as ET

import pytest
import torch

from cnerkit import registry
from cnerkit.codecs.soft_labels import SoftLabels
from cnerkit.engine.checkpoint import Checkpoint, Origin, save_checkpoint
from cnerkit.errors import DataError, UsageError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders import encoder_from_description
from cnerkit.recipe.loading import load_recipe
from cnerkit.registry import Task
from cnerkit.text import LabelSet, TypeHierarchy
from cnerkit.workflows.evaluate import Gold, evaluate_checkpoint
from cnerkit.workflows.relevance import SHOWN_LABELS, relevance
from cnerkit.workflows.relevance_picture import picture

TYPES = ("loc/city", "loc/site", "person")
TEXT = '林<小>去&"沪'
ENTITIES = [{"start": 0, "end": 4, "label": "person"}, {"start": 7, "end": 8, "label": "loc/city"}]
STATIC = {"kind": "static", "dim": 8, "vocabulary": sorted(set(TEXT)), "dropout": 0.0, "pretrained": False}


@pytest.fixture
def gold(tmp_path):
    file = tmp_path / "gold.jsonl"
    records = [{"id": 7, "text": TEXT, "entities": ENTITIES}, {"id": 71, "text": "去", "entities": []}]
    records.append({"id": "odd", "text": "沪", "entities": [{"start": 0, "end": 1, "label": "robot"}]})
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return Gold(str(file))


@pytest.fixture
def checkpoint(tmp_path):
    """Makes the checkpoint of an untrained model; gives its path and the model."""

    def make(name, **params):
        torch.manual_seed(2)
        spec, encoder = registry.get(name), encoder_from_description(STATIC)
        task, params = Task(LabelSet(TYPES), hierarchy_separator="/"), spec.params.model_validate(params)
        recipe = tmp_path / "own.yaml"
        recipe.write_text(
            f"title: t\npaper: p\ndata: {{train: a.jsonl, dev: a.jsonl}}\nencoder: {{kind: static}}\nmodel: {{name: {name}}}\n",
            encoding="utf-8",
        )
        resolved = load_recipe(str(recipe), []).resolved()
        origin = Origin(resolved, name, params.model_dump(mode="json"), task, encoder.description(), None, "0")
        model = spec.build(params, task=task, encoder=encoder, prepared=None).eval()
        path = tmp_path / f"{name}.pt"
        save_checkpoint(path, Checkpoint("best", origin, {"epoch": 1}, model.state_dict(), None))
        return path, model

    return make


@pytest.mark.parametrize("name", ["softfine", "bert_softmax", "hmcn_f", "ranknet"])
def test_relevance_is_the_models_share_of_its_best_beside_the_true_worth(checkpoint, gold, name):
    path, model = checkpoint(name)
    view = relevance(path, gold, "7", gpus=0)
    with torch.inference_mode():
        scores = model.head.tag_scores(model(Batch.of([view.sentence])))[0]
    shares = scores.softmax(-1) / scores.softmax(-1).amax(-1, keepdim=True)
    worth = SoftLabels(TYPES, TypeHierarchy("/")).worth
    tags, predicted = model.codec.encode(view.sentence), scores.argmax(-1).tolist()
    assert [token.place for token in view.tokens] == [place for place in range(8) if tags[place] or predicted[place]]
    for token in view.tokens:
        assert (token.token, token.truth) == (TEXT[token.place], model.codec.tags[tags[token.place]])
        assert [each.label for each in token.labels] == list(model.codec.tags)
        assert [each.predicted for each in token.labels] == pytest.approx(shares[token.place].tolist(), abs=1e-6)
        assert [each.true for each in token.labels] == worth[tags[token.place]].tolist()


def test_the_most_relevant_labels_come_first_and_the_truth_is_always_among_them(checkpoint, gold):
    path, _ = checkpoint("softfine")
    for token in relevance(path, gold, "7", gpus=0).tokens:
        values = [each.predicted for each in token.top()]
        assert values == sorted(values, reverse=True)
        assert values[0] == 1
        assert token.truth in [each.label for each in token.top()]
        assert len(values) in (SHOWN_LABELS, SHOWN_LABELS + 1)


def test_the_true_worth_is_that_which_the_model_learned_from(checkpoint, gold):
    path, _ = checkpoint("softfine", soft={"beta": 2.0, "gate": "none"})
    view = relevance(path, gold, "7", gpus=0)
    assert view.worth == "beta 2, gamma 2, gate none"
    token = view.tokens[0]
    expected = SoftLabels(TYPES, TypeHierarchy("/"), beta=2.0, gate="none").worth
    assert [each.true for each in token.labels] == expected[9].tolist()
    assert relevance(checkpoint("softfine", soft=None)[0], gold, "7", gpus=0).worth == "beta 4, gamma 2, gate related"


def test_a_sentence_that_is_not_there_is_refused_with_the_nearest(checkpoint, gold):
    path, _ = checkpoint("softfine")
    with pytest.raises(UsageError, match="no sentence has the id '72'") as caught:
        relevance(path, gold, "72", gpus=0)
    assert caught.value.fix == "give 7"
    with pytest.raises(UsageError) as caught:
        relevance(path, gold, "zzz", gpus=0)
    assert caught.value.fix == "give an id such as 7"


def test_a_type_that_the_model_does_not_know_is_refused(checkpoint, gold):
    path, _ = checkpoint("softfine")
    with pytest.raises(DataError, match="robot"):
        relevance(path, gold, "odd", gpus=0)


def test_a_model_that_scores_paths_or_other_tags_is_refused(checkpoint, gold):
    path, _ = checkpoint("bert_crf")
    with pytest.raises(UsageError, match="the model 'bert_crf' does not score the labels of each character by themselves"):
        relevance(path, gold, "7", gpus=0)
    path, _ = checkpoint("bert_softmax", scheme="bio")
    with pytest.raises(UsageError, match="defined for BIOES tags, and the model has those of bio\nfix: train it with --set"):
        relevance(path, gold, "7", gpus=0)


def test_the_picture_is_svg_with_a_row_for_each_label_and_both_numbers_in_each_cell(checkpoint, gold):
    path, _ = checkpoint("softfine")
    view = relevance(path, gold, "7", gpus=0)
    root = ET.fromstring(picture(view))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    shown = {each.label for token in view.tokens for each in token.top()}
    assert texts[0] == TEXT
    assert shown <= set(texts)
    assert sum(text.replace(".", "").isdigit() for text in texts) == 2 * len(shown) * len(view.tokens)
    frames = [node for node in root.iter("{http://www.w3.org/2000/svg}rect") if node.get("stroke")]
    assert len(frames) == sum(token.truth in shown for token in view.tokens)
    width = float(root.get("width"))
    assert all(float(node.get("x", 0)) + float(node.get("width")) <= width for node in root[1:] if node.tag.endswith("rect"))


def test_the_picture_of_a_sentence_without_entities_is_whole(checkpoint, gold):
    path, model = checkpoint("softfine")
    state = model.state_dict()
    state["head.emit.bias"][0] = 50.0
    save_checkpoint(path, Checkpoint("best", _origin_of(path), {"epoch": 1}, state, None))
    view = relevance(path, gold, "71", gpus=0)
    assert view.tokens == ()
    assert ET.fromstring(picture(view)) is not None


def _origin_of(path):
    from cnerkit.engine.checkpoint import load_checkpoint

    return load_checkpoint(path).origin


def test_scores_by_level_of_a_checkpoint_are_those_of_its_tags(checkpoint, gold):
    path, _ = checkpoint("softfine")
    plain, levels = (evaluate_checkpoint(path, gold, gpus=0, levels=asked) for asked in (False, True))
    assert plain.levels is None
    assert "by_level" not in plain.to_json()
    assert levels.report == plain.report
    assert len(levels.levels.scores.reports) == 3
    assert levels.levels.scores.reports[-1].micro == plain.report.micro
    assert levels.to_json()["by_level"]["levels"][2]["support"] == 3
