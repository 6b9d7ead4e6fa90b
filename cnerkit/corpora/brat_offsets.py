r"""What the offsets of brat's ``.ann`` files count, told by the texts that their lines repeat.

brat itself counts code points of the text as its file has it: ``\r\n`` is two, and a byte-order mark is one. Files that were
copied between systems or made by other programs count otherwise, and then all of their offsets are beside the mark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from typing import Literal

from cnerkit.corpora.brat_records import Mention, surface_fits
from cnerkit.corpora.formats import Offsets
from cnerkit.corpora.problems import Problem
from cnerkit.errors import DataError

Fragments = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Convention:
    r"""One way to count.

    Attributes:
        breaks: ``kept`` counts line breaks as they are, ``one`` counts ``\r\n`` as one character, ``two`` a bare ``\n`` as two.
        mark: The length of the byte-order mark before the text, when it counts.
        unit: What a character counts.
    """

    breaks: Literal["kept", "one", "two"] = "kept"
    mark: int = 0
    unit: Offsets = "code-points"

    def offsets(self, text: str) -> Sequence[int]:
        """What is counted up to each place in a text, its end included."""
        if self.breaks == "kept" and self.unit == "code-points":
            return range(self.mark, self.mark + len(text) + 1)
        sizes = [1] * len(text) if self.unit == "code-points" else [_size(char, self.unit) for char in text]
        for at, char in enumerate(text):
            if self.breaks == "one" and char == "\r" and text.startswith("\n", at + 1):
                sizes[at] = 0
            elif self.breaks == "two" and char == "\n" and not (at and text[at - 1] == "\r"):
                sizes[at] = 2
        return tuple(accumulate(sizes, initial=self.mark))

    def describe(self, mark: bool) -> str:
        """How it differs from brat's own in a file with or without a byte-order mark, for a note; nothing when it does not."""
        breaks = {"kept": "", "one": r"count \r\n as one character", "two": r"count \n as two characters, as \r\n is"}
        unit = "" if self.unit == "code-points" else f"count {self.unit} instead of characters"
        left_out = "leave out the byte-order mark" if mark and not self.mark else ""
        return " and ".join(filter(None, (breaks[self.breaks], unit, left_out)))


class Places:
    """Offsets of a file as places in its text, by one way to count.

    Args:
        text: Of the document, without a byte-order mark.
        convention: What offsets count.
    """

    def __init__(self, text: str, convention: Convention) -> None:
        self.convention, self._text = convention, text
        counted = convention.offsets(text)
        self._last = counted[-1]
        self._shift = counted[0] if isinstance(counted, range) else None
        self._places: dict[int, int] = {}
        if self._shift is None:
            for place, offset in enumerate(counted):
                self._places.setdefault(offset, place)  # before a break that counts as nothing, not inside of it

    def fragments(self, mention: Mention) -> Fragments | Problem:
        """Where a mention's fragments are in the text, in their order."""
        found = []
        for start, end in mention.offsets:
            if not self.convention.mark <= start < end <= self._last:
                return self._refused(mention, start, end)
            places = self._place(start), self._place(end)
            if places[0] is None or places[1] is None:
                fix = "look which characters are meant"
                return mention.problem("offsets inside a character", f"{start} {end} cuts a character in two", fix)
            found.append((places[0], places[1]))
        return found

    def misfits(self, mentions: Sequence[Mention]) -> int:
        """How many of these are outside of the text or say another text than stands there."""
        count = 0
        for mention in mentions:
            found = self.fragments(mention)
            count += isinstance(found, Problem) or not surface_fits(mention, self._text, found)
        return count

    def _place(self, offset: int) -> int | None:
        return self._places.get(offset) if self._shift is None else offset - self._shift

    def _refused(self, mention: Mention, start: int, end: int) -> Problem:
        if start >= end:
            why = "is reversed or empty"
        elif start < 0:
            why = "is negative"
        else:
            why = f"is outside of the text, which counts from {self.convention.mark} to {self._last}"
        fix = "offsets count the characters of the .txt from 0, and the end is exclusive; look whether the two files match"
        return mention.problem("offsets that do not fit", f"{start} {end} {why}", fix)


def recognise(text: str, mentions: Sequence[Mention], mark: bool, asked: Offsets | None) -> Places:
    r"""How a file counts: brat's way when every line says the text that stands there, else the way by which all do.

    Where no way fits, brat's own is taken if it fits better than any other: some lines then say something else than the text.

    Args:
        text: Of the document, without a byte-order mark.
        mentions: Of its ``.ann``.
        mark: True when there is a byte-order mark before the text.
        asked: What offsets count, when a user says so.

    Raises:
        DataError: No way fits better than others; without a place.
    """
    own = Places(text, Convention(mark=_size("\ufeff", asked or "code-points") if mark else 0, unit=asked or "code-points"))
    fewest = own.misfits(mentions)
    if not fewest:
        return own
    others = [(place.misfits(mentions), place) for place in _others(text, mark, asked, own.convention)]
    perfect = [place for misfits, place in others if not misfits and all(each.surface for each in mentions)]
    if perfect and all(_same(perfect[0], each, mentions) for each in perfect):
        return perfect[0]
    is_plain = not mark and "\r\n" not in text
    if not perfect and all(misfits > fewest or (is_plain and misfits == fewest) for misfits, _ in others):
        return own
    what = f"the offsets fit the text in no single way: {fewest} of {len(mentions)} entities say another text than stands there"
    raise DataError(what, fix="look at line breaks (is one \\r\\n, \\n or both?) and whether the two files match")


def _others(text: str, mark: bool, asked: Offsets | None, own: Convention) -> Iterator[Places]:
    breaks: list[Literal["kept", "one", "two"]] = ["kept"]
    if "\r\n" in text:
        breaks.append("one")
    if text.count("\n") > text.count("\r\n"):
        breaks.append("two")
    units: list[Offsets] = [asked or "code-points"]
    if asked is None and not text.isascii() and max(text) > "\uffff":
        units.append("utf-16")
    for unit, way, counts in product(units, breaks, (True, False) if mark else (False,)):
        convention = Convention(way, _size("\ufeff", unit) if counts else 0, unit)
        if convention != own:
            yield Places(text, convention)


def _same(one: Places, other: Places, mentions: Sequence[Mention]) -> bool:
    return all(one.fragments(mention) == other.fragments(mention) for mention in mentions)


def _size(char: str, unit: Offsets) -> int:
    if unit == "utf-16":
        return 2 if char > "\uffff" else 1
    return len(char.encode()) if unit == "bytes" else 1
