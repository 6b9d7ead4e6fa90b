"""JSON objects, one per sentence or document, as lines or as one array: reading with every mistake placed, writing."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from cnerkit.corpora.array import ArrayReader
from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Parse, Record
from cnerkit.corpora.json_text import TOO_DEEP, decode, encode, refuse_halves
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.corpora.source import Head, TextSource
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

SURFACE_DIFFERS = "surfaces that differ from the text at their offsets, which count"
REPEATED = "entities given twice, counted once"
_RECORDS = "malformed records"
_SAMPLE = 1000
_SHOWN = 100
_LONG = 1 << 16
_ARRAY = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*(?:\{(?!\{)|\]?[ \t\n\r]*\Z)")


class RecordReader:
    """The records of a file that are sentences; empty lines are skipped.

    Args:
        source: The text: JSON lines, or one JSON array.
        parse: What a record means.
        ids: What the ids of sentences that bring none begin with; their number from 1 follows.
        notes: Where to count what is overlooked; a counter of its own when there is none.

    Attributes:
        notes: How often something was overlooked, by kind; complete when all sentences were read.
    """

    def __init__(self, source: TextSource, parse: Parse, *, ids: str, notes: Counter[str] | None = None) -> None:
        self.notes: Counter[str] = Counter() if notes is None else notes
        self._source, self._parse, self._ids = source, parse, ids

    def __iter__(self) -> Iterator[Sentence]:
        """The sentences; after the first mistake the rest is only looked through for further ones.

        Raises:
            DataError: After the last record, when there was a mistake.
        """
        problems = Problems(self._source.name)
        for count, (found, line) in enumerate(read_objects(self._source), start=1):
            sentence = found if isinstance(found, Problem) else self._sentence(found, line, f"{self._ids}-{count}")
            if isinstance(sentence, Problem):
                problems.add(sentence)
            elif sentence is not None and not problems:
                yield sentence
        problems.refuse()

    def _sentence(self, record: Record, line: int, default_id: str) -> Sentence | Problem | None:
        try:
            return self._parse(record, id_of(record, default_id), self.notes)
        except DataError as error:
            fix = error.fix or "see the formats of `cnerkit convert --help`"
            return Problem(_RECORDS, error.what, line, 1, fix)
        except RecursionError:  # a message that shows the value goes deeper than the reading did
            return Problem(_RECORDS, TOO_DEEP, line, 1, "write flat objects")


def read_objects(source: TextSource) -> Iterator[tuple[Record | Problem, int]]:
    """Each object of a file, or what is wrong with it, and the line on which it begins."""
    if is_array(source.head()):
        yield from ArrayReader(source)
        return
    for block in source.blocks():
        for number, line in enumerate(source.decode(block).split("\n"), start=block.line):
            if line.strip(" \t"):
                yield _line(line, number), number


def sample_objects(head: Head, name: str) -> list[Record]:
    """The first objects of a file; what is broken is left to the reader."""
    found = (record for record, _ in _objects_in(head, name) if not isinstance(record, Problem))
    return list(islice(found, _SAMPLE))


def first_problem(head: Head, name: str) -> Problem | None:
    """What is wrong with the first of the first objects that is broken."""
    return next((found for found, _ in _objects_in(head, name) if isinstance(found, Problem)), None)


def _objects_in(head: Head, name: str) -> Iterator[tuple[Record | Problem, int]]:
    return read_objects(TextSource(io.BytesIO(head.text.encode("utf-8", "surrogatepass")), name, surrogates=True))


def is_array(head: Head) -> bool:
    """True when a text begins as a JSON array of objects does, and not as columns or marked text can."""
    return _ARRAY.match(head.text) is not None


def id_of(record: Record, default: str) -> str:
    """The record's id, or the default when it has none.

    Raises:
        DataError: It is neither a number nor text.
    """
    found = record.get("id")
    if found is None:
        return default
    if type(found) in (int, str):
        return str(found)
    raise DataError(f"expected a number or a string `id`, got {quote(found)}", fix="remove the id, or give each line its own")


def text_of(record: Record, field: str = "text") -> str:
    """The record's text.

    Raises:
        DataError: It has none, it is not text, or it holds half of a surrogate pair.
    """
    text = record.get(field)
    if not isinstance(text, str):
        raise DataError(f"expected a string `{field}`, got {quote(text)}", fix=f'write the sentence as "{field}": "…"')
    refuse_halves(text)
    return text


def characters(text: str) -> tuple[str, ...]:
    """The characters of a text as tokens; equal ones of a very long text are one value, which takes a tenth of the memory."""
    if len(text) < _LONG:
        return tuple(text)
    return tuple(map({character: character for character in set(text)}.__getitem__, text))


def tokens_of(record: Record, field: str = "tokens") -> tuple[str, ...]:
    """The record's words.

    Raises:
        DataError: They are not a list of strings that are not empty.
    """
    tokens = record.get(field)
    if not isinstance(tokens, list) or not all(isinstance(token, str) and token for token in tokens):
        fix = f'write the words as "{field}": ["…", "…"], none of them empty'
        raise DataError(f"expected a list of words as `{field}`, got {quote(tokens)}", fix=fix)
    refuse_halves("".join(tokens))
    return tuple(tokens)


def list_of(record: Record, field: str) -> list[Any] | None:
    """A field that holds a list; None when there is none, or null.

    Raises:
        DataError: It is something else.
    """
    found = record.get(field)
    if found is None or isinstance(found, list):
        return found
    raise DataError(f"expected a list `{field}`, got {quote(found)}", fix="write [] where there are none")


def type_of(given: object, field: str, entity: object) -> str:
    """The type of an entity.

    Raises:
        DataError: It is no text, or empty.
    """
    if isinstance(given, str) and given:
        return given
    article = "an" if field.startswith(tuple("aeiou")) else "a"
    raise DataError(f"expected {article} {field} that is text, got {quote(entity)}", fix=f'write its type as "{field}": "PER"')


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


@lru_cache(maxsize=1 << 14)
def span(start: int, end: int, type_: str) -> Entity:
    """One value for equal entities: corpora repeat places and types, and a value is dearer to make than to find."""
    return Entity.span(start, end, type_)


def joiner_of(samples: Iterable[object]) -> str:
    """What stands between the tokens of a file: a space where most of them are words, longer than a character; else nothing.

    Args:
        samples: The tokens of its first sentences; what are no tokens is passed over.
    """
    lists = [sample for sample in samples if isinstance(sample, list)]
    lengths = [len(token) for tokens in lists for token in tokens if isinstance(token, str)]
    return " " if sum(length > 1 for length in lengths) * 2 > len(lengths) else ""


def compare_surface(given: object, surface: str, notes: Counter[str]) -> None:
    """Count a surface that is not the text at its offsets."""
    if given != surface:
        notes[SURFACE_DIFFERS] += 1


def unrepeated(entities: Sequence[Entity], notes: Counter[str]) -> frozenset[Entity]:
    """Each entity once; those given twice are counted."""
    kept = frozenset(entities)
    if len(kept) < len(entities):
        notes[REPEATED] += len(entities) - len(kept)
    return kept


def sentence_of(
    id_: str, text: str, entities: list[Entity] | None, notes: Counter[str], extra: dict[str, Any] | None = None
) -> Sentence:
    """A text as a sentence of characters; entities that are given twice are counted in ``notes``, once among themselves."""
    kept = None if entities is None else unrepeated(entities, notes)
    return Sentence(id_, characters(text), kept, extra=extra or None)


def other_fields(record: Record, *known: str) -> dict[str, Any]:
    """The fields of a record besides those that a format knows: kept for a writer of the same format.

    An ``id`` is kept as well when it is a number, since a sentence has it as text.
    """
    return {key: value for key, value in record.items() if key not in known or (key == "id" and type(value) is int)}


def id_to_write(sentence: Sentence) -> str | int:
    """A sentence's id, as a number when its file had it so."""
    given = (sentence.extra or {}).get("id")
    return given if type(given) is int and str(given) == sentence.id else sentence.id


