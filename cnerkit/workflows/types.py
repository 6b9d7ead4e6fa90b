"""Renaming, merging and dropping entity types, with every change counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnerkit.corpora.formats import nearest
from cnerkit.errors import MissingError, UsageError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.wording import counted


@dataclass(slots=True)
class TypeMap:
    """A mapping of entity types that counts what it meets.

    Attributes:
        mapping: Old type to new; several old may share a new one, and an empty new one drops the type. An old type that ends
            in ``*`` stands for all that begin so and are not named; of several such, the longest counts.
        seen: Entities that were met, by their old type.
        merged: Entities that fell together with another when their types became one.
    """

    mapping: Mapping[str, str]
    seen: Counter[str] = field(default_factory=Counter)
    merged: int = 0
    _named: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._named = dict(self.mapping)

    def apply(self, sentence: Sentence) -> Sentence:
        """The sentence with its types mapped; the same one when nothing changes."""
        if not sentence.entities:
            return sentence
        self.seen.update([entity.type for entity in sentence.entities])
        if all(self._new(entity.type) == entity.type for entity in sentence.entities):
            return sentence
        renamed = list(filter(None, map(self._renamed, sentence.entities)))
        kept = frozenset(renamed)
        self.merged += len(renamed) - len(kept)
        return replace(sentence, entities=kept)

    def changes(self) -> dict[str, tuple[str, int]]:
        """Each old type that was met and changed, with its new name (empty when dropped) and how many entities it had."""
        mapped = [old for old in self.seen if self._source(old) is not None]
        return {old: (self._new(old), self.seen[old]) for old in sorted(mapped, key=self._order)}

    def notes(self) -> list[str]:
        """What was changed, in words."""
        notes = [describe_change(old, new, count) for old, (new, count) in self.changes().items()]
        if self.merged:
            notes.append(f"{counted(self.merged, 'entity')} fell together with another of the same place when types became one")
        return notes

    def refuse_unknown(self, known: Iterable[str] = ()) -> None:
        """End the work when the mapping names a type that is not there.

        Args:
            known: Types that are no mistake though no entity met so far has them.

        Raises:
            UsageError: The nearest types, or all, are in the message.
        """
        there = {*self.seen, *known}
        for old in self.mapping:
            if old not in there and not (old.endswith("*") and any(type_.startswith(old[:-1]) for type_ in there)):
                fix = nearest(old, sorted(there)) if there else "leave the mapping out: there is no entity"
                if fix.startswith("did"):
                    fix = f"{fix} The types are {', '.join(sorted(there))}"
                raise UsageError(f"no entity has the type {old!r}, which is to be mapped", fix=fix)

    def _new(self, type_: str) -> str:
        if type_ not in self._named:
            source = self._source(type_)
            self._named[type_] = type_ if source is None else self.mapping[source]
        return self._named[type_]

    def _source(self, type_: str) -> str | None:
        """The key of the mapping that a type falls under."""
        if type_ in self.mapping:
            return type_
        patterns = [old for old in self.mapping if old.endswith("*") and type_.startswith(old[:-1])]
        return max(patterns, key=len, default=None)

    def _order(self, type_: str) -> tuple[int, str]:
        return list(self.mapping).index(self._source(type_) or ""), type_

    def _renamed(self, entity: Entity) -> Entity | None:
        new = self._new(entity.type)
        return replace(entity, type=new) if new else None


def describe_change(old: str, new: str, count: int) -> str:
    """One change in words, for a note."""
    return f"{old} → {new}: {counted(count, 'entity')}" if new else f"{old} dropped: {counted(count, 'entity')}"


def parse_types(text: str | None) -> dict[str, str]:
    """The mapping that a user gives as ``old=new,old=new`` or as ``@FILE`` with one ``old=new`` on each line.

    Raises:
        UsageError: A part is not of that form, or an old type comes twice.
        MissingError: There is no such file.
    """
    if not text:
        return {}
    mapping: dict[str, str] = {}
    for part in listed(text, "the types"):
        old, equals, new = part.partition("=")
        if not equals or not old:
            raise UsageError(f"--types: expected old=new, got {part!r}", fix="write old=new,… to rename or merge, old= to drop")
        if mapping.setdefault(old, new) != new:
            raise UsageError(f"--types: {old!r} is mapped to {mapping[old]!r} and to {new!r}", fix="name each old type once")
    return mapping


def listed(text: str, what: str) -> list[str]:
    """What a user lists with commas, or on the lines of a file that is named as ``@FILE``.

    Raises:
        UsageError: The text or the file is not in UTF-8.
        MissingError: There is no such file.
    """
    parts = _lines(Path(text[1:]), what) if text.startswith("@") else _utf8(text, what).split(",")
    return [part.strip() for part in parts if part.strip()]


def _utf8(text: str, what: str) -> str:
    """A word of the command line, in which Python keeps bytes that are no text as halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        fix = "set the terminal to UTF-8, or name a file as @FILE"
        raise UsageError(f"{what} are not in UTF-8: {text!r}", fix=fix) from error
    return text


def _lines(path: Path, what: str) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise MissingError(f"cannot read {what}: {error.strerror}", where=str(path), fix="check the path after @") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} are not in UTF-8", where=str(path), fix="save the file as UTF-8") from error
