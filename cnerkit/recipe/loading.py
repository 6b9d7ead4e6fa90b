"""A recipe by path or name, with overrides, as a checked value; and back from the plain data that a checkpoint keeps."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnerkit.errors import RecipeError
from cnerkit.recipe.checking import as_error, checked_recipe
from cnerkit.recipe.extending import read_chain
from cnerkit.recipe.lookup import find_recipe
from cnerkit.recipe.overrides import overridden
from cnerkit.recipe.reading import MOST_DEPTH
from cnerkit.recipe.schema import Recipe
from cnerkit.recipe.tree import Mistake, Place, Written

MOST_VALUES = 10_000


def load_recipe(path_or_name: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe that a path or a bare name stands for.

    Later wins: defaults, ancestors (``extends``), the recipe, then the overrides in their order.

    Args:
        path_or_name: Looked for as a path, in ``./recipes``, then among the packaged recipes; ``.yaml`` may be left out.
        overrides: ``training.lr=1e-3`` (the value is YAML) sets; ``~training.patience`` takes away what the recipe writes.

    Raises:
        UsageError: There is no such recipe.
        RecipeError: Anything is wrong in it; every mistake is reported, with its file and line.
    """
    path = find_recipe(path_or_name)
    mistakes: list[Mistake] = []
    try:
        tree = overridden(read_chain(path, mistakes), overrides, mistakes)
    except RecipeError as error:
        if mistakes:
            raise RecipeError(error.what, where=error.where, fix=error.fix, also=_flat(as_error(mistakes))) from error
        raise
    return checked_recipe(tree, path.stem, mistakes)


def recipe_from_resolved(resolved: Mapping[str, Any], where: str = "the resolved recipe") -> Recipe:
    """The recipe whose ``resolved()`` this is, checked as strictly as a file.

    Args:
        resolved: Plain data from anywhere, not trusted.
        where: What messages call the place it comes from, for example the checkpoint.

    Raises:
        RecipeError: Anything is wrong in it.
    """
    counted = _Counter(where)
    tree = counted.written(resolved, 0)
    if not isinstance(tree.value, dict):
        raise RecipeError(f"a recipe holds keys and values, not {type(resolved).__name__}", where=where, fix="make it again")
    return checked_recipe(tree, "recipe", [])


class _Counter:
    """Turns plain data into written values, as many and as deep as a recipe may reasonably have."""

    def __init__(self, where: str) -> None:
        self.where, self.seen = where, 0

    def written(self, value: Any, depth: int) -> Written:
        """The value with its place."""
        self.seen += 1
        place = Place(self.where)
        if self.seen > MOST_VALUES or depth > MOST_DEPTH:
            raise RecipeError(
                "there are too many values, or too deep ones", where=self.where, fix="this is no recipe; make it again"
            )
        if isinstance(value, Mapping):
            return Written({self.key(key): self.written(item, depth + 1) for key, item in value.items()}, place)
        if isinstance(value, list | tuple):
            return Written(tuple(self.written(item, depth + 1) for item in value), place)
        if value is None or isinstance(value, str | int | float | bool):
            return Written(value, place, text="" if value is None else str(value))
        raise RecipeError(f"a {type(value).__name__} cannot stand in a recipe", where=self.where, fix="make it again")

    def key(self, key: Any) -> str:
        """A key, which must be text."""
        if isinstance(key, str):
            return key
        raise RecipeError(f"the key {key!r:.40} is not text", where=self.where, fix="make it again")


def _flat(error: RecipeError) -> list[RecipeError]:
    return [RecipeError(error.what, where=error.where, fix=error.fix), *error.also]  # type: ignore[list-item]
