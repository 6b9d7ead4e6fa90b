"""The program: finds a command's module when it is asked for, and ends every run with a documented exit code."""

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from cnerkit import __version__
from cnerkit.cli.console import note, show_error
from cnerkit.errors import CnerkitError

COMMANDS = {
    "convert": "Convert between tag schemes, spans and file formats.",
    "data": "Datasets and corpora: list, info, get, verify, check, stats.",
    "recipe": "Recipes: list, show, check, copy, schema.",
    "model": "Registered models: list, show.",
    "train": "Train a model as a recipe says, and score it.",
    "ablate": "Leave out parts of a model, and compare over seeds.",
    "evaluate": "Score a checkpoint on a corpus, or one file against another.",
    "compare": "Several runs or checkpoints on one corpus, with significance.",
    "predict": "Find entities in text, line by line, in constant memory.",
}
"""Each is the module ``cnerkit.cli.<name>``, which offers a Typer ``app`` or a function ``command``."""

EPILOG = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad data, 4 bad recipe, 5 something missing, 130 interrupted."


class LazyGroup(TyperGroup):
    """Loads a command's module when it is chosen, so that help, typos and completion answer at once."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The chosen command, imported now, with the arguments that are left for it."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name in COMMANDS else found, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a user's mistake, Ctrl-C or a closed pipe becomes its exit code."""
        try:
            return super().invoke(ctx)
        except CnerkitError as error:
            if debugging():
                traceback.print_exc()
            show_error(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            note("interrupted")
            raise typer.Exit(130) from interrupt
        except BrokenPipeError as closed:
            silence_stdout()
            raise typer.Exit(0) from closed


def load_command(name: str) -> Any:
    """The command of a module as Typer builds it."""
    module = import_module(f"cnerkit.cli.{name}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name)(module.command)
    command = typer.main.get_command(app)
    command.name = name
    return command


def debugging() -> bool:
    """True when the user asks for tracebacks with CNERKIT_DEBUG=1."""
    return os.environ.get("CNERKIT_DEBUG", "") not in ("", "0")


def silence_stdout() -> None:
    """Point stdout at nothing, so that nothing more is said when the reader of a pipe has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_version(asked: bool) -> None:
    """Say the version and stop."""
    if asked:
        sys.stdout.write(f"cnerkit {__version__}\n")
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Say the version and stop.")
    ] = False,
) -> None:
    """Chinese named-entity recognition: convert, train, ablate, evaluate, compare, predict."""


def build_app() -> typer.Typer:
    """The program with a stand-in for each command, which is replaced by the real one when it is chosen."""
    app = typer.Typer(
        cls=LazyGroup,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=EPILOG,
    )
    app.callback()(root)
    for name, summary in COMMANDS.items():
        app.command(name, help=summary)(_stand_in)
    return app


def _stand_in() -> None:
    message = "a stand-in is never run: LazyGroup puts the real command in its place"
    raise AssertionError(message)


def speak_utf8() -> None:
    """UTF-8 in and out whatever the locale; what stderr cannot show is escaped."""
    for stream, errors in ((sys.stdin, "strict"), (sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=errors)


def main() -> None:
    """Entry point of the ``cnerkit`` command."""
    _open_closed_streams()
    speak_utf8()
    try:
        build_app()(prog_name="cnerkit")
    except Exception as error:
        if debugging():
            raise
        _give_up(error)
    finally:
        _flush_stdout()


def _open_closed_streams() -> None:
    """Nothing is read from a stream that was closed before the program began, and what is written to it is lost."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - stays open


def _flush_stdout() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except OSError as error:
        _give_up(error)


def _give_up(error: Exception) -> NoReturn:
    if isinstance(error, OSError):
        silence_stdout()
    show_error(_explained(error))
    sys.exit(1)


def _explained(error: Exception) -> CnerkitError:
    """What to tell of an error that no command foresaw."""
    if isinstance(error, MemoryError):
        fix = "divide the input into several files, or use a machine with more memory"
        return CnerkitError("there is not enough memory", fix=fix)
    if isinstance(error, OSError) and error.filename is None:  # of a stream: whoever opens a file says so itself
        from cnerkit.storage import unwritable

        return unwritable(Path("stdout"), error)
    what = f"cnerkit met a case that it should have handled: {type(error).__name__}: {error}"
    return CnerkitError(what, fix="run again with CNERKIT_DEBUG=1 and report what it prints")
