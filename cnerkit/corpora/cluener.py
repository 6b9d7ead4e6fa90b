"""JSON lines as CLUENER and FiNE have them: a text, and for each type its surfaces with their offsets, ends inclusive."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.entity_fields import with_fields
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.records import (
    check_offsets,
    compare_surface,
    id_to_write,
    offsets_to_write,
    other_fields,
    sentence_of,
    span,
    text_of,
    text_to_write,
)
from cnerkit.errors import DataError
from cnerkit.text import Sentence

_SHAPE = '{"PER": {"李白": [[0, 1]]}}'


def evidence(sample: Sequence[Record]) -> str | None:
    """A mapping ``label``."""
    mappings = sum(isinstance(record.get("label"), dict) for record in sample)
    return f"a mapping `label` in {mappings} of the first {len(sample)} records" if mappings else None


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:  # noqa: ARG001 - one reading is possible
    """What reads records: there is only one way. A record without ``label`` is not annotated."""
    return _sentence


def record(sentence: Sentence) -> dict[str, Any]:
    """Every occurrence of a surface is an entity; no ``label`` when the sentence is not annotated.

    Raises:
        DataError: The tokens are words, or an entity is discontinuous.
    """
    text = text_to_write(sentence)
    found: dict[str, Any] = {"id": id_to_write(sentence), "text": text}
    if sentence.entities is not None:
        label: dict[str, dict[str, list[list[int]]]] = {}
        for start, end, type_ in offsets_to_write(sentence):
            label.setdefault(type_, {}).setdefault(text[start:end], []).append([start, end - 1])
        found["label"] = label
    return with_fields(found, sentence)


def _sentence(record: Record, id_: str, notes: Counter[str]) -> Sentence:
    text, label = text_of(record), record.get("label")
    extra = other_fields(record, "id", "text", "label")
    if label is None:
        return sentence_of(id_, text, None, notes, extra)
    entities = []
    for type_, surface, offsets in _mentions(label):
        if not isinstance(offsets, list) or len(offsets) != 2:
            raise DataError(f"expected offsets as [start, end], got {quote(offsets)}", fix=f"write {_SHAPE}")
        start, end = check_offsets(offsets[0], offsets[1], len(text), inclusive=True)
        entities.append(span(start, end, type_))
        compare_surface(surface, text[start:end], notes)
    return sentence_of(id_, text, entities, notes, extra)


def _mentions(label: object) -> Iterator[tuple[str, str, Any]]:
    """The type, the surface and the offsets of each entity."""
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
