"""A model that looks at every span of a sentence up to some length and tells its type, or that it is no entity; a ``Model``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Encoder
from cnerkit.nn.span_candidates import Negatives, spans_up_to
from cnerkit.nn.span_model import SpanClassifier
from cnerkit.nn.spans import Spans
from cnerkit.text import Entity, Prediction, Sentence

WINDOW_TOKENS = 512
"""Longer sentences are divided or windowed, so that what the encoder gives of a sentence stays small."""
CHUNK_SPANS = 1 << 16
"""Candidates that are scored at once in prediction: about as many states of an LSTM are kept in each direction."""

Selection = Callable[[Mapping[Entity, float]], Mapping[Entity, float]]
"""Which of the entities of a sentence stay, by their probabilities."""


class SpanNer(nn.Module):
    """Encoder and span classifier in a row, with all spans up to a length as candidates (SNG, protocol E).

    A span is an entity of the type that is most probable, unless that is that it is none. It trains on the entities and on
    spans drawn among those that are none, anew in each step.

    Args:
        encoder: Tokens to vectors.
        classifier: Vectors of a span to scores: of each type in the order of ``types``, and last of being no entity.
        types: What it tells apart.
        max_length: Tokens of the longest span that it looks at.
        select: What stays of the entities of a sentence, by their probabilities.
        negatives: What it learns not to take for an entity; None when every span is taken for one, and there is no such score.
        context_free: Whether equal tokens have equal vectors, so that equal spans need be read only once.
    """

    window_tokens = WINDOW_TOKENS
    cost: Literal["tokens", "cells"] = "tokens"

    def __init__(
        self,
        encoder: Encoder,
        classifier: SpanClassifier,
        types: Sequence[str],
        *,
        max_length: int,
        select: Selection,
        negatives: Negatives | None,
        context_free: bool,
    ) -> None:
        super().__init__()
        self.encoder, self.classifier = encoder, classifier
        self.types, self.max_length, self.select = tuple(types), max_length, select
        self.negatives, self.context_free = negatives, context_free

    def pretrained_parameters(self) -> list[Tensor]:
        """The encoder's parameters that come with knowledge; they learn at their own rate."""
        return self.encoder.pretrained_parameters()

    def reachable(self, sentence: Sentence) -> frozenset[Entity]:
        """The entities of an annotated sentence that are one of the spans it looks at, one for each span."""
        return frozenset(self._taught(sentence).values())

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """``spans``: the mean cross-entropy over the entities within reach and the drawn spans that are none."""
        places, labels = [], []
        for number, sentence in enumerate(batch.sentences):
            drawn, of = self._examples(sentence)
            places.append(_numbered(number, drawn))
            labels += of
        if not labels:
            nothing = torch.stack([parameter.sum() for parameter in self.classifier.parameters()]).sum() * 0
            return {"spans": nothing}
        log_probs = self.classifier(self.encoder(batch), self._spans(torch.cat(places), batch))
        targets = torch.tensor(labels, device=log_probs.device)
        return {"spans": nn.functional.nll_loss(log_probs, targets)}

    def predict(self, batch: Batch) -> list[Prediction]:
        """The entities of each sentence, with their probabilities."""
        hidden = self.encoder(batch)
        found: list[dict[Entity, float]] = [{} for _ in batch.sentences]
        every = _candidates(batch.lengths, self.max_length)
        for first in range(0, len(every), CHUNK_SPANS):
            places = every[first : first + CHUNK_SPANS]
            best, label = self.classifier(hidden, self._spans(places, batch)).max(dim=1)
            kept = (label < len(self.types)).nonzero().squeeze(1)
            rows, values = places[kept.cpu()].tolist(), best[kept].exp().tolist()
            for (number, start, end), which, value in zip(rows, label[kept].tolist(), values, strict=True):
                found[number][Entity.span(start, end, self.types[which])] = value
        return [self._prediction(sentence, one) for sentence, one in zip(batch.sentences, found, strict=True)]

    @property
    def told_types(self) -> tuple[str, ...]:
        """What it tells apart."""
        return self.types

    def type_probabilities(self, batch: Batch, spans: Sequence[tuple[int, int, int]]) -> Tensor:
        """How probable each type is for each span, and, if it learned that, that it is no entity: (span, class)."""
        log_probs: Tensor = self.classifier(self.encoder(batch), self._spans(torch.tensor(spans), batch))
        return log_probs.exp()

    def _prediction(self, sentence: Sentence, weights: Mapping[Entity, float]) -> Prediction:
        stay = self.select(weights)
        entities = tuple(sorted(stay))
        return Prediction(sentence.id, entities, tuple(stay[entity] for entity in entities))

    def _taught(self, sentence: Sentence) -> dict[tuple[int, int], Entity]:
        """The entity that each span of an annotated sentence stands for; the type that comes first, if it has several."""
        within = [
            (self.types.index(entity.type), entity)
            for entity in sentence.entities or ()
            if entity.is_contiguous and entity.end - entity.start <= self.max_length and entity.type in self.types
        ]
        return {(entity.start, entity.end): entity for _, entity in sorted(within, reverse=True)}

    def _examples(self, sentence: Sentence) -> tuple[Tensor, list[int]]:
        """Spans of a sentence to learn from, (span, 2), and the label of each."""
        taught = self._taught(sentence)
        spans = torch.tensor(list(taught), dtype=torch.long).view(-1, 2)
        labels = [self.types.index(entity.type) for entity in taught.values()]
        if self.negatives is None:
            return spans, labels
        drawn = self.negatives.draw(len(sentence), self.max_length, list(taught))
        return torch.cat([spans, drawn]), labels + [len(self.types)] * len(drawn)

    def _spans(self, places: Tensor, batch: Batch) -> Spans:
        """Spans by sentence, start and end, (span, 3), on the host."""
        alike = [sentence.tokens for sentence in batch.sentences] if self.context_free else None
        sentences, starts, ends = places.numpy().T
        return Spans.between(sentences, starts, ends, batch.mask.device, alike=alike)


def _candidates(lengths: Sequence[int], max_length: int) -> Tensor:
    """All spans of a batch up to a length, (span, 3): the sentence's number, start and end."""
    every = (spans_up_to(max_length, length) for length in lengths)
    return torch.cat([_numbered(number, spans) for number, spans in enumerate(every)])


def _numbered(number: int, spans: Tensor) -> Tensor:
    """Spans of a sentence, (span, 2), with its number before them, (span, 3)."""
    return nn.functional.pad(spans, (1, 0), value=number)
