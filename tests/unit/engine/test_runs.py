import json

import pytest

from cnerkit.engine.checkpoint import Origin
from cnerkit.engine.progress import EpochRecord, Score, StepRecord
from cnerkit.engine.runs import FolderKeeper, RunFolder, first_difference
from cnerkit.errors import CnerkitError, DataError, UsageError

RECIPE = {"name": "例", "training": {"lr": 0.001, "seed": 1, "patience": None}, "published": []}


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "runs" / "one")


def start(folder, recipe, how):
    folder.check(recipe, how)
    folder.begin(recipe, how)


def test_new_run_makes_its_folder_and_writes_its_recipe(folder):
    start(folder, RECIPE, "new")
    assert "lr: 0.001" in folder.recipe.read_text(encoding="utf-8")
    assert [path.name for path in folder.path.iterdir()] == ["recipe.yaml"]


def test_check_writes_nothing(folder):
    for how in ("new", "resume", "overwrite"):
        folder.check(RECIPE, how)
    assert not folder.path.exists()


def test_empty_folder_is_a_new_run_too(folder):
    folder.path.mkdir(parents=True)
    start(folder, RECIPE, "new")
    assert folder.recipe.exists()


def test_folder_that_holds_something_is_refused_with_both_ways_out(folder):
    start(folder, RECIPE, "new")
    with pytest.raises(UsageError, match="the run folder is not empty") as caught:
        start(folder, RECIPE, "new")
    assert caught.value.exit_code == 2
    assert "--resume" in caught.value.fix
    assert "--overwrite" in caught.value.fix


def test_overwrite_deletes_the_files_of_a_run_and_no_others(folder):
    start(folder, RECIPE, "new")
    for name in ("best.pt", "log.jsonl", "metrics.json", ".last.pt.x.part", "notes.txt"):
        (folder.path / name).touch()
    start(folder, {**RECIPE, "name": "other"}, "overwrite")
    assert {path.name for path in folder.path.iterdir()} == {"recipe.yaml", "notes.txt"}
    assert "other" in folder.recipe.read_text(encoding="utf-8")


def test_resume_keeps_what_is_there_but_for_files_that_a_kill_left_half_written(folder):
    start(folder, RECIPE, "new")
    for name in ("last.pt", ".last.pt.x.part"):
        (folder.path / name).touch()
    start(folder, RECIPE, "resume")
    assert {path.name for path in folder.path.iterdir()} == {"recipe.yaml", "last.pt"}


def test_resume_of_a_run_that_kept_nothing_yet_starts_it(folder):
    start(folder, RECIPE, "resume")
    assert folder.recipe.exists()


def test_resume_with_another_recipe_is_refused_and_names_the_first_difference(folder):
    start(folder, RECIPE, "new")
    with pytest.raises(UsageError, match=r"another recipe: training\.lr was 0\.001 and is 0\.01 now"):
        start(folder, {**RECIPE, "training": {"lr": 0.01, "seed": 2, "patience": None}}, "resume")


def test_resume_of_a_folder_whose_recipe_is_no_yaml_is_refused(folder):
    start(folder, RECIPE, "new")
    folder.recipe.write_text("a: [", encoding="utf-8")
    with pytest.raises(DataError, match="the run's recipe cannot be read"):
        start(folder, RECIPE, "resume")


def test_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(UsageError, match="a run needs a folder"):
        RunFolder(tmp_path / "run").check(RECIPE, "new")


def test_folder_that_may_not_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CnerkitError, match="cannot write") as caught:
        RunFolder(tmp_path / "file" / "run").begin(RECIPE, "new")
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("before", "now", "difference"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, None),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b was 1 and is 2 now"),
        ({"a": 1}, {"a": 1, "c": "x"}, "c was None and is 'x' now"),
        ({"a": {"b": 1}}, {"a": 3}, "a was {'b': 1} and is 3 now"),
        ([1], [1, 2], " was [1] and is [1, 2] now"),
    ],
)
def test_first_difference_names_key_and_both_values(before, now, difference):
    assert first_difference(before, now) == difference


def test_log_is_cut_to_a_moment_and_loses_a_line_that_was_half_written(folder, toy_task):
    start(folder, RECIPE, "new")
    keeper = FolderKeeper(folder, Origin({}, "toy", {}, toy_task, {}, None, ""))
    for epoch in (1, 2):
        keeper.log("steps", StepRecord(epoch, epoch * 10, 30, 0.5, 1.0))
        keeper.log("epoch", EpochRecord(epoch, epoch * 10, 0.5, Score(1, 1, 1), is_best=True))
    with folder.log.open("a") as log:
        log.write('{"kind": "steps", "st')
    folder.cut_log(step=20, epoch=1)
    kept = [json.loads(line) for line in folder.log.read_text(encoding="utf-8").splitlines()]
    assert [(record["kind"], record["epoch"]) for record in kept] == [("steps", 1), ("epoch", 1), ("steps", 2)]


def test_log_has_what_modules_report_under_a_key_of_its_own_and_no_such_key_without(folder, toy_task):
    start(folder, RECIPE, "new")
    keeper = FolderKeeper(folder, Origin({}, "toy", {}, toy_task, {}, None, ""))
    keeper.log("steps", StepRecord(1, 20, 40, 0.5, 1.0, {"gate.alpha": 0.25}))
    keeper.log("steps", StepRecord(1, 40, 40, 0.5, 1.0))
    told, silent = (json.loads(line) for line in folder.log.read_text(encoding="utf-8").splitlines())
    assert told["measures"] == {"gate.alpha": 0.25}
    assert "measures" not in silent


def test_log_that_cannot_be_written_is_told(folder, toy_task):
    start(folder, RECIPE, "new")
    folder.log.mkdir()
    keeper = FolderKeeper(folder, Origin({}, "toy", {}, toy_task, {}, None, ""))
    with pytest.raises(CnerkitError, match="cannot write"):
        keeper.log("steps", StepRecord(1, 1, 1, 0.5, 1.0))


def test_resume_does_not_mind_what_a_recipe_says_about_itself(folder):
    start(folder, RECIPE, "new")
    start(folder, {**RECIPE, "published": [{"row": "one"}], "name": "other", "title": "new"}, "resume")
    assert "例" in folder.recipe.read_text(encoding="utf-8")


def test_run_is_done_when_its_scores_are_there_and_nothing_to_go_on_from(folder):
    start(folder, RECIPE, "new")
    assert not folder.is_done()
    folder.metrics.touch()
    assert folder.is_done()
    folder.last.touch()
    assert not folder.is_done()
