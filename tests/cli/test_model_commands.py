"""`cnerkit model`: what is registered and what it has to be set, without torch."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cnerkit import registry
from cnerkit.cli.main import build_app
from cnerkit.registry import ModelSpec, Params

PLUGIN = '''
from typing import Annotated, Literal
from pydantic import Field
from cnerkit.registry import ModelSpec, Params, Source, Switch

class Gate(Params):
    """A part."""
    width: int = 3
    """How wide it is: [bold] or :smile:."""

class P(Params):
    gate: Annotated[Gate | None, Switch(off=None, paper="Table 9, w/o gate")] = Gate()
    rate: Annotated[float, Field(ge=0, lt=1), Source("eq. 7")] = 0.25
    heads: Literal[1, 2] | None = None
    rows: tuple[int, ...] = (1, 2)

KINDS = frozenset({"nested", "flat"})
MODEL = ModelSpec(
    "plugged",
    "has a [gate]",
    "A paper",
    P,
    build=lambda *a, **k: None,
    handles=KINDS,
    misses=frozenset({"discontinuous"}),
    reads="spans",
)
'''


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "p.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    return CliRunner().invoke(build_app(), ["model", *map(str, arguments)], catch_exceptions=False)


def test_list_shows_every_model_with_who_offers_it_and_what_it_handles():
    done = run("list")
    assert done.exit_code == 0
    rows = {line.split()[0]: line.split(maxsplit=4) for line in done.stdout.splitlines()[1:]}
    assert set(rows) == set(registry.names()) >= {"bert_crf", "bert_softmax", "bilstm_crf", "softfine"}
    assert rows["bert_crf"][1:4] == ["cnerkit", "flat", "text"]


def test_list_takes_plugin_files_and_shows_their_text_as_it_is():
    done = run("list", "--plugin", "p.py")
    line = next(line for line in done.stdout.splitlines() if line.startswith("plugged"))
    assert "flat, nested" in line
    assert "spans" in line
    assert "has a [gate]" in line


def test_a_model_that_cannot_be_loaded_is_listed_with_the_reason_and_hides_no_other(monkeypatch):
    broken = registry.Registration("broken", "someone", "nowhere:MODEL")
    offered = registry.registrations
    monkeypatch.setattr(registry, "registrations", lambda: [broken, broken, *offered()])
    done = run("list")
    assert done.exit_code == 0
    assert "bert_crf" in done.stdout
    assert "broken cannot be used: the model name 'broken' is offered by someone (nowhere:MODEL) and someone" in done.stderr
    listed = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert listed["broken"]["problem"]
    assert listed["bert_crf"]["problem"] == ""


def test_show_prints_hyperparameters_with_default_type_meaning_and_source():
    done = run("show", "bilstm_crf")
    assert done.exit_code == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("dropout"))
    assert "0.5" in line
    assert "number, ≥ 0, < 1" in line
    assert "dropped while training" in line
    assert "Lample et al. (2016), Section 5.1" in line


def test_show_prints_parts_and_switches_with_the_paper_s_rows():
    shown = run("show", "plugged", "--plugin", "p.py").stdout
    assert "handles: flat, nested (discontinuous entities count as missed)" in shown
    assert "How wide it is: [bold] or :smile:." in shown
    assert any(line.split() == ["gate", "gate:", "null", "Table", "9,", "w/o", "gate"] for line in shown.splitlines())


def test_show_names_the_main_recipe_where_there_is_one():
    assert "\nreads: text\nmain recipe: hreb_msra\n\nhyperparameter" in run("show", "hreb").stdout
    assert json.loads(run("show", "hreb", "--json").stdout)["recipe"] == "hreb_msra"
    assert "\nreads: spans\n\nhyperparameter" in run("show", "plugged", "--plugin", "p.py").stdout
    assert json.loads(run("show", "plugged", "--plugin", "p.py", "--json").stdout)["recipe"] is None


def test_show_as_json_holds_everything():
    shown = json.loads(run("show", "plugged", "--plugin", "p.py", "--json").stdout)
    fields = {field["name"]: field for field in shown["hyperparameters"]}
    assert set(fields) == {"gate.width", "rate", "heads", "rows"}
    assert fields["rate"] == {"name": "rate", "type": "number, ≥ 0, < 1", "default": 0.25, "source": "eq. 7", "meaning": ""}
    assert fields["heads"]["type"] == "1 | 2 | null"
    assert fields["rows"] == {
        "name": "rows",
        "type": "tuple of whole number",
        "default": [1, 2],
        "source": "",
        "meaning": "",
    }
    assert shown["switches"] == [{"name": "gate", "field": "gate", "off": None, "paper": "Table 9, w/o gate"}]
    assert (shown["reads"], shown["handles"], shown["paper"]) == ("spans", ["flat", "nested"], "A paper")
    assert shown["misses"] == ["discontinuous"]


def test_a_default_of_any_kind_is_shown_as_a_recipe_would_write_it(monkeypatch):
    class Own(Params):
        names: frozenset[str] = frozenset({"a"})

    spec = ModelSpec("own", "", "", Own, build=lambda: None)
    monkeypatch.setattr(registry, "get", lambda _: spec)
    monkeypatch.setattr(registry, "registrations", lambda: [registry.Registration("own", "me", "m:MODEL")])
    assert '["a"]' in run("show", "own").stdout


def test_an_unknown_model_is_wrong_usage_with_the_nearest():
    done = run("show", "bert_srf")
    assert done.exit_code == 2
    assert "Error: no model is called 'bert_srf'\n  fix: did you mean bert_crf" in done.stderr


def test_a_plugin_that_fails_exits_4_with_its_line(tmp_path):
    (tmp_path / "p.py").write_text("1 / 0\n", encoding="utf-8")
    done = run("list", "--plugin", "p.py")
    assert done.exit_code == 4
    assert "p.py:1: the plugin fails when it is run: ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("arguments", [["list"], ["show", "bert_crf"]], ids=lambda a: a[0])
def test_no_command_loads_torch(arguments):
    code = (
        f"import sys; from cnerkit.cli.main import build_app; build_app()({['model', *arguments]!r}, standalone_mode=False); "
        "print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr.strip() == "[]"
