"""`cnerkit data check`: findings on stdout, what was read on stderr, 1 for problems and 0 for remarks."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cnerkit.cli.main import build_app

CLEAN = "小\tB-PER\n周\tI-PER\n到\tO\n了\tO\n\n苏\tB-LOC\n州\tI-LOC\n真\tO\n美\tO\n\n" * 5


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No corpus of the real user, and no network."""
    for setting in ("CNERKIT_DATA", "CNERKIT_MIRROR"):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path):
    def written(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return written


def run(*arguments, stdin=None):
    return CliRunner().invoke(build_app(), ["data", "check", *map(str, arguments)], input=stdin, catch_exceptions=False)


def test_problems_are_told_with_place_and_fix_and_exit_1(write):
    done = run(write("own.txt", CLEAN + "苏\tI-LOC\n\n"), "--against", "none")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[:3] == [
        "problem  own.txt: 1 run of tags without a beginning",
        "    own.txt:51:3: 'I-LOC' cannot begin an entity after the start of the sentence",
        "  fix: correct the tags, or choose with --repair: conlleval makes an entity of each, drop makes them O",
    ]
    assert done.stdout.splitlines()[-1].endswith("in 11 sentences")
    assert "own.txt read as conll, bio" in done.stderr
    assert "looked for the same sentences in: no other corpus" in done.stderr


def test_remarks_alone_exit_0(write):
    done = run(write("own.txt", CLEAN), "--against", "none")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "no problems, 1 remark in 10 sentences"


def test_nothing_at_all_is_said_to_be_nothing(write):
    done = run(
        write("own.jsonl", '{"text": "小周", "entities": [{"start": 0, "end": 2, "label": "PER"}]}\n' * 1), "--against", "none"
    )
    assert done.exit_code == 0
    assert "rare type (PER)" in done.stdout
    distinct = "".join(f'{{"text": "第{n}人", "entities": [{{"start": 0, "end": 2, "label": "X"}}]}}\n' for n in "一二三四五")
    assert run(write("more.jsonl", distinct), "--against", "none").stdout == "nothing found in 5 sentences\n"


def test_a_file_that_cannot_be_read_exits_3_and_a_typo_2(write):
    assert run(write("own.txt", "\x00")).exit_code == 3
    assert run("wiebo").exit_code == 2
    assert run(write("train.txt", CLEAN), "--repair", "mend").exit_code == 2
    assert run("no/such/file.txt").exit_code == 5


def test_limits_and_examples_can_be_chosen(write):
    done = run(write("own.txt", CLEAN), "--against", "none", "--max-length", "3", "--show", "1")
    assert done.exit_code == 1
    assert done.stdout.startswith(
        "problem  own.txt: 10 sentences longer than 3 tokens\n    own.txt:1:1: 4 tokens: '小周到了'\n  fix: "
    )


def test_scheme_columns_and_format_can_be_forced(write):
    path = write("own.txt", "1 小 n S-PER\n2 来 v O\n\n" * 6)
    done = run(path, "--columns", "2,4", "--from-scheme", "bmes", "--from", "conll", "--against", "none", "--json")
    assert json.loads(done.stdout)["splits"][0]["entities"] == 6


def test_json_is_complete(write):
    done = run(write("train.txt", CLEAN), write("dev.txt", CLEAN), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert {split["name"] for split in told["splits"]} == {"train.txt", "dev.txt"}
    assert {"sample train", "sample dev", "sample test"} <= set(told["compared_with"])
    leak = next(each for each in told["findings"] if each["kind"] == "leak")
    assert (leak["severity"], leak["split"], leak["count"], leak["detail"]) == ("problem", "dev.txt", 10, "in train.txt")
    assert leak["examples"][0] == {"where": "dev.txt:1:1", "text": "'小周到了', as at train.txt:1:1"}


def test_stdin_is_checked():
    done = run("-", "--against", "none", stdin=CLEAN)
    assert done.exit_code == 0
    assert "stdin: 5 sentences" not in done.stdout
    assert "read as conll, bio" in done.stderr


def test_nothing_heavy_is_loaded(write, tmp_path):
    script = """
import atexit, pathlib, sys
from cnerkit.cli.main import main
sys.argv = ["cnerkit", "data", "check", "own.txt"]
heavy = ("torch", "transformers", "numpy", "pooch", "requests")
atexit.register(lambda: pathlib.Path("loaded").write_text(" ".join(m for m in heavy if m in sys.modules)))
main()
"""
    write("own.txt", CLEAN)
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, cwd=tmp_path)
    assert (tmp_path / "loaded").read_text(encoding="utf-8") == ""
