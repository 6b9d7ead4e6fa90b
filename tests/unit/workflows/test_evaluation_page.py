"""The page about an evaluation, as a file, and the one that a run gets when it is done."""

import json
from dataclasses import replace

import pytest

from cnerkit.errors import CnerkitError, DataError, UsageError
from cnerkit.page.report import Content
from cnerkit.recipe.loading import load_recipe
from cnerkit.text import Entity, Prediction
from cnerkit.workflows import report, train
from cnerkit.workflows.evaluate import Gold, evaluate_files
from cnerkit.workflows.report import content_of, write_page
from cnerkit.workflows.token_scoring import Metric


@pytest.fixture
def gold(tmp_path):
    path = tmp_path / "gold.jsonl"
    record = {"id": "s1", "text": "王五去沪<b>", "entities": [{"start": 0, "end": 2, "label": "PER"}]}
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return Gold(str(path))


def test_the_page_shows_what_was_evaluated(gold):
    evaluation = evaluate_files(gold, gold, against=gold)
    content = content_of(replace(evaluation, split="test", notes=("a note",)))
    assert content.title == f"{gold.source} on {gold.source}, test"
    assert content.analysis is evaluation.analysed.analysis
    assert (content.sentences, content.predictions) == (evaluation.analysed.sentences, evaluation.analysed.predictions)
    assert [way.name for way in content.ways] == [report.name for report in content.analysis.buckets]
    assert content.against is evaluation.against
    assert content.notes == ("a note",)


def test_the_page_is_a_file_in_which_text_stays_text(gold, tmp_path):
    write_page(evaluate_files(gold, gold), tmp_path / "new" / "page.html")
    page = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert "<!DOCTYPE html>" in page
    assert "去沪&lt;b&gt;" in page


def test_a_page_that_cannot_be_written_is_told_of(gold, tmp_path):
    with pytest.raises(CnerkitError, match="cannot write"):
        write_page(evaluate_files(gold, gold), tmp_path)


def test_scores_of_tags_have_no_page(gold):
    with pytest.raises(UsageError, match="the page shows extracted entities, and the score is seqeval") as caught:
        content_of(evaluate_files(gold, gold, Metric.SEQEVAL))
    assert caught.value.fix == "leave --html or --metric out"


@pytest.fixture
def recipe(tmp_path, gold):
    (tmp_path / "own.yaml").write_text(
        f"data: {{train: {gold.source}, dev: {gold.source}}}\nencoder: {{kind: static, dim: 4}}\n"
        "model: {name: bilstm_crf, dim: 4}\ntraining: {epochs: 2}\n"
        "published: [{row: Own, source: nowhere, f1: 90.5}]\n",
        encoding="utf-8",
    )
    return load_recipe(str(tmp_path / "own.yaml"))


def test_a_run_has_the_page_about_its_scores_with_its_learning_curve(recipe, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(report, "render", lambda content: shown.append(content) or "page")
    result = train.train(recipe, tmp_path / "run", train.Options(gpus=0))
    (content,) = shown
    assert isinstance(content, Content)
    assert (tmp_path / "run" / "report.html").read_text(encoding="utf-8") == "page"
    assert content.analysis.exact == result.dev
    assert (content.split, content.published) == ("dev", ())
    assert [point.epoch for point in content.epochs] == [1, 2]
    assert {"seen in train", "characters"} <= {way.name for way in content.ways}


def test_a_run_without_a_page_is_done_all_the_same(recipe, tmp_path, monkeypatch):
    def takes_everything(_assembly, sentences, *_):
        every = [Entity.span(start, end, "PER") for start in range(4) for end in range(start + 1, 5)]
        return [Prediction(one.id, tuple(every), (1.0,) * len(every)) for one in sentences]

    notes = []
    monkeypatch.setattr(train, "_predicted", takes_everything)
    monkeypatch.setattr(train.Silent, "noted", lambda _self, text: notes.append(text))
    train.train(recipe, tmp_path / "run", train.Options(gpus=0))
    assert notes == ["there is no report.html: 10 entities are predicted in 7 tokens, which is too much to draw"]
    assert (tmp_path / "run" / "metrics.json").exists()
    assert not (tmp_path / "run" / "report.html").exists()


def test_beginning_anew_takes_the_old_page_away(recipe, tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "report.html").write_text("old", encoding="utf-8")

    def refused(*_):
        raise DataError("no page")

    monkeypatch.setattr(train, "write_report_of_run", refused)
    train.train(recipe, tmp_path / "run", train.Options(start="overwrite", gpus=0))
    assert not (tmp_path / "run" / "report.html").exists()