def text_to_write(sentence: Sentence) -> str:
    """The text of a sentence of characters.

    Raises:
        DataError: Its tokens are words.
    """
    if not sentence.in_characters:
        fix = "write --format jsonl, which has a list of words"
        raise DataError("offsets count characters, and this sentence comes in words", where=sentence.id, fix=fix)
    return sentence.text


def entities_to_write(sentence: Sentence) -> list[Entity]:
    """The entities in the order of start, end and type.

    Raises:
        DataError: The sentence is not annotated.
    """
    if sentence.entities is None:
        raise DataError("the sentence is not annotated", where=sentence.id, fix="give a file whose sentences all have entities")
    return sorted(sentence.entities, key=lambda entity: (entity.start, entity.end, entity.type, entity.fragments))


def contiguous_to_write(sentence: Sentence) -> list[Entity]:
    """The entities in the order of start, end and type.

    Raises:
        DataError: The sentence is not annotated, or an entity has several fragments.
    """
    entities = entities_to_write(sentence)
    for entity in entities:
        if not entity.is_contiguous:
            what = f"the {entity.type} at {entity.start} is discontinuous, which spans with one start and end cannot carry"
            raise DataError(what, where=sentence.id, fix="choose a format for discontinuous entities")
    return entities


def offsets_to_write(sentence: Sentence) -> list[tuple[int, int, str]]:
    """Start, exclusive end and type of each entity, in order.

    Raises:
        DataError: The sentence is not annotated, or an entity has several fragments.
    """
    return [(entity.start, entity.end, entity.type) for entity in contiguous_to_write(sentence)]


def json_line(record: Record, sentence: Sentence) -> str:
    """A record as one line of text.

    Raises:
        DataError: It holds what JSON in UTF-8 cannot carry, such as half of a surrogate pair.
    """
    try:
        return encode(record) + "\n"
    except DataError as error:
        raise DataError(error.what, where=sentence.id, fix=error.fix) from error


def _line(line: str, number: int) -> Record | Problem:
    try:
        value = decode(line)
        if isinstance(value, dict):
            return value
        return Problem(
            _RECORDS, f"expected a JSON object, got {_shown(line)}", number, 1, 'write {"text": …} with its entities'
        )
    except json.JSONDecodeError as error:
        fix = "write one JSON object per line, in double quotes"
        return Problem("malformed lines", f"not JSON: {error.msg}: {_shown(line)}", number, error.colno, fix)
    except DataError as error:
        return Problem(_RECORDS, error.what, number, 1, error.fix or "")


def _shown(line: str) -> str:
    return quote(line[:_SHOWN])
