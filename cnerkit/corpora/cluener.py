"""JSON lines as CLUENER and FiNE have them: a text, and for each type its surfaces with their offsets, ends inclusive."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.jsonl import REPEATED, SURFACE_DIFFERS
from cnerkit.corpora.records import Record, check_offsets, json_line, offsets_to_write, text_of
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

_SHAPE = '{"PER": {"李白": [[0, 1]]}}'


def parse_cluener(record: Record, id_: str, notes: Counter[str]) -> Sentence:
    """The sentence of a record; every occurrence of a surface is an entity, and offsets win over surfaces.

    A record without ``label`` is not annotated.

    Raises:
        DataError: A field is missing, of the wrong type or out of range; without its place.
    """
    text = text_of(record)
    label = record.get("label")
    if label is None:
        return Sentence(id_, tuple(text))
    entities = []
    for type_, surface, offsets in _mentions(label):
        if not isinstance(offsets, list) or len(offsets) != 2:
            raise DataError(f"expected offsets as [start, end], got {quote(offsets)}", fix=f"write {_SHAPE}")
        start, end = check_offsets(offsets[0], offsets[1], len(text), inclusive=True)
        entities.append(Entity.span(start, end, type_))
        if text[start:end] != surface:
            notes[SURFACE_DIFFERS] += 1
    kept = frozenset(entities)
    if len(entities) > len(kept):
        notes[REPEATED] += len(entities) - len(kept)
    return Sentence(id_, tuple(text), kept)


def cluener_line(sentence: Sentence) -> str:
    """A sentence as a line of JSON.

    Raises:
        DataError: Its tokens are words, it is not annotated, or it holds what spans in UTF-8 cannot carry.
    """
    if sentence.joiner or any(len(token) != 1 for token in sentence.tokens):
        fix = "write --format jsonl, which has a list of words"
        raise DataError("cluener counts characters, and this sentence comes in words", where=sentence.id, fix=fix)
    label: dict[str, dict[str, list[list[int]]]] = {}
    for start, end, type_ in offsets_to_write(sentence):
        surface = sentence.text[start:end]
        label.setdefault(type_, {}).setdefault(surface, []).append([start, end - 1])
    return json_line({"id": sentence.id, "text": sentence.text, "label": label}, sentence)


def _mentions(label: object) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(label, dict):
        raise DataError(f"expected a mapping `label`, got {quote(label)}", fix=f"write {_SHAPE}")
    for type_, surfaces in label.items():
        if not type_ or not isinstance(surfaces, dict):
            raise DataError(
                f"expected surfaces with offsets for the type {type_!r}, got {quote(surfaces)}", fix=f"write {_SHAPE}"
            )
        for surface, places in surfaces.items():
            if not isinstance(places, list):
                raise DataError(f"expected a list of offsets for {quote(surface)}, got {quote(places)}", fix=f"write {_SHAPE}")
            for place in places:
                yield type_, surface, place
