"""`cnerkit recipe`: what is shown is YAML that loads, every mistake is printed at once, and nothing heavy is loaded."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cnerkit.cli.main import build_app
from cnerkit.recipe.loading import load_recipe
from cnerkit.recipe.lookup import every_recipe

HEAVY = ("torch", "transformers", "numpy", "pooch", "accelerate")
GOOD = "data: {name: weibo}\nencoder: {kind: static}\nmodel: {name: bilstm_crf}\n"


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def run(*arguments):
    return CliRunner().invoke(build_app(), ["recipe", *map(str, arguments)], catch_exceptions=False)


def test_list_is_a_table_with_a_line_for_each_recipe():
    done = run("list")
    assert done.exit_code == 0
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["name", "model", "dataset", "published", "F1", "source"]
    assert [row.split()[0] for row in rows] == [path.stem for path in every_recipe()]
    weibo = next(row for row in rows if row.startswith("bilstm_crf_weibo"))
    assert weibo.split(maxsplit=4) == [
        "bilstm_crf_weibo",
        "bilstm_crf",
        "weibo",
        "53.10",
        "HREB-CRF (Sun et al., 2025), Table 4",
    ]


def test_list_as_json_holds_the_same_and_says_what_cannot_be_read(tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "broken.yaml").write_text("a: [1", encoding="utf-8")
    found = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert found["bert_crf_fine"]["f1"] == 71.94
    assert found["bert_crf_fine"]["path"].endswith("bert_crf_fine.yaml")
    assert found["broken"]["problem"].startswith("recipes/broken.yaml:")
    done = run("list")
    assert "broken cannot be read: recipes/broken.yaml:" in done.stderr
    assert done.exit_code == 0


def test_show_prints_each_value_with_its_file_and_line_or_default(tmp_path):
    (tmp_path / "base.yaml").write_text("training:\n  epochs: 3\n", encoding="utf-8")
    (tmp_path / "r.yaml").write_text("extends: base.yaml\n" + GOOD, encoding="utf-8")
    lines = {
        line.split("  #")[0].rstrip(): line.split("  # ")[1]
        for line in run("show", "r", "--set", "training.lr=1e-2").stdout.splitlines()
        if "  # " in line
    }
    assert lines["  epochs: 3"] == "base.yaml:2"
    assert lines["  name: bilstm_crf"] == "r.yaml:4"
    assert lines["  lr: 0.01"] == "--set training.lr=1e-2"
    assert lines["  clip: 1.0"] == "default"


@pytest.mark.parametrize("name", ["bert_crf_msra", "bilstm_crf_resume", "quickstart"])
def test_what_show_prints_is_a_recipe_of_the_same_meaning(tmp_path, name):
    (tmp_path / "shown.yaml").write_text(run("show", name).stdout, encoding="utf-8")
    assert load_recipe("shown.yaml") == load_recipe(name)


def test_show_as_json_holds_values_and_origins():
    shown = json.loads(run("show", "quickstart", "--json", "--set", "training.seed=7").stdout)
    assert shown["recipe"] == load_recipe("quickstart", ["training.seed=7"]).resolved()
    assert shown["origins"]["training.seed"] == "--set training.seed=7"
    assert shown["origins"]["data.name"].endswith("quickstart.yaml:8")


def test_show_of_an_unknown_name_is_wrong_usage_with_the_nearest():
    done = run("show", "quikstart")
    assert done.exit_code == 2
    assert "Error: there is no recipe 'quikstart'\n  fix: did you mean quickstart?" in done.stderr


def test_show_of_a_wrong_recipe_exits_4_with_every_mistake(tmp_path):
    (tmp_path / "r.yaml").write_text(GOOD + "training: {lr: fast, epochs: many}\n", encoding="utf-8")
    done = run("show", "r.yaml")
    assert done.exit_code == 4
    assert "Error: r.yaml:4:16: training.lr is 'fast', but must be a number" in done.stderr
    assert "Error: r.yaml:4:30: training.epochs is 'many', but must be a whole number" in done.stderr


def test_check_says_ok_for_good_recipes_and_exits_0():
    done = run("check", "quickstart", "bert_crf_weibo")
    assert (done.exit_code, done.stdout) == (0, "quickstart: ok\nbert_crf_weibo: ok\n")


def test_check_reports_every_mistake_of_every_file_and_exits_1(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(GOOD.replace("weibo", "webo") + "titel: x\n", encoding="utf-8")
    (tmp_path / "other.yaml").write_text(GOOD.replace("weibo", "webo"), encoding="utf-8")
    done = run("check", "good.yaml", "bad.yaml", "other.yaml", "nowhere")
    assert done.exit_code == 1
    assert done.stdout.startswith("good.yaml: ok\nbad.yaml:4:1: unknown key 'titel'\nfix: did you mean title?\n")
    assert "other.yaml:1:14: data.name: no dataset is called 'webo'\nfix: did you mean weibo" in done.stdout
    assert "there is no recipe 'nowhere'" in done.stdout


def test_check_as_json_holds_what_where_and_fix(tmp_path):
    (tmp_path / "bad.yaml").write_text(GOOD + "titel: x\n", encoding="utf-8")
    (tmp_path / "own.yaml").write_text(GOOD.replace("name: weibo", "train: mine.txt"), encoding="utf-8")
    done = run("check", "bad.yaml", "own.yaml", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == [
        {
            "recipe": "bad.yaml",
            "ok": False,
            "mistakes": [{"what": "unknown key 'titel'", "where": "bad.yaml:4:1", "fix": "did you mean title?"}],
        },
        {"recipe": "own.yaml", "ok": True, "mistakes": []},
    ]


def test_copy_writes_a_recipe_that_loads_and_prints_where(tmp_path):
    done = run("copy", "bert_crf_weibo", "sub/mine.yaml")
    assert (done.exit_code, done.stdout) == (0, "sub/mine.yaml\n")
    assert load_recipe("sub/mine.yaml").training == load_recipe("bert_crf_weibo").training
    (tmp_path / "folder").mkdir()
    assert run("copy", "quickstart", "folder").stdout == "folder/quickstart.yaml\n"


def test_copy_replaces_a_file_only_when_forced(tmp_path):
    (tmp_path / "mine.yaml").write_text("precious", encoding="utf-8")
    done = run("copy", "quickstart", "mine.yaml")
    assert done.exit_code == 2
    assert "Error: mine.yaml: the file is there already\n  fix: choose another name, or replace it with --force" in done.stderr
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == "precious"
    assert run("copy", "quickstart", "mine.yaml", "--force").exit_code == 0
    assert load_recipe("mine.yaml").data.name == "sample"


def test_schema_prints_json_schema():
    schema = json.loads(run("schema").stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "model.bert_crf" in schema["$defs"]


@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "quickstart"], ["check", "quickstart"], ["schema"]], ids=lambda a: a[0]
)
def test_no_command_loads_anything_heavy(arguments):
    code = (
        f"import sys; from cnerkit.cli.main import build_app; build_app()({['recipe', *arguments]!r}, standalone_mode=False); "
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr.strip() == "[]"


def test_list_reads_recipes_without_their_schema():
    code = (
        "import sys; from cnerkit.cli.main import build_app; build_app()(['recipe', 'list'], standalone_mode=False); "
        "print([m for m in ('cnerkit.recipe.schema', 'cnerkit.registry') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr.strip() == "[]"
