"""Where recipes are: at a path, in ./recipes, or in the package."""

import difflib
import os.path
from collections.abc import Iterator
from pathlib import Path

from cnerkit.errors import RecipeError, UsageError
from cnerkit.recipe.tree import Written

FOLDER = "recipes"
SUFFIXES = (".yaml", ".yml")


def packaged_folder() -> Path:
    """The folder of the recipes that come with the toolkit: inside an installed package, at the top of a source checkout."""
    package = Path(__file__).parents[1]
    installed = package / FOLDER
    return installed if installed.is_dir() else package.parent / FOLDER


def find_recipe(name: str) -> Path:
    """The file that a path or a bare name stands for.

    Looked for as a path, in ``./recipes``, then among the packaged recipes; ``.yaml`` may be left out, and the packaged
    recipes answer to ``recipes/NAME.yaml`` too.

    Raises:
        UsageError: There is none; the nearest names are in the message.
    """
    inner = Path(name).relative_to(FOLDER) if Path(name).parts[:1] == (FOLDER,) else Path(name)
    for base in (Path(name), FOLDER / inner, packaged_folder() / inner):
        found = _file(base)
        if found:
            return found
    raise UsageError(f"there is no recipe {name!r}", fix=_advice(inner.name))


def find_parent(extends: Written) -> Path:
    """The file that a recipe extends: a path from the recipe's own folder, else one among the packaged recipes.

    Raises:
        RecipeError: There is none.
    """
    name = extends.value
    if not isinstance(name, str):
        raise RecipeError(f"extends is {name!r}", where=str(extends.place), fix="name one recipe file, such as base/bert.yaml")
    assert extends.place.folder is not None, "extends always stands in a file"
    for base in (extends.place.folder / name, packaged_folder() / name):
        found = _file(base)
        if found:
            return found
    raise RecipeError(
        f"there is no recipe {name!r} to extend",
        where=str(extends.place),
        fix=f"looked from {extends.place.folder} and among the packaged recipes; {_advice(Path(name).name)}",
    )


def every_recipe() -> list[Path]:
    """The recipes of ``./recipes`` and of the package by name; a local one hides a packaged one of the same name."""
    found: dict[str, Path] = {}
    for folder in (Path(FOLDER), packaged_folder()):
        for path in _files(folder):
            found.setdefault(path.stem, path)
    return [found[name] for name in sorted(found)]


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for suffix in SUFFIXES for path in folder.glob(f"*{suffix}") if path.is_file())


def _file(base: Path) -> Path | None:
    if not base.name:
        return None
    candidates = (base, *(base.with_name(base.name + suffix) for suffix in SUFFIXES))
    return next((path for path in candidates if os.path.isfile(path)), None)  # noqa: PTH113 - is_file() raises on long names


def _advice(name: str) -> str:
    known = [path.stem for path in every_recipe()]
    near = difflib.get_close_matches(Path(name).stem.lower(), known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else "`cnerkit recipe list` shows those there are"
