"""What a conversion could not carry over: every loss counted, and the first of each file named."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cnerkit.text import Entity, Sentence
from cnerkit.workflows.wording import counted

_NAMED = 10_000
"""Losses of one file that a report names; beyond that they are only counted."""
_LONGEST = 200
"""Characters of a surface that are shown; its offsets tell the rest."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An entity that was left out, and why."""

    sentence: str
    entity: Entity
    surface: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        fragments = [[part.start, part.end] for part in self.entity.fragments]
        return {"sentence": self.sentence, "why": self.why, "type": self.entity.type, "tokens": fragments, "text": self.surface}

    def __str__(self) -> str:
        return f"the {self.entity.type} {self.surface!r} in sentence {self.sentence}"


@dataclass(slots=True)
class Losses:
    """The losses of one file.

    Attributes:
        counts: Entities by why and type.
        named: The first of them.
        fields: What the source has besides text and entities, and the target cannot hold: sentences by field.
        others: What had to go with an entity that was left out or changed, by kind.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    named: list[Lost] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)

    def add(self, sentence: Sentence, entity: Entity, why: str) -> None:
        """Count an entity that is left out, and name it while there are few."""
        self.counts[why, entity.type] += 1
        if len(self.named) < _NAMED:
            self.named.append(Lost(sentence.id, entity, _shown(sentence, entity), why))

    def notes(self) -> list[str]:
        """What was lost, in words."""
        notes = []
        for why in dict.fromkeys(why for why, _ in self.counts):
            by_type = {type_: count for (each, type_), count in sorted(self.counts.items()) if each == why}
            types = ", ".join(f"{type_} {count}" for type_, count in by_type.items())
            first = next((f", first {lost}" for lost in self.named if lost.why == why), "")
            notes.append(f"{counted(sum(by_type.values()), 'entity')} left out, {why} ({types}){first}")
        notes += [f"left out: {name} of {counted(count, 'sentence')}" for name, count in sorted(self.fields.items())]
        return notes + [f"{name}: {count}" for name, count in sorted(self.others.items())]

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        return {
            "entities": [{"why": why, "type": type_, "entities": count} for (why, type_), count in sorted(self.counts.items())],
            "named": [lost.as_dict() for lost in self.named],
            "fields": dict(self.fields),
            "others": dict(self.others),
        }


def _shown(sentence: Sentence, entity: Entity) -> str:
    """An entity's surface, cut when it is long: thousands of them may be over most of a book."""
    parts = [
        sentence.joiner.join(sentence.tokens[part.start : min(part.end, part.start + _LONGEST)])
        for part in entity.fragments[:_LONGEST]
    ]
    surface = " ".join(parts)
    return surface if len(surface) <= _LONGEST else f"{surface[: _LONGEST - 1]}…"
