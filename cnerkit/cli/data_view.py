"""What ``cnerkit data`` shows: datasets as tables for people and as JSON for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cnerkit.cli import console, tables

if TYPE_CHECKING:
    from cnerkit.corpora.catalogue import Counts, Dataset, Identity, Published
    from cnerkit.workflows.data import Holding, Verified

_SPLITS = ("train", "dev", "test", "all")
_COUNTS = {
    "sentences": "sentences",
    "documents": "documents",
    "tokens": "tokens",
    "entities": "entities",
    "conlleval": "conlleval",
    "nested": "nested",
    "discontinuous": "split up",
}
"""The counts of a split, and the heads of their columns."""


def show_list(holdings: Sequence["Holding"]) -> None:
    """One row for each dataset: how many texts its splits have, and which of them are here."""
    rows = []
    for holding in holdings:
        dataset = holding.dataset
        texts = [_number(_texts(dataset.splits[split].counts)) if split in dataset.splits else "-" for split in _SPLITS]
        rows.append([dataset.name, *texts, _here(holding), dataset.title])
    tables.show(("name", *(f">{split}" for split in _SPLITS), "here", "title"), rows)
    documents = [holding.dataset.name for holding in holdings if _in_documents(holding.dataset)]
    console.note(f"The numbers are sentences, and documents of {', '.join(documents)}.")


def show_dataset(holding: "Holding") -> None:
    """All that is known of a dataset: facts, files, and counts per split and type."""
    from rich.table import Table
    from rich.text import Text

    dataset, out = holding.dataset, console.stdout()
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column()
    facts.add_column(overflow="fold")
    for fact, value in (*_facts(dataset), *_files(holding)):
        if value:
            facts.add_row(fact, Text(value))
    out.print(facts)
    out.print()
    show_counts((name, split.counts, ()) for name, split in dataset.splits.items())
    if any(split.counts.per_type for split in dataset.splits.values()):
        out.print()
        tables.show(("type", *(f">{split}" for split in dataset.splits)), _types(dataset))


def show_counts(rows: Iterable[tuple[str, "Counts | None", Sequence[str]]], *more: str) -> None:
    """A table of splits and what they hold, without the kinds of counts that are unknown or 0 in all.

    Args:
        rows: For each split its name, its counts, and cells for further columns.
        more: The names of those columns.
    """
    from cnerkit.corpora.catalogue import Counts

    found = [(name, asdict(counts or Counts()), cells) for name, counts, cells in rows]
    kinds = [kind for kind in _COUNTS if any(counts[kind] for _, counts, _ in found)]
    columns = ("split", *(f">{_COUNTS[kind]}" for kind in kinds), *more)
    tables.show(columns, [[name, *(_number(counts[kind]) for kind in kinds), *cells] for name, counts, cells in found])


def show_verdicts(found: Sequence["Verified"]) -> None:
    """What was found when splits were checked, and below it every problem with the splits that have it."""
    show_counts(((each.split, each.counts, (_in_a_word(each),)) for each in found), "verdict")
    splits: dict[str, list[str]] = {}
    for each in found:
        for problem in each.problems:
            splits.setdefault(problem, []).append(each.split)
    for problem, having in splits.items():
        typer.echo(f"{', '.join(having)}: {problem}")


def summary(holding: "Holding") -> dict[str, Any]:
    """A dataset's row of the list, for programs."""
    dataset = holding.dataset
    return {
        "name": dataset.name,
        "title": dataset.title,
        "types": len(dataset.types),
        "splits": {
            name: {
                "sentences": split.counts.sentences,
                "documents": split.counts.documents,
                "path": _path(holding.path(name)),
            }
            for name, split in dataset.splits.items()
        },
    }


def everything(holding: "Holding") -> dict[str, Any]:
    """All that is known of a dataset, for programs."""
    from cnerkit.workflows.data import levels

    dataset = holding.dataset
    return asdict(dataset) | {
        "levels": [asdict(level) for level in levels(dataset)],
        "splits": {
            name: asdict(split)
            | {
                "file": _file(holding, split.file),
                "articles": None if split.articles is None else _file(holding, split.articles),
            }
            for name, split in dataset.splits.items()
        },
    }


