"""Words to the pieces of a BERT vocabulary: BERT's own normalisation, then the longest match from the left."""

import string
import unicodedata
from collections.abc import Iterator, Mapping

_LONGEST_WORD = 100
"""BERT gives up on longer words: they become one unknown piece."""

_ASCII_PUNCTUATION = frozenset(string.punctuation)

_HAN = (
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B740),
    range(0x2B740, 0x2B820),
    range(0x2B820, 0x2CEB0),
    range(0x2F800, 0x2FA20),
)
"""The blocks of Han characters that BERT sets apart, each character a word of its own."""


def pieces_of(token: str, ids: Mapping[str, int], *, unknown: int, lower_case: bool) -> tuple[int, ...]:
    """Ids of the pieces of a token.

    Devlin et al. (2019), as BERT's tokenizer does it, except that a name such as ``[SEP]`` in a text is never a special item.

    Args:
        token: A word, with whatever a corpus may have in one: spaces, punctuation, Han characters.
        ids: The vocabulary; pieces that go on a word start with ``##``.
        unknown: Stands for a word that the vocabulary cannot spell.
        lower_case: Whether the vocabulary is an uncased one, without accents.

    Returns:
        No id at all when the token holds only spaces, control characters or lone accents.
    """
    return tuple(piece for word in _words(token, lower_case=lower_case) for piece in _longest_matches(word, ids, unknown))


def _words(token: str, *, lower_case: bool) -> Iterator[str]:
    cleaned = "".join(map(_cleaned, token))
    if lower_case:
        bare = (char for char in unicodedata.normalize("NFD", cleaned) if unicodedata.category(char) != "Mn")
        cleaned = "".join(map(str.lower, bare))
    for run in cleaned.split(" "):
        yield from _around_punctuation(run)


def _cleaned(char: str) -> str:
    """The character; nothing for a control character, a space for any white one, and spaces around a Han character."""
    if char == "\ufffd" or (unicodedata.category(char).startswith("C") and char not in "\t\n\r"):
        return ""
    if char.isspace():
        return " "
    code = ord(char)
    return f" {char} " if any(code in block for block in _HAN) else char


def _around_punctuation(run: str) -> Iterator[str]:
    start = 0
    for place, char in enumerate(run):
        if char in _ASCII_PUNCTUATION or unicodedata.category(char).startswith("P"):
            if start < place:
                yield run[start:place]
            yield char
            start = place + 1
    if start < len(run):
        yield run[start:]


def _longest_matches(word: str, ids: Mapping[str, int], unknown: int) -> tuple[int, ...]:
    if len(word) > _LONGEST_WORD:
        return (unknown,)
    found: list[int] = []
    start = 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            piece = ids.get(prefix + word[start:end])
            if piece is not None:
                found.append(piece)
                start = end
                break
        else:
            return (unknown,)
    return tuple(found)
