"""The commands about datasets: which there are, what one holds, getting its files, and checking them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnerkit.corpora.catalogue import Counts, Dataset, find, names
from cnerkit.corpora.download import another_file, find_local, locate, missing_file
from cnerkit.corpora.identity import agree, identify, name_content, name_counts
from cnerkit.errors import CnerkitError, DataError, MissingError
from cnerkit.text import TypeHierarchy


@dataclass(frozen=True, slots=True)
class Holding:
    """A dataset, and where each of its splits lies on this machine; None where it does not."""

    dataset: Dataset
    paths: dict[str, Path | None]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a hierarchy of types: its distinct names, and how many types end at it."""

    depth: int
    names: int
    types: int


@dataclass(frozen=True, slots=True)
class Obtained:
    """A split that is on this machine now."""

    split: str
    path: Path
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
    return Holding(dataset, {split: find_local(dataset, split, data_dir) for split in dataset.splits})


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
    here = find_local(dataset, split, data_dir)
    path = locate(dataset, split, data_dir=data_dir)
    known = dataset.splits[split].identity
    if here and known.is_known and not agree(identify(here), known):
        raise another_file(dataset, split, here)
    return Obtained(split, path, downloaded=here is None)


def verify(name: str, split: str | None = None, data_dir: Path | None = None) -> Iterator[Verified]:
    """Check the files of a dataset that are here against the catalogue: their hash, and what they hold.

    Nothing is downloaded. A file that is another known version, or holds as much as one, is named.

    Raises:
        UsageError: The catalogue has no such name, or the dataset no such split.
    """
    dataset = find(name)
    for each in _splits(dataset, split):
        yield _verify(dataset, each, find_local(dataset, each, data_dir))


def absent(name: str, verified: Iterable[Verified], data_dir: Path | None = None) -> MissingError | None:
    """The error for the first split that was to be checked and is not here, or None when all are."""
    dataset = find(name)
    missing = [each.split for each in verified if each.path is None]
    return missing_file(dataset, missing[0], data_dir) if missing else None


def _splits(dataset: Dataset, split: str | None) -> Sequence[str]:
    if split is None:
        return tuple(dataset.splits)
    dataset.split(split)
    return (split,)


def _verify(dataset: Dataset, split: str, path: Path | None) -> Verified:
    if path is None:
        return Verified(split, None, None, ())
    file = dataset.splits[split]
    named, problems, counts = None, [], None
    try:
        if file.identity.is_known and not agree(identify(path), file.identity):
            named = name_content(path)
            problems.append(f"it is {named}" if named else "its hash is not the published one, nor that of any known version")
        counts = count(dataset, path)
        wrong = compare(counts, file.counts)
        problems += wrong
        if wrong and not named and (named := name_counts(counts)):
            problems.append(f"its counts are those of {named}")
    except DataError as error:
        # A known version of another format cannot be read as this one; its name says all.
        problems += [] if named else [str(error)]
    return Verified(split, path, counts, tuple(problems))


def count(dataset: Dataset, path: Path) -> Counts:
    """How much a file of a dataset holds when it is read as the catalogue says.

    Raises:
        DataError: It cannot be read so.
    """
    from cnerkit.workflows.reading import open_corpus_file, options_of

    per_type: Counter[str] = Counter()
    with open_corpus_file(path, options_of(dataset)) as reading:
        for sentence in reading.sentences:
            per_type.update(entity.type for entity in sentence.entities or ())
    found = reading.counts
    conlleval = found.conlleval if reading.scheme else None
    return Counts(found.sentences, found.tokens, per_type.total(), dict(per_type.most_common()), conlleval)


def compare(actual: Counts, known: Counts) -> tuple[str, ...]:
    """Every count that is not the known one, in words; what nobody has counted is not compared."""
    pairs = [
        ("sentences", actual.sentences, known.sentences),
        ("tokens", actual.tokens, known.tokens),
        ("entities", actual.entities, known.entities),
        ("entities read as conlleval does", actual.conlleval, known.conlleval),
    ]
    if known.per_type is not None:
        found = actual.per_type or {}
        types = dict.fromkeys((*known.per_type, *found))
        pairs += [(f"{type_} entities", found.get(type_, 0), known.per_type.get(type_, 0)) for type_ in types]
    return tuple(f"{found} {kind}, expected {expected}" for kind, found, expected in pairs if expected not in (None, found))
