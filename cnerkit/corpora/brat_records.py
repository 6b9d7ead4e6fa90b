"""The lines of brat's ``.ann`` files: the mentions among them, which other lines refer to them, and how mentions are written.

A mention is ``T1<TAB>PER 0 2;5 6<TAB>surface``: an id, a type, the start and exclusive end of each fragment, and their text,
joined by a space. https://brat.nlplab.org/standoff.html
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cnerkit.corpora.columns import quote
from cnerkit.corpora.problems import Problem
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment

STRAY = "lines of .ann files that are no records, skipped"

_BOM = "\ufeff"
_IS_MENTION = re.compile(r"T[0-9]")
_MENTION = re.compile(r"(?P<id>T[0-9]\S*)\t(?P<type>\S+) (?P<offsets>[-0-9; ]*[0-9]) *(?:\t(?P<surface>.*))?", re.DOTALL)
_PAIR = re.compile(r"(-?[0-9]{1,18}) (-?[0-9]{1,18})")
_OTHER = re.compile(r"(?P<id>\*|#[^\s\d]*\d\S*|[A-Za-z]+\d\S*)\t(?P<data>[^\t]*)")
_NUMBER = re.compile(r"T([0-9]{1,18})(?![0-9])")
_SPACES = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029 ]+")
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_KINDS = {
    "R": "relations",
    "E": "events",
    "A": "attributes",
    "M": "attributes",
    "N": "links to knowledge bases",
    "#": "notes of annotators",
    "*": "equivalences",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity as its line has it.

    Attributes:
        line: The place of its line in the file, from 0.
        id: Such as ``T1``.
        type: Of the entity.
        offsets: Start and exclusive end of each fragment, in the order and the counting of the file.
        surface: The text that the line has; None when it has none.
        column: The number, from 1, of the column at which the offsets begin.
    """

    line: int
    id: str
    type: str
    offsets: tuple[tuple[int, int], ...]
    surface: str | None
    column: int

    def problem(self, kind: str, what: str, fix: str) -> Problem:
        """Something wrong with its offsets."""
        return Problem(kind, f"{self.id}: {what}", self.line + 1, self.column, fix)


@dataclass(frozen=True, slots=True)
class Other:
    """A line that is no entity's: a relation, an event, an attribute, a link, a note or an equivalence.

    Attributes:
        line: The place of its line in the file, from 0.
        id: Such as ``R1``; ``*`` for an equivalence.
        kind: In the plural, in words.
        refers_to: The ids that it cannot do without.
    """

    line: int
    id: str
    kind: str
    refers_to: tuple[str, ...]


def lines_of(ann: str) -> list[str]:
    r"""The lines of a file without what ends them; joined by ``\n`` they are the file, but for ``\r`` and a byte-order mark."""
    return [line.removesuffix("\r") for line in ann.removeprefix(_BOM).split("\n")]


def parse(ann: str, notes: Counter[str]) -> Iterator[Mention | Other | Problem]:
    """The records of a file; lines that are none are counted in ``notes``."""
    for number, line in enumerate(lines_of(ann)):
        if _IS_MENTION.match(line):
            yield _mention(line, number)
        elif match := _OTHER.match(line):
            kind = _KINDS.get(match["id"][0], "records of another kind")
            yield Other(number, match["id"], kind, _references(match["id"][0], match["data"].split()))
        elif line.strip():
            notes[STRAY] += 1


def entity_at(mention: Mention, fragments: Iterable[tuple[int, int]], notes: Counter[str]) -> Entity | Problem:
    """The entity of a mention whose fragments are at these characters; they are sorted, and joined where they touch.

    Fragments that overlap are refused, as brat does. What was changed is counted in ``notes``.
    """
    given = list(fragments)
    found = sorted(given)
    if any(one[1] > other[0] for one, other in pairwise(found)):
        fix = "write characters that belong to the entity once"
        return mention.problem("overlapping fragments", "its fragments overlap", fix)
    joined = found[:1]
    for start, end in found[1:]:
        if start == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    if found != given:
        notes["entities whose fragments are out of order, sorted"] += 1
    if len(joined) < len(found):
        notes["entities whose fragments touch, joined"] += 1
    return Entity(tuple(Fragment(start, end) for start, end in joined), mention.type)


def surface_fits(mention: Mention, text: str, fragments: Sequence[tuple[int, int]]) -> bool:
    """True when a mention says the text that stands at its fragments; one white space is as good as another."""
    if mention.surface is None:
        return True
    # A line break has at most two characters, so that nothing that is far too long need be looked at.
    if sum(end - start + 1 for start, end in fragments) > 2 * len(mention.surface) + 1:
        return False
    found = " ".join([text[start:end] for start, end in fragments])
    return found == mention.surface or _SPACES.sub(" ", found) == _SPACES.sub(" ", mention.surface)


def lines_with(entities: Iterable[Entity], text: str, offsets: Sequence[int], first: int = 1) -> Iterator[str]:
    r"""A line, with ``\n``, for each entity, in order.

    Args:
        entities: Over the characters of ``text``.
        text: Of the whole document.
        offsets: What the file counts for each place in the text, its end included.
        first: The number of the first one's id.

    Raises:
        DataError: A type cannot stand in a line; without a place.
    """
    ordered = sorted(entities, key=lambda entity: (entity.start, entity.end, entity.type, entity.fragments))
    for number, entity in enumerate(ordered, start=first):
        _check_type(entity.type)
        surface = _BREAKS.sub(" ", " ".join([text[part.start : part.end] for part in entity.fragments]))
        places = ";".join(f"{offsets[part.start]} {offsets[part.end]}" for part in entity.fragments)
        yield f"T{number}\t{entity.type} {places}\t{surface}\n"


def renamed_line(line: str, type_: str) -> str:
    """The line of an entity with another type.

    Raises:
        DataError: The type cannot stand in a line.
    """
    _check_type(type_)
    id_, _, data = line.partition("\t")
    return f"{id_}\t{type_} {data.partition(' ')[2]}"


def next_number(mentions: Iterable[Mention]) -> int:
    """The number of an id that none of these has."""
    return max((int(match[1]) for each in mentions if (match := _NUMBER.match(each.id))), default=0) + 1


def _mention(line: str, number: int) -> Mention | Problem:
    match = _MENTION.fullmatch(line)
    pairs = [_PAIR.fullmatch(pair) for pair in match["offsets"].split(";")] if match else []
    if match is None or not all(pairs):
        fix = "write T1, a tab, a type, start and end (several parted by ;), a tab and the text, as in T1→PER 0 2→李白"
        return Problem("malformed annotations", f"not an entity as brat writes it: {quote(line)}", number + 1, 1, fix)
    offsets = tuple((int(pair[1]), int(pair[2])) for pair in pairs if pair)
    return Mention(number, match["id"], match["type"], offsets, match["surface"], match.start("offsets") + 1)


def _references(kind: str, data: list[str]) -> tuple[str, ...]:
    """The ids in the second column of a record: all of a relation, an event or an equivalence, and one of anything else."""
    words = data if kind == "E" else data[1:] if kind in ("R", "*") else data[1:2]
    return tuple(word.rpartition(":")[2] for word in words)


def _check_type(type_: str) -> None:
    if re.search(r"[\s\0]", type_):
        fix = "give the type another name with --types, or choose another format"
        raise DataError(f"brat's lines cannot hold the type {quote(type_)}, which has white space in it", fix=fix)
