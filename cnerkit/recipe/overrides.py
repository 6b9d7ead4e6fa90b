"""Values given on the command line: ``key=value`` sets, ``~key`` takes away what the recipe wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cnerkit.errors import RecipeError
from cnerkit.recipe.reading import read_text
from cnerkit.recipe.tree import Mistake, Place, Written, merged

OPTION = "--set"
FREE_KEYS = ("data", "types")
"""The mapping whose keys are the user's own: what follows it is one key, dots and all."""


def overridden(tree: Written, assignments: Sequence[str], mistakes: list[Mistake]) -> Written:
    """The recipe with each assignment laid over it, in order.

    Args:
        tree: The recipe as written.
        assignments: ``training.lr=1e-3`` (the value is YAML) or ``~training.patience``.
        mistakes: Where what is wrong with an assignment is added; the others still take effect.
    """
    for assignment in assignments:
        place = Place(" ".join([OPTION, *assignment.split()]), folder=Path.cwd())
        if assignment.startswith("~"):
            tree = _deleted(tree, _keys(assignment[1:]), place, mistakes)
        else:
            tree = _assigned(tree, assignment, place, mistakes)
    return tree


def _assigned(tree: Written, assignment: str, place: Place, mistakes: list[Mistake]) -> Written:
    key, equals, text = assignment.partition("=")
    keys = _keys(key.strip())
    if not equals or not all(keys):
        mistakes.append(
            Mistake(f"{assignment!r} assigns nothing", place, "write section.key=value, for example training.lr=1e-3")
        )
        return tree
    try:
        value = read_text(text, place, mistakes)
    except RecipeError as error:
        mistakes.append(Mistake(error.what, place, "quote the value for the shell and for YAML, for example 'title=\"a: b\"'"))
        return tree
    for name in reversed(keys):
        value = Written({name: replace(value, key_place=place)}, place)
    return merged(tree, value)


def _deleted(tree: Written, keys: tuple[str, ...], place: Place, mistakes: list[Mistake]) -> Written:
    if not _is_written(tree, keys):
        mistakes.append(
            Mistake(f"there is no {'.'.join(keys)!r} to take away", place, "`cnerkit recipe show` lists what a recipe writes")
        )
        return tree
    return _pruned(tree, keys)


def _pruned(tree: Written, keys: tuple[str, ...]) -> Written:
    first, *rest = keys
    entries = dict(tree.entries)
    if rest:
        entries[first] = _pruned(entries[first], tuple(rest))
    else:
        del entries[first]
    return replace(tree, value=entries)


def _is_written(tree: Written, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(tree.value, Mapping) or key not in tree.value:
            return False
        tree = tree.value[key]
    return True


def _keys(dotted: str) -> tuple[str, ...]:
    parts = tuple(dotted.split("."))
    if parts[:2] == FREE_KEYS and len(parts) > 2:
        return (*FREE_KEYS, ".".join(parts[2:]))
    return parts
