"""The seams: what an encoder, a feature layer, a head and a model promise to one another."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from cnerkit.nn.batch import Batch
from cnerkit.text import Prediction


class Model(Protocol):
    """What the engine trains and runs; an ``nn.Module`` besides."""

    def pretrained_parameters(self) -> list[Tensor]:
        """The parameters that learn at ``encoder_lr``; all others learn at ``lr``."""
        ...

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Named scalar terms; their sum is minimised."""
        ...

    def predict(self, batch: Batch) -> list[Prediction]:
        """The entities of each sentence, in order. Never looks at gold entities."""
        ...


@runtime_checkable
class CountsEpochs(Protocol):
    """What a ``Model`` is besides when it trains differently from some epoch on."""

    def begin_epoch(self, epoch: int) -> None:
        """Told before the steps of each epoch which one it is, from 1, and once more when a run goes on within it."""
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
class ScoresTags(Protocol):
    """What a ``Head`` is besides when it tags each token by itself."""

    def tag_scores(self, scores: Tensor) -> Tensor:
        """What each tag of a token is worth by itself: scores whose softmax are probabilities, (batch, token, tag)."""
        ...
