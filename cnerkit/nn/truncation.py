"""A model that reads the beginning of each sentence alone, as released code does that cuts what is longer than an encoder."""

from dataclasses import replace

from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Model
from cnerkit.text import Entity, Fragment, Prediction, Sentence

OUTSIDE = "O"


class Truncated(nn.Module):
    """A tagger that learns and predicts from the first tokens of a sentence; a ``Model``.

    What is behind them is never found, so that a score over the whole corpus counts it as missed. An entity across the cut
    is learned and predicted as what is left of it, as if its tags had been cut.

    Args:
        model: The tagger.
        n_tokens: How many tokens it reads.
    """

    def __init__(self, model: Model, n_tokens: int) -> None:
        super().__init__()
        self.model, self.n_tokens = model, n_tokens

    def pretrained_parameters(self) -> list[Tensor]:
        """The tagger's."""
        return self.model.pretrained_parameters()

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """The tagger's terms, over the beginnings."""
        return self.model.loss(self._cut(batch))

    def predict(self, batch: Batch) -> list[Prediction]:
        """What the tagger finds in the beginnings; every token behind them is outside of all entities."""
        found = self.model.predict(self._cut(batch))
        return [_lengthened(each, len(sentence)) for each, sentence in zip(found, batch.sentences, strict=True)]

    def _cut(self, batch: Batch) -> Batch:
        return Batch(tuple(cut(sentence, self.n_tokens) for sentence in batch.sentences), batch.mask[:, : self.n_tokens])


def cut(sentence: Sentence, n_tokens: int) -> Sentence:
    """The first tokens of a sentence, with what is left of its entities there."""
    if len(sentence) <= n_tokens:
        return sentence
    kept = None
    if sentence.entities is not None:
        before = (entity for entity in sentence.entities if entity.start < n_tokens)
        kept = frozenset(Entity(_until(entity.fragments, n_tokens), entity.type) for entity in before)
    return replace(sentence, tokens=sentence.tokens[:n_tokens], entities=kept)


def _until(fragments: tuple[Fragment, ...], end: int) -> tuple[Fragment, ...]:
    return tuple(Fragment(part.start, min(part.end, end)) for part in fragments if part.start < end)


def _lengthened(prediction: Prediction, length: int) -> Prediction:
    if prediction.tags is None:
        return prediction
    return replace(prediction, tags=(*prediction.tags, *[OUTSIDE] * (length - len(prediction.tags))))
