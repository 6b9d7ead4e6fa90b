"""One vector for each class of entities: the mean over its mentions in train, less a share of a common direction.

Classification Attention, Section 3.2. A pretrained encoder, as it is before training, passes once over the sentences. Of the
mentions of a class only their number, their sum and the sum of their outer products are kept, so that memory does not grow with
the corpus. What is removed commutes with the mean: it is taken from one vector per class, and its share is free until then.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Encoder
from cnerkit.text import Sentence

Scope = Literal["class", "all"]
Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""

_PADDED_TOKENS = {"cpu": 1 << 10, "cuda": 1 << 14}
"""In a batch of the pass, by device: a processor's cache holds little, a GPU wants to be filled."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the mentions of each class, in float64: what the pass keeps.

    Attributes:
        counts: (class,), mentions.
        sums: (class, dim), of their vectors.
        products: (class, dim, dim), of the outer products of each vector with itself.
    """

    counts: Tensor
    sums: Tensor
    products: Tensor

    @classmethod
    def zero(cls, n_classes: int, dim: int, device: torch.device | str = "cpu") -> "Moments":
        """Those of no mention."""
        counts = torch.zeros(n_classes, dtype=torch.int64, device=device)
        sums = torch.zeros(n_classes, dim, dtype=torch.float64, device=device)
        return cls(counts, sums, torch.zeros(n_classes, dim, dim, dtype=torch.float64, device=device))

    def add(self, mentions: Tensor, classes: Tensor) -> None:
        """Count further mentions, (mention, dim), each of a class by number, (mention,)."""
        mentions = mentions.double()
        self.counts.add_(torch.bincount(classes, minlength=len(self.counts)))
        self.sums.index_add_(0, classes, mentions)
        for number, products in enumerate(self.products):
            own = mentions[classes == number]
            products.addmm_(own.T, own)


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """What class vectors are made of, before a share of a direction is chosen; on the CPU, in float64.

    Attributes:
        counts: (class,), mentions.
        means: (class, dim), of their vectors; 0 for a class without mentions.
        own: (class, dim), the first left singular vector of the matrix of each class's mentions; 0 for one without.
        common: (dim,), that of the mentions of all classes together.
    """

    counts: Tensor
    means: Tensor
    own: Tensor
    common: Tensor

    @classmethod
    def of(cls, moments: Moments) -> "ClassStatistics":
        """The statistics of all mentions that were counted."""
        counts, sums, products = (part.cpu() for part in (moments.counts, moments.sums, moments.products))
        means = sums / counts.clamp(min=1).unsqueeze(1)
        return cls(counts, means, torch.stack([top_direction(each) for each in products]), top_direction(products.sum(0)))

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "ClassStatistics":
        """What ``to_plain`` gave."""
        return cls(plain["counts"], plain["means"], plain["own"], plain["common"])

    def to_plain(self) -> dict[str, Tensor]:
        """The tensors by name, for a checkpoint."""
        return {"counts": self.counts, "means": self.means, "own": self.own, "common": self.common}

    @property
    def present(self) -> Tensor:
        """(class,) bool, whether a class has mentions."""
        return self.counts > 0

    def vectors(self, alpha: float, scope: Scope) -> Tensor:
        """The vector of each class, (class, dim): (C2) and (C3), Section 3.2.

        Args:
            alpha: Share of the direction that is removed.
            scope: Whether the direction is that of each class or the one of all.
        """
        directions = self.own if scope == "class" else self.common.expand_as(self.means)
        return removed(self.means, directions, alpha)


def removed(vectors: Tensor, directions: Tensor, alpha: float) -> Tensor:
    """Vectors less a share of what each has in a direction of unit length: (C2); all (…, dim)."""
    return vectors - alpha * directions * (vectors * directions).sum(-1, keepdim=True)


def top_direction(products: Tensor) -> Tensor:
    """First left singular vector, (dim,), of the matrix whose product with its transpose this is, (dim, dim); 0 for 0.

    Of the two signs the one with a positive number where it is largest. Nothing is centred.
    """
    if not products.any():
        return products[0]
    found: Tensor = torch.linalg.eigh(products).eigenvectors[:, -1]
    return found * found[found.abs().argmax()].sign()


def random_like(vectors: Tensor) -> Tensor:
    """Vectors of random direction, each as long as the one in its place; both (class, dim)."""
    drawn = torch.randn(vectors.shape, dtype=vectors.dtype)
    stretched: Tensor = drawn * (vectors.norm(dim=1, keepdim=True) / drawn.norm(dim=1, keepdim=True))
    return stretched


def mention_vectors(hidden: Tensor, rows: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Mean vector of each mention, (mention, dim) in float64: (C1), with as many terms as it has tokens.

    Args:
        hidden: (batch, token, dim).
        rows: The sentence of each mention, (mention,).
        starts: Its first token.
        ends: The one after its last.
    """
    upto = nn.functional.pad(hidden.double().cumsum(1), (0, 0, 1, 0))
    return (upto[rows, ends] - upto[rows, starts]) / (ends - starts).unsqueeze(1)


def class_statistics(
    encoder: Encoder, sentences: Sequence[Sentence], classes: Sequence[str], class_of: Mapping[str, str], progress: Progress
) -> ClassStatistics:
    """Pass over the annotated sentences once with an encoder that stays as it is, and learn about each class.

    Args:
        encoder: Used in eval mode, where it is; neither its weights nor its modes are changed.
        sentences: Train. Those without entities are skipped, the others taken by length.
        classes: The classes, in the order of the result.
        class_of: The class of each type.
        progress: Told of the sentences that are done.
    """
    assert isinstance(encoder, nn.Module), "an encoder is a torch module"
    device = next(encoder.parameters()).device
    moments = Moments.zero(len(classes), encoder.dim, device)
    told = sorted((sentence for sentence in sentences if sentence.entities), key=len, reverse=True)
    number_of = {type_: classes.index(name) for type_, name in class_of.items()}
    done = 0
    with as_it_is(encoder), torch.inference_mode():
        for group in _in_batches(told, _PADDED_TOKENS.get(device.type, 1 << 14)):
            rows, starts, ends, numbers = _mentions(group, number_of).to(device)
            hidden = encoder(Batch.of(group, device))
            moments.add(mention_vectors(hidden, rows, starts, ends), numbers)
            done += len(group)
            progress(done, len(told))
        return ClassStatistics.of(moments)


@contextlib.contextmanager
def as_it_is(module: nn.Module) -> Iterator[None]:
    """Eval mode within the block; each part is in the mode that it was in afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def _in_batches(sentences: Sequence[Sentence], padded_tokens: int) -> Iterator[Sequence[Sentence]]:
    """Sentences that come the longest first, as many at once as the padded tokens allow; one is always allowed."""
    here = 0
    while here < len(sentences):
        n_sentences = max(1, padded_tokens // len(sentences[here]))
        yield sentences[here : here + n_sentences]
        here += n_sentences


def _mentions(sentences: Sequence[Sentence], number_of: Mapping[str, int]) -> Tensor:
    """Row, start, end and class of each mention, (4, mention), in an order of their own whatever that of a set is."""
    found = [
        (row, entity.start, entity.end, number_of[entity.type])
        for row, sentence in enumerate(sentences)
        for entity in sorted(sentence.entities or ())
    ]
    return torch.tensor(found).T
