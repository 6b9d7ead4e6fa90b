"""``cnerkit evaluate``: the analysis, the comparison with another system and the page, as a user meets them."""

import json
import shutil

import pytest
from rich.cells import cell_len
from rich.console import Console

from cnerkit.cli import console, evaluation_view
from cnerkit.errors import UsageError
from cnerkit.workflows.evaluate import Gold, evaluate_checkpoint, evaluate_files

TEXTS = ("王五去沪", "北京大学在北京", "天气好", "他在上海人民公园")
GOLD = [[(0, 2, "PER"), (3, 4, "LOC")], [(0, 4, "ORG"), (5, 7, "LOC")], [], [(2, 8, "LOC")]]
PRED = [[(0, 2, "LOC"), (3, 4, "LOC")], [(0, 2, "ORG")], [(0, 2, "PER")], [(2, 4, "LOC"), (4, 8, "ORG")]]
OTHER = [[(0, 2, "PER")], [(0, 4, "ORG"), (5, 7, "LOC")], [], []]


@pytest.fixture
def files(tmp_path):
    paths = {}
    for name, sides in (("gold", GOLD), ("pred", PRED), ("other", OTHER)):
        paths[name] = tmp_path / f"{name}.jsonl"
        with paths[name].open("w", encoding="utf-8") as out:
            for text, spans in zip(TEXTS, sides, strict=True):
                entities = [{"start": start, "end": end, "label": label} for start, end, label in spans]
                out.write(json.dumps({"text": text, "entities": entities}) + "\n")
    return paths


@pytest.fixture
def sides(files):
    return ("evaluate", "--gold", files["gold"], "--pred", files["pred"])


def test_the_summary_has_other_definitions_errors_confusions_and_buckets_below_the_table(cnerkit, sides):
    done = cnerkit(*sides)
    assert done.code == 0, done.err
    types, definitions, errors, confusions, buckets = (part.splitlines() for part in done.out.split("\n\n"))
    assert [line.split()[0] for line in types] == ["type", "LOC", "ORG", "PER", "micro", "95", "macro"]
    assert [line.rsplit(maxsplit=3)[0] for line in definitions[1:]] == [
        "SemEval strict", "SemEval exact", "SemEval partial", "SemEval type", "boundaries only", "types at gold boundaries",
    ]  # fmt: skip
    assert [line.split() for line in errors] == [
        ["error", "times", "most", "often"],
        ["wrong-type", "1", "PER", "1"],
        ["too-short", "1", "ORG", "1"],
        ["split", "1", "LOC", "1"],
        ["missed", "1", "LOC", "1"],
        ["spurious", "1", "PER", "1"],
    ]
    assert [line.split() for line in confusions[1:]] == [["PER", "LOC", "1"]]
    assert [line.split(" ", 2)[0] for line in buckets] == ["bucket", "entity", "sentence", "density", "position"]
    assert buckets[1].endswith("1: 100.00 (1), 2: 0.00 (2), 4: 0.00 (1), 5–6: 0.00 (1)")


def test_the_most_frequent_errors_come_first_with_the_types_that_have_most(cnerkit, files, sides):
    record = {"text": "甲乙丙丁戊", "entities": [{"start": n, "end": n + 1, "label": label} for n, label in enumerate("ABCDD")]}
    for side, entities in (("gold", record["entities"]), ("pred", [])):
        with files[side].open("a", encoding="utf-8") as out:
            out.write(json.dumps(record | {"entities": entities}) + "\n")
    errors = cnerkit(*sides).out.split("\n\n")[2].splitlines()
    assert errors[1].split(maxsplit=2) == ["missed", "6", "D 2, A 1, B 1 and 2 more"]


def test_without_an_error_there_is_no_table_of_errors(cnerkit, files):
    done = cnerkit("evaluate", "--gold", files["gold"], "--pred", files["gold"])
    assert [part.split()[0] for part in done.out.split("\n\n")] == ["type", "also", "bucket"]


def test_on_a_terminal_no_line_is_wider_than_80_columns(monkeypatch, capsys, files):
    pred, other = Gold(str(files["pred"])), Gold(str(files["other"]))
    evaluation = evaluate_files(Gold(str(files["gold"])), pred, against=other, train=Gold(str(files["gold"])))
    monkeypatch.setattr(console, "stdout", lambda: Console(force_terminal=True, width=80, color_system=None))
    evaluation_view.show(evaluation)
    shown = capsys.readouterr().out.replace(str(files["gold"].parent), "")
    assert max(map(cell_len, shown.splitlines())) <= 80


def test_seen_and_unseen_entities_are_told_apart_when_it_is_said_what_was_trained_on(cnerkit, sides, files):
    assert "seen in train" not in cnerkit(*sides).out
    told = cnerkit(*sides, "--train", files["other"]).out.splitlines()
    (line,) = (line for line in told if line.startswith("seen in train"))
    assert line.split(maxsplit=3)[3] == "seen: 0.00 (3), unseen: 33.33 (2)"


