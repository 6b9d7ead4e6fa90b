"""Marks within lines of text, as the Boson corpus has them: ``{{person_name:李白}}来到{{location: 长安}}``.

One space can follow the colon; it belongs to the mark. A name is all up to the next two braces. Two braces in a row are always
meant as a mark (of more, the last two open it and the first two close it), and a single one is text. Entities can neither be
nested nor have several fragments.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.source import Head, TextSource
from cnerkit.corpora.text_lines import Line, flat_spans, read_lines, write_lines
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

_START = re.compile(r"\{\{([^\s{}:]+): ?")
_BRACES = re.compile(r"\{\{(?!\{)|\}\}")
_TYPE = re.compile(r"[^\s{}:]+")
_FIX = "write marks as {{person_name:李白}}, not within one another; braces of the text must not stand two in a row"


def evidence(head: Head) -> str | None:
    """How many marks the first lines have; None when there are none, or braces that are no mark."""
    types: Counter[str] = Counter()
    for line in head.text.split("\n"):
        parsed = _parse(line, 1)
        if isinstance(parsed, Problem):
            return None
        types.update([entity.type for entity in parsed.entities or ()])
    if not types:
        return None
    return f"{types.total()} marks such as {{{{{types.most_common(1)[0][0]}:…}}}} in its lines"


def read(source: TextSource, ids: str, hints: Hints, notes: Counter[str]) -> Iterator[Sentence]:  # noqa: ARG001
    """The lines of a file, without their marks; empty ones are skipped and counted.

    Raises:
        DataError: It is binary or not valid UTF-8. After the last line: the first malformed mark, and the count of all.
    """
    return read_lines(source, _parse, ids, notes)


def write(sentences: Iterable[Sentence]) -> Iterator[str]:
    """Each text as a line, its entities marked.

    Raises:
        DataError: Marks cannot carry a sentence; without a place.
    """
    return write_lines(sentences, _line)


def _parse(line: str, number: int) -> Line | Problem:
    pieces: list[str] = []
    entities, length, at = [], 0, 0
    while braces := _BRACES.search(line, at):
        start = _START.match(line, braces.start())
        end = line.find("}}", start.end()) if start else -1
        if start is None or end <= start.end() or line.find("{{", start.end(), end) >= 0:
            kind = "malformed marks" if braces.group() == "{{" else "braces that close no mark"
            what = f"expected a mark as in {{{{type:name}}}}, got {quote(line[braces.start() :])}"
            return Problem(kind, what, number, braces.start() + 1, _FIX)
        pieces += (line[at : start.start()], line[start.end() : end])
        length += start.start() - at
        entities.append(Entity.span(length, length + end - start.end(), start[1]))
        length += end - start.end()
        at = end + 2
    return Line("".join([*pieces, line[at:]]), tuple(entities))


def _line(sentence: Sentence) -> str:
    text, at = sentence.text, 0
    pieces: list[str] = []
    for start, end, type_ in flat_spans(sentence, "marks in a line"):
        if not _TYPE.fullmatch(type_):
            what = f"a mark cannot have the type {quote(type_)}, with white space, a brace or a colon in it"
            raise DataError(what, fix="give the type another name with --types, or choose another format")
        space = " " if text[start] == " " else ""
        pieces += (text[at:start], f"{{{{{type_}:{space}{text[start:end]}}}}}")
        at = end
    line = "".join([*pieces, text[at:]])
    again = _parse(line, 1)
    if isinstance(again, Problem) or (again.text, frozenset(again.entities or ())) != (text, sentence.entities):
        fix = "choose a JSON format, such as --format jsonl"
        raise DataError("braces in the text would be read as part of a mark", fix=fix)
    return line