def verdict(verified: "Verified") -> dict[str, Any]:
    """What was found when a split was checked, for programs."""
    return asdict(verified) | {"path": _path(verified.path)}


def _file(holding: "Holding", file: "Published") -> dict[str, Any]:
    urls = [source.archive_url() if file.is_folder else source.url() for source in file.sources]
    return asdict(file) | {"urls": urls, "here": _path(holding.paths[file.path])}


def _facts(dataset: "Dataset") -> list[tuple[str, str]]:
    """What is said of a dataset as a whole; nothing where there is nothing to say."""
    tags = f" with {dataset.scheme} tags, --repair {dataset.repair}" if dataset.scheme else ""
    counted = any(split.counts.per_type for split in dataset.splits.values())
    mapped = ", ".join(f"{old} → {new}" if new else f"{old} left out" for old, new in dataset.types_map.items())
    sources = dict.fromkeys(f"{source.repository} @ {source.commit}" for file in dataset.files for source in file.sources)
    own = "your own copy" if dataset.own_copy else "part of cnerkit" if dataset.packaged else ""
    return [
        ("name", dataset.name),
        ("title", dataset.title),
        ("licence", dataset.licence),
        ("format", f"{dataset.format}{tags}"),
        ("read with", ", ".join(f"{option}: {value}" for option, value in dataset.reading.items())),
        ("types", "" if counted else " ".join(dataset.types)),
        ("in its files", mapped),
        ("hierarchy", _hierarchy(dataset)),
        ("source", "\n".join(filter(None, (own, *sources)))),
        ("elsewhere", f"copies of it go by the name of {dataset.mistaken_for}" if dataset.mistaken_for else ""),
        ("other versions", "\n".join(version.title for version in dataset.other_versions)),
        ("note", dataset.note),
    ]


def _hierarchy(dataset: "Dataset") -> str:
    from cnerkit.workflows.data import levels

    if not dataset.hierarchy_separator:
        return ""
    depths = [f"{level.names} names at level {level.depth} ({level.types} end there)" for level in levels(dataset)]
    return f"types are paths parted by {dataset.hierarchy_separator}: {', '.join(depths)}"


def _files(holding: "Holding") -> list[tuple[str, str]]:
    """Each file or folder with the splits that need it, its place where it is published and here, and its hash."""
    dataset, rows = holding.dataset, []
    for file in dataset.files:
        users = [name for name, split in dataset.splits.items() if file in split.files]
        needed = users[0] if len(users) == 1 else "every split"
        published = dict.fromkeys(source.path for source in file.sources[:1])
        members = dict.fromkeys(split.member for split in dataset.splits.values() if split.file == file and split.member)
        here = _path(holding.paths[file.path]) or f"{file.path}: not here"
        lines = (*published, ", ".join(members), here, _identity(file.identity))
        rows.append((needed, "\n".join(filter(None, lines))))
    return rows


def _identity(identity: "Identity") -> str:
    files = f"{identity.files} files, " if identity.files else ""
    size = f"{identity.bytes} bytes, " if identity.bytes else ""
    if not identity.is_known:
        return ""
    if identity.sha256:
        return f"{size}sha256 {identity.sha256[:12]}"
    return f"{files}{size}git {(identity.git_tree_sha1 or identity.git_blob_sha1 or '')[:12]}"


def _types(dataset: "Dataset") -> list[list[str]]:
    known = [split.counts.per_type for split in dataset.splits.values()]
    return [[type_, *("-" if counts is None else str(counts.get(type_, 0)) for counts in known)] for type_ in dataset.types]


def _in_a_word(verified: "Verified") -> str:
    if verified.path is None:
        return "not here"
    return "not as published" if verified.problems else "as published"


def _here(holding: "Holding") -> str:
    splits = list(holding.dataset.splits)
    here = [split for split in splits if holding.path(split)]
    return "all" if here == splits else " ".join(here) or "no"


def _texts(counts: "Counts") -> int | None:
    return counts.documents if counts.sentences is None else counts.sentences


def _in_documents(dataset: "Dataset") -> bool:
    return any(split.counts.sentences is None and split.counts.documents for split in dataset.splits.values())


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)
