"""What is taken apart: a recipe, or a model by its name, which stands for its main recipe."""

from dataclasses import dataclass
from pathlib import Path

from cnerkit import registry
from cnerkit.errors import UsageError
from cnerkit.recipe.lookup import SUFFIXES, every_recipe, find_recipe
from cnerkit.registry import ModelSpec

ANY_RECIPE = "give a recipe of it, such as cnerkit ablate my_recipe.yaml; `cnerkit recipe list` shows those there are"


@dataclass(frozen=True, slots=True)
class Target:
    """What the user named.

    Attributes:
        recipe: The recipe's path or name; "" for a model that names none.
        spec: The model, where the user named one.
    """

    recipe: str
    spec: ModelSpec | None = None

    def recipe_or_refuse(self) -> str:
        """The recipe.

        Raises:
            UsageError: The model names no main recipe.
        """
        if not self.recipe:
            assert self.spec is not None, "only a model can be without a recipe"
            raise UsageError(f"the model {self.spec.name!r} names no main recipe", fix=ANY_RECIPE)
        return self.recipe


def find_target(name: str) -> Target:
    """The recipe, or the model with its main recipe, that a name stands for.

    What is written as a path (with a folder, or with ``.yaml``) is a recipe. Of a model and a recipe of one name, the bare name
    is the model.

    Raises:
        UsageError: There is neither; the nearest names of both are in the message.
        RecipeError: The model cannot be loaded.
    """
    if not _is_path(name) and name in registry.names():
        spec = registry.get(name)
        return Target(spec.recipe, spec)
    try:
        find_recipe(name)
    except UsageError:
        if _is_path(name):
            raise
        known = {*registry.names(), *(path.stem for path in every_recipe())}
        what = f"there is neither a model nor a recipe called {name!r}"
        raise UsageError(what, fix=registry.advice(name, known)) from None
    return Target(name)


def _is_path(name: str) -> bool:
    return len(Path(name).parts) > 1 or name.lower().endswith(SUFFIXES)
