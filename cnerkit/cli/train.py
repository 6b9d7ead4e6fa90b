"""``cnerkit train``: a recipe in, a run folder out."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnerkit.cli.computing import recipe_overrides
from cnerkit.cli.console import print_json
from cnerkit.errors import CnerkitError, UsageError

if TYPE_CHECKING:
    from cnerkit.engine.runs import Start
    from cnerkit.recipe.schema import Recipe


def command(
    recipe: Annotated[str, typer.Argument(help="A recipe's file or name.", metavar="RECIPE")],
    gpus: Annotated[int | None, typer.Option(help="GPUs; 0 for the CPU. Without it, one GPU if there is one.")] = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="section.key=value, over the recipe.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Train once with each of these seeds, such as 1,2,3.")] = None,
    encoder: Annotated[str | None, typer.Option(help="A folder, a name on the hub, or a file of vectors.")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32, or bf16: faster, and half the memory of activations.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The run folder; runs/<recipe> without it.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in the folder.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but the steps, and write nothing.")] = False,
    plugin: Annotated[Path | None, typer.Option(help="A Python file that declares MODEL, for this run.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="A folder with datasets.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Train a model as its recipe says, keep the best epoch on dev, and score it once on test."""
    start = _start(resume=resume, overwrite=overwrite)
    numbers = _seeds(seeds)
    chosen = _recipe(recipe, recipe_overrides(assignments, encoder, precision), plugin)
    _start_processes(gpus)
    if dry_run:
        _show_plan(chosen, gpus=gpus, data_dir=data_dir, threads=threads, as_json=as_json)
        return
    from cnerkit.cli.training_view import TrainingView, show_result
    from cnerkit.engine.devices import process_rank
    from cnerkit.workflows.train import Options, default_folder, train, train_seeds

    options = Options(start=start, gpus=gpus, data_dir=data_dir, threads=threads)
    folder, view = output or default_folder(chosen), None if quiet else TrainingView()
    result = train_seeds(chosen, numbers, folder, options, view) if numbers else train(chosen, folder, options, view)
    if process_rank() == 0:
        print_json(result.to_json()) if as_json else show_result(result)


def _show_plan(recipe: "Recipe", *, gpus: int | None, data_dir: Path | None, threads: int | None, as_json: bool) -> None:
    from cnerkit.cli.training_view import show_plan
    from cnerkit.engine.devices import process_rank
    from cnerkit.workflows.planning import plan

    told = plan(recipe, gpus=gpus, data_dir=data_dir, threads=threads)
    if process_rank() == 0:
        print_json(told.to_json()) if as_json else show_plan(told, sys.stdout)


def _start(*, resume: bool, overwrite: bool) -> "Start":
    if resume and overwrite:
        raise UsageError("--resume goes on with a run and --overwrite replaces it", fix="give one of them")
    return "resume" if resume else "overwrite" if overwrite else "new"


def _seeds(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--seeds {text!r} is not a list of whole numbers", fix="write --seeds 1,2,3") from error


def _recipe(name: str, overrides: list[str], plugin: Path | None) -> "Recipe":
    """The recipe, checked; of several processes the first alone says what is wrong with it."""
    from cnerkit.recipe.loading import load_recipe
    from cnerkit.registry import load_plugin

    try:
        if plugin is not None:
            load_plugin(plugin)
        return load_recipe(name, overrides)
    except CnerkitError as error:
        if os.environ.get("RANK", "0") != "0":
            raise typer.Exit(error.exit_code) from error
        raise


def _start_processes(gpus: int | None) -> None:
    """Run this very command in one process for each GPU, when there are to be several and this is not one of them."""
    if gpus is None or gpus < 2:
        return
    from cnerkit.engine.devices import gpus_to_use, in_process_group

    if in_process_group():
        return
    gpus_to_use(gpus)
    from cnerkit.engine.launching import launch

    raise typer.Exit(launch(gpus, sys.argv[1:]))
