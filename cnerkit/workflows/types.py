"""Renaming, merging and dropping entity types, with every change counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnerkit.corpora.recognition import nearest
from cnerkit.errors import MissingError, UsageError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.wording import counted


@dataclass(slots=True)
class TypeMap:
    """A mapping of entity types that counts what it meets.

    Attributes:
        mapping: Old type to new; several old may share a new one, and an empty new one drops the type.
        seen: Entities that were met, by their old type.
    """

    mapping: Mapping[str, str]
    seen: Counter[str] = field(default_factory=Counter)

    def apply(self, sentence: Sentence) -> Sentence:
        """The sentence with its types mapped; the same one when nothing changes."""
        if not sentence.entities:
            return sentence
        self.seen.update([entity.type for entity in sentence.entities])
        if self.mapping.keys().isdisjoint(entity.type for entity in sentence.entities):
            return sentence
        return replace(sentence, entities=frozenset(filter(None, map(self._renamed, sentence.entities))))

    def changes(self) -> dict[str, tuple[str, int]]:
        """Each old type that was met, with its new name (empty when dropped) and how many entities it had."""
        return {old: (new, self.seen[old]) for old, new in self.mapping.items() if self.seen[old]}

    def refuse_unknown(self, known: Iterable[str] = ()) -> None:
        """End the work when the mapping names a type that is not there.

        Args:
            known: Types that are no mistake though no entity met so far has them.

        Raises:
            UsageError: The nearest types, or all, are in the message.
        """
        there = {*self.seen, *known}
        for old in self.mapping:
            if old not in there:
                fix = nearest(old, sorted(there)) if there else "leave the mapping out: there is no entity"
                if fix.startswith("did"):
                    fix = f"{fix} The types are {', '.join(sorted(there))}"
                raise UsageError(f"no entity has the type {old!r}, which is to be mapped", fix=fix)

    def _renamed(self, entity: Entity) -> Entity | None:
        new = self.mapping.get(entity.type, entity.type)
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
    parts = _lines(Path(text[1:])) if text.startswith("@") else text.split(",")
    mapping: dict[str, str] = {}
    for part in filter(None, map(str.strip, parts)):
        old, equals, new = part.partition("=")
        if not equals or not old:
            raise UsageError(f"--types: expected old=new, got {part!r}", fix="write old=new,… to rename or merge, old= to drop")
        if mapping.setdefault(old, new) != new:
            raise UsageError(f"--types: {old!r} is mapped to {mapping[old]!r} and to {new!r}", fix="name each old type once")
    return mapping


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise MissingError(f"cannot read the types: {error.strerror}", where=str(path), fix="check the path after @") from error
    except UnicodeDecodeError as error:
        raise UsageError("the types are not in UTF-8", where=str(path), fix="save the file as UTF-8") from error
