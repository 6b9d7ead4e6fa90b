r"""Texts of one line each: what the formats ``text``, ``boson`` and ``text-slash`` share.

Empty lines are skipped and counted, a line of spaces is a text. Lines end in ``\n`` or ``\r\n`` and in nothing else.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from cnerkit.corpora.json_text import refuse_halves
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.corpora.records import characters, offsets_to_write, unrepeated
from cnerkit.corpora.source import TextSource, marked
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

EMPTY = "empty lines, skipped"


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says: a text, and the entities over its characters; None when it is not annotated."""

    text: str
    entities: tuple[Entity, ...] | None


def read_lines(
    source: TextSource, parse: Callable[[str, int], Line | Problem], ids: str, notes: Counter[str]
) -> Iterator[Sentence]:
    """The sentence of each line; after the first mistake the rest is only looked through for further ones.

    Args:
        source: The text.
        parse: What a line and its number in the file, from 1, mean.
        ids: What the ids begin with; the number of the sentence, from 1, follows.
        notes: Where empty lines are counted.

    Raises:
        DataError: After the last line, when there was a mistake.
    """
    problems, count = Problems(source.name), 0
    for number, line in _numbered(source):
        if not line:
            notes[EMPTY] += 1
            continue
        count += 1
        parsed = parse(line, number)
        if isinstance(parsed, Problem):
            problems.add(parsed)
        elif not problems:
            entities = None if parsed.entities is None else unrepeated(parsed.entities, notes)
            yield Sentence(f"{ids}-{count}", characters(parsed.text), entities)
    problems.refuse()


def write_lines(sentences: Iterable[Sentence], line: Callable[[Sentence], str]) -> Iterator[str]:
    r"""The line of each sentence, with its ``\n``.

    Args:
        sentences: Those in words are taken as their text.
        line: What stands for a sentence of characters, without the end.

    Raises:
        DataError: A line cannot hold a sentence; without a place.
    """
    for number, sentence in enumerate(sentences):
        _refuse_no_line(sentence.text)
        written = line(sentence.as_characters())
        _refuse_unreadable(written)
        yield (written if number else marked(written)) + "\n"


def flat_spans(sentence: Sentence, what: str) -> list[tuple[int, int, str]]:
    """Start, exclusive end and type of each entity, in order.

    Args:
        sentence: Of characters.
        what: What cannot hold entities within one another, for the message.

    Raises:
        DataError: It is not annotated, or an entity overlaps another or has several fragments.
    """
    spans = offsets_to_write(sentence)
    for one, other in pairwise(spans):
        if other[0] < one[1]:
            shown = f"the {one[2]} at {one[0]} and the {other[2]} at {other[0]} overlap"
            raise DataError(f"{shown}, which {what} cannot hold", fix="say --overlap outermost, or choose a format for nesting")
    return spans


_JSON = "choose a JSON format, such as --format jsonl"


def _numbered(source: TextSource) -> Iterator[tuple[int, str]]:
    for block in source.blocks():
        yield from enumerate(source.decode(block).removesuffix("\n").split("\n"), start=block.line)


def _refuse_no_line(text: str) -> None:
    if not text:
        raise DataError("the text is empty, and empty lines are skipped when they are read", fix=_JSON)
    if "\n" in text:
        raise DataError(
            "the text has a line break, and each line is a text of its own", fix=f"say --sentences lines, or {_JSON}"
        )


def _refuse_unreadable(line: str) -> None:
    """Refuse what no reader would take for the same line, be it in the text or in a type."""
    if line.endswith("\r"):
        raise DataError("the text ends in a carriage return, which would be read as a line's end", fix=_JSON)
    if "\0" in line:
        raise DataError("the text holds a NUL, which text files do not", fix=_JSON)
    refuse_halves(line)
