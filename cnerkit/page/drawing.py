"""A sentence with its entities in colour: each has a bar under its text and its type's name where it starts.

Bars of entities that overlap stand in rows, the shortest next to the text, so that nested, crossing and equal ones are all
seen; a discontinuous one has a dashed bar under what lies between its fragments. How it looks is ``templates/sentence.css``.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from cnerkit.page.jinja import UNSHOWN
from cnerkit.text import Entity, Fragment, Sentence

if TYPE_CHECKING:
    from markupsafe import Markup

N_COLOURS = 12
"""How many there are in ``sentence.css``; further types share them, and are told apart by their names."""
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Colours:
    """A colour for each of some types, always the same for the same types."""

    types: tuple[str, ...]

    @classmethod
    def of(cls, types: Iterable[str]) -> "Colours":
        """Colours for the distinct types, in whatever order they come."""
        return cls(tuple(sorted(set(types))))

    def css_class(self, type_: str) -> str:
        """The class that gives an element ``--colour``, the type's colour in the reader's scheme.

        Raises:
            ValueError: It is none of the types.
        """
        if type_ not in self.types:
            raise ValueError(f"the type {type_!r} has no colour among those of {self.types}")
        return f"c{self.types.index(type_) % N_COLOURS}"


@dataclass(frozen=True, slots=True)
class _Bar:
    """An entity over characters as it is drawn; ``place`` and ``end`` are where it starts and ends."""

    entity: Entity
    row: int
    css_class: str
    wrong: bool

    def tag(self, place: int, *, first: bool) -> "Markup":
        """What opens the piece of the bar that begins at a character."""
        from markupsafe import Markup

        covered = any(part.start <= place < part.end for part in self.entity.fragments)
        states = (("first", first), ("gap", not covered), ("wrong", self.wrong))
        classes = " ".join([self.css_class, *(name for name, holds in states if holds)])
        return Markup('<b class="{}" style="--row:{}">').format(classes, self.row)


def sentence_html(
    sentence: Sentence, entities: Iterable[Entity], colours: Colours, *, wrong: Collection[Entity] = ()
) -> "Markup":
    """A paragraph with the text of a sentence and its entities in colour.

    The content of its text nodes is exactly the sentence's text: names of types are attributes, so that copying and searching
    find the text alone. A NUL and half of a surrogate pair, which no page can hold, are shown as U+FFFD.

    Args:
        sentence: Whose text is drawn; its own entities are not.
        entities: Over its tokens, of types that have a colour.
        colours: Of the types.
        wrong: Those of the entities to mark as wrong, by a cross and a double bar.

    Raises:
        ValueError: An entity ends after the sentence, or its type has no colour.
    """
    from markupsafe import Markup

    text, bars = sentence.text, _bars(sentence, frozenset(entities), colours, frozenset(wrong))
    rows = max((bar.row + 1 for bar in bars), default=0)
    language = Markup(' lang="zh"') if _HAN.search(text) else ""
    paragraph = Markup('<p class="sentence" dir="auto" style="--rows:{}"{}>{}</p>')
    return paragraph.format(rows, language, Markup("").join(_pieces(text, bars)))


def type_html(type_: str, colours: Colours) -> "Markup":
    """The name of a type in its colour, as in a legend."""
    from markupsafe import Markup

    return Markup('<span class="type {}">{}</span>').format(colours.css_class(type_), shown(type_))


@cache
def stylesheet() -> str:
    """What ``sentence_html`` and ``type_html`` need in a page's ``style``."""
    from importlib.resources import files

    return (files("cnerkit.page") / "templates" / "sentence.css").read_text(encoding="utf-8")


def shown(text: str) -> "Markup":
    """Text as markup that a browser reads back as the same text, but for what no page can hold, which becomes U+FFFD."""
    from markupsafe import Markup, escape

    # A browser takes a carriage return that stands as it is for a line feed.
    return escape(UNSHOWN.sub("\ufffd", text)).replace("\r", Markup("&#13;"))


def _bars(sentence: Sentence, entities: frozenset[Entity], colours: Colours, wrong: frozenset[Entity]) -> list[_Bar]:
    """A bar for each entity, in the order of their starts, the longest of those with the same start before the others."""
    last = max((entity.end for entity in entities), default=0)
    if last > len(sentence):
        raise ValueError(f"an entity ends at token {last}, but the sentence has {len(sentence)} tokens")
    starts, between = sentence.char_offsets(), len(sentence.joiner)
    rows: list[list[Fragment]] = []
    bars = []
    for entity in sorted(entities, key=lambda entity: (entity.end - entity.start, entity)):
        parts = tuple(Fragment(starts[part.start], starts[part.end] - between) for part in entity.fragments)
        moved = Entity(parts, entity.type)
        bars.append(_Bar(moved, _row(moved, rows), colours.css_class(entity.type), entity in wrong))
    return sorted(bars, key=lambda bar: (bar.entity.start, -bar.entity.end, -bar.row))


def _row(entity: Entity, rows: list[list[Fragment]]) -> int:
    """The first row that has room from an entity's start to its end; the room is taken."""
    extent = Fragment(entity.start, entity.end)
    for number, taken in enumerate(rows):
        at = bisect_left(taken, extent)
        if (at == 0 or taken[at - 1].end <= extent.start) and (at == len(taken) or taken[at].start >= extent.end):
            taken.insert(at, extent)
            return number
    rows.append([extent])
    return len(rows) - 1


def _pieces(text: str, bars: list[_Bar]) -> Iterator["Markup"]:
    """The text, cut wherever a fragment starts or ends; each piece within the bars over it."""
    from markupsafe import Markup

    starting: dict[int, list[_Bar]] = defaultdict(list)
    for bar in bars:
        starting[bar.entity.start].append(bar)
    edges = {edge for bar in bars for part in bar.entity.fragments for edge in (part.start, part.end)}
    over: list[_Bar] = []
    for here, next_ in pairwise(sorted(edges | {0, len(text)})):
        over = [bar for bar in over if bar.entity.end > here]
        name, newest = Markup(""), None
        for bar in starting[here]:
            if newest is not None:  # its name stands before the bars of those that start after it
                yield _within(over, here, newest, name)
            over.append(bar)
            name, newest = Markup('<i data-type="{}"></i>').format(shown(bar.entity.type)), bar
        yield _within(over, here, newest, name + shown(text[here:next_]))


def _within(over: list[_Bar], place: int, newest: _Bar | None, content: "Markup") -> "Markup":
    from markupsafe import Markup

    opened = Markup("").join(bar.tag(place, first=bar is newest) for bar in over)
    return opened + content + Markup("</b>") * len(over)
