"""Tag schemes: how each writes an entity as one tag per token.

A scheme is told by the prefixes of an entity's first, inner and last token and of an only token; everything else (which tags
may follow one another, what can be told apart) is derived from those four.
"""

from dataclasses import dataclass
from enum import StrEnum

OUTSIDE = "O"


class Scheme(StrEnum):
    """The tag schemes, by the names that the command line uses."""

    IO = "io"
    BIO = "bio"
    IOB1 = "iob1"
    BIOS = "bios"
    BIOES = "bioes"
    BMES = "bmes"
    BILOU = "bilou"
    BMEOW = "bmeow"

    @property
    def shape(self) -> "Shape":
        """How this scheme writes an entity."""
        return _SHAPES[self]


@dataclass(frozen=True, slots=True)
class Shape:
    """The prefix that each token of an entity gets from its place.

    Attributes:
        first: The first of several tokens.
        inside: Neither first nor last.
        last: The last of several.
        single: The only token.
        touching: Replaces ``first`` and ``single`` in an entity that directly follows one of its own type; None when they
            need no replacement.
    """

    first: str
    inside: str
    last: str
    single: str
    touching: str | None = None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The distinct prefixes, in the order in which a tag inventory lists them."""
        places = (self.first, self.inside, self.last, self.single, self.touching)
        return tuple(dict.fromkeys(place for place in places if place is not None))

    @property
    def tells_neighbours_apart(self) -> bool:
        """False when two touching entities of one type would read as a single one (only in IO)."""
        return not self.joins(self.last, self.touching or self.first)

    def joins(self, left: str, right: str) -> bool:
        """True when a token with the prefix ``right`` continues the entity of its left neighbour of the same type."""
        return left in (self.first, self.inside, self.touching) and right in (self.inside, self.last)

    def opens(self, prefix: str, touching: bool) -> bool:
        """True when an entity may begin with this prefix; ``touching`` when the token before has the same type."""
        return prefix in ((self.touching,) if touching and self.touching else (self.first, self.single))

    def closes(self, prefix: str) -> bool:
        """True when an entity may end with this prefix."""
        return prefix in (self.last, self.single, self.touching)

    def prefixes_of(self, length: int, touching: bool = False) -> tuple[str, ...]:
        """The prefixes of an entity of ``length`` tokens; ``touching`` when it directly follows one of its own type."""
        replaced = self.touching if touching else None
        if length == 1:
            return (replaced or self.single,)
        return (replaced or self.first, *(self.inside,) * (length - 2), self.last)


_SHAPES = {
    Scheme.IO: Shape("I", "I", "I", "I"),
    Scheme.BIO: Shape("B", "I", "I", "B"),
    Scheme.IOB1: Shape("I", "I", "I", "I", touching="B"),
    Scheme.BIOS: Shape("B", "I", "I", "S"),
    Scheme.BIOES: Shape("B", "I", "E", "S"),
    Scheme.BMES: Shape("B", "M", "E", "S"),
    Scheme.BILOU: Shape("B", "I", "L", "U"),
    Scheme.BMEOW: Shape("B", "M", "E", "W"),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag taken apart; O is the prefix ``O`` without a type."""

    prefix: str
    type: str


def split_tag(tag: str, scheme: Scheme) -> Tag | None:
    """Prefix and type of a tag, or None when the scheme has no such tag.

    The type is all that follows the first dash, so it may hold further dashes, slashes and dots.
    """
    if tag == OUTSIDE:
        return Tag(OUTSIDE, "")
    prefix, _, type_ = tag.partition("-")
    return Tag(prefix, type_) if type_ and prefix in scheme.shape.prefixes else None


def may_follow(previous: Tag, current: Tag, scheme: Scheme) -> bool:
    """True when ``current`` may stand directly after ``previous``; the edges of a sentence count as O."""
    shape, touching = scheme.shape, previous.type == current.type
    if touching and shape.joins(previous.prefix, current.prefix):
        return True
    ends = previous.prefix == OUTSIDE or shape.closes(previous.prefix)
    return ends and (current.prefix == OUTSIDE or shape.opens(current.prefix, touching))
