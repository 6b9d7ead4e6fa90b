"""Text with entities that is put together from passages, some of which are alternatives."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

_LINE = re.compile(r"[^\s](?:[^\n]*[^\s])?")


class Mention(NamedTuple):
    """Characters ``[start, end)`` of a passage, and what they are a mention of."""

    start: int
    end: int
    type: str


class Passage:
    """A text that grows, and its entities.

    Attributes:
        length: Characters so far.
        mentions: Its entities.
    """

    def __init__(self) -> None:
        self.length = 0
        self.mentions: list[Mention] = []
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """All of its text."""
        return "".join(self._parts)

    def add(self, text: str) -> None:
        """Go on by a text."""
        self._parts.append(text)
        self.length += len(text)

    def is_blank_from(self, start: int) -> bool:
        """True when there is nothing but white space from character ``start`` on."""
        left = self.length - start
        for part in reversed(self._parts):
            if left <= 0:
                break
            if part[-left:].strip():
                return False
            left -= len(part)
        return True

    def join(self, other: "Passage") -> None:
        """Go on by another passage, entities included."""
        self.mentions += [Mention(start + self.length, end + self.length, type_) for start, end, type_ in other.mentions]
        self.add(other.text)


def fullest(passages: Sequence[Passage]) -> Passage:
    """The passage with the most entities, the first among equals."""
    return max(passages, key=lambda each: len(each.mentions))


def in_lines(passage: Passage) -> Passage:
    """The same without empty lines, and without white space at the ends of lines, of entities too."""
    text, tidy = passage.text, Passage()
    begins: list[int] = []
    ends: list[int] = []
    moved: list[int] = []
    for line in _LINE.finditer(text):
        begins.append(line.start())
        ends.append(line.end())
        moved.append(tidy.length + bool(moved))
        tidy.add(("\n" if tidy.length else "") + line[0])
    for start, end, type_ in passage.mentions:
        first, last = bisect_right(ends, start), bisect_left(begins, end) - 1
        tidy_start = moved[first] + max(0, start - begins[first])
        tidy_end = moved[last] + min(end, ends[last]) - begins[last]
        tidy.mentions.append(Mention(tidy_start, tidy_end, type_))
    return tidy
