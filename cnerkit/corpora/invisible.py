"""Characters that nobody sees or that stand for others: zero-width, control, private-use, destroyed, without a base."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Oddity(StrEnum):
    """Why a character is odd in a text."""

    REPLACEMENT = "replacement"
    """U+FFFD: what was here was destroyed by a wrong decoding."""
    CONTROL = "control"
    """A control character other than tab and line breaks, or a line end that only some programs take for one."""
    PRIVATE = "private-use"
    """A code point that means something else, or nothing, on another machine."""
    ZERO_WIDTH = "zero-width"
    """It takes no room: a zero-width space, a direction mark, a soft hyphen, a byte-order mark inside a text."""
    SELECTOR = "variation-selector"
    """A variation selector, which belongs to the character before it and here may be a token of its own."""
    NONCHARACTER = "noncharacter"
    """A code point that Unicode promises never to use."""


class OddCharacter(NamedTuple):
    """An odd character, its place in the text, and why it is odd."""

    at: int
    character: str
    oddity: Oddity


_PRINTABLE_BUT_ODD = re.compile(
    "[\ufffd\ufe00-\ufe0f\U000e0100-\U000e01ef\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0]"
)
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f]")
_BY_CATEGORY = {
    "Cc": Oddity.CONTROL,
    "Zl": Oddity.CONTROL,
    "Zp": Oddity.CONTROL,
    "Co": Oddity.PRIVATE,
    "Cf": Oddity.ZERO_WIDTH,
}


def odd_characters(text: str) -> Iterator[OddCharacter]:
    """The odd characters of a text in order; none in most texts, which is found out quickly."""
    if text.isprintable() and not _PRINTABLE_BUT_ODD.search(text):
        return
    for at, character in enumerate(text):
        oddity = oddity_of(character)
        if oddity is not None:
            yield OddCharacter(at, character, oddity)


def oddity_of(character: str) -> Oddity | None:
    """Why a character is odd, or None when it is not."""
    if character == "\ufffd":
        return Oddity.REPLACEMENT
    if _SELECTORS.match(character):
        return Oddity.SELECTOR
    if _PRINTABLE_BUT_ODD.match(character):
        return Oddity.ZERO_WIDTH
    if character in "\t\n\r":
        return None
    if ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef":
        return Oddity.NONCHARACTER
    return _BY_CATEGORY.get(unicodedata.category(character))


def name_of(character: str) -> str:
    """A character by its number and, where it has one, its name: ``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
