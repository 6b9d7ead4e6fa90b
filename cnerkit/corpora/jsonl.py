"""Span JSON lines: a text, or its words as ``tokens``, and entities as start, exclusive end and label."""

from collections import Counter
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.records import Record, check_offsets, json_line, offsets_to_write, text_of, tokens_of
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

SURFACE_DIFFERS = "surfaces that differ from the text at their offsets, which count"
REPEATED = "entities given twice, counted once"


def parse_spans(record: Record, id_: str, notes: Counter[str]) -> Sentence:
    """The sentence of a record; offsets count code points of ``text``, or words where there are ``tokens``.

    A record without ``entities`` is not annotated. An entity's ``text``, if it has one, is only compared.

    Raises:
        DataError: A field is missing, of the wrong type or out of range; without its place.
    """
    tokens = tokens_of(record) if "tokens" in record else tuple(text_of(record))
    joiner = record.get("joiner", " ") if "tokens" in record else ""
    if not isinstance(joiner, str):
        raise DataError(f"expected a string `joiner`, got {quote(joiner)}", fix='write what stands between words, as " "')
    given = record.get("entities")
    if given is None:
        return Sentence(id_, tokens, None, joiner)
    if not isinstance(given, list):
        raise DataError(f"expected a list `entities`, got {quote(given)}", fix="write [] where there are none")
    entities = [_entity(one, len(tokens)) for one in given]
    sentence = Sentence(id_, tokens, frozenset(entities), joiner)
    for one, entity in zip(given, entities, strict=True):
        if "text" in one and one["text"] != sentence.surface(entity):
            notes[SURFACE_DIFFERS] += 1
    if len(entities) > len(sentence.entities or ()):
        notes[REPEATED] += len(entities) - len(sentence.entities or ())
    return sentence


def span_line(sentence: Sentence) -> str:
    """A sentence as a line of JSON: ``text`` when its tokens are single characters, else ``tokens``.

    Raises:
        DataError: It is not annotated, or it holds what spans in UTF-8 cannot carry.
    """
    spans = [{"start": start, "end": end, "label": type_} for start, end, type_ in offsets_to_write(sentence)]
    record: dict[str, Any] = {"id": sentence.id}
    if sentence.joiner == "" and all(len(token) == 1 for token in sentence.tokens):
        record["text"] = sentence.text
    else:
        record["tokens"] = list(sentence.tokens)
        if sentence.joiner != " ":
            record["joiner"] = sentence.joiner
    return json_line({**record, "entities": spans}, sentence)


def _entity(given: Any, length: int) -> Entity:
    if not isinstance(given, dict) or not {"start", "end"} <= given.keys():
        fix = 'write {"start": 0, "end": 2, "label": "PER"}'
        raise DataError(f"expected an entity with start, end and label, got {quote(given)}", fix=fix)
    type_ = given.get("label", given.get("type"))
    if not isinstance(type_, str) or not type_:
        raise DataError(f"expected a label that is text, got {quote(given)}", fix='write its type as "label": "PER"')
    return Entity.span(*check_offsets(given["start"], given["end"], length), type_)
