"""Files with one token and its tag per line and an empty line after each sentence: reading to rows, writing from tags."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cnerkit.corpora.columns import DOCUMENT_START, HEADERS, Field, Layout, Row, quote, split_position
from cnerkit.corpora.mending import mend
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.source import Block, TextSource, marked
from cnerkit.errors import DataError

_HALF = re.compile("[\ud800-\udfff]")
_UNWRITABLE = re.compile("[\t\n\r\0\ud800-\udfff]|^.-\\s")  # types that begin with white space are not told from other columns
_HALF_BYTES = re.compile(b"\xed[\xa0-\xbf]")


class TaggedRows(NamedTuple):
    """The tokens and tags of one sentence as a file has them, and where they stand in it.

    Attributes:
        tokens: One per line.
        tags: As many, as they are written.
        lines: The number of each line in the file, from 1.
        tag_columns: Where each tag starts in its line, from 1; None when it is right after the token and a separator.
        problems: What is wrong with the lines of this sentence; the other fields then lack those lines.
        id: The sentence's, if the file has one.
    """

    tokens: tuple[str, ...]
    tags: Sequence[str]
    lines: Sequence[int]
    tag_columns: Sequence[int] | None = None
    problems: tuple[Problem, ...] = ()
    id: str | None = None

    def place(self, at: int) -> tuple[int, int]:
        """Line and column, from 1, of the tag of token ``at``."""
        return self.lines[at], self.tag_columns[at] if self.tag_columns else len(self.tokens[at]) + 2


class ColumnReader:
    """The sentences of a file in columns, as rows.

    Args:
        source: The text.
        layout: How its lines are made.
        empty_tag: What an empty tag stands for, when that is no mistake.
        join_surrogates: Join the two halves of a surrogate pair, which stand on lines of their own, into their character.
        mend_lines: Read lines that are odd in a way that ``mending`` knows as what they were meant to be.
        sentence_end: A token that ends a sentence when it is tagged O, in a file without empty lines between sentences.

    Attributes:
        repairs: How many lines were repaired, by kind; complete when all rows were read.
    """

    def __init__(
        self,
        source: TextSource,
        layout: Layout,
        *,
        empty_tag: str = "",
        join_surrogates: bool = False,
        mend_lines: bool = False,
        sentence_end: str = "",
    ) -> None:
        self.repairs: Counter[str] = Counter()
        self._source, self._layout = source, layout
        self._empty_tag, self._join_surrogates, self._sentence_end = empty_tag, join_surrogates, sentence_end
        self._mend_lines = mend_lines and layout.is_plain and layout.separator == " "
        self._separator = layout.separator.encode()
        self._neither = bytes(sorted(set(range(256)) - {*self._separator, *b"\n"}))

    def __iter__(self) -> Iterator[TaggedRows]:
        if self._sentence_end:
            rows = self._line_by_line(line for block in self._source.blocks() for line in self._lines(block))
            yield from map(self._joined, rows) if self._join_surrogates else rows
            return
        for block in self._source.blocks(b"\n\n"):
            rows = self._whole(block) if self._is_regular(block.data) else self._line_by_line(self._lines(block))
            if self._join_surrogates and _HALF_BYTES.search(block.data):
                rows = map(self._joined, rows)
            yield from rows

    def _is_regular(self, data: bytes) -> bool:
        r"""True when every line surely is a token, one separator and a tag, and every sentence ends in one empty line.

        With no more than one separator per line, the lines without any are the empty ones and the broken ones. There are never
        more ``\n\n`` than empty lines, so that as many ``\n\n`` as lines without a separator leave no broken one.
        """
        separator = self._separator
        if not self._layout.is_plain or DOCUMENT_START.encode() in data:
            return False
        if data.startswith(separator) or b"\n" + separator in data or separator + b"\n" in data:
            return False  # an empty token or tag
        rest = data.translate(None, self._neither)
        if separator * 2 in rest:
            return False
        n_lines = data.count(b"\n")
        n_separated = len(rest) - n_lines
        return n_lines - n_separated == data.count(b"\n\n")

    def _whole(self, block: Block) -> Iterator[TaggedRows]:
        separator, line = self._layout.separator, block.line
        for sentence in self._source.decode(block).rstrip("\n").split("\n\n"):
            fields = sentence.replace("\n", separator).split(separator)
            tokens = tuple(fields[0::2])
            rows = TaggedRows(tokens, fields[1::2], range(line, line + len(tokens)))
            yield self._without_positions(rows) if self._layout.indexed else rows
            line += len(tokens) + 1

    def _without_positions(self, rows: TaggedRows) -> TaggedRows:
        found = [split_position(token) for token in rows.tokens]
        characters = tuple([each[0] for each in found if each])
        if len(characters) == len(found):
            return rows._replace(tokens=characters, tag_columns=[len(token) + 2 for token in rows.tokens])
        lines = map(self._layout.separator.join, zip(rows.tokens, rows.tags, strict=True))
        return collect([(number, self._layout.parse(line, number)) for number, line in zip(rows.lines, lines, strict=True)])

    def _lines(self, block: Block) -> Iterator[tuple[int, str]]:
        return enumerate(self._source.decode(block).removesuffix("\n").split("\n"), start=block.line)

    def _line_by_line(self, lines: Iterable[tuple[int, str]]) -> Iterator[TaggedRows]:
        parsed: list[tuple[int, Row | Problem]] = []
        for number, line in lines:
            between = self._layout.is_between(line)
            for row in () if between else self._rows(line, number):
                parsed.append((number, row))
                if self._ends_sentence(row):
                    yield collect(parsed)
                    parsed = []
            if between and parsed:
                yield collect(parsed)
                parsed = []
            if self._layout.is_header(line):
                self.repairs[HEADERS] += 1
        if parsed:
            yield collect(parsed)

    def _rows(self, line: str, number: int) -> list[Row | Problem]:
        fields = self._layout.fields(line)
        mended = mend(line, fields, self._sentence_end) if self._mend_lines else None
        if mended is None:
            return [self._row(fields, line, number)]
        self.repairs[mended.repair] += 1
        return [self._row(record, line, number) for record in mended.records]

    def _row(self, fields: Sequence[Field], line: str, number: int) -> Row | Problem:
        row = self._layout.row(fields, line, number, empty_tag=self._empty_tag)
        if self._empty_tag and isinstance(row, Row) and row.tag_column > len(line):
            self.repairs[f"empty tags read as {self._empty_tag}"] += 1
        return row

    def _ends_sentence(self, row: Row | Problem) -> bool:
        return isinstance(row, Row) and row.token == self._sentence_end and row.tag == "O"

    def _joined(self, rows: TaggedRows) -> TaggedRows:
        """The rows with each surrogate pair in one, which keeps the first half's tag."""
        kept: list[int] = []
        tokens: list[str] = []
        for at, token in enumerate(rows.tokens):
            pair = tokens[-1] + token if tokens else token
            if len(pair) == 2 and "\ud800" <= pair[0] <= "\udbff" and "\udc00" <= pair[1] <= "\udfff":
                tokens[-1] = pair.encode("utf-16", "surrogatepass").decode("utf-16")
                self.repairs["surrogate pairs joined"] += 1
            else:
                kept.append(at)
                tokens.append(token)
        halves = tuple(_lonely(rows, at) for at, token in zip(kept, tokens, strict=True) if _HALF.search(token))
        columns = [rows.place(at)[1] for at in kept]
        return TaggedRows(
            tuple(tokens), [rows.tags[at] for at in kept], [rows.lines[at] for at in kept], columns, rows.problems + halves
        )


