"""JSON lines: one object per sentence. Reading them with every mistake placed and counted, writing them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError
from cnerkit.text import Sentence

Record = Mapping[str, Any]
Parse = Callable[[Record, str, Counter[str]], Sentence]
"""``parse(record, id, notes)`` makes a sentence, counts what it had to overlook, and raises DataError without a place."""


class RecordReader:
    """The sentences of a file of JSON lines; empty lines are skipped.

    Args:
        source: The text.
        parse: What a record means.
        ids: What the ids of sentences that bring none begin with; their number from 1 follows.

    Attributes:
        notes: How often something was overlooked, by kind; complete when all sentences were read.
    """

    def __init__(self, source: TextSource, parse: Parse, *, ids: str) -> None:
        self.notes: Counter[str] = Counter()
        self._source, self._parse, self._ids = source, parse, ids

    def __iter__(self) -> Iterator[Sentence]:
        problems = Problems(self._source.name)
        count = 0
        for block in self._source.blocks():
            for number, line in enumerate(self._source.decode(block).split("\n"), start=block.line):
                if not line.strip(" \t"):
                    continue
                count += 1
                found = self._read(line, number, f"{self._ids}-{count}")
                if isinstance(found, Problem):
                    problems.add(found)
                elif not problems:
                    yield found
        problems.refuse()

    def _read(self, line: str, number: int, default_id: str) -> Sentence | Problem:
        try:
            record = _load(line)
            return self._parse(record, _id(record, default_id), self.notes)
        except json.JSONDecodeError as error:
            fix = "write one JSON object per line, in double quotes"
            return Problem("malformed lines", f"not JSON: {error.msg}: {quote(line)}", number, error.colno, fix)
        except DataError as error:
            return Problem(
                "malformed records", error.what, number, 1, error.fix or "see the formats of `cnerkit convert --help`"
            )


def text_of(record: Record) -> str:
    """The record's text.

    Raises:
        DataError: It has none, it is not text, or it holds half of a surrogate pair.
    """
    text = record.get("text")
    if not isinstance(text, str):
        raise DataError(f"expected a string `text`, got {quote(text)}", fix='write the sentence as "text": "…"')
    _refuse_halves(text)
    return text


def tokens_of(record: Record) -> tuple[str, ...]:
    """The record's words.

    Raises:
        DataError: They are not a list of strings that are not empty.
    """
    tokens = record["tokens"]
    if not isinstance(tokens, list) or not all(isinstance(token, str) and token for token in tokens):
        fix = 'write the words as "tokens": ["…", "…"], none of them empty'
        raise DataError(f"expected a list of words as `tokens`, got {quote(tokens)}", fix=fix)
    _refuse_halves("".join(tokens))
    return tuple(tokens)


def check_offsets(start: object, end: object, length: int, *, inclusive: bool = False) -> tuple[int, int]:
    """Offsets of an entity as they are in the file, as a half-open interval.

    Raises:
        DataError: They are no whole numbers, reversed, negative or beyond the text.
    """
    kind = "inclusive" if inclusive else "exclusive"
    if type(start) is not int or type(end) is not int:
        fix = f"offsets count from 0 and end is {kind}"
        raise DataError(f"offsets must be whole numbers, got {quote(start)} and {quote(end)}", fix=fix)
    last = end + 1 if inclusive else end
    if not 0 <= start < last <= length:
        why = (
            "negative" if start < 0 else "reversed or empty" if start >= last else f"beyond the {length} tokens of the sentence"
        )
        raise DataError(f"the offsets {start} and {end} are {why}", fix=f"offsets count from 0 and end is {kind}")
    return start, last


def json_line(record: Record, sentence: Sentence) -> str:
    """A record as one line of text.

    Raises:
        DataError: The sentence holds half of a surrogate pair, which UTF-8 cannot carry.
    """
    try:
        _refuse_halves("".join(sentence.tokens))
    except DataError as error:
        raise DataError(error.what, where=sentence.id, fix=error.fix) from error
    return json.dumps(record, ensure_ascii=False) + "\n"


def offsets_to_write(sentence: Sentence) -> list[tuple[int, int, str]]:
    """Start, exclusive end and type of each entity, in order.

    Raises:
        DataError: The sentence is not annotated, or an entity has several fragments.
    """
    if sentence.entities is None:
        raise DataError("the sentence is not annotated", where=sentence.id, fix="give a file whose sentences all have entities")
    for entity in sentence.entities:
        if not entity.is_contiguous:
            what = f"the {entity.type} at {entity.start} is discontinuous, which spans with one start and end cannot carry"
            raise DataError(what, where=sentence.id, fix="choose a format for discontinuous entities")
    return sorted((entity.start, entity.end, entity.type) for entity in sentence.entities)


def _load(line: str) -> Record:
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise DataError(f"JSON that cannot be read: {error}", fix="write plain numbers, and no deep nesting") from error
    if not isinstance(record, dict):
        raise DataError(f"expected a JSON object, got {quote(line)}", fix='write {"text": …} with its entities')
    return record


def _id(record: Record, default: str) -> str:
    found = record.get("id")
    if found is None:
        return default
    if type(found) in (int, str):
        return str(found)
    raise DataError(f"expected a number or a string `id`, got {quote(found)}", fix="remove the id, or give each line its own")


def _refuse_halves(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f"character {error.start} is half of a surrogate pair, U+{ord(text[error.start]):04X}"
        raise DataError(what, fix="write the whole character") from error
