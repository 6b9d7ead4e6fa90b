"""Several files as the splits of one corpus: those of a dataset of the catalogue, or those that a user names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cnerkit.corpora.catalogue import find, names
from cnerkit.errors import MissingError, UsageError
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import Reading
from cnerkit.workflows.sources import Part, Source, find_source

TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user asks to look at.

    Attributes:
        sources: Datasets' names and paths, or ``-``; at least one.
        split: Only this split of a dataset.
        read: How to read them, as far as the user says.
        data_dir: A folder with one sub-folder per dataset, looked into first.
    """

    sources: Sequence[str]
    split: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class SplitParts:
    """The files to look at.

    Attributes:
        parts: By split; the one that is learnt from comes first.
        train: Which one that is; None when there is none.
        datasets: The datasets of the catalogue among them.
        hierarchy_separator: What parts the levels of types that are known to be paths.
        notes: What a person should know.
    """

    parts: Mapping[str, Part]
    train: str | None
    datasets: frozenset[str]
    hierarchy_separator: str | None
    notes: tuple[str, ...]


def find_parts(wanted: Wanted, stdin: BinaryIO | None = None) -> SplitParts:
    """The files that a user means, named by split.

    The splits of a dataset that cannot be had are left out with a note. Of several files, the only one with ``train`` in its
    name is the one to learn from, else the first.

    Raises:
        UsageError: A name is not known, or a file comes twice.
        MissingError: A file is not there, or no split of a dataset is.
    """
    notes: list[str] = []
    sources = [_source(word, wanted, stdin, notes) for word in wanted.sources]
    named = _named(sources)
    train = _train(named, is_dataset=len(sources) == 1 and sources[0].dataset is not None)
    if train is not None and len(named) > 1 and TRAIN not in train:
        notes.append(f"{train} is taken for train, being named first")
    parts = {train: named[train], **named} if train is not None else named
    datasets = [source.dataset for source in sources if source.dataset]
    separators = {dataset.hierarchy_separator for dataset in datasets}
    separator = separators.pop() if len(separators) == 1 and len(datasets) == len(sources) else None
    return SplitParts(parts, train, frozenset(dataset.name for dataset in datasets), separator, tuple(notes))


def describe_source(split: str, reading: Reading) -> str:
    """What a file was read as, and why."""
    how = f"{reading.format}, {reading.scheme}" if reading.scheme else reading.format
    evidence = f" ({'; '.join(reading.evidence)})" if reading.evidence else ""
    return f"{split}: {reading.name} read as {how}{evidence}" if split != reading.name else f"{split} read as {how}{evidence}"


def _source(word: str, wanted: Wanted, stdin: BinaryIO | None, notes: list[str]) -> Source:
    try:
        return find_source(word, split=wanted.split, asked=wanted.read, data_dir=wanted.data_dir, stdin=stdin)
    except MissingError as error:
        source = _what_is_there(word, wanted, notes) if wanted.split is None else None
        if source is None:
            raise error from error
        return source


def _what_is_there(word: str, wanted: Wanted, notes: list[str]) -> Source | None:
    """A dataset with those of its splits that can be had; None when none can, or it is no dataset."""
    if word not in names():
        return None
    parts: dict[str, Part] = {}
    for split in find(word).splits:
        try:
            parts |= find_source(word, split=split, asked=wanted.read, data_dir=wanted.data_dir).parts
        except MissingError:
            notes.append(f"{word} {split} is not here and is left out; `cnerkit data get {word}` says how to get it")
    return Source(word, find(word), parts) if parts else None


def _named(sources: Sequence[Source]) -> dict[str, Part]:
    """The parts under the shortest names that tell them apart."""
    if len(sources) == 1 and sources[0].dataset:
        return dict(sources[0].parts)
    found = [
        (f"{source.name} {split}" if source.dataset else _file_name(part), part)
        for source in sources
        for split, part in source.parts.items()
    ]
    short = [name for name, _ in found]
    named: dict[str, Part] = {}
    for name, part in found:
        unique = name if short.count(name) == 1 else part.name
        if unique in named:
            raise UsageError(f"{part.name} is named twice", fix="name each file once")
        named[unique] = part
    return named


def _file_name(part: Part) -> str:
    return part.source.name if isinstance(part.source, Path) else part.name


def _train(names: Mapping[str, Part], *, is_dataset: bool) -> str | None:
    if is_dataset:
        return TRAIN if TRAIN in names else None
    likely = [name for name in names if TRAIN in name.lower()]
    return likely[0] if len(likely) == 1 else next(iter(names))
