"""A copy of a recipe's file, comments and all, that means the same wherever it lies."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from yaml.events import ScalarEvent

from cnerkit.errors import RecipeError
from cnerkit.recipe.anchoring import absolute, written_paths
from cnerkit.recipe.extending import read_chain
from cnerkit.recipe.lookup import find_parent
from cnerkit.recipe.reading import decoded, read_file
from cnerkit.recipe.tree import Place, Written


@dataclass(frozen=True, slots=True)
class _Change:
    """A scalar at a place, to be replaced."""

    place: Place
    text: str


def text_for(path: Path, folder: Path) -> str:
    """The text of a recipe, to be written into another folder.

    Everything stays as it was written, except ``extends`` and relative paths that would lead elsewhere from there: they become
    absolute.

    Raises:
        RecipeError: The recipe or an ancestor cannot be read.
    """
    text = decoded(path)
    extents = _extents(text)
    changes = sorted(
        _changes(path, folder.absolute()), key=lambda change: (change.place.line, change.place.column), reverse=True
    )
    for change in changes:
        start, end = extents[change.place.line, change.place.column]
        text = text[:start] + json.dumps(change.text, ensure_ascii=False) + text[end:]
    return text


def _extents(text: str) -> dict[tuple[int | None, int | None], tuple[int, int]]:
    """Where each scalar starts and ends in the text, by line and column from 1."""
    found: dict[tuple[int | None, int | None], tuple[int, int]] = {}
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, ScalarEvent):
            start, end = event.start_mark, event.end_mark
            assert start is not None, "the parser marks every scalar"
            assert end is not None, "the parser marks every scalar"
            found[start.line + 1, start.column + 1] = (start.index, end.index)
    return found


def _changes(path: Path, folder: Path) -> Iterator[_Change]:
    own = read_file(path, [])
    extends = own.entries.get("extends")
    if extends is not None:
        parent = find_parent(extends)
        if _parent_from(extends, folder) != parent.resolve():
            yield _Change(extends.place, str(parent.absolute()))
    for found in written_paths(read_chain(path, [])):
        place = found.written.place
        if place.source == own.place.source and absolute(found.written.text, folder) != found.absolute:
            yield _Change(place, found.absolute)


def _parent_from(extends: Written, folder: Path) -> Path | None:
    try:
        return find_parent(replace(extends, place=replace(extends.place, folder=folder))).resolve()
    except RecipeError:
        return None
