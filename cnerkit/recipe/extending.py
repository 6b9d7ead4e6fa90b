"""A recipe file with its ancestors: one parent each, a chain and never a circle."""

from dataclasses import replace
from functools import reduce
from pathlib import Path

from cnerkit.errors import RecipeError
from cnerkit.recipe.lookup import find_parent
from cnerkit.recipe.reading import read_file, shown
from cnerkit.recipe.tree import Mistake, Written, merged

SECTIONS = ("data", "encoder", "model", "training")


def read_chain(path: Path, mistakes: list[Mistake]) -> Written:
    """The mapping of a recipe file laid over those of its ancestors.

    A recipe's ``name`` is its own: ancestors hand theirs on to nobody. A section without content is an empty one.

    Raises:
        RecipeError: A file cannot be read, there is no such parent, or the chain comes back to a file.
    """
    own = _own(path, mistakes)
    trees, chain = [own], [path.resolve()]
    while extends := trees[-1].entries.get("extends"):
        parent = find_parent(extends)
        if parent.resolve() in chain:
            circle = " extends ".join(shown(file) for file in (*chain, parent.resolve()))
            raise RecipeError(f"recipes extend one another: {circle}", where=str(extends.place), fix="break the circle")
        chain.append(parent.resolve())
        trees.append(_without(_own(parent, mistakes), "name"))
    # From the oldest on: what names another kind replaces all that its ancestors wrote together.
    return reduce(merged, (_without(tree, "extends") for tree in reversed(trees)))


def _own(path: Path, mistakes: list[Mistake]) -> Written:
    tree = read_file(path, mistakes)
    empty = {key: replace(value, value={}) for key, value in tree.entries.items() if key in SECTIONS and value.value is None}
    return replace(tree, value={**tree.entries, **empty})


def _without(tree: Written, key: str) -> Written:
    return replace(tree, value={name: value for name, value in tree.entries.items() if name != key})
