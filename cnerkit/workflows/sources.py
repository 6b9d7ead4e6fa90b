"""What a user names as the source of sentences: a dataset of the catalogue, a file, or stdin."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import BinaryIO

from cnerkit.corpora.catalogue import Dataset, find, names
from cnerkit.errors import MissingError, UsageError
from cnerkit.workflows.read_options import ReadOptions

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Part:
    """A file to read: how messages call it, and what the ids of its sentences begin with."""

    source: Path | BinaryIO
    options: ReadOptions
    name: str
    ids: str


@dataclass(frozen=True, slots=True)
class Source:
    """The files that a user's word stands for.

    Attributes:
        name: The dataset's, or the file's without its suffixes.
        dataset: What the catalogue knows; None for files.
        parts: By split in the order of the catalogue; a single part without a split for a file.
    """

    name: str
    dataset: Dataset | None
    parts: Mapping[str, Part]


def find_source(
    word: str,
    *,
    split: str | None = None,
    asked: ReadOptions | None = None,
    data_dir: Path | None = None,
    stdin: BinaryIO | None = None,
) -> Source:
    """The files that a word stands for; those of a dataset are downloaded when they are nowhere.

    A name of the catalogue stands for the dataset even when there is a file of that name, which is then ``./name``.

    Args:
        word: A dataset's name, a path, or ``-``.
        split: Only this split of a dataset.
        asked: How to read, as far as the user says; it goes before what the catalogue says.
        data_dir: A folder with one sub-folder per dataset, looked into first.
        stdin: Where ``-`` is read from.

    Raises:
        UsageError: The word stands for nothing, the dataset has no such split, or a file is asked for a split.
        MissingError: A file is not there.
    """
    asked = asked or ReadOptions()
    if word in names():
        dataset = find(word)
        splits = [split] if split is not None else list(dataset.splits)
        parts = {each: _part(dataset, each, asked, data_dir) for each in splits}
        return Source(word, dataset, parts)
    if split is not None:
        raise UsageError(f"--split {split} is for datasets of the catalogue, and {word!r} is not one", fix="leave --split out")
    if word == STDIN and stdin is not None:
        return Source("stdin", None, {"": Part(stdin, asked, "stdin", "stdin")})
    path = Path(word)
    if not path.exists():
        if path.name == word and not path.suffix:
            find(word)  # raises the error that has the nearest names
        raise MissingError("there is no such file", where=word, fix="check the path; `cnerkit data list` shows the datasets")
    return Source(stem(path), None, {"": file_part(path, asked)})


def file_part(path: Path, options: ReadOptions, ids: str | None = None) -> Part:
    """A file of the user's own."""
    return Part(path, options, str(path), ids or stem(path))


def stem(path: Path) -> str:
    """A file's name without its suffixes."""
    return path.name.lstrip(".").split(".")[0] or path.name


def _part(dataset: Dataset, split: str, asked: ReadOptions, data_dir: Path | None) -> Part:
    from cnerkit.corpora.download import locate
    from cnerkit.workflows.catalogued import split_options

    path = locate(dataset, split, data_dir=data_dir)
    return Part(path, overlaid(split_options(dataset, split, path, data_dir=data_dir), asked), str(path), split)


def overlaid(known: ReadOptions, asked: ReadOptions) -> ReadOptions:
    """What is known of a dataset, where the user says nothing else."""
    said = {field.name: getattr(asked, field.name) for field in fields(asked)}
    usual = ReadOptions()
    said = {name: value for name, value in said.items() if value != getattr(usual, name)}
    for parts in {"hints", "division"} & set(said):
        further = {name: value for name, value in asdict(said[parts]).items() if value is not None}
        said[parts] = replace(getattr(known, parts), **further)
    return replace(known, **said)
