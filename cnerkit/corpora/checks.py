"""What can be wrong with a single sentence: empty, too long, hidden characters, entities with odd ends or in one another."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cnerkit.corpora.findings import Kind, Severity, excerpt
from cnerkit.corpora.invisible import Oddity, name_of, odd_characters
from cnerkit.corpora.overlaps import Overlaps, first_of
from cnerkit.corpora.statistics import mention_of
from cnerkit.text import Entity, Sentence

_PROBLEM, _REMARK = Severity.PROBLEM, Severity.REMARK
_REMOVE = "remove them, together with their tags or with the offsets after them moved"

EMPTY = Kind("empty-sentence", _PROBLEM, "empty sentence", "empty sentences", "remove them")
TOO_LONG = Kind(
    "long-sentence",
    _PROBLEM,
    "sentence longer than",
    "sentences longer than",
    "cut them at ends of sentences; an encoder sees no more at once, and many programs drop the rest without a word",
)
WHITESPACE = Kind(
    "whitespace-token",
    _REMARK,
    "token that is only white space",
    "tokens that are only white space",
    "keep them if offsets count them; readers that split lines at spaces lose them",
)
SPACE_INSIDE = Kind(
    "whitespace-in-token", _REMARK, "token with white space in it", "tokens with white space in them", "make two tokens of it"
)
ODDITIES = {
    Oddity.REPLACEMENT: Kind(
        "replacement-character",
        _PROBLEM,
        "character that a wrong decoding destroyed, U+FFFD",
        "characters that a wrong decoding destroyed, U+FFFD",
        "take the text from its source again, in its right encoding",
    ),
    Oddity.CONTROL: Kind("control-character", _PROBLEM, "control character", "control characters", _REMOVE),
    Oddity.PRIVATE: Kind(
        "private-use-character",
        _PROBLEM,
        "private-use character, which no vocabulary knows",
        "private-use characters, which no vocabulary knows",
        "replace them by what was meant",
    ),
    Oddity.ZERO_WIDTH: Kind(
        "zero-width-character", _PROBLEM, "character that cannot be seen", "characters that cannot be seen", _REMOVE
    ),
    Oddity.SELECTOR: Kind(
        "variation-selector",
        _REMARK,
        "variation selector, which belongs to the character before it",
        "variation selectors, which belong to the characters before them",
        "remove them, or leave them inside or outside of an entity together with that character",
    ),
    Oddity.NONCHARACTER: Kind(
        "noncharacter", _PROBLEM, "code point that is no character", "code points that are none", _REMOVE
    ),
}
NOT_COMPOSED = Kind(
    "not-nfc",
    _REMARK,
    "sentence that is not in Unicode's composed form NFC",
    "sentences that are not in Unicode's composed form NFC",
    "normalise before annotating: what looks the same is otherwise another text, and its length another",
)
FULL_WIDTH = Kind(
    "full-width-form",
    _REMARK,
    "full-width digit or letter",
    "full-width digits and letters",
    "train and predict on the same forms: a vocabulary has others for ASCII",
)
OVERLAPS = {
    "nested": Kind(
        "nested", _REMARK, "pair of nested entities", "pairs of nested entities", "choose a model and a scheme for it"
    ),
    "crossing": Kind(
        "crossing", _REMARK, "pair of crossing entities", "pairs of crossing entities", "choose a model and a scheme for it"
    ),
    "same_span": Kind(
        "same-span",
        _REMARK,
        "pair of entities on one span",
        "pairs of entities on one span",
        "choose a model that can give a span two types, or keep one of them",
    ),
    "discontinuous": Kind(
        "discontinuous", _REMARK, "discontinuous entity", "discontinuous entities", "choose a model and a format for it"
    ),
}
EDGE_SPACE = Kind(
    "entity-edge-whitespace",
    _REMARK,
    "entity that begins or ends with white space",
    "entities that begin or end with white space",
    "move its ends: exact match counts the space",
)
EDGE_PUNCTUATION = Kind(
    "entity-edge-punctuation",
    _REMARK,
    "entity that begins or ends with punctuation",
    "entities that begin or end with punctuation",
    "look whether the ends are meant so: exact match counts the mark",
)
OVER_THE_END = Kind(
    "entity-over-sentence-end",
    _REMARK,
    "entity that goes on after the end of a sentence",
    "entities that go on after the end of a sentence",
    "look whether they are two, and whether the text is cut in sentences where you think",
)

_FULL_WIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_SPACE = re.compile(r"\s")
_USUAL = " \n\r"
_END = re.compile(r"[。！？\n]")
_ENDS = "。！？\n 》”’」』）"
"""What an entity may end in without going on in another sentence."""
_MAY_OPEN = ("Ps", "Pi", "Pf", "Pd")
_MAY_CLOSE = ("Pe", "Pi", "Pf")
_QUOTES = "\"'"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found in a sentence: its kind, the first token concerned, what to quote, and how many there are."""

    kind: Kind
    token: int
    text: str
    count: int = 1
    detail: str = ""


