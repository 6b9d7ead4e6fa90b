"""A model that is given where the entities of a sentence are and tells their types; a ``Model`` that reads spans."""

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Encoder
from cnerkit.nn.span_model import SpanClassifier
from cnerkit.nn.spans import Spans
from cnerkit.text import Entity, Fragment, Prediction, Sentence

Typed = tuple[str, float]
"""A type and its probability."""


class SpanTyper(nn.Module):
    """Encoder and span classifier in a row, over given spans (SNG, protocol G).

    Each fragment is read by itself. A discontinuous entity has the type that all its fragments have; when they differ it is
    left out of the prediction.

    Args:
        encoder: Tokens to vectors.
        classifier: Vectors of a span to scores of each type, in the order of ``types``.
        types: What it tells apart.
        fragments: Whether it trains on the fragments of discontinuous entities too.
        context_free: Whether equal tokens have equal vectors, so that equal spans need be read only once.
    """

    reads_spans: Literal[True] = True

    def __init__(
        self,
        encoder: Encoder,
        classifier: SpanClassifier,
        types: Sequence[str],
        *,
        fragments: bool,
        context_free: bool,
    ) -> None:
        super().__init__()
        self.encoder, self.classifier = encoder, classifier
        self.types, self.fragments, self.context_free = tuple(types), fragments, context_free

    def pretrained_parameters(self) -> list[Tensor]:
        """The encoder's parameters that come with knowledge; they learn at their own rate."""
        return self.encoder.pretrained_parameters()

    def n_examples(self, sentences: Sequence[Sentence]) -> int:
        """How many spans of annotated sentences it learns from."""
        return len(self._taught(sentences))

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """``types``: the mean cross-entropy over the entities of the batch, 0 without any."""
        taught = self._taught(batch.sentences)
        if not taught:
            return {"types": torch.stack([weight.sum() for weight in self.classifier.parameters()]).sum() * 0}
        log_probs = self._log_probs(batch, [(number, part) for number, part, _ in taught])
        targets = torch.tensor([label for _, _, label in taught], device=log_probs.device)
        return {"types": nn.functional.nll_loss(log_probs, targets)}

    def predict(self, batch: Batch) -> list[Prediction]:
        """The given entities of each sentence with their types, and the probability of the least certain fragment."""
        given = [sorted({entity.fragments for entity in sentence.entities or ()}) for sentence in batch.sentences]
        places = [(number, part) for number, spans in enumerate(given) for parts in spans for part in parts]
        typed = self._typed(batch, places)
        return [self._prediction(one, spans, typed) for one, spans in zip(batch.sentences, given, strict=True)]

    @property
    def told_types(self) -> tuple[str, ...]:
        """What it tells apart."""
        return self.types

    def type_probabilities(self, batch: Batch, spans: Sequence[tuple[int, int, int]]) -> Tensor:
        """How probable each type is for each span, (span, type): sentence, start and end."""
        return self._log_probs(batch, [(number, Fragment(start, end)) for number, start, end in spans]).exp()

    def _taught(self, sentences: Sequence[Sentence]) -> list[tuple[int, Fragment, int]]:
        """What it learns from: the number of the sentence, the fragment, and the label of its type."""
        known = {type_: label for label, type_ in enumerate(self.types)}
        return [
            (number, part, known[entity.type])
            for number, sentence in enumerate(sentences)
            for entity in sorted(sentence.entities or ())
            if entity.is_contiguous or self.fragments
            for part in entity.fragments
        ]

    def _typed(self, batch: Batch, places: Sequence[tuple[int, Fragment]]) -> Iterator[Typed]:
        """The type of each fragment."""
        if not places:
            return iter(())
        best, label = self._log_probs(batch, places).max(dim=1)
        return zip(map(self.types.__getitem__, label.tolist()), best.exp().tolist(), strict=True)

    def _log_probs(self, batch: Batch, places: Sequence[tuple[int, Fragment]]) -> Tensor:
        """Of each type of each fragment, which is given with the number of its sentence: (span, type)."""
        alike = [sentence.tokens for sentence in batch.sentences] if self.context_free else None
        spans = Spans.at([(number, (part,)) for number, part in places], batch.mask.device, alike=alike)
        found: Tensor = self.classifier(self.encoder(batch), spans)
        return found

    def _prediction(self, sentence: Sentence, spans: Sequence[tuple[Fragment, ...]], typed: Iterator[Typed]) -> Prediction:
        found: dict[Entity, float] = {}
        for parts in spans:
            types, probabilities = zip(*(next(typed) for _ in parts), strict=True)
            if len(set(types)) == 1:
                found[Entity(parts, types[0])] = min(probabilities)
        return Prediction(sentence.id, tuple(found), tuple(found.values()))
