"""``cnerkit convert`` as it is typed: what goes where, exit codes, and how little is loaded."""

import gzip
import json
import os
import subprocess
import sys

import pytest

BIO = "李\tB-PER\n白\tI-PER\n爱\tO\n\n长\tB-LOC\n"
BIOES = "李\tB-PER\n白\tE-PER\n爱\tO\n\n长\tS-LOC\n\n"
HEAVY_MODULES = """
import sys
from cnerkit.cli.main import main
try:
    main()
finally:
    sys.stderr.write(str(sorted({"torch", "transformers", "numpy", "cnerkit.recipe.schema"} & set(sys.modules))))
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.txt").write_text(BIO, encoding="utf-8")


def cnerkit(*arguments, stdin=b"", env=None):
    command = [sys.executable, "-m", "cnerkit", "convert", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_results_go_to_stdout_and_notes_to_stderr():
    code, out, err = cnerkit("corpus.txt", "--scheme", "bioes")
    assert (code, out) == (0, BIOES)
    assert "corpus.txt read as conll, bio (tokens in column 1" in err
    assert "2 sentences, 4 tokens, 2 entities" in err


def test_stdin_may_be_gzip_with_a_byte_order_mark_and_crlf_whatever_the_locale():
    packed = gzip.compress(("\ufeff" + BIO).replace("\n", "\r\n").encode())
    assert cnerkit("-", "--scheme", "BIOES", "-q", stdin=packed, env={"LC_ALL": "C", "PYTHONUTF8": "0"}) == (0, BIOES, "")


def test_every_option_reaches_the_conversion(tmp_path):
    (tmp_path / "four.txt").write_text("1 李 I-PER X\n2 白 I-PER X\n\n1 长 O X\n", encoding="utf-8")
    code, out, err = cnerkit(
        "four.txt", "--from", "conll", "--from-scheme", "bio", "--columns", "2,3", "--repair", "conlleval",
        "--types", "PER=NAME", "--scheme", "span", "--format", "cluener", "-o", "out.json", "--report", "report.json",
    )  # fmt: skip
    assert (code, out) == (0, "")
    first = json.loads((tmp_path / "out.json").read_text(encoding="utf-8").splitlines()[0])
    assert first == {"id": "four-1", "text": "李白", "label": {"NAME": {"李白": [[0, 1]]}}}
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["parts"][0]["malformed"]["orphan"] == 1
    assert "PER → NAME: 1 entity" in err
    assert "wrote out.json" in err
    assert cnerkit("four.txt", "--columns", "2,3", "--scheme", "bio", "-o", "out.json")[0] == 2


def test_a_dataset_is_found_in_a_folder_of_datasets(tmp_path):
    code, out, _ = cnerkit("sample", "--scheme", "bioes", "--split", "dev")
    assert code == 0
    assert out.count("\n\n") > 10
    assert (
        cnerkit(
            "weibo",
            "--data-dir",
            str(tmp_path),
            env={"CNERKIT_OFFLINE": "1", "CNERKIT_DATA": "", "CNERKIT_CACHE": str(tmp_path)},
        )[0]
        == 5
    )


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        pytest.param(["-", "--scheme", "bieos"], BIO, 2, "no scheme is called 'bieos'", id="scheme"),
        pytest.param(["-", "--repair", "fix"], BIO, 2, "no repair is called 'fix'", id="repair"),
        pytest.param(["-", "--columns", "1"], BIO, 2, "--columns takes two or more numbers from 1, got '1'", id="columns"),
        pytest.param(
            ["-", "--columns", "0,1"], BIO, 2, "--columns takes two or more numbers from 1, got '0,1'", id="columns-from-0"
        ),
        pytest.param(["-", "--overlap", "outer"], BIO, 2, "--overlap has no choice 'outer'", id="overlap"),
        pytest.param(["-", "--offsets", "utf16"], BIO, 2, "no offsets are called 'utf16'", id="offsets"),
        pytest.param(["-", "--tokens", "word"], BIO, 2, "no tokens are called 'word'", id="tokens"),
        pytest.param(["-", "--sentences", "end"], BIO, 2, "no sentences are called 'end'", id="sentences"),
        pytest.param(["-", "--encoding", "gb"], BIO, 2, "stdin: no encoding is called 'gb'", id="encoding"),
        pytest.param(["-", "--labels", "@none.txt"], BIO, 5, "none.txt: cannot read the labels", id="labels"),
        pytest.param(["-", "--types", "PER"], BIO, 2, "--types: expected old=new, got 'PER'", id="types"),
        pytest.param(["nowhere"], "", 2, "no dataset is called 'nowhere'", id="source"),
        pytest.param(["-"], "", 3, "stdin: the file is empty", id="empty"),
        pytest.param(["-"], "a\0b", 3, "stdin:1:2: a NUL byte", id="binary"),
        pytest.param(["-"], BIO + "白", 3, "stdin:6:2: expected 2 columns", id="column"),
        pytest.param(["nowhere.txt"], "", 5, "nowhere.txt: there is no such file", id="file"),
    ],
)
def test_mistakes_end_with_their_exit_code_and_say_how_to_fix_them(arguments, stdin, code, message):
    found, out, err = cnerkit(*arguments, stdin=stdin.encode())
    assert (found, out) == (code, "")
    assert f"Error: {message}" in err
    assert "  fix: " in err
    assert "Traceback" not in err


def test_a_closed_pipe_ends_quietly():
    lines = ("李\tB-PER\n白\tI-PER\n\n" * 20_000).encode()
    command = [sys.executable, "-m", "cnerkit", "convert", "-", "--scheme", "bioes", "-q"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        process.stdin.write(lines)
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_neither_torch_nor_numpy_is_loaded():
    command = [sys.executable, "-c", HEAVY_MODULES, "convert", "corpus.txt", "--scheme", "bioes", "-q"]
    done = subprocess.run(command, capture_output=True, check=False, text=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, BIOES, "[]")


@pytest.mark.skipif("CNERKIT_DATA" not in os.environ, reason="needs CNERKIT_DATA, a folder of published corpora")
def test_weibo_to_bioes_gives_the_published_counts(tmp_path):
    code, out, err = cnerkit("weibo", "--scheme", "bioes")
    assert (code, out) == (0, "")
    assert "train: 1350 sentences, 73778 tokens, 1885 entities (1895 as conlleval reads malformed tags)" in err
    assert "dev: 270 sentences, 14509 tokens, 389 entities\n" in err
    assert "test: 270 sentences, 14842 tokens, 414 entities (418 as conlleval reads malformed tags)" in err
    assert sorted(path.name for path in (tmp_path / "weibo.bioes").iterdir()) == ["dev.conll", "test.conll", "train.conll"]
