"""`cnerkit ablate` from end to end on a corpus of a few sentences: the table, what is kept, kills, jobs, and every mistake."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnerkit.workflows.ablation_folder import AblationFolder

RECIPE = """
data: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}
encoder: {kind: static, dim: 8}
model: {name: bilstm_crf, dim: 8}
training: {epochs: 4, batch_tokens: 64, lr: 0.03}
published:
  - {row: Whole, source: Table 1, f1: 90.5, precision: 91, recall: 90, changes: {}}
  - {row: Free, source: Table 1, f1: 88.25, note: any tag may follow any, changes: {model.constraints: false}}
  - {row: Wide, source: Table 2, f1: 91, changes: {model.dim: 16}}
"""
ON_CPU = ("--gpus", "0", "--threads", "1")
HEAD = ["variant", "dev", "F1", "difference", "95%", "interval", "published", "F1", "published", "difference"]
DROP = ("ablate", "tiny.yaml", "--drop", "constraints", *ON_CPU)


def corpus(folder, split, first, count):
    names, places = ("王明", "李小红", "张三", "欧阳雪"), ("北京", "上海市", "昆明", "长江边", "家里")
    rows = []
    for number in range(first, first + count):
        name, place = names[number % 4], places[number % 5]
        text = f"{name}{'在去了过'[number % 3]}{place}"
        spans = [(0, len(name), "PER"), (len(text) - len(place), len(text), "LOC")]
        rows.append({"text": text, "entities": [dict(zip(("start", "end", "label"), span, strict=True)) for span in spans]})
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a recipe and its corpus, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    for split, first, count in (("train", 0, 16), ("dev", 30, 6), ("test", 41, 9)):
        corpus(tmp_path, split, first, count)
    (tmp_path / "tiny.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def start(*arguments):
    command = [sys.executable, "-m", "cnerkit", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )


def wait_for(there, process):
    until = time.monotonic() + 120
    while not there():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)


def finished(folder):
    """When each run that is done was done, by its folder."""
    return {file.parent: file.stat().st_mtime_ns for file in Path(folder).glob("*/seed-*/metrics.json")}


def test_the_table_shows_scores_differences_intervals_and_the_paper_s_rows(cnerkit, folder):
    done = cnerkit(*DROP, "--seeds", "2", "--vary", "model.dim=4", "-o", "kept")
    assert done.code == 0, done.err
    head, full, free, narrow, *_ = done.out.splitlines()
    assert head.split() == [*HEAD[:3], "test", "F1", *HEAD[3:]]
    assert full.startswith("full model")
    assert full.endswith("90.50")
    assert full.count("±") == free.count("±") == 2
    assert free.startswith("drop constraints")
    assert free.split()[-2:] == ["88.25", "-2.25"]
    assert "[" in free
    assert narrow.startswith("model.dim=4")
    assert narrow.endswith(" -")
    assert "drop constraints: published as Free, Table 1: F1 88.25; any tag may follow any" in done.out
    assert "full model: published as Whole, Table 1: P 91.00 R 90.00 F1 90.50" in done.out
    assert "model.dim=4: no published number" in done.out
    assert "mean ± sample standard deviation over 2 seeds (1, 2); exact match" in done.out
    assert "test was read once per run" in done.out
    assert "paired bootstrap over sentences, Student's t over seeds" in done.out
    assert {path.name for path in (folder / "kept").iterdir()} == {
        "ablation.json", ".lock", "full", "drop-constraints", "model.dim=4"
    }  # fmt: skip


def test_progress_is_a_line_for_each_run_on_stderr(cnerkit):
    done = cnerkit(*DROP)
    lines = done.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["[1/2] full model, seed 1", "[2/2] drop constraints, seed 1"]
    assert all(part in lines[0] for part in ("epoch ", " of 4 is best", "dev F1 ", "test F1 "))
    assert cnerkit(*DROP).err == "2 of 2 runs were done before\n"
    assert cnerkit(*DROP, "-q").err == ""


def test_one_seed_has_no_deviation_and_an_interval_over_sentences_alone(cnerkit):
    out = cnerkit(*DROP, "-q").out
    assert "±" not in out
    assert "percent, one seed (1)" in out
    assert "paired bootstrap over sentences alone, since there is one seed" in out


def test_runs_are_kept_under_the_recipe_s_name_without_what_going_on_would_need(cnerkit, folder):
    cnerkit(*DROP, "-q")
    run = folder / "runs/ablate-tiny/drop-constraints/seed-1"
    assert {path.name for path in run.iterdir()} == {
        "recipe.yaml", "metrics.json", "log.jsonl", "best.pt", "environment.json", "report.html",
        "predictions.dev.jsonl", "predictions.test.jsonl",
    }  # fmt: skip
    assert json.loads((run / "metrics.json").read_text(encoding="utf-8"))["published"][0]["row"] == "Free"


def test_a_run_that_is_kept_can_be_resumed_by_train_which_finds_nothing_to_do(cnerkit, folder):
    cnerkit(*DROP, "-q")
    run = folder / "runs/ablate-tiny/full/seed-1"
    before = {path: path.stat().st_mtime_ns for path in run.iterdir()}
    done = cnerkit("train", run / "recipe.yaml", "-o", run, "--resume", "-q", "--json", "--gpus", "0")
    assert json.loads(done.out) == json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert {path: path.stat().st_mtime_ns for path in run.iterdir()} == before


def test_the_same_command_again_trains_nothing_and_loads_no_torch(cnerkit, without_torch):
    first = cnerkit(*DROP)
    before = finished("runs/ablate-tiny")
    assert without_torch(*DROP) == []
    assert cnerkit(*DROP).out == first.out
    assert finished("runs/ablate-tiny") == before


def test_another_ablation_in_the_folder_adds_its_variants_and_uses_the_full_model_again(cnerkit, folder):
    cnerkit(*DROP, "-q")
    before = finished("runs/ablate-tiny")
    done = cnerkit("ablate", "tiny.yaml", "--published", *ON_CPU)
    assert [line.split(",")[0] for line in done.err.splitlines()] == ["2 of 3 runs were done before", "[3/3] Wide"]
    assert before.items() <= finished("runs/ablate-tiny").items()
    kept = json.loads((folder / "runs/ablate-tiny/ablation.json").read_text(encoding="utf-8"))
    assert [variant["folder"] for variant in kept["variants"]] == ["full", "drop-constraints", "published-Wide"]


def test_more_seeds_add_runs(cnerkit):
    cnerkit(*DROP, "-q")
    assert cnerkit(*DROP, "--seeds", "2").err.startswith("2 of 4 runs were done before\n")


def test_json_holds_the_plan_and_all_of_the_table(cnerkit):
    done = cnerkit(*DROP, "-q", "--seeds", "2", "--json")
    result = json.loads(done.out)
    assert (result["recipe"], result["model"], result["split"], result["seeds"]) == ("tiny", "bilstm_crf", "test", [1, 2])
    full, free = result["variants"]
    assert full["difference"] is None
    assert free["changes"] == {"model.constraints": False}
    assert (free["published"][0]["f1"], free["published_difference"]) == (88.25, -2.25)
    means = [variant["test_f1"]["mean"] for variant in (full, free)]
    assert free["difference"]["difference"] == pytest.approx(means[1] - means[0])
    assert free["difference"]["low"] <= free["difference"]["difference"] <= free["difference"]["high"]
    assert free["interval"]["value"] == pytest.approx(means[1])
    for variant in (full, free):
        files = [Path(run["folder"]) / "metrics.json" for run in variant["runs"]]
        scores = [json.loads(file.read_text(encoding="utf-8"))["test"]["micro"]["f1"] for file in files]
        assert variant["test_f1"]["values"] == scores


def test_a_corpus_without_test_is_compared_on_dev(cnerkit):
    out = cnerkit(*DROP, "-q", "--set", "~data.test").out
    assert out.splitlines()[0].split() == HEAD
    assert "there is no test, so dev is what is compared" in out


def test_dev_that_is_test_is_said(cnerkit):
    out = cnerkit(*DROP, "-q", "--set", "~data.dev", "--set", "data.dev_from.split=test").out
    assert "dev is test: the epoch was chosen on the sentences that it is scored on" in out


def test_variants_that_are_scored_on_other_sentences_are_not_subtracted(cnerkit, folder):
    corpus(folder, "other", 60, 9)
    done = cnerkit("ablate", "tiny.yaml", "--vary", f"data.test={folder / 'other.jsonl'}", *ON_CPU, "-q", "--json")
    result = json.loads(done.out)
    assert result["variants"][1]["difference"] is None
    assert any("is scored on other sentences than the full model" in note for note in result["notes"])


def test_an_ablation_that_was_killed_goes_on_and_ends_as_one_that_was_not(cnerkit, folder):
    asked = (*DROP, "--seeds", "2", "-q", "--set", "training.epochs=8")
    process = start(*asked, "-o", "killed")
    second = folder / "killed/full/seed-2"
    wait_for(lambda: (second / "last.pt").exists() or (second / "metrics.json").exists(), process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    before = finished("killed")
    assert 2 <= len(before) < 4
    done = cnerkit(*asked, "-o", "killed")
    assert done.code == 0, done.err
    assert before.items() <= finished("killed").items()
    whole = cnerkit(*asked, "-o", "whole")
    assert done.out.replace("killed", "whole") == whole.out
    assert not list((folder / "killed").glob("*/*/last.pt"))
    for name in ("best.pt", "metrics.json", "predictions.test.jsonl"):
        assert (second / name).read_bytes() == (folder / "whole/full/seed-2" / name).read_bytes()


def test_runs_side_by_side_give_the_same_table_and_one_that_fails_lets_the_others_finish(cnerkit):
    """Its error, with its name and its own exit code, comes when all have ended."""
    gone = ("--vary", "encoder.path=gone.txt")
    done = cnerkit(*DROP, *gone, "--jobs", "3", "-o", "kept")
    assert done.code == 5, done.err
    assert "Error: encoder.path=gone.txt, seed 1: " in done.err
    assert "[3/3] " in done.err
    assert len(finished("kept")) == 2
    assert not list(Path("kept").glob("*/*/last.pt"))
    here = cnerkit(*DROP, *gone, "-o", "alone", "-q")
    assert here.code == 5
    assert here.err.splitlines()[0].partition("gone.txt, seed 1: ")[2] in done.err
    assert cnerkit(*DROP, "-o", "kept").out.replace("kept", "alone") == cnerkit(*DROP, "-o", "alone").out


def test_overwrite_starts_anew_and_leaves_other_files_alone(cnerkit, folder):
    cnerkit(*DROP, "-q")
    before = finished("runs/ablate-tiny")
    (folder / "runs/ablate-tiny/notes.txt").write_text("mine", encoding="utf-8")
    done = cnerkit(*DROP, "--overwrite", "--set", "training.epochs=2", "-q")
    assert done.code == 0, done.err
    after = finished("runs/ablate-tiny")
    assert before.keys() == after.keys()
    assert all(before[run] != after[run] for run in before)
    assert (folder / "runs/ablate-tiny/notes.txt").exists()


def test_a_picture_is_drawn(cnerkit, folder):
    done = cnerkit(*DROP, "-q", "--plot", "scores.svg")
    assert done.code == 0, done.err
    drawn = (folder / "scores.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert "drop constraints" in drawn


def test_the_list_shows_switches_and_published_rows_and_loads_no_torch(cnerkit, without_torch, folder):
    done = cnerkit("ablate", "tiny.yaml", "--list")
    assert done.out.splitlines()[0] == "bilstm_crf, recipe tiny"
    assert done.out.splitlines()[2].split() == ["constraints", "constraints:", "true", "false", "-", "88.25"]
    assert "Wide" in done.out
    listing = json.loads(cnerkit("ablate", "tiny.yaml", "--list", "--json").out)
    assert [line["name"] for line in listing["switches"]] == ["constraints"]
    assert without_torch("ablate", "tiny.yaml", "--list") == []
    assert not (folder / "runs").exists()


def test_a_model_without_switches_says_so_in_the_list(cnerkit):
    assert "no switches: compare settings with --vary" in cnerkit("ablate", "bert_softmax", "--list").out


def test_a_dry_run_shows_the_plan_and_writes_nothing(cnerkit, without_torch, folder):
    done = cnerkit(*DROP, "--dry-run", "--seeds", "3")
    assert [line.split() for line in done.out.splitlines()[1:3]] == [
        ["full", "model", "0", "of", "3", "90.50"],
        ["drop", "constraints", "model.constraints=false", "0", "of", "3", "88.25"],
    ]
    assert not (folder / "runs").exists()
    cnerkit(*DROP, "-q")
    plan = json.loads(cnerkit(*DROP, "--dry-run", "--seeds", "3", "--json").out)
    assert [variant["runs_done"] for variant in plan["variants"]] == [1, 1]
    assert without_torch(*DROP, "--dry-run") == []


@pytest.mark.parametrize(
    ("arguments", "code", "message", "fix"),
    [
        pytest.param([], 2, "it is not said what to compare the full model with", "--drop", id="nothing"),
        pytest.param(["--drop", "constrains"], 2, "has no switch 'constrains'", "did you mean constraints?", id="typo"),
        pytest.param(["--drop", "constraints"] * 2, 2, "is dropped twice", "name it once", id="twice"),
        pytest.param(["--vary", "model.dmi=4"], 4, "unknown key 'dmi'", "dim", id="key"),
        pytest.param(["--all", "--seeds", "none"], 2, "neither a number nor a list", "--seeds 3", id="seeds"),
        pytest.param(["--all", "--jobs", "0"], 2, "jobs", "", id="jobs"),
        pytest.param(["--all", "--plot", "scores.png"], 2, "scores.png is called otherwise", ".svg", id="plot"),
        pytest.param(["--all", "--plugin", "none.py"], 5, "there is no such plugin file", "--plugin", id="plugin"),
        pytest.param(["--all", "--gpus", "64"], 5, "--gpus 64: ", "--gpus", id="gpus"),
        pytest.param(["--all", "--set", "data.train=none.jsonl"], 5, "none.jsonl", "", id="corpus"),
    ],
)
def test_mistakes_end_with_their_exit_code_before_anything_is_trained(cnerkit, arguments, code, message, fix):
    done = cnerkit("ablate", "tiny.yaml", *arguments, "-q")
    assert (done.code, message in done.err, fix in done.err) == (code, True, True), done.err
    assert not finished("runs/ablate-tiny")


@pytest.mark.parametrize(
    "arguments",
    [
        ["softfine", "--drop", "reduced-bais"],
        ["softfin", "--all"],
        ["softfine"],
        ["softfine", "--vary", "model.sfot=1"],
        ["softfine", "--all", "--plot", "a.png"],
    ],
    ids=["switch", "name", "nothing", "key", "plot"],
)
def test_mistakes_load_no_torch(without_torch_after_a_mistake, arguments):
    assert without_torch_after_a_mistake("ablate", *arguments) == []


@pytest.fixture
def without_torch_after_a_mistake():
    """The heavy libraries that a command line that ends with a mistake has loaded."""

    def loaded(*arguments):
        code = f"import sys; sys.argv = {['cnerkit', *arguments]!r}\nfrom cnerkit.cli.main import main\n"
        code += "try:\n    main()\nfinally:\n    print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode in (2, 4), done.stderr
        return json.loads(done.stdout.splitlines()[-1].replace("'", '"'))

    return loaded


def test_a_folder_of_another_ablation_is_refused_and_names_the_first_difference(cnerkit):
    cnerkit(*DROP, "-q")
    done = cnerkit(*DROP, "-q", "--set", "training.epochs=9")
    assert done.code == 2
    assert "the folder holds an ablation of other settings: training.epochs was 4 and is 9 now" in done.err
    assert "name another folder with -o, or start anew with --overwrite" in done.err


def test_a_folder_with_other_files_is_refused_even_when_overwriting(cnerkit, folder):
    (folder / "mine").mkdir()
    (folder / "mine/thesis.txt").write_text("years of work", encoding="utf-8")
    for more in ((), ("--overwrite",)):
        done = cnerkit(*DROP, "-q", "-o", "mine", *more)
        assert (done.code, "the folder is not empty, and holds no ablation" in done.err) == (2, True)
    assert (folder / "mine/thesis.txt").exists()


def test_a_file_in_place_of_the_folder_is_refused(cnerkit):
    done = cnerkit(*DROP, "-q", "-o", "tiny.yaml")
    assert (done.code, "this is a file, and an ablation needs a folder" in done.err) == (2, True)


def test_a_corpus_that_has_changed_is_refused(cnerkit, folder):
    cnerkit(*DROP, "-q")
    corpus(folder, "train", 3, 16)
    done = cnerkit(*DROP, "-q")
    assert (done.code, "the corpus has changed since full model was trained" in done.err) == (2, True)


def test_predictions_that_do_not_give_the_scores_are_refused(cnerkit, folder):
    cnerkit(*DROP, "-q")
    file = folder / "runs/ablate-tiny/full/seed-1/predictions.test.jsonl"
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[1:]), encoding="utf-8")
    done = cnerkit(*DROP, "-q")
    assert done.code == 3
    assert "the predictions of full model, seed 1 are not those that its scores were computed from" in done.err


def test_a_plan_that_cannot_be_read_is_refused_until_overwritten(cnerkit, folder):
    cnerkit(*DROP, "-q")
    for text in ("{", '{"settings": {}, "variants": [{"folder": "../..", "digest": "", "corpus": ""}]}'):
        (folder / "runs/ablate-tiny/ablation.json").write_text(text, encoding="utf-8")
        done = cnerkit(*DROP, "-q")
        assert (done.code, "the plan of the ablation cannot be read" in done.err) == (3, True)
    assert cnerkit(*DROP, "-q", "--overwrite").code == 0


def test_two_ablations_in_one_folder_at_a_time_are_refused(cnerkit):
    with AblationFolder(Path("kept")).held():
        done = cnerkit(*DROP, "-q", "-o", "kept")
    assert (done.code, "another ablation is at work in this folder" in done.err) == (2, True)
    assert cnerkit(*DROP, "-q", "-o", "kept").code == 0


def test_runs_of_other_machines_are_told_apart(cnerkit, folder):
    cnerkit(*DROP, "-q")
    file = folder / "runs/ablate-tiny/full/seed-1/environment.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**told, "device": "H100"}), encoding="utf-8")
    out = cnerkit(*DROP, "-q").out
    assert "not all runs were computed alike: H100, 1 process, torch" in out


def test_a_launcher_s_process_is_refused(cnerkit, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    done = cnerkit(*DROP, "-q")
    assert (done.code, "an ablation starts its own processes" in done.err) == (2, True)
