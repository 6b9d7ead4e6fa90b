"""A tagger put together from parts: encoder, feature layers, head and codec."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Encoder, FeatureLayer, Head, ScoresTags, WeighsByClass
from cnerkit.nn.tagged_spans import types_by_paths, types_by_tokens
from cnerkit.text import Attention, Entity, Prediction, Sentence


class Codec(Protocol):
    """Entities to the structure that a head predicts, and back.

    When structures are tags by number, the codec has their names as ``tags``, which predictions say, and the types of entities
    as ``types``.
    """

    def encode(self, sentence: Sentence) -> list[int]:
        """The target structure of an annotated sentence."""
        ...

    def decode(self, structure: Sequence[int]) -> frozenset[Entity]:
        """The entities that a structure stands for."""
        ...


class Ner(nn.Module):
    """Encoder, features, head and codec in a row; a ``Model``."""

    def __init__(self, encoder: Encoder, features: Sequence[FeatureLayer], head: Head, codec: Codec) -> None:
        super().__init__()
        self.encoder, self.head, self.codec = encoder, head, codec
        self.features = nn.ModuleList(features)  # type: ignore[arg-type]
        self.tags: Sequence[str] | None = getattr(codec, "tags", None)

    def forward(self, batch: Batch) -> Tensor:
        """Scores of the head, (batch, token, ...)."""
        hidden = self.encoder(batch)
        for layer in self.features:
            hidden = layer(hidden, batch.mask)
        return self.head(hidden, batch.mask)

    def pretrained_parameters(self) -> list[Tensor]:
        """The encoder's parameters that come with knowledge; they learn at their own rate."""
        return self.encoder.pretrained_parameters()

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Terms to minimise, from the sentences' gold entities."""
        targets = [self.codec.encode(sentence) for sentence in batch.sentences]
        return self.head.loss(self(batch), targets, batch.mask)

    def predict(self, batch: Batch) -> list[Prediction]:
        """The best structure of each sentence, decoded, with the probability of each entity."""
        scores = self(batch).float()
        paths = self.head.best(scores, batch.mask)
        found = [sorted(self.codec.decode(path), key=_place) for path in paths]
        spans = [[(entity.start, entity.end) for entity in entities] for entities in found]
        probabilities = self.head.probabilities(scores, batch.mask, paths, spans)
        return [
            Prediction(sentence.id, tuple(entities), tuple(row), self._named(path))
            for sentence, entities, row, path in zip(batch.sentences, found, probabilities, paths, strict=True)
        ]

    @property
    def told_types(self) -> tuple[str, ...]:
        """The types that its tags are of; none when structures are no tags."""
        return () if self.tags is None else tuple(getattr(self.codec, "types", ()))

    def type_probabilities(self, batch: Batch, spans: Sequence[tuple[int, int, int]]) -> Tensor:
        """How probable each type is for each span by its tags, and last that it is none: (span, class)."""
        written = [self._written(batch.sentences[number].tokens[start:end]) for number, start, end in spans]
        scores = self(batch).float()
        if isinstance(self.head, ScoresTags):
            return types_by_tokens(self.head.tag_scores(scores), spans, written)
        return types_by_paths(self.head, scores, batch.mask, spans, written)

    def _written(self, tokens: tuple[str, ...]) -> list[list[int]]:
        """For each type the structure of a sentence that is one entity of it."""
        whole = (frozenset({Entity.span(0, len(tokens), type_)}) for type_ in self.told_types)
        return [self.codec.encode(Sentence("", tokens, entities)) for entities in whole]

    @property
    def attending(self) -> tuple[str, ...]:
        """The classes of the feature layer in which classes attend to tokens; none without such a layer."""
        return next((layer.classes for layer in self.features if isinstance(layer, WeighsByClass)), ())

    def attention(self, batch: Batch) -> list[Attention]:
        """How much each of these classes attends to each token, mean over heads.

        Raises:
            ValueError: No feature layer has any.
        """
        hidden = self.encoder(batch)
        for layer in self.features:
            if isinstance(layer, WeighsByClass):
                table = layer.weights(hidden, batch.mask).float().mean(2).transpose(1, 2).tolist()
                return [
                    Attention(layer.classes, tuple(tuple(row[:length]) for row in rows))
                    for rows, length in zip(table, batch.lengths, strict=True)
                ]
            hidden = layer(hidden, batch.mask)
        raise ValueError("in no feature layer of the model does a class attend to tokens; ask attending first")

    def _named(self, path: Sequence[int]) -> tuple[str, ...] | None:
        return None if self.tags is None else tuple(map(self.tags.__getitem__, path))


def _place(entity: Entity) -> tuple[int, int, str]:
    """What entities are sorted by; cheaper than to compare them, which counts when there are millions."""
    return entity.fragments[0].start, entity.fragments[-1].end, entity.type