def sentence_hits(sentence: Sentence, longest: int, *, running: bool = False) -> Iterator[Hit]:
    """Everything that can be seen in one sentence alone.

    Args:
        sentence: Any.
        longest: The most tokens that are not too many.
        running: True when it comes from a running text, in which spaces and line breaks are no tokens that anybody made.
    """
    text = sentence.text
    if not text.strip():
        yield Hit(EMPTY, 0, excerpt(text))
        return
    if len(sentence) > longest:
        yield Hit(TOO_LONG, 0, f"{len(sentence)} tokens: {excerpt(text)}", detail=f"{longest} tokens")
    yield from _character_hits(sentence, text)
    if _SPACE.search(text):
        yield from _space_hits(sentence, _USUAL if running else "")
    if sentence.entities:
        yield from _overlap_hits(sentence)
        for entity in sorted(sentence.entities):
            yield from _entity_hits(sentence, entity)


def _character_hits(sentence: Sentence, text: str) -> Iterator[Hit]:
    odd: dict[Oddity, Counter[int]] = {}
    for at, _, oddity in odd_characters(text):
        odd.setdefault(oddity, Counter())[at] += 1
    for oddity, places in odd.items():
        first = next(iter(places))
        yield Hit(
            ODDITIES[oddity], _token_at(sentence, first), f"{name_of(text[first])} in {excerpt(text, first)}", len(places)
        )
    if wide := _FULL_WIDTH.findall(text):
        first = text.index(wide[0])
        yield Hit(FULL_WIDTH, _token_at(sentence, first), excerpt(text, first), len(wide))
    if not unicodedata.is_normalized("NFC", text):
        composed = unicodedata.normalize("NFC", text)
        first = next(at for at, (old, new) in enumerate(zip(text, composed + "\0", strict=False)) if old != new)
        yield Hit(NOT_COMPOSED, _token_at(sentence, first), f"{name_of(text[first])} in {excerpt(text, first)}")


def _space_hits(sentence: Sentence, usual: str) -> Iterator[Hit]:
    blank = [at for at, token in enumerate(sentence.tokens) if token.isspace() and token not in usual]
    if blank:
        yield Hit(WHITESPACE, blank[0], excerpt(sentence.text, _character(sentence, blank[0])), len(blank))
    for at, token in enumerate(sentence.tokens):
        if len(token) > 1 and _SPACE.search(token) and not token.isspace():
            yield Hit(SPACE_INSIDE, at, excerpt(token))


def _overlap_hits(sentence: Sentence) -> Iterator[Hit]:
    assert sentence.entities, "there is something to look at"
    found = Overlaps()
    found.add(sentence.entities)
    for name, kind in OVERLAPS.items():
        if count := getattr(found, name):
            shown = first_of(sentence.entities, name)
            words = " and ".join(f"{entity.type} {excerpt(sentence.surface(entity))}" for entity in shown)
            yield Hit(kind, shown[-1].start, words, count)


def _entity_hits(sentence: Sentence, entity: Entity) -> Iterator[Hit]:
    surface = mention_of(sentence, entity)
    first, last = surface[:1], surface[-1:]
    shown = f"{entity.type} {excerpt(surface)}"
    if first.isspace() or last.isspace():
        yield Hit(EDGE_SPACE, entity.start, shown)
    elif _is_odd_edge(first, _MAY_OPEN) or _is_odd_edge(last, _MAY_CLOSE):
        yield Hit(EDGE_PUNCTUATION, entity.start, shown)
    if _END.search(surface) and _END.search(surface.rstrip(_ENDS)):
        yield Hit(OVER_THE_END, entity.start, shown)


def _is_odd_edge(character: str, allowed: tuple[str, ...]) -> bool:
    """True for punctuation that does not open or close something, as book titles and quotes have it."""
    if character.isalnum() or character in _QUOTES:
        return False
    category = unicodedata.category(character)
    return category.startswith("P") and category not in allowed


def _token_at(sentence: Sentence, character: int) -> int:
    """The token that holds a character of the text, or stands before the joiner that does."""
    from bisect import bisect_right

    if sentence.in_characters:
        return character
    return bisect_right(sentence.char_offsets(), character) - 1


def _character(sentence: Sentence, token: int) -> int:
    return token if sentence.in_characters else sentence.char_offsets()[token]
