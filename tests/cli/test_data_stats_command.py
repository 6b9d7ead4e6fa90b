"""`cnerkit data stats`: a table of at most 80 columns, or JSON."""

import json

import pytest
from typer.testing import CliRunner

from cnerkit.cli.main import build_app
from cnerkit.corpora.catalogue import find


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No corpus of the real user, and no network."""
    for setting in ("CNERKIT_DATA", "CNERKIT_MIRROR"):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "80")


def run(*arguments, stdin=None):
    return CliRunner().invoke(build_app(), ["data", "stats", *map(str, arguments)], input=stdin, catch_exceptions=False)


def test_counts_are_those_of_the_catalogue():
    done = run("sample", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)["splits"]
    for split, file in find("sample").splits.items():
        assert (told[split]["sentences"], told[split]["entities"]) == (file.counts.sentences, file.counts.entities)
        assert told[split]["types"] == dict(file.counts.per_type)


def test_the_table_has_a_column_for_each_split_and_fits_the_screen():
    done = run("sample")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["train", "dev", "test"]
    assert max(map(len, lines)) <= 80
    rows = {line[:28].rstrip(): line for line in lines}
    assert rows["sentences"].split()[1:] == [str(file.counts.sentences) for file in find("sample").splits.values()]
    assert rows["unseen entities"].split()[2] == "-"
    assert "nested pairs" not in rows
    assert any(line.split()[:4] == ["type", "train", "dev", "test"] for line in lines)
    assert "train: " in done.stderr


def test_only_one_split_and_other_tags_can_be_asked_for():
    done = run("sample", "--split", "dev", "--json")
    assert list(json.loads(done.stdout)["splits"]) == ["dev"]
    done = run("-", "--from", "conll", "--from-scheme", "iob1", "--json", stdin="小\tI-PER\n周\tI-PER\n\n")
    assert json.loads(done.stdout)["splits"]["stdin"]["types"] == {"PER": 1}


def test_nested_entities_and_levels_have_rows_where_there_are_any():
    record = '{"text": "苏州大学", "entities": [{"start":0,"end":4,"label":"/a/b"},{"start":0,"end":2,"label":"/a"}]}\n'
    done = run("-", stdin=record)
    assert "nested pairs" in done.stdout
    assert "level 2" in done.stdout


def test_malformed_tags_are_refused_unless_repaired():
    assert run("-", "--from-scheme", "bio", stdin="小\tI-PER\n\n").exit_code == 3
    assert run("-", "--from-scheme", "bio", "--repair", "drop", stdin="小\tI-PER\n\n").exit_code == 0
