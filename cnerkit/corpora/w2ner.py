"""W2NER's JSON: ``sentence`` is a list of words, and each entity under ``ner`` the list of its word numbers and its type.

Numbers that leave words out make a discontinuous entity. Chinese corpora in this format have characters for words.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.entity_fields import entity_fields, fields_of, with_fields
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.records import (
    entities_to_write,
    joiner_of,
    list_of,
    other_fields,
    tokens_of,
    type_of,
    unrepeated,
)
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence

_SHAPE = 'write {"index": [0, 1], "type": "PER"}'


def evidence(sample: Sequence[Record]) -> str | None:
    """Lists ``sentence`` and ``ner``."""
    found = sum(isinstance(record.get("sentence"), list) and isinstance(record.get("ner"), list) for record in sample)
    return f"lists `sentence` and `ner` in {found} of the first {len(sample)} records" if found else None


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:  # noqa: ARG001 - one reading is possible
    """What reads records: their tokens are words when most of those in the sample are longer than a character."""
    joiner = joiner_of(record.get("sentence") for record in sample)

    def parse(record: Record, id_: str, notes: Counter[str]) -> Sentence:
        tokens, given = tokens_of(record, "sentence"), list_of(record, "ner")
        extra = other_fields(record, "sentence", "ner")
        if given is None:
            return Sentence(id_, tokens, None, joiner, extra or None)
        entities = [_entity(one, len(tokens)) for one in given]
        extra |= entity_fields("ner", [other_fields(one, "index", "type") for one in given], entities)
        return Sentence(id_, tokens, unrepeated(entities, notes), joiner, extra or None)

    return parse


def record(sentence: Sentence) -> dict[str, Any]:
    """The words and the entities, in the order of start, end and type.

    Raises:
        DataError: The sentence is not annotated.
    """
    entities = entities_to_write(sentence)
    ner = [
        {
            "index": [number for part in entity.fragments for number in range(part.start, part.end)],
            "type": entity.type,
            **fields,
        }
        for entity, fields in zip(entities, fields_of(sentence, entities, "ner"), strict=True)
    ]
    return with_fields({"sentence": list(sentence.tokens), "ner": ner}, sentence)


def _entity(given: Any, length: int) -> Entity:
    if not isinstance(given, dict):
        raise DataError(f"expected an entity with index and type, got {quote(given)}", fix=_SHAPE)
    index = given.get("index")
    if not isinstance(index, list) or not index or not all(type(number) is int for number in index):
        raise DataError(f"expected a list of word numbers as `index`, got {quote(index)}", fix=_SHAPE)
    steps = [(one, other) for one, other in pairwise(index) if other != one + 1]
    if any(one >= other for one, other in steps):
        raise DataError(f"the word numbers {quote(index)} do not rise", fix="write each number once, the smallest first")
    if index[0] < 0 or index[-1] >= length:
        what = f"the word numbers {quote(index)} are not all among those of the {length} words"
        raise DataError(what, fix="words are counted from 0")
    starts = [index[0], *(other for _, other in steps)]
    ends = [*(one + 1 for one, _ in steps), index[-1] + 1]
    return Entity(tuple(map(Fragment, starts, ends)), type_of(given.get("type"), "type", given))
