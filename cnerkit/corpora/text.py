"""Plain text: each line is a sentence, and none is annotated."""

from collections import Counter
from collections.abc import Iterable, Iterator

from cnerkit.corpora.formats import Hints
from cnerkit.corpora.source import Head, TextSource
from cnerkit.corpora.text_lines import Line, read_lines, write_lines
from cnerkit.text import Sentence


def evidence(head: Head) -> None:
    """Nothing: a file of any other format is text too, so that this one is never recognised, only asked for."""


def read(source: TextSource, ids: str, hints: Hints, notes: Counter[str]) -> Iterator[Sentence]:  # noqa: ARG001
    """The lines of a file as they are, white space included; empty ones are skipped and counted.

    Raises:
        DataError: It is binary or not valid UTF-8.
    """
    return read_lines(source, lambda line, _: Line(line, None), ids, notes)


def write(sentences: Iterable[Sentence]) -> Iterator[str]:
    """Each text as a line, without its entities.

    Raises:
        DataError: A text is empty or has a line break; without a place.
    """
    return write_lines(sentences, lambda sentence: sentence.text)
