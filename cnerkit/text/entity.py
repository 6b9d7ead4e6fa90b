"""An entity: a mention of something, as one or several fragments of a sentence."""

from dataclasses import dataclass
from itertools import pairwise

from cnerkit.errors import DataError


@dataclass(frozen=True, order=True, slots=True)
class Fragment:
    """Half-open interval ``[start, end)`` of tokens in a sentence."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise DataError(
                f"fragment [{self.start}, {self.end}) is empty or negative",
                fix="offsets count tokens from 0 and end is exclusive",
            )


@dataclass(frozen=True, order=True, slots=True)
class Entity:
    """A mention and what it is a mention of.

    ``fragments`` are sorted and do not touch: one for a contiguous entity, several for a discontinuous one.
    """

    fragments: tuple[Fragment, ...]
    type: str

    def __post_init__(self) -> None:
        if not self.fragments:
            raise DataError(f"an entity of type {self.type!r} has no fragment", fix="give at least one [start, end)")
        if not self.type:
            raise DataError(f"the entity at {self.start} has no type", fix="every entity needs a type")
        if len(self.fragments) > 1 and any(one.end >= other.start for one, other in pairwise(self.fragments)):
            raise DataError(
                f"fragments {[(f.start, f.end) for f in self.fragments]} of an entity overlap, touch or are out of order",
                fix="sort the fragments and join those that touch",
            )

    @classmethod
    def span(cls, start: int, end: int, type: str) -> "Entity":  # noqa: A002 - the field's own word
        """The contiguous entity over tokens ``[start, end)``."""
        return cls((Fragment(start, end),), type)

    @property
    def start(self) -> int:
        """First token."""
        return self.fragments[0].start

    @property
    def end(self) -> int:
        """One past the last token."""
        return self.fragments[-1].end

    @property
    def is_contiguous(self) -> bool:
        """True when there is a single fragment."""
        return len(self.fragments) == 1
