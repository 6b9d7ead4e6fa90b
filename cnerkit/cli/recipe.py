"""``cnerkit recipe``: what recipes there are, what they say, and whether they are right."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnerkit.cli import console, tables

if TYPE_CHECKING:
    from cnerkit.recipe.listing import RecipeSummary
    from cnerkit.workflows.recipes import RecipeCheck

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A recipe's file, or its name as `cnerkit recipe list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def recipe() -> None:
    """Recipes: one YAML file says which corpus, encoder, model and training, and which published score it answers.

    Looked for as a path, in ./recipes, then among those that come with cnerkit.
    """


@app.command("list")
def list_(json: Json = False) -> None:
    """List the recipes with their model, dataset and published score."""
    from cnerkit.workflows.recipes import list_recipes

    summaries = list_recipes()
    if json:
        from dataclasses import asdict

        console.print_json([asdict(summary) for summary in summaries])
        return
    tables.show(("name", "model", "dataset", ">published F1", "source"), map(_row, summaries))
    for summary in summaries:
        if summary.problem:
            console.note(f"{summary.name} cannot be read: {summary.problem}")


@app.command()
def show(
    name: Name,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a value, such as training.lr=1e-3; ~KEY takes one away. Repeatable."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show a recipe with everything it inherits, each value with the file and line it comes from. What is shown is YAML."""
    from cnerkit.workflows.recipes import show_recipe

    view = show_recipe(name, overrides or [])
    if json:
        origins = {key: place.short for key, place in view.recipe.origins.items()}
        console.print_json({"recipe": view.recipe.resolved(), "origins": origins})
        return
    width = max(len(line.text) for line in view.lines if len(line.text) <= 60)
    for line in view.lines:
        typer.echo(f"{line.text:<{width}}  # {line.origin}" if line.origin else line.text)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Recipe files or names.")],
    json: Json = False,
) -> None:
    """Check recipes and report every mistake in them at once. Exits 1 when there is one."""
    from cnerkit.workflows.recipes import check_recipes

    checks = check_recipes(files)
    if json:
        console.print_json([_as_plain(each) for each in checks])
    else:
        for each in checks:
            _report(each)
    if any(each.mistakes for each in checks):
        raise typer.Exit(1)


@app.command()
def copy(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; in a folder it keeps its name.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Copy a recipe to a file of your own, comments and all; what it extends is still found from there."""
    from cnerkit.workflows.recipes import copy_recipe

    typer.echo(copy_recipe(name, file, force=force))


@app.command()
def schema() -> None:
    """Print the JSON Schema of a recipe, for editors that complete and check YAML."""
    from cnerkit.workflows.recipes import recipe_schema

    console.print_json(recipe_schema())


def _row(summary: "RecipeSummary") -> tuple[str, ...]:
    f1 = "-" if summary.f1 is None else f"{summary.f1:.2f}"
    return summary.name, summary.model, summary.dataset, f1, summary.source


def _report(check: "RecipeCheck") -> None:
    if not check.mistakes:
        typer.echo(f"{check.name}: ok")
    for mistake in check.mistakes:
        typer.echo(mistake)


def _as_plain(check: "RecipeCheck") -> dict[str, object]:
    mistakes = [{"what": mistake.what, "where": mistake.where, "fix": mistake.fix} for mistake in check.mistakes]
    return {"recipe": check.name, "ok": not mistakes, "mistakes": mistakes}
