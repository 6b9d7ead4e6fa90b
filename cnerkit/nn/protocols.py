"""The seams: what an encoder, a feature layer, a head and a model promise to one another."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

from torch import Tensor

from cnerkit.nn.batch import Batch
from cnerkit.text import Attention, Entity, Prediction, Sentence


class Model(Protocol):
    """What the engine trains and runs; an ``nn.Module`` besides."""

    def pretrained_parameters(self) -> list[Tensor]:
        """The parameters that learn at ``encoder_lr``; all others learn at ``lr``."""
        ...

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Named scalar terms; their sum is minimised."""
        ...

    def predict(self, batch: Batch) -> list[Prediction]:
        """The entities of each sentence, in order. Never looks at gold entities, nor at the types of spans that it reads."""
        ...


@runtime_checkable
class CountsEpochs(Protocol):
    """What a ``Model`` is besides when it trains differently from some epoch on."""

    def begin_epoch(self, epoch: int) -> None:
        """Told before the steps of each epoch which one it is, from 1, and once more when a run goes on within it."""
        ...


@runtime_checkable
class CountsExamples(Protocol):
    """What a ``Model`` is besides when its loss is the mean over examples that some batches have more of than others."""

    def n_examples(self, sentences: Sequence[Sentence]) -> int:
        """How many examples a batch of these annotated sentences has."""
        ...


@runtime_checkable
class Reports(Protocol):
    """What a module of a ``Model`` is besides when a run logs some numbers of it."""

    def measures(self) -> dict[str, Tensor]:
        """Named numbers of the last training batch, each a scalar on the device that computed it; asked once in many steps."""
        ...


@runtime_checkable
class AveragesBuffers(Protocol):
    """What a module of a ``Model`` is besides when it keeps what each of several processes sees of its own batches."""

    def averaged_buffers(self) -> Iterator[Tensor]:
        """Floating-point buffers in place of which all processes get the mean after each step."""
        ...


@runtime_checkable
class ShowsAttention(Protocol):
    """What a ``Model`` is besides when it may show how much classes attend to tokens."""

    @property
    def attending(self) -> tuple[str, ...]:
        """The classes; none when this one has no part in which any attends."""
        ...

    def attention(self, batch: Batch) -> list[Attention]:
        """How much each of them attends to each token of each sentence."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """What a ``Model`` is besides when it cannot afford sentences of any length.

    Longer sentences are divided before it is trained on them, and it predicts them through windows. It must compute what is
    longer all the same: an entity that fills more than a piece is not cut.
    """

    window_tokens: int
    """Tokens in a sentence, at most."""
    cost: Literal["tokens", "cells"]
    """What a batch is measured in: its padded tokens, or a cell for each padded pair of tokens of a sentence."""


@runtime_checkable
class SearchesPaths(Protocol):
    """What a ``Model`` is besides when it puts entities together from relations, which may fit in more ways than meant."""

    overflows: int
    """Pairs of ends, over all predictions so far, that more paths joined than are read."""

    def at_best(self, sentence: Sentence) -> frozenset[Entity]:
        """What it would predict of an annotated sentence if it knew every relation in it."""
        ...


@runtime_checkable
class ReadsSpans(Protocol):
    """What a ``Model`` is besides when it is told where the entities of a sentence are, and tells their types.

    It predicts from sentences whose entities have a type that says nothing.
    """

    reads_spans: Literal[True]
    """That it is."""


@runtime_checkable
class TellsTypes(Protocol):
    """What a ``Model`` is besides when it may tell how probable each type is for any span that it is asked about."""

    @property
    def told_types(self) -> tuple[str, ...]:
        """The types, in the order of their probabilities; none when this one cannot tell."""
        ...

    def type_probabilities(self, batch: Batch, spans: Sequence[tuple[int, int, int]]) -> Tensor:
        """Of each type, and last, unless it takes every span for an entity, that it is none: (span, class), with sums of 1.

        Args:
            batch: Sentences, without entities.
            spans: Sentence, start and end of each, at least one; they may overlap.
        """
        ...


@runtime_checkable
class LimitsSpans(Protocol):
    """What a ``Model`` is besides when it looks at some spans of a sentence only."""

    max_length: int
    """Tokens of the longest span that it looks at."""

    def reachable(self, sentence: Sentence) -> frozenset[Entity]:
        """Those of an annotated sentence's entities that it can find."""
        ...


class Encoder(Protocol):
    """Turns tokens into vectors; an ``nn.Module`` besides."""

    dim: int

    def __call__(self, batch: Batch) -> Tensor:
        """Hidden states, (batch, token, dim), for sentences of any length."""
        ...

    def pretrained_parameters(self) -> list[Tensor]:
        """The parameters that learn at ``encoder_lr``: those that come with knowledge."""
        ...

    def add_marks(self, marks: Sequence[str], *, unused: bool = False) -> None:
        """Give vectors to single code points that a model puts in the place of tokens, new ones or some that nothing uses."""
        ...

    def description(self) -> dict[str, Any]:
        """Plain data from which ``encoder_from_description`` makes the same encoder, weights aside."""
        ...


@runtime_checkable
class KnowsCharacters(Protocol):
    """What an ``Encoder`` is besides when it tells for which characters it has a vector of their own."""

    def knows(self, character: str) -> bool:
        """Whether a character of a text that is labelled by characters is anything but unknown."""
        ...


class FeatureLayer(Protocol):
    """Refines hidden states; an ``nn.Module`` with ``in_dim`` given and ``dim`` coming out."""

    dim: int

    def __call__(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, in_dim) to (batch, token, dim)."""
        ...


class Head(Protocol):
    """Scores structures, learns from targets, finds the best; an ``nn.Module`` besides."""

    def __call__(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Scores, unnormalised; (batch, token, tag) for a tagger."""
        ...

    def loss(self, scores: Tensor, targets: Sequence[Sequence[int]], mask: Tensor) -> dict[str, Tensor]:
        """Named scalar terms, from one target structure per sentence."""
        ...

    def best(self, scores: Tensor, mask: Tensor) -> list[list[int]]:
        """The best structure of each sentence."""
        ...

    def probabilities(
        self, scores: Tensor, mask: Tensor, paths: Sequence[Sequence[int]], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[list[float]]:
        """Probability of what each path says over each of its ``[start, end)`` spans."""
        ...


@runtime_checkable
class WeighsByClass(Protocol):
    """What a ``FeatureLayer`` is besides when classes attend to tokens in it."""

    classes: tuple[str, ...]

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """What each class gives to each token, (batch, token, head, class); 0 on padding."""
        ...


@runtime_checkable
class ScoresTags(Protocol):
    """What a ``Head`` is besides when it tags each token by itself."""

    def tag_scores(self, scores: Tensor) -> Tensor:
        """What each tag of a token is worth by itself: scores whose softmax are probabilities, (batch, token, tag)."""
        ...
