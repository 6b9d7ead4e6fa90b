"""The catalogue: which files a dataset's name stands for, what they hold, and where they are published."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cnerkit.errors import UsageError

PUBLISHED = "https://raw.githubusercontent.com"
"""Where every file is published as ``<repository>/<commit>/<path>``."""

ARCHIVES = "https://codeload.github.com"
"""Where every repository is published as ``<repository>/tar.gz/<commit>``."""

_FOLDER = Path(__file__).with_name("datasets")
_PLAIN_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder in a public repository at one commit."""

    repository: str
    commit: str
    path: str

    def url(self, root: str | None = None) -> str:
        """The file's address where it is published, or below another root, with the path percent-encoded."""
        return f"{(root or PUBLISHED).rstrip('/')}/{self.repository}/{self.commit}/{quote(self.path)}"

    def archive_url(self, root: str | None = None) -> str:
        """The address of the whole repository, packed, where it is published or below another root."""
        if root is None:
            return f"{ARCHIVES}/{self.repository}/tar.gz/{self.commit}"
        return f"{root.rstrip('/')}/{self.repository}/{self.commit}.tar.gz"


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a file's or folder's published bytes from any others; None where it is not known.

    A file has a SHA-256 and the id that git gives to its content; a folder has the id that git gives to it, and a number of
    files. ``bytes`` of a folder are those of all its files.
    """

    sha256: str | None = None
    bytes: int | None = None
    git_blob_sha1: str | None = None
    git_tree_sha1: str | None = None
    files: int | None = None

    @property
    def is_known(self) -> bool:
        """True when there is a hash to check against."""
        return bool(self.sha256 or self.git_blob_sha1 or self.git_tree_sha1)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a split holds; None where nobody has counted.

    Attributes:
        sentences: None where the texts are whole documents.
        documents: None where nothing tells which sentences belong together.
        tokens: Words where the corpus comes in words, else characters.
        entities: Read with the dataset's documented repair and types; the same one twice is one.
        per_type: ``entities`` by type.
        conlleval: Entities when an orphan inside tag opens one; None for formats without tags.
        nested: Pairs of entities of which one lies within the other, from its first token to its last, and is shorter.
        discontinuous: Entities of several fragments.
    """

    sentences: int | None = None
    documents: int | None = None
    tokens: int | None = None
    entities: int | None = None
    per_type: Mapping[str, int] | None = None
    conlleval: int | None = None
    nested: int | None = None
    discontinuous: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A file or a folder as it is published: where it lies in the dataset's folder, what it is told by, where to get it."""

    path: str
    identity: Identity
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        _refuse_unsafe(self.path)

    @property
    def is_folder(self) -> bool:
        """True for a folder, which may lie there packed as well."""
        return self.identity.git_tree_sha1 is not None

    @property
    def is_gzip(self) -> bool:
        """True for a file that is published packed, so that its size and hashes are those of what it is packed in."""
        return self.path.endswith((".gz", ".tgz"))

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Split:
    """One split of a dataset: what it is read from, and what it holds.

    Attributes:
        file: A file, an archive or a folder; several splits may share it.
        counts: What the split holds.
        member: Which files of an archive or a folder belong to the split, with ``*`` for anything and ``{one,other}`` for a
            choice; empty for a plain file.
        articles: The list of the documents that belong to the split, by id; None when all do.
        part: Which of the file's sentences belong to the split: from which place on (from 0), before which one (None for all
            that follow), and every how many; None for all.
    """

    file: Published
    counts: Counts
    member: str = ""
    articles: Published | None = None
    part: tuple[int, int | None, int] | None = None

    @property
    def files(self) -> tuple[Published, ...]:
        """All that the split is read from."""
        return (self.file,) if self.articles is None else (self.file, self.articles)


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """A file that is known in the wild, though no name of the catalogue stands for it."""

    title: str
    identity: Identity
    counts: Counts


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a name of the catalogue stands for.

    Attributes:
        name: What users call it.
        title: What it is, in a few words.
        format: Of its files.
        licence: What is known of its terms.
        note: What a user should know before using it.
        types: Every type of entity, after ``types_map``.
        splits: By name; ``all`` where nobody has published a division.
        folder: Where its files lie within a folder of datasets.
        scheme: Of its tags; None for a format without.
        repair: The documented choice that gives the published counts.
        reading: How its files are read besides, by the names that ``ReadOptions`` has for it.
        types_map: Types of the files, or their beginnings with ``*``, and what they stand for; nothing for those left out.
        hierarchy_separator: What parts the levels of types that are paths.
        remark: What to say beside every score, when the splits are not those that papers score.
        mistaken_for: Another corpus, whose name copies of this one go by.
        other_versions: Files that are known in the wild.
        packaged: True when it comes with the toolkit.
        own_copy: True when its terms are for each user to accept: nothing is downloaded.
    """

    name: str
    title: str
    format: str
    licence: str
    note: str
    types: tuple[str, ...]
    splits: Mapping[str, Split]
    folder: str
    scheme: str | None = None
    repair: str = "strict"
    reading: Mapping[str, Any] = field(default_factory=dict)
    types_map: Mapping[str, str] = field(default_factory=dict)
    hierarchy_separator: str | None = None
    remark: str = ""
    mistaken_for: str = ""
    other_versions: tuple[OtherVersion, ...] = ()
    packaged: bool = False
    own_copy: bool = False

    def __post_init__(self) -> None:
        _refuse_unsafe(self.folder)

    def split(self, name: str) -> Split:
        """A split by its name.

        Raises:
            UsageError: The dataset has no such split.
        """
        if name not in self.splits:
            hint = "; a recipe can take dev from another split with data.dev_from" if name == "dev" else ""
            raise UsageError(f"{self.name} has no {name} split", fix=f"choose from {', '.join(self.splits)}{hint}")
        return self.splits[name]

    def called(self, split: str) -> str:
        """What messages call a split: ``weibo train``, or the dataset's name alone when it has no other."""
        return f"{self.name} {split}" if len(self.splits) > 1 else self.name

    @property
    def files(self) -> tuple[Published, ...]:
        """Every file and folder that any split is read from, once."""
        return tuple({file.path: file for split in self.splits.values() for file in split.files}.values())


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
    """Every file and folder that can be recognised: those of the catalogue, called by dataset and split, then others."""
    datasets = [find(name) for name in names()]
    for dataset in datasets:
        if not dataset.remark:  # else its files are those of another dataset, divided in another way
            yield from _own_versions(dataset)
    for dataset in datasets:
        yield from dataset.other_versions


