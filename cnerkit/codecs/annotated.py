"""What every codec asks of a sentence before it encodes its entities."""

from collections.abc import Collection

from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence


def known_entities(sentence: Sentence, types: Collection[str]) -> frozenset[Entity]:
    """The entities of a sentence that a model with these types is trained on.

    Raises:
        DataError: The sentence is not annotated, or has an entity of another type.
    """
    if sentence.entities is None:
        raise DataError("the sentence is not annotated", where=sentence.id, fix="train on annotated sentences only")
    others = sorted({entity.type for entity in sentence.entities} - set(types))
    if others:
        raise DataError(
            f"the type {others[0]!r} is not among those of the model: {', '.join(types)}",
            where=sentence.id,
            fix="train on data that has this type, or rename or drop it with data.types",
        )
    return sentence.entities
