"""``cnerkit evaluate --metric``: token scores, which are shown without those of entities."""

import json

import pytest

from cnerkit.errors import DataError
from cnerkit.workflows.evaluate import Gold, evaluate_files
from cnerkit.workflows.token_scoring import Metric

GOLD = "王 B-PER\n五 I-PER\n去 O\n沪 B-LOC\n"
PRED = "王 B-PER\n五 O\n去 B-LOC\n沪 B-LOC\n"


@pytest.fixture
def pair(tmp_path):
    def write(gold, pred):
        for name, content in (("gold", gold), ("pred", pred)):
            (tmp_path / name).write_text(content, encoding="utf-8")
        return str(tmp_path / "gold"), str(tmp_path / "pred")

    return write


def test_the_table_has_tags_and_their_weighted_mean_and_says_what_they_are(cnerkit, pair):
    gold, pred = pair(GOLD, PRED)
    done = cnerkit("evaluate", "--gold", gold, "--pred", pred, "--metric", "token-weighted-v2")
    assert done.code == 0, done.err
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == ["tag", "P", "R", "F1", "gold", "tokens", "predicted"]
    assert [row[0] for row in rows[1:]] == ["B-LOC", "B-PER", "I-PER", "O", "weighted"]
    assert rows[-1] == ["weighted", "37.50", "50.00", "41.67"]
    assert "1 sentences, 4 of 4 tokens counted\n" in done.err
    assert "token-weighted-v2: single tags of the tokens whose gold or predicted tag is not O" in done.err
    assert "no score of entities\n" in done.err


def test_json_carries_the_name_of_the_metric_and_no_other_score(cnerkit, pair):
    gold, pred = pair(GOLD, PRED)
    files = ("--gold", gold, "--pred", pred, "--json")
    tokens = json.loads(cnerkit("evaluate", *files, "--metric", "token-weighted-v1").out)
    assert (tokens["metric"], tokens["counted_tokens"]) == ("token-weighted-v1", 3)
    assert tokens["weighted"]["recall"] == pytest.approx(2 / 3)
    assert "micro" not in tokens
    entities = json.loads(cnerkit("evaluate", *files).out)
    assert (entities["metric"], entities["micro"]["recall"]) == ("entity", 0.5)


def test_a_checkpoint_has_token_scores_with_the_published_rows_outside_the_table(cnerkit, tiny_run):
    asked = ("evaluate", "-m", tiny_run / "best.pt", "--gpus", "0", "--metric", "token-weighted-v2")
    done = cnerkit(*asked)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].split()[0] == "weighted"
    by_file = cnerkit(
        "evaluate", "--gold", tiny_run / "test.jsonl", "--pred", tiny_run / "predictions.test.jsonl",
        "--metric", "token-weighted-v2", "--json",
    )  # fmt: skip
    assert f"{100 * json.loads(by_file.out)['weighted']['f1']:.2f}" == done.out.splitlines()[-1].split()[3]


@pytest.mark.parametrize("side", ["gold", "pred"])
def test_entities_that_one_tag_per_token_cannot_carry_are_refused_on_either_side(tmp_path, side):
    flat = {"id": "s1", "text": "北京大学", "entities": [{"start": 0, "end": 4, "label": "ORG"}]}
    nested = {**flat, "entities": [*flat["entities"], {"start": 0, "end": 2, "label": "LOC"}]}
    paths = {}
    for name in ("gold", "pred"):
        paths[name] = tmp_path / f"{name}.jsonl"
        paths[name].write_text(json.dumps(nested if name == side else flat) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        evaluate_files(Gold(str(paths["gold"])), Gold(str(paths["pred"])), Metric.WEIGHTED_V1)
    message = str(caught.value)
    assert message.startswith(f"{paths[side]}, sentence s1: token-weighted-v1 counts one tag for each token, and the entities")
    assert "overlap" in message
    assert message.endswith("fix: score entities of any kind with --metric entity")


def test_a_discontinuous_entity_is_refused(tmp_path):
    entity = {"start": 0, "end": 3, "label": "ORG", "fragments": [[0, 1], [2, 3]]}
    record = {"id": "s1", "text": "北京大学", "entities": [entity]}
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"the ORG entity over .* is discontinuous"):
        evaluate_files(Gold(str(path)), Gold(str(path)), Metric.WEIGHTED_V2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gold", "a", "--pred", "b", "--metric", "token"], "no metric is called 'token'"),
        (
            ["-m", "a.pt", "b", "--levels", "--metric", "token-weighted-v1"],
            "token-weighted-v1 has no --levels and no --relevance",
        ),
        (["-m", "a.pt", "--relevance", "x", "--metric", "seqeval"], "seqeval has no --levels and no --relevance"),
        (
            ["--gold", "a", "--pred", "b", "--html", "c", "--metric", "seqeval"],
            "--against and --html are about extracted entities",
        ),
        (["-m", "a.pt", "--against", "c", "--metric", "token-weighted-v2"], "and token-weighted-v2 counts tags"),
    ],
    ids=["unknown", "levels", "relevance", "page", "against"],
)
def test_what_does_not_go_together_is_refused(cnerkit, arguments, message):
    done = cnerkit("evaluate", *arguments)
    assert done.code == 2
    assert message in done.err
    assert "fix:" in done.err


def test_the_numbers_of_seqeval_come_with_the_line_that_says_how_they_differ(cnerkit, pair):
    gold, pred = pair(GOLD, PRED.replace("B-PER", "I-PER"))
    done = cnerkit("evaluate", "--gold", gold, "--pred", pred, "--metric", "seqeval")
    assert done.code == 0, done.err
    rows = [line.split() for line in done.out.splitlines()]
    assert [row[0] for row in rows] == ["type", "LOC", "PER", "micro", "macro", "weighted"]
    assert rows[2] == ["PER", "0.00", "0.00", "0.00", "1", "1"]
    assert "1 sentences, 2 types; the tags are read as they stand\n" in done.err
    assert "not as --metric entity: seqeval reads tags instead of comparing entities" in done.err


def test_tags_that_seqeval_misreads_are_named(cnerkit, pair):
    gold, pred = pair(*["京 B-LOC\n华 M-LOC\n城 E-LOC\n去 O\n沪 S-LOC\n"] * 2)
    done = cnerkit("evaluate", "--gold", gold, "--pred", pred, "--metric", "seqeval")
    assert "misread tags: M-LOC (2)\n" in done.err


@pytest.mark.parametrize("metric", ["seqeval", "seqeval-strict"])
def test_a_checkpoint_has_the_numbers_of_seqeval_without_published_rows_in_the_table(cnerkit, tiny_run, metric):
    done = cnerkit("evaluate", "-m", tiny_run / "best.pt", "--gpus", "0", "--metric", metric)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].split()[0] == "weighted"
    micro = json.loads((tiny_run / "metrics.json").read_text(encoding="utf-8"))["test"]["micro"]
    assert f"micro {100 * micro['precision']:10.2f}".split() == done.out.splitlines()[-3].split()[:2]


def test_token_scores_of_files_need_no_torch(pair, without_torch):
    gold, pred = pair(GOLD, PRED)
    assert without_torch("evaluate", "--gold", gold, "--pred", pred, "--metric", "token-weighted-v2") == []
