"""What can be done with recipes: list, show, check, copy, describe."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.errors import CnerkitError, RecipeError, UsageError

if TYPE_CHECKING:
    from cnerkit.recipe.listing import RecipeSummary
    from cnerkit.recipe.schema import Recipe
    from cnerkit.recipe.writing import ShownLine


@dataclass(frozen=True, slots=True)
class RecipeView:
    """A recipe, resolved, and its lines with their origins."""

    recipe: "Recipe"
    lines: "tuple[ShownLine, ...]"


@dataclass(frozen=True, slots=True)
class RecipeCheck:
    """What is wrong with one recipe; nothing when ``mistakes`` is empty."""

    name: str
    mistakes: tuple[CnerkitError, ...]


def list_recipes() -> "list[RecipeSummary]":
    """The recipes of ``./recipes`` and of the package, by name; none of them is checked."""
    from cnerkit.recipe.listing import summaries

    return summaries()


def show_recipe(name: str, overrides: Sequence[str] = ()) -> RecipeView:
    """A recipe with its ancestors and overrides applied, each value with the place it comes from.

    Raises:
        CnerkitError: There is no such recipe, or it is wrong.
    """
    from cnerkit.recipe.loading import load_recipe
    from cnerkit.recipe.writing import shown_lines

    recipe = load_recipe(name, overrides)
    return RecipeView(recipe, tuple(shown_lines(recipe.resolved(), recipe.origins)))


def check_recipes(names: Sequence[str]) -> list[RecipeCheck]:
    """Every mistake in each of the recipes; a dataset that the catalogue does not have is one."""
    return [RecipeCheck(name, _mistakes(name)) for name in names]


def copy_recipe(name: str, target: Path, *, force: bool = False) -> Path:
    """Write a copy of a recipe that can be changed and still finds what it extends.

    Args:
        name: A path or a bare name.
        target: The file to write, or a folder that there is.
        force: Replace a file that there is.

    Returns:
        The file that was written.

    Raises:
        UsageError: There is no such recipe, or the file is there already.
        RecipeError: The recipe cannot be read.
    """
    from cnerkit.recipe.copying import text_for
    from cnerkit.recipe.lookup import find_recipe
    from cnerkit.storage import whole_file

    path = find_recipe(name)
    target = target / path.name if target.is_dir() else target
    if target.exists() and not force:
        raise UsageError("the file is there already", where=str(target), fix="choose another name, or replace it with --force")
    text = text_for(path, target.parent)
    with whole_file(target) as file:
        file.write(text)  # type: ignore[call-overload]
    return target


def recipe_schema() -> dict[str, Any]:
    """JSON Schema of a recipe file."""
    from cnerkit.recipe.editor_schema import editor_schema

    return editor_schema()


def _mistakes(name: str) -> tuple[CnerkitError, ...]:
    from cnerkit.recipe.loading import load_recipe

    try:
        recipe = load_recipe(name)
    except CnerkitError as error:
        return (type(error)(error.what, where=error.where, fix=error.fix), *error.also)
    return _unknown_dataset(recipe)


def _unknown_dataset(recipe: "Recipe") -> tuple[CnerkitError, ...]:
    from cnerkit.corpora.catalogue import find

    try:
        if recipe.data.name is not None:
            find(recipe.data.name)
    except UsageError as error:
        return (RecipeError(f"data.name: {error.what}", where=str(recipe.origins["data.name"]), fix=error.fix),)
    return ()
