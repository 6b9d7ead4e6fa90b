"""Where the files and folders of a dataset may lie on this machine, and which of them are there."""

import os
from dataclasses import dataclass
from pathlib import Path

from cnerkit.corpora.catalogue import Dataset, Published, Split
from cnerkit.corpora.tree import PACKED
from cnerkit.errors import UsageError
from cnerkit.storage import user_cache


@dataclass(frozen=True, slots=True)
class Place:
    """A folder where a dataset's files may lie, and the setting that says so."""

    folder: Path
    setting: str


def places(dataset: Dataset, data_dir: Path | None = None) -> tuple[Place, ...]:
    """Where a dataset is looked for, in this order: ``data_dir``, ``$CNERKIT_DATA``, the user's cache.

    The first two are folders with one sub-folder per dataset, called as the catalogue says; some datasets share one. What
    comes with the toolkit is only looked for there.

    Raises:
        UsageError: ``data_dir`` is not a folder.
    """
    if dataset.packaged:
        return (Place(Path(__file__).parent / dataset.folder, "part of cnerkit"),)
    found = []
    if data_dir is not None:
        if not data_dir.is_dir():
            raise UsageError(f"there is no folder {data_dir}", fix="name a folder with one sub-folder per dataset")
        found.append(Place(data_dir / dataset.folder, "--data-dir"))
    if own := os.environ.get("CNERKIT_DATA"):
        found.append(Place(Path(own).expanduser() / dataset.folder, "$CNERKIT_DATA"))
    return (*found, Place(cache_folder() / dataset.folder, "cache"))


def cache_folder() -> Path:
    """Where downloaded datasets are kept."""
    return user_cache("datasets")


def find_local(dataset: Dataset, split: str, data_dir: Path | None = None) -> Path | None:
    """What is there for a split to be read from, or None.

    Raises:
        UsageError: The dataset has no such split, or ``data_dir`` is not a folder.
    """
    return find_file(dataset, dataset.split(split).file, data_dir)


def find_file(dataset: Dataset, file: Published, data_dir: Path | None = None) -> Path | None:
    """The first file or folder that is there under the published name or packed, or None. Its content is not looked at."""
    for place in places(dataset, data_dir):
        as_published = place.folder / file.path
        packed = PACKED if file.is_folder else () if file.is_gzip else (".gz",)
        if _is_there(as_published, folder=file.is_folder):
            return as_published
        for path in (as_published.with_name(f"{file.name}{suffix}") for suffix in packed):
            if _is_there(path, folder=False):
                return path
    return None


def _is_there(path: Path, *, folder: bool) -> bool:
    try:
        return path.is_dir() if folder else path.is_file()
    except PermissionError:
        return False


def member_pattern(split: Split, path: Path) -> str | None:
    """Which files of what was found for a split belong to it, with ``*`` for anything; None for all.

    Args:
        split: Of a dataset.
        path: The archive, the folder or the packed folder that was found for it.
    """
    if split.file.is_folder and not path.is_dir():
        return f"{split.file.name}/{split.member or '*'}"
    return split.member or None
