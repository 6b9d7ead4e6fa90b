"""The commands about datasets: which there are, what one holds, getting its files, and checking them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnerkit.corpora.catalogue import Counts, Dataset, Published, find, names
from cnerkit.corpora.download import another_file, describe_other, locate_file, missing_file
from cnerkit.corpora.identity import is_published, name_as, name_counts
from cnerkit.corpora.places import find_file
from cnerkit.errors import CnerkitError, MissingError
from cnerkit.text import TypeHierarchy


@dataclass(frozen=True, slots=True)
class Holding:
    """A dataset, and where each of its files and folders lies on this machine, by published path; None where it does not."""

    dataset: Dataset
    paths: Mapping[str, Path | None]

    def path(self, split: str) -> Path | None:
        """What a split is read from; None when that or its list of articles is not here."""
        files = self.dataset.splits[split].files
        return self.paths[files[0].path] if all(self.paths[file.path] for file in files) else None


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a hierarchy of types: its distinct names, and how many types end at it."""

    depth: int
    names: int
    types: int


@dataclass(frozen=True, slots=True)
class Obtained:
    """A split that is on this machine now: what it is read from, and the list of its articles where it has one."""

    split: str
    path: Path
    articles: Path | None
    downloaded: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found when a split was checked: where it lies, what it holds, and what is wrong with it.

    ``counts`` is None when the file is not here or cannot be read.
    """

    split: str
    path: Path | None
    counts: Counts | None
    problems: tuple[str, ...]


def list_datasets(data_dir: Path | None = None) -> tuple[Holding, ...]:
    """Every dataset of the catalogue, and which of its files are here."""
    return tuple(look_up(name, data_dir) for name in names())


def look_up(name: str, data_dir: Path | None = None) -> Holding:
    """A dataset, and which of its files are here.

    Raises:
        UsageError: The catalogue has no such name, or ``data_dir`` is not a folder.
    """
    dataset = find(name)
    return Holding(dataset, {file.path: find_file(dataset, file, data_dir) for file in dataset.files})


def levels(dataset: Dataset) -> tuple[Level, ...]:
    """The levels of a dataset's types from the top down; a single one when they are no paths."""
    if dataset.hierarchy_separator is None:
        return (Level(1, len(dataset.types), len(dataset.types)),)
    hierarchy = TypeHierarchy(dataset.hierarchy_separator)
    paths = [hierarchy.path(type_) for type_ in dataset.types]
    return tuple(
        Level(depth, len({path[:depth] for path in paths if len(path) >= depth}), sum(len(path) == depth for path in paths))
        for depth in range(1, max(map(len, paths)) + 1)
    )


def get(name: str, split: str | None = None, data_dir: Path | None = None) -> Iterator[Obtained]:
    """Bring the files of a dataset to this machine, one split after the other; what is here already is checked.

    A split that cannot be had does not keep the others from being brought; it is told at the end.

    Raises:
        UsageError: The catalogue has no such name, or the dataset no such split.
        MissingError: A file cannot be had; says where it was looked for and how to get it.
        DataError: A file that is here or was offered is another one; says which, when it is a known version.
    """
    dataset = find(name)
    failures: dict[tuple[str | None, str | None], CnerkitError] = {}
    for each in _splits(dataset, split):
        try:
            obtained = _get(dataset, each, data_dir)
        except CnerkitError as error:
            # What is put right for one split in the same place and way for another is told once.
            failures.setdefault((error.where, error.fix), error)
        else:
            yield obtained
    if failures:
        first, *others = failures.values()
        first.also = tuple(others)
        raise first


def _get(dataset: Dataset, split: str, data_dir: Path | None) -> Obtained:
    files = dataset.splits[split].files
    here = {file.path for file in files if find_file(dataset, file, data_dir)}
    path, *articles = [_checked(dataset, file, data_dir) for file in files]
    return Obtained(split, path, articles[0] if articles else None, downloaded=len(here) < len(files))


def _checked(dataset: Dataset, file: Published, data_dir: Path | None) -> Path:
    here = find_file(dataset, file, data_dir)
    path = locate_file(dataset, file, data_dir=data_dir)
    if here and not is_published(file, here):
        raise another_file(dataset, file, here)
    return path


def verify(name: str, split: str | None = None, data_dir: Path | None = None) -> Iterator[Verified]:
    """Check the files of a dataset that are here against the catalogue: their hash, and what they hold.

    Nothing is downloaded. A file that is another known version, or holds as much as one, is named.

    Raises:
        UsageError: The catalogue has no such name, or the dataset no such split.
    """
    dataset = find(name)
    for each in _splits(dataset, split):
        yield _verify(dataset, each, data_dir)


def absent(name: str, verified: Iterable[Verified], data_dir: Path | None = None) -> MissingError | None:
    """The error for the first split that was to be checked and is not here, or None when all are."""
    dataset = find(name)
    for split in (each.split for each in verified if each.path is None):
        for file in dataset.splits[split].files:
            if find_file(dataset, file, data_dir) is None:
                return missing_file(dataset, file, data_dir)
    return None


def _splits(dataset: Dataset, split: str | None) -> Sequence[str]:
    if split is None:
        return tuple(dataset.splits)
    dataset.split(split)
    return (split,)


def _verify(dataset: Dataset, split: str, data_dir: Path | None) -> Verified:
    from cnerkit.workflows.counting import compare, count

    known = dataset.splits[split]
    here = [(file, path) for file in known.files if (path := find_file(dataset, file, data_dir))]
    if len(here) < len(known.files):
        return Verified(split, None, None, ())
    path, problems, named, counts = here[0][1], [], False, None
    try:
        others = [(file, found) for file, found in here if not is_published(file, found)]
        named = any(name_as(file, found) for file, found in others)
        problems += [describe_other(file, found) for file, found in others]
        counts = count(dataset, split, path, data_dir)
        wrong = compare(counts, known.counts)
        version = name_counts(counts) if wrong and not named else None
        problems += [*wrong, *([f"its counts are those of {version}"] if version else [])]
    except CnerkitError as error:
        # A known version of another format cannot be read as this one; its name says all.
        problems += [] if named else [str(error)]
    return Verified(split, path, counts, tuple(problems))
