"""The catalogue: which files a dataset's name stands for, what they hold, and where they are published."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cnerkit.errors import UsageError

PUBLISHED = "https://raw.githubusercontent.com"
"""Where every source is published as ``<repository>/<commit>/<path>``."""

_FOLDER = Path(__file__).with_name("datasets")
_PLAIN_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Source:
    """A file in a public repository at one commit."""

    repository: str
    commit: str
    path: str

    def url(self, root: str | None = None) -> str:
        """The file's address where it is published, or below another root, with the path percent-encoded."""
        return f"{(root or PUBLISHED).rstrip('/')}/{self.repository}/{self.commit}/{quote(self.path)}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a file's published bytes from any others; None where it is not known."""

    sha256: str | None = None
    bytes: int | None = None
    git_blob_sha1: str | None = None

    @property
    def is_known(self) -> bool:
        """True when there is a hash to check against."""
        return bool(self.sha256 or self.git_blob_sha1)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a file holds; None where nobody has counted.

    ``entities`` and ``per_type`` are read with the dataset's documented repair, ``conlleval`` is the number of entities when an
    orphan inside tag opens one.
    """

    sentences: int | None = None
    tokens: int | None = None
    entities: int | None = None
    per_type: Mapping[str, int] | None = None
    conlleval: int | None = None


@dataclass(frozen=True, slots=True)
class SplitFile:
    """One split of a dataset: a file, what tells it from others, where to get it and what it holds."""

    file: str
    identity: Identity
    sources: tuple[Source, ...]
    counts: Counts

    def __post_init__(self) -> None:
        if not _PLAIN_NAME.fullmatch(self.file):
            raise ValueError(f"{self.file!r} is not a plain file name, and could be written outside its folder")


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """A file that is known in the wild, though no name of the catalogue stands for it."""

    title: str
    identity: Identity
    counts: Counts


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a name of the catalogue stands for.

    ``scheme`` is None for a format without tags. ``repair`` is the documented choice that gives the published counts.
    ``hierarchy_separator`` parts the levels of types that are paths. ``packaged`` datasets come with the toolkit; any other
    whose splits have no source is a user's own copy.
    """

    name: str
    title: str
    format: str
    scheme: str | None
    repair: str
    types: tuple[str, ...]
    hierarchy_separator: str | None
    licence: str
    note: str
    splits: Mapping[str, SplitFile]
    other_versions: tuple[OtherVersion, ...] = ()
    packaged: bool = False
    empty_tag: str = ""
    """What an empty tag stands for, where some are known to be empty."""
    join_surrogates: bool = False
    """True where an emoji is known to stand on two lines, half a surrogate pair on each."""

    def split(self, name: str) -> SplitFile:
        """The file of a split.

        Raises:
            UsageError: The dataset has no such split.
        """
        if name not in self.splits:
            hint = "; a recipe can take dev from another split with data.dev_from" if name == "dev" else ""
            raise UsageError(f"{self.name} has no {name} split", fix=f"choose from {', '.join(self.splits)}{hint}")
        return self.splits[name]


def names() -> list[str]:
    """Every name of the catalogue, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def find(name: str) -> Dataset:
    """What a name stands for.

    Raises:
        UsageError: The catalogue has no such name; the nearest ones are in the message.
    """
    known = names()
    if name not in known:
        raise UsageError(f"no dataset is called {name!r}", fix=_advice(name, known))
    return _dataset(json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def every_version() -> Iterator[OtherVersion]:
    """Every file that can be recognised: the splits of the catalogue, called by dataset and split, then those in the wild."""
    datasets = [find(name) for name in names()]
    for dataset in datasets:
        for split, file in dataset.splits.items():
            yield OtherVersion(f"{dataset.name} {split}", file.identity, file.counts)
    for dataset in datasets:
        yield from dataset.other_versions


def _advice(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}? `cnerkit data list` shows all"
    return f"choose from {', '.join(known)}, or give the path of a file"


def _dataset(entry: dict[str, Any]) -> Dataset:
    entry["types"] = tuple(entry["types"])
    entry["splits"] = {name: _split_file(split) for name, split in entry["splits"].items()}
    entry["other_versions"] = tuple(
        OtherVersion(version["title"], _identity(version), _counts(version)) for version in entry.get("other_versions", ())
    )
    return Dataset(**entry)


def _split_file(entry: dict[str, Any]) -> SplitFile:
    sources = tuple(Source(**source) for source in entry.get("sources", ()))
    return SplitFile(entry["file"], _identity(entry), sources, _counts(entry))


def _identity(entry: dict[str, Any]) -> Identity:
    return Identity(entry.get("sha256"), entry.get("bytes"), entry.get("git_blob_sha1"))


def _counts(entry: dict[str, Any]) -> Counts:
    return Counts(**entry.get("counts", {}))
