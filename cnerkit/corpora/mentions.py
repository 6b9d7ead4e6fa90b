"""JSON lines of words with ``entity_mentions``, as nested corpora are published: ends exclusive, each with its surface."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.entity_fields import entity_fields, fields_of, with_fields
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.records import (
    check_offsets,
    compare_surface,
    contiguous_to_write,
    joiner_of,
    list_of,
    other_fields,
    span,
    tokens_of,
    type_of,
    unrepeated,
)
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

_SHAPE = 'write {"start": 0, "end": 2, "entity_type": "PER", "text": "Li Bai"}'


def evidence(sample: Sequence[Record]) -> str | None:
    """Lists ``tokens`` and ``entity_mentions``."""
    found = sum(isinstance(record.get("tokens"), list) and isinstance(record.get("entity_mentions"), list) for record in sample)
    return f"lists `tokens` and `entity_mentions` in {found} of the first {len(sample)} records" if found else None


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:  # noqa: ARG001 - one reading is possible
    """What reads records: their tokens are words when most of those in the sample are longer than a character."""
    joiner = joiner_of(record.get("tokens") for record in sample)

    def parse(record: Record, id_: str, notes: Counter[str]) -> Sentence:
        tokens, given = tokens_of(record), list_of(record, "entity_mentions")
        id_ = _id(record, id_)
        extra = other_fields(record, "tokens", "entity_mentions")
        if given is None:
            return Sentence(id_, tokens, None, joiner, extra or None)
        entities = [_entity(one, len(tokens)) for one in given]
        others = [other_fields(one, "start", "end", "entity_type", "text") for one in given]
        extra |= entity_fields("entity_mentions", others, entities)
        sentence = Sentence(id_, tokens, unrepeated(entities, notes), joiner, extra or None)
        for one, entity in zip(given, entities, strict=True):
            if "text" in one:
                compare_surface(one["text"], sentence.surface(entity), notes)
        return sentence

    return parse


def record(sentence: Sentence) -> dict[str, Any]:
    """The words, the sentence's id as ``sent_id``, and the entities in the order of start, end and type.

    Raises:
        DataError: The sentence is not annotated, or an entity is discontinuous.
    """
    entities = contiguous_to_write(sentence)
    mentions = [
        {
            "start": entity.start,
            "end": entity.end,
            "entity_type": entity.type,
            "text": sentence.surface(entity),
            **fields,
        }
        for entity, fields in zip(entities, fields_of(sentence, entities, "entity_mentions"), strict=True)
    ]
    found = with_fields({"tokens": list(sentence.tokens), "entity_mentions": mentions}, sentence)
    return found if found.keys() & {"id", "doc_id", "sent_id"} else {"sent_id": sentence.id, **found}


def _id(record: Record, default: str) -> str:
    """The sentence's id: ``sent_id``, with ``doc_id`` before it unless it stands there already, as in ``doc-7``."""
    document, sentence = record.get("doc_id"), record.get("sent_id")
    for given in (document, sentence):
        if given is not None and type(given) not in (int, str):
            raise DataError(f"expected numbers or strings as ids, got {quote(given)}", fix="give each sentence its `sent_id`")
    if sentence is None:
        return default
    after = str(sentence).removeprefix(str(document))
    is_whole = document is None or (after != str(sentence) and not after[:1].isalnum())
    return str(sentence) if is_whole else f"{document}-{sentence}"


def _entity(given: Any, length: int) -> Entity:
    if not isinstance(given, dict) or not given.keys() >= {"start", "end"}:
        raise DataError(f"expected an entity with start, end and entity_type, got {quote(given)}", fix=_SHAPE)
    start, end = check_offsets(given["start"], given["end"], length)
    return span(start, end, type_of(given.get("entity_type"), "entity_type", given))
