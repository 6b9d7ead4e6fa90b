"""Scores as seqeval gives them, of tags as they stand and of entities; seqeval's own functions tell what is right."""

import json

import pytest
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2, IOBES

from cnerkit.codecs.tags import Scheme
from cnerkit.errors import DataError
from cnerkit.text import Prediction, Sentence
from cnerkit.workflows.evaluate import evaluate_files
from cnerkit.workflows.gold import Gold
from cnerkit.workflows.seqeval_scoring import tags_of_file, tags_of_predictions
from cnerkit.workflows.token_scoring import Metric

TOKENS = "王五去沪上海人来"
BIO = ["B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC", "I-LOC", "O"]
MALFORMED = ["I-PER", "I-PER", "O", "B-LOC", "I-LOC", "O", "I-LOC", "O"]
BMES = ["B-PER", "E-PER", "O", "S-LOC", "B-LOC", "M-LOC", "E-LOC", "O"]
BIOES = ["B-PER", "E-PER", "O", "S-LOC", "O", "B-LOC", "E-LOC", "O"]


@pytest.fixture
def file(tmp_path):
    def write(name, tags):
        path = tmp_path / name
        path.write_text("".join(f"{token} {tag}\n" for token, tag in zip(TOKENS, tags, strict=True)), encoding="utf-8")
        return Gold(str(path))

    return write


@pytest.mark.parametrize(
    ("metric", "gold", "predicted", "options"),
    [
        pytest.param(Metric.SEQEVAL, BIO, MALFORMED, {}, id="malformed-default"),
        pytest.param(
            Metric.SEQEVAL_STRICT,
            BIO,
            MALFORMED,
            {"mode": "strict", "scheme": IOB2},
            id="malformed-strict",
        ),
        pytest.param(Metric.SEQEVAL, BMES, BMES[:4] + ["O"] * 4, {}, id="misread"),
        pytest.param(Metric.SEQEVAL, BIO, BIOES, {}, id="two-schemes"),
        pytest.param(
            Metric.SEQEVAL_STRICT,
            BIOES,
            BIOES[:3] + ["O"] * 5,
            {"mode": "strict", "scheme": IOBES},
            id="bioes-strict",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.* seems not to be NE tag")
def test_tags_of_files_are_scored_as_they_stand(file, metric, gold, predicted, options):
    evaluation = evaluate_files(file("gold", gold), file("pred", predicted), metric)
    assert evaluation.seqeval.tags == "the tags are read as they stand"
    assert evaluation.report.micro.f1 == pytest.approx(f1_score([gold], [predicted], **options), abs=1e-12)
    assert evaluation.metric == metric
    plain = json.loads(json.dumps(evaluation.to_json()))
    assert plain["difference"].startswith("seqeval reads tags instead of comparing entities")
    assert plain["tags"] == evaluation.seqeval.tags
    assert "by_sentence" not in plain


def test_files_of_different_schemes_are_compared_by_entities_that_are_written_as_tags(file):
    evaluation = evaluate_files(file("gold", BIO), file("pred", BIOES), Metric.SEQEVAL_STRICT)
    assert evaluation.seqeval.tags == "the tags are written from the entities, in BIO"
    assert evaluation.report.micro.f1 == 1


def test_a_scheme_that_the_strict_mode_does_not_know_is_written_anew(file):
    evaluation = evaluate_files(file("gold", BMES), file("pred", BMES), Metric.SEQEVAL_STRICT)
    assert evaluation.seqeval.tags == "the tags are written from the entities, in BIO"
    assert evaluation.report.micro.support == 3


def test_mapped_types_are_written_anew(file):
    gold = Gold(file("gold", BIO).source, types={"LOC": "PLACE"})
    evaluation = evaluate_files(gold, gold, Metric.SEQEVAL)
    assert [entry.type for entry in evaluation.report.types] == ["PER", "PLACE"]


def test_entities_that_no_tags_can_hold_are_refused(tmp_path):
    entities = [{"start": 0, "end": 4, "label": "ORG"}, {"start": 0, "end": 2, "label": "LOC"}]
    path = tmp_path / "nested.jsonl"
    path.write_text(json.dumps({"id": "s1", "text": "北京大学", "entities": entities}) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        evaluate_files(Gold(str(path)), Gold(str(path)), Metric.SEQEVAL)
    assert str(caught.value).startswith(f"{path}, sentence s1: seqeval counts one tag for each token, and the entities")
    assert str(caught.value).endswith("fix: score entities of any kind with --metric entity")


def test_a_line_that_cannot_be_read_is_refused_with_its_place(file, tmp_path):
    gold = file("gold", BIO)
    (tmp_path / "pred").write_text((tmp_path / "gold").read_text(encoding="utf-8").replace("沪 ", "沪"), encoding="utf-8")
    with pytest.raises(DataError, match=r"pred:4:7: expected 2 columns separated by spaces, got 1"):
        evaluate_files(gold, Gold(str(tmp_path / "pred")), Metric.SEQEVAL)


def test_a_file_without_tags_has_none(tmp_path):
    path = tmp_path / "spans.jsonl"
    path.write_text('{"text": "王五", "entities": []}\n', encoding="utf-8")
    assert tags_of_file(Gold(str(path)), {}) is None


def test_a_tagger_gives_its_tags_and_another_model_none():
    sentences = [Sentence("a", ("王", "五")), Sentence("b", ())]
    tagged = [Prediction("a", (), (), ("I-PER", "O")), Prediction("b", (), ())]
    written = tags_of_predictions(sentences, tagged, Scheme.BIO, "best.pt")
    assert written.tags == (("I-PER", "O"), ())
    assert tags_of_predictions(sentences, [tagged[1], tagged[1]], Scheme.BIO, "best.pt") is None
    assert tags_of_predictions(sentences, tagged, None, "best.pt") is None
