"""The program itself: start-up, help, exit codes, pipes and interrupts."""

import subprocess
import sys

import pytest
import typer

from cnerkit import __version__
from cnerkit.cli import main as program
from cnerkit.errors import DataError, MissingError, RecipeError

HEAVY = ("torch", "transformers", "numpy", "accelerate", "pooch", "cnerkit.recipe.schema", "cnerkit.registry")


def run_python(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False, **options
    )


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "cnerkit", *arguments], capture_output=True, text=True, encoding="utf-8", check=False, **options
    )


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["trian"], []], ids=["help", "version", "typo", "bare"])
def test_the_first_answers_load_nothing_heavy(arguments, tmp_path):
    code = f"""
import atexit, pathlib, sys
from cnerkit.cli import main
sys.argv = ["cnerkit", *{arguments!r}]
report = pathlib.Path({str(tmp_path / "loaded")!r})
atexit.register(lambda: report.write_text(" ".join(m for m in {HEAVY!r} if m in sys.modules)))
main.main()
"""
    run_python(code)
    assert (tmp_path / "loaded").read_text(encoding="utf-8") == ""


def test_the_version_is_the_package_s_own():
    assert run("--version").stdout == f"cnerkit {__version__}\n"


def test_help_lists_every_command_and_the_exit_codes():
    done = run("--help")
    assert done.returncode == 0
    for name, summary in program.COMMANDS.items():
        assert name in done.stdout
        assert summary in done.stdout
    assert "5 something missing" in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_command_offers_help(name):
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Usage: cnerkit {name}" in done.stdout


def test_a_mistyped_command_is_answered_with_the_nearest_name():
    done = run("trian")
    assert done.returncode == 2
    assert "Did you mean 'train'?" in done.stderr


def app_that_raises(error, capsys):
    app = typer.Typer(cls=program.LazyGroup, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)

    @app.command("fail")
    def fail() -> None:
        raise error

    with pytest.raises(SystemExit) as stop:
        app(["fail"], prog_name="cnerkit")
    return stop.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError("bad line", where="a.txt:1", fix="mend it"), 3), (RecipeError("bad"), 4), (MissingError("gone"), 5)],
    ids=["data", "recipe", "missing"],
)
def test_a_mistake_ends_with_its_exit_code_and_no_traceback(error, code, capsys):
    got, err = app_that_raises(error, capsys)
    assert got == code
    assert "Traceback" not in err
    assert error.what in err


def test_all_mistakes_found_are_shown_each_with_its_fix(capsys):
    error = RecipeError("one", where="r:1", fix="do a", also=[RecipeError("two", where="r:2", fix="do b")])
    _, err = app_that_raises(error, capsys)
    assert err == "Error: r:1: one\n  fix: do a\nError: r:2: two\n  fix: do b\n"


def test_an_interrupt_ends_with_130(capsys):
    assert app_that_raises(KeyboardInterrupt(), capsys) == (130, "interrupted\n")


def test_debugging_shows_the_traceback_beside_the_message(monkeypatch, capsys):
    monkeypatch.setenv("CNERKIT_DEBUG", "1")
    _, err = app_that_raises(DataError("bad"), capsys)
    assert "Traceback" in err
    assert "Error: bad" in err


def test_an_unforeseen_exception_is_called_a_bug_of_ours():
    code = """
import sys
from cnerkit.cli import main
def explode(*a, **k): raise ZeroDivisionError("oops")
main.build_app = lambda: explode
main.main()
"""
    done = run_python(code)
    assert done.returncode == 1
    assert "cnerkit met a case that it should have handled: ZeroDivisionError: oops" in done.stderr
    assert "CNERKIT_DEBUG=1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_ends_quietly():
    done = subprocess.run(
        f"{sys.executable} -m cnerkit data list --json | head -c 1", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
