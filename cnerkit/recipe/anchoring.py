"""Relative paths in a recipe start from the folder of the file, or the working folder of the command, that wrote them."""

import os.path
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cnerkit.recipe.tree import Written

PATHS = (("data", "train"), ("data", "dev"), ("data", "test"), ("encoder", "path"))


@dataclass(frozen=True, slots=True)
class WrittenPath:
    """A path in a recipe: its keys, as it was written, and the absolute path that it means."""

    keys: tuple[str, str]
    written: Written
    absolute: str


def written_paths(tree: Written) -> Iterator[WrittenPath]:
    """Every path that a recipe writes; the name of an encoder on the hub is none."""
    static = tree.path(("encoder", "kind")) == ("encoder", "kind") and tree.at(("encoder", "kind")).value == "static"
    for keys in PATHS:
        written = tree.at(keys)
        value, folder = written.value, written.place.folder
        if tree.path(keys) != keys or not isinstance(value, str) or folder is None:
            continue
        if keys[0] == "data" or static or value.startswith((".", "~")):
            yield WrittenPath(keys, written, absolute(value, folder))


def absolute(path: str, folder: Path) -> str:
    """A path from a folder, in full; ``~`` is the user's home. Links are kept as they are."""
    return os.path.abspath(folder / Path(path).expanduser())  # noqa: PTH100 - resolve() would follow links


def anchored(tree: Written) -> Written:
    """The recipe with every path in full."""
    for path in list(written_paths(tree)):
        section, key = path.keys
        inner = tree.entries[section]
        value = replace(path.written, value=path.absolute)
        tree = replace(tree, value={**tree.entries, section: replace(inner, value={**inner.entries, key: value})})
    return tree
