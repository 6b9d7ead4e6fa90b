"""What the offsets of a file count: code points, UTF-16 code units or bytes; and which of them, told from surfaces."""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from cnerkit.corpora.formats import Offsets
from cnerkit.corpora.records import check_offsets
from cnerkit.errors import DataError, UsageError

UNIT_NAMES: dict[Offsets, str] = {"code-points": "code points", "utf-16": "UTF-16 code units", "bytes": "bytes"}

_WIDE: dict[Offsets, str] = {"code-points": "", "utf-16": "[\U00010000-\U0010ffff]", "bytes": "[\u0080-\U0010ffff]"}
"""The characters of which each unit needs more than one."""
_FOLDED = r"\r(?=\n)"
_LINE_END = re.compile(r"\r\n?|\\n")


@dataclass(frozen=True, slots=True)
class Counting:
    r"""How a file counts.

    Attributes:
        unit: What its offsets count.
        folded: True when the two characters of a line end ``\r\n`` count as one, as in a text that a browser has normalised.
    """

    unit: Offsets = "code-points"
    folded: bool = False

    def __str__(self) -> str:
        return UNIT_NAMES[self.unit] + (", and \\r\\n as one of them" if self.folded else "")

    def widths(self, text: str) -> Iterator[tuple[int, int]]:
        """Place and width of each character that does not count as one."""
        pattern = _odd(self)
        for match in pattern.finditer(text) if pattern else ():
            yield match.start(), self._width(match.group())

    def _width(self, character: str) -> int:
        if character == "\r":
            return 0
        return 2 if self.unit == "utf-16" else len(character.encode("utf-8", "surrogatepass"))


CODE_POINTS = Counting()
UTF_16 = Counting("utf-16")
_POSSIBLE = (CODE_POINTS, UTF_16, Counting(folded=True), Counting("utf-16", folded=True))
"""Ways of counting that tools are known to have, the first that fits being taken. Bytes are read only when asked for."""


class OffsetMap:
    """Offsets of one text, from a way of counting to code points and back; exact, or refused.

    It holds the characters that do not count as one; a text without any costs no more than looking for them.

    Args:
        text: Whole characters.
        counting: What the offsets count.
    """

    def __init__(self, text: str, counting: Counting = CODE_POINTS) -> None:
        self._text, self._counting = text, counting
        self._places, self._starts, self._surplus = array("q"), array("q"), array("q")
        surplus = 0
        for place, width in counting.widths(text):
            self._places.append(place)
            self._starts.append(place + surplus)
            surplus += width - 1
            self._surplus.append(surplus)
        self.length = len(text) + surplus

    @property
    def is_identity(self) -> bool:
        """True when offsets are code points, in this text."""
        return not self._places

    def note(self, notes: Counter[str]) -> None:
        """Count a record whose offsets had to be converted."""
        if not self.is_identity:
            notes[f"records whose offsets count {self._counting}, converted"] += 1

    def offset(self, code_point: int) -> int:
        """The offset at which a code point starts; that of the end for the number of code points."""
        before = bisect_left(self._places, code_point)
        return code_point + (self._surplus[before - 1] if before else 0)

    def code_point(self, offset: int) -> int | None:
        """The code point that starts at an offset from 0 to ``length``; None when the offset lies inside a character."""
        before = bisect_left(self._starts, offset)
        if not before:
            return offset
        found = offset - self._surplus[before - 1]
        return found if found > self._places[before - 1] else None

    def find(self, start: object, end: object) -> tuple[int, int] | None:
        """The code points of an entity, half-open; None when its offsets do not fit the text."""
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= self.length:
            return None
        if self.is_identity:
            return start, end
        first, last = self.code_point(start), self.code_point(end)
        return None if first is None or last is None else (first, last)

    def span(self, start: object, end: object) -> tuple[int, int]:
        """The code points of an entity, half-open, from offsets as they stand in a file.

        Raises:
            DataError: They are no whole numbers, reversed, negative, beyond the text or inside a character; without a place.
        """
        found = self.find(start, end)
        if found is None:
            raise self._refusal(start, end)
        return found

    def _refusal(self, start: object, end: object) -> DataError:
        if type(start) is int and type(end) is int and 0 <= start < end and end > self.length:
            return self._beyond(start, end)
        try:
            inside = next(offset for offset in check_offsets(start, end, self.length) if self.code_point(offset) is None)
        except DataError as error:
            return error
        character = self._text[self._places[bisect_left(self._starts, inside) - 1]]
        what = (
            f"the offset {inside} lies inside the character {character!r} (U+{ord(character):04X}), counting {self._counting}"
        )
        return DataError(what, fix="say what the offsets count, as in --offsets code-points, or mend the offset")

    def _beyond(self, start: int, end: int) -> DataError:
        what = f"the offsets {start} and {end} are beyond the text, which has {self.length} {UNIT_NAMES[self._counting.unit]}"
        wider = OffsetMap(self._text, replace(self._counting, unit="utf-16"))
        if self._counting.unit == "code-points" and end <= wider.length:
            what += f", but not beyond its {wider.length} UTF-16 code units"
            return DataError(what, fix="say --offsets utf-16 if that is what a tool in a browser counted, or mend the offsets")
        return DataError(what, fix="offsets count from 0 and end is exclusive")