def _own_versions(dataset: Dataset) -> Iterator[OtherVersion]:
    mistaken = f", which some projects call {dataset.mistaken_for}" if dataset.mistaken_for else ""
    alone = {}
    for file in dataset.files:
        splits = [name for name, split in dataset.splits.items() if split.file == file]
        if len(splits) == 1:
            alone[splits[0]] = file.identity
        else:
            yield OtherVersion(f"{file.name} of {dataset.name}", file.identity, Counts())
    for name, split in dataset.splits.items():
        yield OtherVersion(f"{dataset.called(name)}{mistaken}", alone.get(name, Identity()), split.counts)


def _advice(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}? `cnerkit data list` shows all"
    return f"choose from {', '.join(known)}, or give the path of a file"


def _dataset(entry: dict[str, Any]) -> Dataset:
    files = {path: _published(path, file) for path, file in entry.pop("files").items()}
    splits = {name: _split(split, files) for name, split in entry.pop("splits").items()}
    versions = tuple(
        OtherVersion(version["title"], _identity(version), _counts(version)) for version in entry.pop("other_versions", ())
    )
    types, folder = tuple(entry.pop("types")), entry.pop("folder", entry["name"])
    return Dataset(types=types, splits=splits, folder=folder, other_versions=versions, **entry)


def _published(path: str, entry: dict[str, Any]) -> Published:
    return Published(path, _identity(entry), tuple(Source(**source) for source in entry.get("sources", ())))


def _split(entry: dict[str, Any], files: Mapping[str, Published]) -> Split:
    articles = files[entry["articles"]] if "articles" in entry else None
    part = tuple(entry["part"]) if "part" in entry else None
    return Split(files[entry["file"]], _counts(entry), entry.get("member", ""), articles, part)


def _identity(entry: dict[str, Any]) -> Identity:
    known = ("sha256", "bytes", "git_blob_sha1", "git_tree_sha1", "files")
    return Identity(**{key: entry[key] for key in known if key in entry})


def _counts(entry: dict[str, Any]) -> Counts:
    return Counts(**entry.get("counts", {}))


def _refuse_unsafe(path: str) -> None:
    if not all(_PLAIN_NAME.fullmatch(part) for part in path.split("/")):
        raise ValueError(f"{path!r} is not a plain path, and could lead out of its folder")
