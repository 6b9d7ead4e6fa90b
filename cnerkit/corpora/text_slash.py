"""Lines of chunks, each ``text/tag`` and parted by a space, as in the MSRA corpus: ``李白/nr 来到/o 长安/ns ``.

A chunk is one entity, or text outside of entities when its tag is ``o``, in either case. It is divided at its last slash.
Every line is written with a space after its last chunk, as that corpus has it. Entities can neither be nested nor have several
fragments, and no text can hold a space.
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

_OUTSIDE = "o"
_CHUNK = re.compile(r"(.+)/([^\s/]+)", re.DOTALL)
_SHORT = re.compile(r".+/([A-Za-z][\w.:-]{0,29})")
_SHOWN = 8
_LOOKED_AT = 1 << 16


def evidence(head: Head) -> str | None:
    """How many of the first lines are chunks, and their tags; None when fewer than nine of ten are, or no tag is ``o``."""
    lines = [line for line in head.text.split("\n") if line]
    tags: Counter[str] = Counter()
    n_chunked = 0
    for line in lines:
        found = [_SHORT.fullmatch(chunk) for chunk in _beginning(line).removesuffix(" ").split(" ")]
        if all(found):
            n_chunked += 1
            tags.update(match[1] for match in found if match)
    if n_chunked * 10 < len(lines) * 9 or not tags.keys() & {_OUTSIDE, _OUTSIDE.upper()}:
        return None
    shown = ", ".join(tag for tag, _ in tags.most_common(_SHOWN))
    return f"{n_chunked} of {len(lines)} lines are chunks of text and tag parted by a slash; tags {shown}"


def _beginning(line: str) -> str:
    """A line or, of one as long as a book, the chunks that it begins with."""
    chunks = line[:_LOOKED_AT].rpartition(" ")[0] if len(line) > _LOOKED_AT else ""
    return chunks or line


def read(source: TextSource, ids: str, hints: Hints, notes: Counter[str]) -> Iterator[Sentence]:  # noqa: ARG001
    """The lines of a file; empty ones are skipped and counted.

    Raises:
        DataError: It is binary or not valid UTF-8. After the last line: the first chunk without a tag, and the count of all.
    """
    return read_lines(source, _parse, ids, notes)


def write(sentences: Iterable[Sentence]) -> Iterator[str]:
    """Each text as a line of chunks.

    Raises:
        DataError: Chunks cannot carry a sentence; without a place.
    """
    return write_lines(sentences, _line)


def _parse(line: str, number: int) -> Line | Problem:
    pieces, entities, length, column = [], [], 0, 1
    for chunk in line.removesuffix(" ").split(" "):
        match = _CHUNK.fullmatch(chunk)
        if match is None:
            fix = "write chunks as 李白/nr 来到/o 长安/ns, with one space between them and none within"
            return Problem("chunks without a tag", f"expected text/tag, got {quote(chunk)}", number, column, fix)
        text, tag = match.groups()
        pieces.append(text)
        if tag.lower() != _OUTSIDE:
            entities.append(Entity.span(length, length + len(text), tag))
        length += len(text)
        column += len(chunk) + 1
    return Line("".join(pieces), tuple(entities))


def _line(sentence: Sentence) -> str:
    text = sentence.text
    if " " in text:
        what = f"character {text.index(' ')} is a space, which parts chunks"
        raise DataError(what, fix="choose a format that can hold spaces, such as --format jsonl")
    chunks: list[str] = []
    at = 0
    for start, end, type_ in flat_spans(sentence, "chunks in a line"):
        if type_.lower() == _OUTSIDE or re.search(r"[\s/]", type_):
            what = f"a chunk cannot have the tag {quote(type_)}, which is read as no entity or as part of the text"
            raise DataError(what, fix="give the type another name with --types, or choose another format")
        chunks += (f"{text[at:start]}/{_OUTSIDE} " if start > at else "", f"{text[start:end]}/{type_} ")
        at = end
    return "".join([*chunks, f"{text[at:]}/{_OUTSIDE} " if at < len(text) else ""])
