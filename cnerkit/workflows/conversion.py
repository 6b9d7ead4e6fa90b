"""What a finished conversion did, for people and for reports."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cnerkit.workflows.corpus import describe_reading
from cnerkit.workflows.reading import Reading
from cnerkit.workflows.types import TypeMap
from cnerkit.workflows.writing import Target


@dataclass(frozen=True, slots=True)
class Converted:
    """One split or file after its conversion.

    Attributes:
        split: Its name; empty for a file.
        output: Where it was written; None for stdout.
        target: What it was written as.
        reading: How it was read, with the final counts of what was found and what was left out.
        entities: How many entities were written, by type.
    """

    split: str
    output: Path | None
    target: Target
    reading: Reading
    entities: Mapping[str, int]

    def notes(self) -> list[str]:
        """What a person should know of it."""
        read, head = self.reading, f"{self.split}: " if self.split else ""
        how = f"{read.format}, {read.scheme}" if read.scheme else read.format
        evidence = f" ({'; '.join(read.evidence)})" if read.evidence else ""
        losses = [f"{head}{note}" for note in read.losses.notes()]
        return [f"{head}{read.name} read as {how}{evidence}", *describe_reading(self.split, read), *losses]

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        read, counts = self.reading, self.reading.counts
        return {
            "split": self.split or None,
            "input": {"name": read.name, "format": read.format, "scheme": read.scheme, "evidence": list(read.evidence)},
            "output": {
                "name": str(self.output or "stdout"),
                "format": self.target.format.name,
                "scheme": self.target.scheme,
                "overlap": self.target.overlap,
            },
            "sentences": counts.sentences,
            "tokens": counts.tokens,
            "entities": {"written": dict(self.entities), "strict": counts.strict, "conlleval": counts.conlleval},
            "malformed": {"repair": read.repair, **asdict(counts.malformed)},
            "overlooked": dict(counts.overlooked),
            "lost": read.losses.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """A finished conversion: what was written, and how types were mapped."""

    source: str
    parts: tuple[Converted, ...]
    types: TypeMap

    def notes(self) -> list[str]:
        """What a person should know of it, line by line."""
        notes = [note for part in self.parts for note in part.notes()] + self.types.notes()
        written = [str(part.output) for part in self.parts if part.output]
        return notes + ([f"wrote {', '.join(written)}"] if written else [])

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        changes = self.types.changes().items()
        types = [{"old": old, "new": new or None, "entities": count} for old, (new, count) in changes]
        parts = [part.as_dict() for part in self.parts]
        return {"source": self.source, "types": types, "merged": self.types.merged, "parts": parts}
