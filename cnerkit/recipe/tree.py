"""A recipe as it was written: plain values, each with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Key = str | int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written.

    Attributes:
        source: A file, an option of the command line, or a checkpoint.
        line: Counted from 1; None where there are no lines.
        column: Counted from 1.
        folder: Where relative paths written there start; None when they are left as they are.
    """

    source: str
    line: int | None = None
    column: int | None = None
    folder: Path | None = None

    def __str__(self) -> str:
        return self.short if self.column is None else f"{self.short}:{self.column}"

    @property
    def short(self) -> str:
        """``source:line``."""
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a recipe; mistakes sort as a reader of the files meets them."""

    what: str
    place: Place
    fix: str

    @property
    def order(self) -> tuple[str, int, int]:
        """Source, line and column."""
        return self.place.source, self.place.line or 0, self.place.column or 0


KIND = "kind"
"""The key that says which declaration a section follows."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value, where it was written, and as what.

    Attributes:
        value: Text, a number, true, false or None; or mapping or sequence of further written values.
        place: Where the value starts.
        text: A scalar as it was written, for quoting; empty for the others.
        key_place: Where its key starts, when it stands in a mapping.
    """

    value: "str | int | float | bool | Mapping[str, Written] | tuple[Written, ...] | None"
    place: Place
    text: str = ""
    key_place: Place | None = None

    @property
    def entries(self) -> "Mapping[str, Written]":
        """What a mapping holds; nothing for any other value."""
        return self.value if isinstance(self.value, Mapping) else {}

    def at(self, keys: tuple[Key, ...]) -> "Written":
        """The value under the keys, or the deepest one there is; keys that lead nowhere are skipped."""
        here = self
        for key in keys:
            here = here.child(key) or here
        return here

    def path(self, keys: tuple[Key, ...]) -> tuple[Key, ...]:
        """The keys without those that lead nowhere."""
        here, found = self, []
        for key in keys:
            child = here.child(key)
            if child is not None:
                here = child
                found.append(key)
        return tuple(found)

    def child(self, key: Key) -> "Written | None":
        """What is directly under a key or a place in a sequence; None when there is nothing."""
        if isinstance(self.value, Mapping):
            return self.value.get(str(key))
        if isinstance(self.value, tuple) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None


def plain(written: Written) -> Any:
    """The value without its places: scalars, dictionaries and lists."""
    if isinstance(written.value, Mapping):
        return {key: plain(value) for key, value in written.value.items()}
    if isinstance(written.value, tuple):
        return [plain(item) for item in written.value]
    return written.value


def merged(below: Written, above: Written) -> Written:
    """``above`` laid over ``below``: mappings merge, everything else replaces, and so does a mapping of another ``kind``."""
    if not (isinstance(below.value, Mapping) and isinstance(above.value, Mapping)) or _are_of_two_kinds(below, above):
        return above
    entries = dict(below.value)
    for key, value in above.value.items():
        entries[key] = merged(entries[key], value) if key in entries else value
    return replace(above, value=entries)


def _are_of_two_kinds(below: Written, above: Written) -> bool:
    """What one kind of encoder is told means nothing to another."""
    kinds = {written.entries[KIND].text for written in (below, above) if KIND in written.entries}
    return len(kinds) == 2


def places(written: Written, key: str = "") -> Iterator[tuple[str, Place]]:
    """The dotted key and the place of everything below a value that is neither mapping nor sequence."""
    if isinstance(written.value, Mapping) and written.value:
        for name, value in written.value.items():
            yield from places(value, f"{key}.{name}" if key else name)
    elif isinstance(written.value, tuple) and written.value:
        for number, value in enumerate(written.value):
            yield from places(value, f"{key}.{number}")
    else:
        yield key, written.place