def test_json_has_every_sentence_with_the_classes_of_its_entities(cnerkit, sides):
    scores = json.loads(cnerkit(*sides, "--json").out)
    assert {"interval", "boundaries", "types_at_boundaries", "semeval", "errors", "buckets"} <= scores.keys()
    first, *_, last = scores["by_sentence"]
    assert (first["text"], "tokens" in first) == ("王五去沪", False)
    assert first["gold"] == [
        {"type": "PER", "fragments": [[0, 2]], "text": "王五", "class": "wrong-type"},
        {"type": "LOC", "fragments": [[3, 4]], "text": "沪", "class": "correct"},
    ]
    assert [entity["class"] for entity in last["predicted"]] == ["split", "split"]


def test_another_system_is_compared_by_both_tests_and_by_what_it_finds(cnerkit, sides, files):
    done = cnerkit(*sides, "--against", files["other"])
    lines = done.out.split("\n\n")[-1].splitlines()
    assert lines[0] == f"against {files['other']}:"
    assert lines[1].startswith("  F1 18.18 and 75.00, difference -56.82 (95 % interval -")
    assert lines[2].startswith("  p 0.")
    assert lines[3] == "  gold entities found: both 0, only this 1, only the other 3, neither 1"
    against = json.loads(cnerkit(*sides, "--against", files["other"], "--json").out)["against"]
    assert against["gold_found_by"]["only_other"] == 3
    assert against["paired_bootstrap"]["difference"] == pytest.approx(2 / 11 - 3 / 4)


def test_a_checkpoint_is_compared_with_another(cnerkit, tiny_run, tmp_path):
    shutil.copy(tiny_run / "best.pt", tmp_path / "same.pt")
    done = cnerkit("evaluate", "-m", tiny_run / "best.pt", "--against", tmp_path / "same.pt", "--gpus", "0")
    assert done.code == 0, done.err
    assert "difference +0.00" in done.out
    assert "p 1.0000 by paired bootstrap, 1.0000 by approximate randomisation" in done.out


def test_a_checkpoint_knows_its_training_data_and_its_run(tiny_run):
    plain = evaluate_checkpoint(tiny_run / "best.pt", None, gpus=0).to_json()
    assert {"seen in train", "characters"} <= {report["name"] for report in plain["buckets"]}
    assert [record["epoch"] for record in plain["epochs"]] == [1, 2, 3]


def test_a_checkpoint_outside_of_a_run_has_no_learning_curve(tiny_run, tmp_path):
    shutil.copy(tiny_run / "best.pt", tmp_path / "best.pt")
    assert "epochs" not in evaluate_checkpoint(tmp_path / "best.pt", None, gpus=0).to_json()


def test_gold_beyond_what_a_model_can_find_is_counted_in_a_note(tiny_run, tmp_path):
    gold = tmp_path / "nested.jsonl"
    entities = [{"start": 0, "end": 4, "label": "ORG"}, {"start": 0, "end": 2, "label": "GPE"}]
    gold.write_text(json.dumps({"text": "北京大学", "entities": entities}) + "\n", encoding="utf-8")
    notes = evaluate_checkpoint(tiny_run / "best.pt", Gold(str(gold)), gpus=0).notes
    assert notes == ("1 gold sentence with nested entities, which the model cannot find and misses",)


def test_the_page_is_written_once_and_replaced_when_asked(cnerkit, sides, files, tmp_path):
    page = tmp_path / "page.html"
    assert cnerkit(*sides, "--html", page).code == 0
    assert "北京大学" in page.read_text(encoding="utf-8")
    again = cnerkit(*sides, "--html", page)
    assert again.code == 2
    assert f"{page} is there already\n  fix: say --force to replace, or name another place with --html" in again.err
    assert cnerkit(*sides, "--against", files["other"], "--html", page, "--force").code == 0
    assert "other.jsonl" in page.read_text(encoding="utf-8")


def test_a_page_that_is_there_is_told_of_before_anything_is_read(cnerkit, tmp_path):
    (tmp_path / "page.html").write_text("mine", encoding="utf-8")
    done = cnerkit("evaluate", "-m", "none.pt", "--html", tmp_path / "page.html")
    assert "is there already" in done.err


def test_files_are_analysed_compared_and_drawn_without_torch(sides, files, tmp_path, without_torch):
    assert without_torch(*sides, "--against", files["other"], "--html", tmp_path / "page.html") == []
    assert (tmp_path / "page.html").exists()


def test_a_model_that_is_given_the_spans_is_neither_drawn_nor_compared(checkpoint, tiny_run):
    path = checkpoint("sng_typing")
    for systems, asked in ((path, {"page": True}), (tiny_run / "best.pt", {"against": path})):
        with pytest.raises(UsageError, match="is given the spans of entities, and has a score of their types alone") as caught:
            evaluate_checkpoint(systems, None, gpus=0, **asked)
        assert caught.value.where == str(path)
        assert caught.value.fix == "leave --levels, --metric, --against and --html out"


def test_relevance_excludes_a_comparison(cnerkit):
    done = cnerkit("evaluate", "-m", "a.pt", "--relevance", "x", "--against", "b.pt")
    assert done.code == 2
    assert "--relevance excludes --against, --html and --plots" in done.err