@dataclass(frozen=True, slots=True)
class Mark:
    """Offsets as they stand in a file, and the surface that the file gives for them."""

    start: object
    end: object
    surface: str


class Surfaces:
    """Compares the surfaces that a file gives with what stands at their offsets in one text.

    Args:
        text: Whole characters.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._maps: dict[Counting, OffsetMap] = {}

    def fits(self, mark: Mark, counting: Counting) -> bool:
        """True when a surface stands at its offsets, by a way of counting."""
        if counting not in self._maps:
            self._maps[counting] = OffsetMap(self._text, counting)
        found = self._maps[counting].find(mark.start, mark.end)
        if found is None:
            return False
        start, end = found
        # A line end has at most two characters, so that nothing that is far too long need be looked at.
        return end - start <= 2 * len(mark.surface) and same_surface(self._text[start:end], mark.surface)

    def fitting(self, mark: Mark, ways: Sequence[Counting]) -> frozenset[Counting]:
        """The ways of counting by which a surface stands at its offsets."""
        return frozenset(way for way in ways if self.fits(mark, way))

    def otherwise(self, mark: Mark, counting: Counting) -> Counting | None:
        """Another way of counting by which a surface stands at its offsets."""
        return next((way for way in _POSSIBLE if way != counting and self.fits(mark, way)), None)


def same_surface(one: str, other: str) -> bool:
    r"""True for equal surfaces; line ends are equal however they are written.

    Label Studio writes one in a surface as a backslash and an n.
    """
    return one == other or _LINE_END.sub("\n", one) == _LINE_END.sub("\n", other)


def recognise_counting(passages: Iterable[tuple[str, Iterable[Mark]]], name: str, unit: Offsets | None = None) -> Counting:
    """How a file counts: the first way that fits every surface which fits any; code points where nothing tells.

    Args:
        passages: Texts of the first records, with their offsets and surfaces.
        name: What messages call the file.
        unit: What the user says that offsets count; then surfaces only tell how line ends count.

    Raises:
        UsageError: Some surfaces fit only one way of counting, and some only another.
    """
    ways = [way for way in _POSSIBLE if unit in (None, way.unit)] or [Counting(unit or "code-points")]
    told: Counter[frozenset[Counting]] = Counter()
    for text, marks in passages:
        surfaces = Surfaces(text)
        told.update(surfaces.fitting(mark, ways) for mark in marks)
    for way in ways:
        if all(way in fitting for fitting in told if fitting):
            return way
    if unit is not None:
        return ways[0]
    raise _contradiction(told, ways, name)


def _contradiction(told: Counter[frozenset[Counting]], ways: Sequence[Counting], name: str) -> UsageError:
    fits = {way: sum(count for fitting, count in told.items() if way in fitting) for way in ways}
    best = max(ways, key=lambda way: fits[way])
    only = Counter({way: sum(n for fitting, n in told.items() if way in fitting and best not in fitting) for way in ways})
    other, count = only.most_common(1)[0]
    what = f"two readings are possible: {fits[best]} surfaces stand at their offsets if these count {best}"
    return UsageError(
        f"{what}, {count} more only if they count {other}",
        where=name,
        fix="say --offsets code-points or --offsets utf-16; the surfaces that differ are then counted",
    )


@cache
def _odd(counting: Counting) -> re.Pattern[str] | None:
    parts = [part for part in (_WIDE[counting.unit], _FOLDED if counting.folded else "") if part]
    return re.compile("|".join(parts)) if parts else None
