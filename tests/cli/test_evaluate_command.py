"""``cnerkit evaluate``: two files, or a checkpoint, as a user meets it."""

import json

import pytest

from cnerkit.codecs.tags import Repair
from cnerkit.errors import DataError, MissingError, UsageError
from cnerkit.workflows.evaluate import Gold, evaluate_checkpoint, evaluate_files
from cnerkit.workflows.read_options import ReadOptions

GOLD = "王 B-PER\n五 I-PER\n去 O\n沪 B-LOC\n\n天 O\n"


@pytest.fixture
def files(tmp_path):
    def write(**contents):
        paths = []
        for name, content in contents.items():
            path = tmp_path / name
            path.write_text(content, encoding="utf-8")
            paths.append(str(path))
        return paths

    return write


def test_two_files_of_different_formats_are_scored_by_exact_match(cnerkit, files):
    records = [
        {"text": "王五去沪", "entities": [{"start": 0, "end": 2, "label": "PER"}, {"start": 2, "end": 3, "label": "LOC"}]}
    ]
    records.append({"text": "天", "entities": []})
    gold, pred = files(gold=GOLD, pred="".join(json.dumps(record) + "\n" for record in records))
    done = cnerkit("evaluate", "--gold", gold, "--pred", pred, "--json")
    assert done.code == 0, done.err
    scores = json.loads(done.out)
    assert (scores["micro"]["precision"], scores["micro"]["recall"]) == (0.5, 0.5)
    assert scores["types"]["LOC"]["f1"] == 0
    assert scores["match"] == "exact"


def test_the_table_has_types_and_both_averages_and_says_the_definition(cnerkit, files):
    gold, pred = files(gold=GOLD, pred=GOLD)
    done = cnerkit("evaluate", "--gold", gold, "--pred", pred)
    table = done.out.split("\n\n")[0]
    assert [line.split()[0] for line in table.splitlines()] == ["type", "LOC", "PER", "micro", "95", "macro"]
    assert "2 sentences, 2 types\nexact: right when a gold entity" in done.err


def test_types_are_mapped_on_both_sides(files):
    gold, pred = files(gold=GOLD, pred=GOLD.replace("LOC", "GPE"))
    mapping = {"LOC": "PLACE", "GPE": "PLACE"}
    report = evaluate_files(Gold(gold, types=mapping), Gold(pred, types=mapping)).report
    assert report.micro.f1 == 1
    assert [entry.type for entry in report.types] == ["PER", "PLACE"]


@pytest.mark.parametrize(
    ("pred", "message"),
    [
        ("王 O\n六 O\n去 O\n沪 O\n\n天 O\n", "sentence 1 differs from the gold at token 2: '六去沪' instead of '五去沪'"),
        ("王 O\n五 O\n\n天 O\n", "sentence 1 differs from the gold at token 3: the end of the sentence instead of '去沪'"),
        ("王 O\n五 O\n去 O\n沪 O\n", "there are 2 gold sentences and 1 predicted ones; the predicted ones end before '天'"),
        (GOLD + "\n地 O\n", "there are 2 gold sentences and 3 predicted ones; the gold ends before '地'"),
        ("天 O\n\n王 O\n五 O\n去 O\n沪 O\n", "in another order: sentence 1 is number 2 of the gold: '天'"),
    ],
    ids=["other-character", "cut", "fewer", "more", "other-order"],
)
def test_files_over_other_sentences_are_refused_with_the_first_difference(files, pred, message):
    gold, pred = files(gold=GOLD, pred=pred)
    with pytest.raises(DataError) as caught:
        evaluate_files(Gold(gold), Gold(pred))
    assert message in str(caught.value)


@pytest.mark.parametrize("side", ["gold", "pred"])
@pytest.mark.parametrize(
    ("records", "message"),
    [
        ('{"text": "王五去沪"}\n{"text": "天"}\n', "{path}: no sentence is annotated"),
        (
            '{"text": "王五去沪"}\n{"text": "天", "entities": []}\n',
            "{path}: the sentence {name}-1 is not annotated (1 of 2 are not)",
        ),
    ],
    ids=["none", "not-all"],
)
def test_a_side_that_is_not_annotated_is_refused_by_name(files, side, records, message):
    paths = dict(zip(("gold", "pred"), files(**{"gold": GOLD, "pred": GOLD, side: records}), strict=True))
    with pytest.raises(DataError) as caught:
        evaluate_files(Gold(paths["gold"]), Gold(paths["pred"]))
    fix = "fix: give every sentence its entities, an empty list where there are none"
    assert str(caught.value) == f"{message.format(path=paths[side], name=side)}\n{fix}"


def test_types_that_only_one_side_has_are_noted(files):
    gold, pred = files(gold=GOLD, pred=GOLD.replace("LOC", "GPE"))
    assert evaluate_files(Gold(gold), Gold(pred)).notes == (
        "predicted types that the gold never has: GPE (1); the first is in sentence 1",
        "gold types that are never predicted: LOC (1); the first is in sentence 1",
    )


