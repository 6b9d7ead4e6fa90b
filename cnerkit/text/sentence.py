"""A sentence of labelled units, and what a model says about one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from cnerkit.errors import DataError
from cnerkit.text.entity import Entity, Fragment

HIDDEN_TYPE = "?"
"""What stands for the type of an entity that a model is to tell."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The units that are labelled, with the entities that are known of them.

    ``tokens`` are single Unicode code points in Chinese corpora (``joiner=""``, whitespace included) and words in corpora
    that come as words (``joiner=" "``). ``entities=None`` means not annotated; an empty set means annotated, none found.
    A document is a sentence as well, until it is divided. ``extra`` is what its file says besides, for a writer of the same
    format; it has no part in comparisons.
    """

    id: str
    tokens: tuple[str, ...]
    entities: frozenset[Entity] | None = None
    joiner: str = ""
    extra: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.entities:
            last = max(entity.end for entity in self.entities)
            if last > len(self.tokens):
                raise DataError(
                    f"an entity ends at token {last}, but the sentence has {len(self.tokens)} tokens",
                    where=self.id,
                    fix="offsets count tokens from 0 and end is exclusive",
                )

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def text(self) -> str:
        """The tokens put together by the joiner."""
        return self.joiner.join(self.tokens)

    def char_offsets(self) -> tuple[int, ...]:
        """The character at which each token starts in ``text``, with one more entry for where a next token would start."""
        return tuple(accumulate((len(token) + len(self.joiner) for token in self.tokens), initial=0))

    def surface(self, entity: Entity) -> str:
        """The entity's text; the fragments of a discontinuous one are joined by a space."""
        return " ".join(self.joiner.join(self.tokens[part.start : part.end]) for part in entity.fragments)

    @property
    def in_characters(self) -> bool:
        """True when the tokens are the characters of the text."""
        # As many characters as tokens, none of which is empty: each token has one. Twice as fast as asking each.
        return self.joiner == "" and len("".join(self.tokens)) == len(self.tokens) and all(self.tokens)

    def as_characters(self) -> "Sentence":
        """The same text with its characters as tokens, and entities over them."""
        if self.in_characters:
            return self
        starts, between = self.char_offsets(), len(self.joiner)
        entities = self.entities and frozenset(
            Entity(tuple(Fragment(starts[part.start], starts[part.end] - between) for part in entity.fragments), entity.type)
            for entity in self.entities
        )
        return Sentence(self.id, tuple(self.text), entities, extra=self.extra)

    def without_entities(self) -> "Sentence":
        """The same text, not annotated: what a model may see when it predicts."""
        return Sentence(self.id, self.tokens, None, self.joiner)

    def with_types_hidden(self) -> "Sentence":
        """The same text with the same entities, none of which says what it is: what a model may see that types given spans."""
        hidden = self.entities and frozenset(Entity(entity.fragments, HIDDEN_TYPE) for entity in self.entities)
        return Sentence(self.id, self.tokens, hidden, self.joiner)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The entities that a model finds in one sentence, with the probability it gives to each.

    ``tags`` are what a tagger said of each token, malformed as they may be; None when the model tags no tokens.
    """

    sentence_id: str
    entities: tuple[Entity, ...]
    scores: tuple[float, ...]
    tags: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.entities) != len(self.scores):
            raise ValueError(f"{len(self.entities)} entities but {len(self.scores)} scores")