def collect(parsed: Sequence[tuple[int, Row | Problem]]) -> TaggedRows:
    """The rows of one sentence from what its lines hold, each with its number in the file."""
    rows = [(number, row) for number, row in parsed if isinstance(row, Row)]
    return TaggedRows(
        tokens=tuple(row.token for _, row in rows),
        tags=[row.tag for _, row in rows],
        lines=[number for number, _ in rows],
        tag_columns=[row.tag_column for _, row in rows],
        problems=tuple(problem for _, problem in parsed if isinstance(problem, Problem)),
    )


def _lonely(rows: TaggedRows, at: int) -> Problem:
    what = f"half of a surrogate pair, U+{ord(rows.tokens[at][0]):04X}, without its other half"
    return Problem("halves of surrogate pairs", what, rows.lines[at], 1, "write the character that was meant, in UTF-8")


class ConllWriter:
    """Sentences as text in two columns separated by a tab, with an empty line after each."""

    def __init__(self) -> None:
        self._endings = _Endings()
        self._started = False

    def text(self, tokens: Sequence[str], tags: Sequence[str]) -> str:
        """The lines of one sentence, the empty one included.

        Args:
            tokens: At least one; none is empty or holds a tab, a new line or NUL.
            tags: One per token.

        Raises:
            DataError: Lines cannot carry the sentence; says which token it is.
        """
        n_tokens = len(tokens)
        if tags.count("O") == n_tokens:
            text = "\tO\n".join(tokens) + "\tO\n\n"
        else:
            cells = ["\n"] * (2 * n_tokens + 1)
            cells[0:-1:2] = tokens
            cells[1::2] = map(self._endings.__getitem__, tags)
            text = "".join(cells)
        if not _is_sound(text, n_tokens):
            _refuse_what_breaks_lines(tokens)
        if not self._started:
            self._started, text = True, marked(text)
        return text


def _is_sound(text: str, n_tokens: int) -> bool:
    """False when the lines of a sentence may be read otherwise than they were meant, or not at all."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return (
        text.count("\t") == text.count("\n") - 1 == n_tokens > 0
        and not text.startswith("\t")
        and "\n\t" not in text
        and "\0" not in text
        and DOCUMENT_START not in text
    )


class _Endings(dict[str, str]):
    """Tag to what stands after a token: made once per tag, since a corpus repeats few tags many times."""

    def __missing__(self, tag: str) -> str:
        refuse_odd_tag(tag)
        self[tag] = ending = f"\t{tag}\n"
        return ending


def refuse_odd_tag(tag: str) -> None:
    """Raises a DataError about a tag that would break a line."""
    if not tag or _UNWRITABLE.search(tag):
        fix = "give the type another name with --types, or write --format jsonl"
        raise DataError(f"a line cannot hold the tag {quote(tag)}", fix=fix)


def _refuse_what_breaks_lines(tokens: Sequence[str]) -> None:
    if not tokens:
        raise DataError("a sentence without tokens cannot be written in lines", fix="write --format jsonl")
    for at, token in enumerate(tokens):
        if not token or token == DOCUMENT_START or re.search("[\t\n\0\ud800-\udfff]", token):
            what = f"token {at} is {quote(token)}, which a line cannot hold"
            raise DataError(what, fix="write --format jsonl, change the token, or divide running text with --sentences lines")