def test_malformed_tags_that_were_repaired_are_counted_in_a_note(files):
    gold, pred = files(gold=GOLD, pred=GOLD.replace("B-PER", "O"))
    read = ReadOptions(scheme="bio", repair=Repair.DROP)
    (note, lacking) = evaluate_files(Gold(gold), Gold(pred, read=read)).notes
    assert note == f"{pred}: 1 malformed run of tags (1 without a beginning, 0 without an end) over 1 token read as O"
    assert lacking.startswith("gold types that are never predicted: PER (1)")


def test_malformed_predicted_tags_are_refused_until_a_repair_is_chosen(cnerkit, files):
    gold, pred = files(gold=GOLD, pred=GOLD.replace("B-PER", "O"))
    refused = cnerkit("evaluate", "--gold", gold, "--pred", pred)
    assert refused.code == 3
    assert "--repair" in refused.err
    mended = cnerkit("evaluate", "--gold", gold, "--pred", pred, "--from-scheme", "bio", "--repair", "drop", "--json")
    assert json.loads(mended.out)["micro"]["recall"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "it is not said what to score"),
        (["--gold", "a"], "it is not said what to score"),
        (["weibo"], "it is not said what to score"),
        (["-m", "a.pt", "--gold", "b"], "-m and --gold or --pred exclude each other"),
    ],
    ids=["nothing", "gold-alone", "source-alone", "both"],
)
def test_what_to_score_must_be_said(cnerkit, arguments, message):
    done = cnerkit("evaluate", *arguments)
    assert done.code == 2
    assert message in done.err


def test_files_are_scored_without_torch(files, without_torch):
    gold, pred = files(gold=GOLD, pred=GOLD)
    assert without_torch("evaluate", "--gold", gold, "--pred", pred) == []


def test_a_checkpoint_scores_as_its_own_predictions_do(tiny_run, cnerkit):
    by_model = cnerkit("evaluate", "-m", tiny_run / "best.pt", "--json", "--gpus", "0")
    assert by_model.code == 0, by_model.err
    metrics = json.loads((tiny_run / "metrics.json").read_text(encoding="utf-8"))
    assert json.loads(by_model.out)["micro"] == metrics["test"]["micro"]
    by_file = cnerkit("evaluate", "--gold", tiny_run / "test.jsonl", "--pred", tiny_run / "predictions.test.jsonl", "--json")
    assert json.loads(by_file.out)["micro"] == metrics["test"]["micro"]


@pytest.mark.parametrize("source", [[], ["sample"]])
@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_checkpoint_reads_its_own_dataset_as_its_recipe_does(tiny_run_of_words, cnerkit, source, split):
    done = cnerkit("evaluate", "-m", tiny_run_of_words / "best.pt", *source, "--split", split, "--json", "--gpus", "0")
    assert done.code == 0, done.err
    metrics = json.loads((tiny_run_of_words / "metrics.json").read_text(encoding="utf-8"))
    assert json.loads(done.out)["micro"] == metrics[split]["micro"]
    assert json.loads(done.out)["split"] == split


def test_what_the_user_says_of_reading_goes_before_the_recipe(tiny_run_of_words, cnerkit):
    refused = cnerkit("evaluate", "-m", tiny_run_of_words / "best.pt", "--tokens", "characters", "--gpus", "0")
    assert (refused.code, "the sentence test-1 is in single characters" in refused.err) == (2, True)


def test_running_text_is_refused_where_the_model_reads_words(tiny_run_of_words, cnerkit, files):
    (path,) = files(gold='{"text": "张三 in Paris", "entities": []}\n')
    refused = cnerkit("evaluate", "-m", tiny_run_of_words / "best.pt", path, "--gpus", "0")
    assert refused.code == 2
    assert "the model reads words, and the sentence gold-1 is in single characters, white space among them" in refused.err
    assert "fix: divide running text as for training, with --tokens words or --tokens spaces" in refused.err
    assert cnerkit("evaluate", "-m", tiny_run_of_words / "best.pt", path, "--tokens", "words", "--gpus", "0").code == 0


def test_gold_types_that_the_model_does_not_know_count_as_missed_and_are_named(tiny_run, files):
    (path,) = files(gold='{"text": "王五", "entities": [{"start": 0, "end": 2, "label": "ROBOT"}]}\n')
    evaluation = evaluate_checkpoint(tiny_run / "best.pt", Gold(path), gpus=0)
    assert evaluation.notes == ("1 gold entities of the type ROBOT, which the model does not know, count as missed",)
    assert evaluation.report.micro.false_negative == 1


def test_a_checkpoint_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match="there is no such checkpoint"):
        evaluate_checkpoint(tmp_path / "none.pt", None)


def test_without_a_dataset_of_its_own_the_source_must_be_said(tiny_own_run):
    with pytest.raises(UsageError, match="it is not said what to score the checkpoint on"):
        evaluate_checkpoint(tiny_own_run / "best.pt", None, gpus=0)
