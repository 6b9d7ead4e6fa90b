"""YAML text to a tree of written values. YAML 1.2 scalars, one document, no tags, no aliases, no code."""

import os
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from cnerkit.errors import RecipeError
from cnerkit.recipe.tree import Mistake, Place, Written

MOST_BYTES = 1_000_000
MOST_DEPTH = 20
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}|0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_file(path: Path, mistakes: list[Mistake]) -> Written:
    """The mapping that a recipe file holds.

    Mistakes that leave the rest readable (a key given twice, an alias, a tag) are added to ``mistakes``.

    Raises:
        RecipeError: The file cannot be read, is not UTF-8 text or not YAML, is empty, or holds no mapping.
    """
    text = decoded(path)
    top = read_text(text, Place(shown(path), 1, 1, path.absolute().parent), mistakes)
    if not isinstance(top.value, dict):
        what = f"a recipe holds keys and values, not {top.text[:40]!r}" if top.text else "the recipe is empty or a list"
        raise RecipeError(what, where=str(top.place), fix="begin with `extends:`, `data:` or `model:`")
    return top


def read_text(text: str, start: Place, mistakes: list[Mistake]) -> Written:
    """The value that a YAML text holds; nothing at all is None.

    Args:
        text: One YAML document.
        start: Its place; when that has no line, as on the command line, everything within it stands at the same place.
        mistakes: Where mistakes that leave the rest readable are added.

    Raises:
        RecipeError: It is not YAML.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        place = _place_in(text, unprintable.start(), start)
        raise RecipeError(
            f"the character {unprintable.group()!r} cannot stand in a recipe",
            where=str(place),
            fix="remove it, or save as UTF-8 text",
        )
    builder = _Builder(start, mistakes)
    try:
        return builder.document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, start) from error


def decoded(path: Path) -> str:
    """The text of a recipe file.

    Raises:
        RecipeError: It cannot be read, is far too big, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RecipeError(
            f"the recipe cannot be read: {error.strerror}", where=shown(path), fix="check the path and its permissions"
        ) from error
    if len(data) > MOST_BYTES:
        raise RecipeError(
            f"the file has more than {MOST_BYTES} bytes", where=shown(path), fix="this is no recipe; check the path"
        )
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise RecipeError("the recipe is UTF-16", where=f"{shown(path)}:1", fix="save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecipeError(
            f"the byte 0x{data[error.start]:02x} is not UTF-8", where=f"{shown(path)}:{line}", fix="save the recipe as UTF-8"
        ) from error


def shown(path: Path) -> str:
    """A path as messages show it: relative when it is below the working folder."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links and show a name nobody wrote
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def scalar(text: str) -> str | int | float | bool | None:
    """What a plain scalar stands for in YAML 1.2: ``1e-3`` is a number, ``NO`` and ``on`` are text."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


@dataclass
class _Builder:
    """Turns the parser's events into written values, one after the other and never deeper than ``MOST_DEPTH``."""

    start: Place
    mistakes: list[Mistake]
    events: Iterator[Any] = field(default_factory=lambda: iter(()))

    def document(self, events: Iterator[Any]) -> Written:
        """The one document of a stream."""
        self.events = events
        top: Written | None = None
        for event in self.events:
            if not isinstance(event, DocumentStartEvent):
                continue
            if top is not None:
                raise RecipeError("a second document begins", where=str(self.place(event)), fix="one file holds one recipe")
            top = self.value(next(self.events), depth=0)
        return top or Written(None, self.start)

    def value(self, event: Any, depth: int) -> Written:
        """The value that begins with an event."""
        place = self.place(event)
        if depth > MOST_DEPTH:
            raise RecipeError(
                f"values are nested more than {MOST_DEPTH} deep", where=str(place), fix="a recipe needs three levels"
            )
        if isinstance(event, AliasEvent):
            self.mistakes.append(
                Mistake(
                    f"*{event.anchor} repeats another value", place, "write the value out, or put it into a recipe to extend"
                )
            )
            return Written(None, place)
        if event.tag is not None:
            self.mistakes.append(Mistake(f"the tag {event.tag!r} is not part of recipes", place, "remove it; quotes make text"))
        if isinstance(event, MappingStartEvent):
            return Written(self.mapping(depth), place)
        if isinstance(event, SequenceStartEvent):
            return Written(tuple(self.items(depth)), place)
        found = scalar(event.value) if event.style in (None, "") and event.implicit[0] else event.value
        return Written(found, place, text=event.value)

    def items(self, depth: int) -> Iterator[Written]:
        """The values of a sequence up to its end."""
        while not isinstance(event := next(self.events), SequenceEndEvent):
            yield self.value(event, depth + 1)

    def mapping(self, depth: int) -> dict[str, Written]:
        """The entries of a mapping up to its end; keys are text as written."""
        entries: dict[str, Written] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key, key_place = self.key(event), self.place(event)
            found = self.value(next(self.events), depth + 1)
            if key in entries:
                first = entries[key].key_place
                self.mistakes.append(
                    Mistake(f"the key {key!r} is given twice", key_place, f"keep one; the first is at {first}")
                )
            entries[key] = Written(found.value, found.place, found.text, key_place)
        return entries

    def key(self, event: Any) -> str:
        """A key's text."""
        if isinstance(event, ScalarEvent):
            return str(event.value)
        raise RecipeError(
            "a key must be text", where=str(self.place(event)), fix="write `key: value`, and quote text that begins with [ or {"
        )

    def place(self, event: Any) -> Place:
        """Where an event starts."""
        if self.start.line is None:
            return self.start
        mark = event.start_mark
        return Place(self.start.source, mark.line + 1, mark.column + 1, self.start.folder)


def _place_in(text: str, offset: int, start: Place) -> Place:
    before = text[:offset]
    return Place(start.source, before.count("\n") + 1, offset - before.rfind("\n"), start.folder)


def _not_yaml(error: yaml.YAMLError, text: str, start: Place) -> RecipeError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    place = start if start.line is None else Place(start.source, line + 1, column + 1, start.folder)
    if "\t" in "".join(text.splitlines()[line : line + 1])[: column + 1]:
        return RecipeError("a tab cannot indent", where=str(place), fix="indent with spaces")
    problem = " ".join(filter(None, (getattr(error, "problem", None), getattr(error, "context", None)))) or str(error)
    begun = getattr(error, "context_mark", None)
    if begun and begun.line != line:
        problem += f" that begins at line {begun.line + 1}"
    return RecipeError(
        f"not YAML: {problem}",
        where=str(place),
        fix="check indentation and brackets, and quote text that holds `: ` or begins with a sign",
    )
