"""Tag schemes as a codec: one tag per token and back, from one scheme to another, and as the classes of a tagger."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from cnerkit.codecs.annotated import known_entities
from cnerkit.codecs.repair import Repair, Repairs, TagError
from cnerkit.codecs.schemes import OUTSIDE, Scheme, Tag, may_follow
from cnerkit.codecs.stretches import REMEMBERED, Stretch, stretches
from cnerkit.codecs.tag_reading import Span, spans_from_tags
from cnerkit.codecs.tag_writing import tags_from_spans
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

__all__ = [
    "Repair",
    "Repairs",
    "Scheme",
    "Span",
    "TagCodec",
    "TagError",
    "convert_tags",
    "entities_from_tags",
    "spans_from_tags",
    "tags_from_entities",
    "tags_from_spans",
]


def entities_from_tags(
    tags: Sequence[str], scheme: Scheme, repair: Repair = Repair.STRICT, repairs: Repairs | None = None
) -> frozenset[Entity]:
    """Entities of one sentence, with offsets in tokens and exclusive ends.

    Args:
        tags: One per token.
        scheme: How they write entities.
        repair: What becomes of malformed runs.
        repairs: A tally to which the sentence's malformed runs are added.

    Raises:
        TagError: A tag is not of the scheme, or a run is malformed and ``repair`` is strict.
    """
    return frozenset(Entity.span(*span) for span in spans_from_tags(tags, scheme, repair, repairs))


def tags_from_entities(entities: Iterable[Entity], length: int, scheme: Scheme) -> list[str]:
    """The tags of a sentence of ``length`` tokens.

    Raises:
        DataError: An entity is discontinuous, overlaps another, ends after the sentence, or touches another that the scheme
            cannot tell from it.
    """
    return tags_from_spans((_span(entity, scheme) for entity in entities), length, scheme)


def convert_tags(
    tags: Sequence[str], source: Scheme, target: Scheme, repair: Repair = Repair.STRICT, repairs: Repairs | None = None
) -> list[str]:
    """The tags of one sentence in another scheme.

    Args:
        tags: One per token.
        source: How they write entities.
        target: How the result does.
        repair: What becomes of malformed runs.
        repairs: A tally to which the sentence's malformed runs are added.

    Raises:
        TagError: A tag is not of the source scheme, or a run is malformed and ``repair`` is strict.
        DataError: Two entities touch that the target scheme cannot tell apart.
    """
    converted = [OUTSIDE] * len(tags)
    convert_stretch = _stretch_converter(source, target)
    try:
        for start, stretch in stretches(tags):
            converted[start : start + len(stretch)] = convert_stretch(stretch)
    except DataError:  # malformed or not writable: once more, with repairs and with errors that tell the place in the sentence
        return tags_from_spans(spans_from_tags(tags, source, repair, repairs), len(tags), target)
    return converted


@cache
def _stretch_converter(source: Scheme, target: Scheme) -> Callable[[Stretch], list[str]]:
    """Converts well-formed stretches, each distinct one once; the lists that it returns are not to be changed."""

    @lru_cache(REMEMBERED)
    def convert_stretch(stretch: Stretch) -> list[str]:
        return tags_from_spans(spans_from_tags(stretch, source), len(stretch), Scheme(target))

    return convert_stretch


@dataclass(frozen=True)
class TagCodec:
    """Sentences to the classes of a tagger and back.

    Attributes:
        types: What entities can be.
        scheme: How tags write them.
        tags: The classes: 0 is O, then for each type in order the prefixes of the scheme in order.
    """

    types: Sequence[str]
    scheme: Scheme
    malformed: Repair = Repair.CONLLEVAL
    tags: tuple[str, ...] = field(init=False)
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [f"{tag.prefix}-{tag.type}" if tag.type else tag.prefix for tag in self._parts()]
        object.__setattr__(self, "types", tuple(self.types))
        object.__setattr__(self, "tags", tuple(names))
        object.__setattr__(self, "_ids", {name: number for number, name in enumerate(names)})

    def encode(self, sentence: Sentence) -> list[int]:
        """The class of each token.

        Raises:
            DataError: The sentence is not annotated, has an entity of another type, or one that the scheme cannot write.
        """
        entities = known_entities(sentence, self.types)
        return [self._ids[tag] for tag in tags_from_entities(entities, len(sentence), self.scheme)]

    def decode(self, structure: Sequence[int]) -> frozenset[Entity]:
        """The entities of a sentence from the class of each token; a tagger may answer with malformed tags."""
        return entities_from_tags([self.tags[number] for number in structure], self.scheme, self.malformed)

    def transitions_allowed(self) -> list[list[bool]]:
        """``[i][j]`` is True when class j may directly follow class i."""
        tags = self._parts()
        return [[may_follow(previous, current, self.scheme) for current in tags] for previous in tags]

    def starts_allowed(self) -> list[bool]:
        """True for each class that a sentence may start with."""
        return self.transitions_allowed()[0]

    def ends_allowed(self) -> list[bool]:
        """True for each class that a sentence may end with."""
        return [row[0] for row in self.transitions_allowed()]

    def continues(self) -> list[list[bool]]:
        """``[i][j]`` is True when class j right after class i goes on with the same entity, in the reading of ``decode``."""
        tags, joins = self._parts(), self.scheme.shape.joins
        return [[left.type == right.type and joins(left.prefix, right.prefix) for right in tags] for left in tags]

    def _parts(self) -> list[Tag]:
        return [Tag(OUTSIDE, ""), *(Tag(prefix, type_) for type_ in self.types for prefix in self.scheme.shape.prefixes)]


def _span(entity: Entity, scheme: Scheme) -> Span:
    if not entity.is_contiguous:
        parts = " and ".join(f"[{part.start}, {part.end})" for part in entity.fragments)
        raise DataError(
            f"the {entity.type} entity over {parts} is discontinuous, which {scheme} cannot write",
            fix="write spans, which hold entities of any kind",
        )
    return entity.start, entity.end, entity.type
