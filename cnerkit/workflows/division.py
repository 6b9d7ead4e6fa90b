"""Documents to sentences and characters to words: what formats that hold a running text leave open."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from cnerkit.codecs.tags import Repair
from cnerkit.corpora.script import HAN
from cnerkit.errors import DataError, UsageError
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.choices import chosen
from cnerkit.workflows.losses import Losses, Lost

# Compiled by re when they are first used, which most conversions do without.
_BREAKS = r"\r\n|[\n\r]"
_ENDS = r"[。！？!?…；;]+[\"'”’」』）)\]】》]*|[.]+[\"'”’)\]]*(?=\s)|\r\n|[\n\r]"
_WORDS = rf"[{HAN}]|(?:(?![{HAN}])\w)+|[^\w\s]"
_SPACES = r"\S+"
_UNALIGNED = "its ends are not those of tokens or it is over several sentences"


LEAVE_OUT = "leave --tokens and --sentences out (data.tokens and data.sentences of a recipe)"
"""What to do where there is no running text to divide."""


class Tokens(StrEnum):
    """What the tokens of a running text are.

    ``characters``: its code points. ``spaces``: what stands between white space. ``words``: single Han characters, runs of
    other letters and digits, single marks.
    """

    CHARACTERS = "characters"
    SPACES = "spaces"
    WORDS = "words"

    @property
    def joiner(self) -> str:
        """What stands between them in a text."""
        return "" if self is Tokens.CHARACTERS else " "


class Cut(StrEnum):
    """What the sentences of a running text are.

    ``whole``: all of it is one. ``lines``: each line. ``ends``: what stands before a line break, or up to the marks that end a
    sentence (。！？!?…；; and a full stop before white space) with the brackets and quotes that close after them.
    """

    WHOLE = "whole"
    LINES = "lines"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Division:
    """How running texts are divided; None is not said, and then characters, and the whole."""

    tokens: Tokens | None = None
    cut: Cut | None = None

    @property
    def is_whole(self) -> bool:
        """True when each text is one sentence."""
        return self.cut in (None, Cut.WHOLE)

    @property
    def changes_nothing(self) -> bool:
        """True when texts stay as they are."""
        return self.tokens in (None, Tokens.CHARACTERS) and self.is_whole


def divided(documents: Iterable[Sentence], division: Division, name: str, repair: Repair, losses: Losses) -> Iterator[Sentence]:
    """The sentences of some documents.

    Args:
        documents: Running texts, whose tokens are their characters.
        division: How they are divided.
        name: What messages call their file.
        repair: What becomes of entities that no sentence can hold: left out and counted when it is ``drop``, else refused.
        losses: Where those left out are counted.

    Raises:
        UsageError: A document has tokens of its own.
        DataError: After the last document, when there were such entities and they are not to be left out.
    """
    problems = 0
    first: Lost | None = None
    for document in documents:
        if not document.in_characters:
            what = f"sentence {document.id} has tokens of its own, and no running text to divide"
            raise UsageError(what, where=name, fix=LEAVE_OUT)
        parts = list(_divide(document, division))
        kept = {entity for _, _, entities in parts for entity in entities}
        unheld = sorted((document.entities or frozenset()) - kept)
        if repair is Repair.DROP:
            for entity in unheld:
                losses.add(document, entity, _UNALIGNED)
        elif unheld:
            problems += len(unheld)
            first = first or Lost(document.id, unheld[0], document.surface(unheld[0]), _UNALIGNED)
        if not problems:
            yield from _sentences(document, division, parts, losses)
    if first:
        what = f"{first} cannot be kept: {_UNALIGNED} (the first of {problems})"
        fix = "choose other --tokens or --sentences, or say --repair drop to leave such entities out"
        raise DataError(what, where=name, fix=fix)


def tokens_named(name: str) -> Tokens:
    """The tokens that a user names.

    Raises:
        UsageError: There are none of that name.
    """
    return chosen(Tokens, name, "no tokens are")


def cut_named(name: str) -> Cut:
    """The sentences that a user names.

    Raises:
        UsageError: There are none of that name.
    """
    return chosen(Cut, name, "no sentences are")


Part = tuple[list[tuple[int, int]], int, dict[Entity, Entity]]
"""Start and end of each token in the document, its number in the document, and entities there with what they become."""


def _divide(document: Sentence, division: Division) -> Iterator[Part]:
    text = document.text
    ranges = list(_ranges(text, division))
    tokens = [list(token_ranges(text, division.tokens or Tokens.CHARACTERS, start, end)) for start, end in ranges]
    filled = [each for each in tokens if each]
    owners = _owners(filled)
    found: list[dict[Entity, Entity]] = [{} for _ in filled]
    for entity in document.entities or ():
        placed = [(owners[0].get(part.start), owners[1].get(part.end)) for part in entity.fragments]
        if any(one is None or other is None for one, other in placed):
            continue
        numbers = {one[0] for one, _ in placed if one} | {other[0] for _, other in placed if other}
        if len(numbers) == 1:
            fragments = [(one[1], other[1]) for one, other in placed if one and other]
            found[numbers.pop()][entity] = _entity(fragments, entity.type)
    yield from ((tokens_, number, entities) for number, (tokens_, entities) in enumerate(zip(filled, found, strict=True)))


def _owners(tokens: list[list[tuple[int, int]]]) -> tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]:
    """For each place where a token starts, and each where one ends: its sentence, and its number there (for ends, past it)."""
    starts, ends = {}, {}
    for number, sentence in enumerate(tokens):
        for place, (start, end) in enumerate(sentence):
            starts[start] = (number, place)
            ends[end] = (number, place + 1)
    return starts, ends


def _entity(fragments: list[tuple[int, int]], type_: str) -> Entity:
    """An entity over tokens; fragments that only white space parted are one."""
    joined = [fragments[0]]
    for start, end in fragments[1:]:
        if start == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return Entity(tuple(Fragment(start, end) for start, end in joined), type_)


def _sentences(document: Sentence, division: Division, parts: list[Part], losses: Losses) -> Iterator[Sentence]:
    text, whole = document.text, division.is_whole
    joiner = (division.tokens or Tokens.CHARACTERS).joiner
    for tokens, number, entities in parts:
        id_ = document.id if whole else f"{document.id}:{number + 1}"
        words = tuple([text[start:end] for start, end in tokens])
        kept = None if document.entities is None else frozenset(entities.values())
        if len(entities) > len(kept or ()):
            losses.fields["entities that became the same as another"] += 1
        yield Sentence(id_, words, kept, joiner, document.extra if whole else None)


def _ranges(text: str, division: Division) -> Iterator[tuple[int, int]]:
    if division.is_whole:
        yield 0, len(text)
        return
    ends = _BREAKS if division.cut is Cut.LINES else _ENDS
    places = [0, *(match.end() for match in re.finditer(ends, text)), len(text)]
    for start, end in pairwise(places):
        yield start, start + len(text[start:end].rstrip("\r\n"))


def token_ranges(text: str, tokens: Tokens, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each token of a part of a text starts and ends."""
    if tokens is Tokens.CHARACTERS:
        yield from ((at, at + 1) for at in range(start, end))
    else:
        pattern = re.compile(_SPACES if tokens is Tokens.SPACES else _WORDS)
        yield from (match.span() for match in pattern.finditer(text, start, end))
