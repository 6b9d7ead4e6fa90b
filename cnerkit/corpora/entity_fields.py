"""What a file says of its entities besides where they are and what: kept beside a sentence, for a writer of the same format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnerkit.corpora.formats import Record
from cnerkit.text import Entity, Fragment, Sentence


@dataclass(frozen=True, slots=True)
class EntityField:
    """One field of the entities of a sentence.

    Attributes:
        values: Its value for each entity that has it.
        alone: The entities of the file that were the only ones at their place, by that place: one whose type is changed later
            is still the one that is meant.
    """

    values: Mapping[Entity, Any]
    alone: Mapping[tuple[Fragment, ...], Entity]


def entity_fields(name: str, others: Sequence[Record], entities: Sequence[Entity]) -> dict[str, EntityField]:
    """The other fields of some entities, for a sentence's ``extra``.

    Args:
        name: What the record calls its list of entities.
        others: What the file says of each entity besides its place, its type and its surface.
        entities: The entities, in the same order.

    Returns:
        Each field by ``<name>.<field>``, as a message would call it.
    """
    if not any(others):
        return {}
    values: dict[str, dict[Entity, Any]] = {}
    at_place: dict[tuple[Fragment, ...], set[Entity]] = {}
    for fields, entity in zip(others, entities, strict=True):
        at_place.setdefault(entity.fragments, set()).add(entity)
        for field, value in fields.items():
            values.setdefault(f"{name}.{field}", {})[entity] = value
    alone = {place: next(iter(here)) for place, here in at_place.items() if len(here) == 1}
    return {field: EntityField(by_entity, alone) for field, by_entity in values.items()}


def fields_of(sentence: Sentence, entities: Sequence[Entity], name: str) -> list[dict[str, Any]]:
    """The other fields of each of a sentence's entities, as they were in the list that its record calls ``name``."""
    kept: dict[Entity | None, dict[str, Any]] = {}
    alone: Mapping[tuple[Fragment, ...], Entity] = {}
    for key, field in (sentence.extra or {}).items():
        if isinstance(field, EntityField):
            alone = field.alone
            for entity, value in field.values.items():
                kept.setdefault(entity, {})[key.removeprefix(f"{name}.")] = value
    return [kept.get(entity) or kept.get(alone.get(entity.fragments)) or {} for entity in entities]


def with_fields(record: dict[str, Any], sentence: Sentence) -> dict[str, Any]:
    """A sentence's record with the other fields that it had in its file, which never replace those that it has."""
    for key, value in (sentence.extra or {}).items():
        if not isinstance(value, EntityField):
            record.setdefault(key, value)
    return record
