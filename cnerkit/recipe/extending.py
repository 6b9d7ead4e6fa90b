"""A recipe file with its ancestors: one parent each, a chain and never a circle."""

from dataclasses import replace
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
    tree, chain = _own(path, mistakes), [path.resolve()]
    while extends := tree.entries.get("extends"):
        parent = find_parent(extends)
        if parent.resolve() in chain:
            circle = " extends ".join(shown(file) for file in (*chain, parent.resolve()))
            raise RecipeError(f"recipes extend one another: {circle}", where=str(extends.place), fix="break the circle")
        chain.append(parent.resolve())
        tree = merged(_without(_own(parent, mistakes), "name"), _without(tree, "extends"))
    return tree


def _own(path: Path, mistakes: list[Mistake]) -> Written:
    tree = read_file(path, mistakes)
    empty = {key: replace(value, value={}) for key, value in tree.entries.items() if key in SECTIONS and value.value is None}
    return replace(tree, value={**tree.entries, **empty})


def _without(tree: Written, key: str) -> Written:
    return replace(tree, value={name: value for name, value in tree.entries.items() if name != key})
