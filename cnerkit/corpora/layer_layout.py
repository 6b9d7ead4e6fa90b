"""Which columns of a file hold the tags of nested entities, level by level, told from its first lines; never a guess."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from cnerkit.corpora.columns import DOCUMENT_START, Layout

_TAG = re.compile(r"O|[A-Z]-\S.*")
_NUMBER = re.compile("[0-9]{1,9}")
_HEADER = "#"
_MOST = 0.98

Rows = Sequence[Sequence[str]]
Stretch = tuple[int, tuple[str, ...]]
"""The line at which a longest run of tags that are not O begins, and these tags."""


def layered_layout(
    lines: Sequence[str], columns: Sequence[int] | None = None, *, known: bool = False
) -> tuple[Layout, str] | None:
    """How the lines of a file with a column of tags for each level of nesting are made, and what that was recognised by.

    Several columns of tags are levels when they are all that follows the token, share their types, lie within one another and
    never repeat one another. Chunks beside entities share no types; gold tags beside predicted ones repeat one another.

    Args:
        lines: The first lines of the file, with or without the empty ones.
        columns: The places of the token and its tags, from 0, when they are known; then only the rest is looked for.
        known: True when the file is in layers in any case, so that all columns of tags are levels.

    Returns:
        None when it cannot be told, or when the columns that are asked for are not there.
    """
    separator = "\t" if sum("\t" in line for line in lines) * 2 > sum(map(bool, lines)) else " "
    every = [[field.text for field in Layout(separator).fields(line)] for line in lines if line]
    rows = _usual([row for row in every if row[0] not in (DOCUMENT_START, _HEADER)])
    header = _HEADER if _is_numbered(rows) else ""
    token, *tags = columns if columns is not None else _columns(rows, token=1 if header else 0)
    n_columns = len(rows[0]) if rows else 0
    if not tags or max(token, *tags) >= n_columns:
        return None
    layout = Layout(separator, n_columns, token, tags[0], more_tags=tuple(tags[1:]), header=header)
    if columns is not None or known:
        return layout, layout.describe()
    nested = _nested_lines(rows, layout)
    return (layout, f"{layout.describe()}; entities of the same types nest in {nested} lines") if nested else None


def _usual(rows: Rows) -> Rows:
    """The rows with as many columns as most have."""
    usual = Counter(map(len, rows)).most_common(1)
    return [row for row in rows if len(row) == usual[0][0]]


def _is_numbered(rows: Rows) -> bool:
    """True when the first column counts the tokens of each sentence from 1, and the second one holds no tags."""
    if not rows or len(rows[0]) < 3 or _holds_tags(rows, 1):
        return False
    numbers = [int(row[0]) if _NUMBER.fullmatch(row[0]) else -1 for row in rows]
    counting = sum(after in (1, before + 1) for before, after in pairwise([0, *numbers]))
    return counting >= len(rows) * _MOST


def _columns(rows: Rows, token: int) -> list[int]:
    """The place of the token, and those behind it that hold tags."""
    n_columns = len(rows[0]) if rows else 0
    return [token, *(place for place in range(token + 1, n_columns) if _holds_tags(rows, place))]


def _holds_tags(rows: Rows, place: int) -> bool:
    counts = Counter(row[place] for row in rows)
    return sum(count for text, count in counts.items() if _TAG.fullmatch(text)) >= len(rows) * _MOST


def _nested_lines(rows: Rows, layout: Layout) -> int:
    """How many tokens have several tags; 0 when the columns of tags are no levels of nesting, or cannot be told to be."""
    left_over = set(range(layout.n_columns)) - {*layout.tags, layout.token} - ({0} if layout.header else set())
    if any(row[place] for row in rows for place in left_over):
        return 0
    uncut = _uncut(rows, layout)
    columns = [[row[place] for row in uncut] for place in layout.tags]
    types, seen = set[str](), set[Stretch]()
    for below, tags in pairwise(columns):
        types |= {_type(tag) for tag in set(below) - {"O"}}
        seen |= set(_stretches(below))
        if not _is_level(tags, below, types, seen):
            return 0
    return sum(below != "O" != tag for below, tag in zip(*columns[:2], strict=True)) if len(columns) > 1 else 0


def _uncut(rows: Rows, layout: Layout) -> Rows:
    """The rows up to the last one outside of entities: of the entities behind it, these first lines may have a part only."""
    outside = (at for at in range(len(rows), 0, -1) if all(rows[at - 1][place] == "O" for place in layout.tags))
    return rows[: next(outside, 0)]


def _is_level(tags: Sequence[str], below: Sequence[str], types: set[str], seen: set[Stretch]) -> bool:
    """True when a column of tags holds another level of the entities in those before it.

    Args:
        tags: The column.
        below: The one before it.
        types: What the entities of all before it are.
        seen: Their stretches.
    """
    counts = Counter(_type(tag) for tag in tags if tag != "O")
    if sum(counts[type_] for type_ in types) * 2 < counts.total():
        return False
    stretches = list(_stretches(tags))
    beside = sum(any(tag != "O" for tag in below[start : start + len(found)]) for start, found in stretches)
    return beside >= len(stretches) * _MOST and seen.isdisjoint(stretches)


def _type(tag: str) -> str:
    return tag.partition("-")[2]


def _stretches(tags: Sequence[str]) -> Iterator[Stretch]:
    at = 0
    for outside, group in groupby(tags, key="O".__eq__):
        found = tuple(group)
        if not outside:
            yield at, found
        at += len(found)
