"""What recipes there are, read without checking them: quick, and a broken one hides no other."""

from dataclasses import dataclass
from pathlib import Path

from cnerkit.errors import RecipeError
from cnerkit.recipe.extending import read_chain
from cnerkit.recipe.lookup import every_recipe
from cnerkit.recipe.reading import shown
from cnerkit.recipe.tree import Key, Written


@dataclass(frozen=True, slots=True)
class RecipeSummary:
    """One line about a recipe.

    ``f1`` is the first published score, in percent, and ``source`` the table that prints it; ``problem`` says why the rest is
    empty.
    """

    name: str
    path: str
    model: str = ""
    dataset: str = ""
    f1: float | None = None
    source: str = ""
    title: str = ""
    problem: str = ""


def summaries() -> list[RecipeSummary]:
    """The recipes of ``./recipes`` and of the package, by name."""
    return [_summary(path) for path in every_recipe()]


def _summary(path: Path) -> RecipeSummary:
    try:
        tree = read_chain(path, [])
    except RecipeError as error:
        return RecipeSummary(path.stem, shown(path), problem=str(error).splitlines()[0])
    score = _at(tree, "published", 0, "f1")
    return RecipeSummary(
        name=path.stem,
        path=shown(path),
        model=_text(tree, "model", "name"),
        dataset=_text(tree, "data", "name") or _text(tree, "data", "train"),
        f1=float(score.value) if score and isinstance(score.value, int | float) else None,
        source=_text(tree, "published", 0, "source"),
        title=_text(tree, "title"),
    )


def _at(tree: Written, *keys: Key) -> Written | None:
    return tree.at(keys) if tree.path(keys) == keys else None


def _text(tree: Written, *keys: Key) -> str:
    found = _at(tree, *keys)
    return found.text if found else ""
