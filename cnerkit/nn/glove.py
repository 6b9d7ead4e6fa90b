"""Vectors of tokens from how often they stand near one another: GloVe (Pennington, Socher and Manning 2014)."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cnerkit.nn.cooccurrence import Cooccurrences, count_cooccurrences
from cnerkit.nn.encoders.vectors import Vectors

_BIAS, _ONE = -2, -1
"""The last columns of a token's vector; what it is compared with has them the other way round."""
_POWER = 0.75
_MOST_PAIRS, _STEPS = 1 << 14, 32
"""Pairs in a step, at most, and steps in an epoch, at least: a step is not all overhead, and a small corpus takes many too."""


@dataclass(frozen=True, slots=True)
class GloveSettings:
    """How vectors are trained. Defaults are those of the authors' demonstration, but that rare tokens have vectors too.

    Attributes:
        dim: Width of the vectors.
        window: Tokens to either side that are near; closer ones count more.
        min_count: Rarer tokens are left out, as if they were not there.
        epochs: Times that each pair of tokens is learned from.
        lr: Of AdaGrad.
        x_max: How often a pair has to occur to count fully; rarer ones count (count / x_max) ** 0.75.
    """

    dim: int = 300
    window: int = 15
    min_count: int = 1
    epochs: int = 15
    lr: float = 0.05
    x_max: float = 10.0

    def __post_init__(self) -> None:
        if min(self.dim, self.window, self.min_count, self.epochs) < 1 or min(self.lr, self.x_max) <= 0:
            raise ValueError(f"numbers in the settings of GloVe have to be positive, got {self}")


def train_glove(
    sentences: Iterable[Sequence[str]],
    settings: GloveSettings,
    *,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Vectors:
    """Train a vector for each frequent token: the sum of the vectors that it has as a token and as a neighbour.

    Nothing but the seed decides what is drawn; the global generators of torch and NumPy are left alone.

    Args:
        sentences: Their tokens; read once.
        settings: How.
        seed: For the first vectors and the order of pairs.
        progress: Told of the pairs that are done, over all epochs, and of their total.

    Returns:
        The vectors, of the most frequent token first.

    Raises:
        ValueError: Fewer than two tokens are frequent, or no two of them are ever near one another.
    """
    corpus = _Corpus.of(sentences, settings.min_count)
    if len(corpus.vocabulary) < 2:
        found = f"{len(corpus.vocabulary)} of {corpus.n_distinct}"
        raise ValueError(f"vectors need at least 2 tokens that occur {settings.min_count} times or more; {found} do")
    pairs = count_cooccurrences(corpus.tokens, corpus.lengths, settings.window)
    if not len(pairs):
        raise ValueError(f"no two of the {len(corpus.vocabulary)} tokens stand in one sentence; vectors need neighbours")
    random = np.random.default_rng(seed)
    glove = Glove(len(corpus.vocabulary), settings, random)
    size = min(_MOST_PAIRS, -(-len(pairs) // _STEPS))
    for epoch in range(settings.epochs):
        order = random.permutation(len(pairs))
        for begin in range(0, len(pairs), size):
            glove.step(pairs.some(order[begin : begin + size]))
            if progress:
                progress(epoch * len(pairs) + min(begin + size, len(pairs)), settings.epochs * len(pairs))
    return Vectors(corpus.vocabulary, glove.token_vectors())


@dataclass(frozen=True, slots=True)
class _Corpus:
    """Sentences as numbers: the frequent tokens alone, and from the most frequent on."""

    vocabulary: tuple[str, ...]
    tokens: NDArray[np.int32]
    lengths: NDArray[np.int64]
    n_distinct: int

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], min_count: int) -> "_Corpus":
        numbers: dict[str, int] = {}
        tokens, lengths = array("i"), array("q")
        for sentence in sentences:
            tokens.extend(numbers.setdefault(token, len(numbers)) for token in sentence)
            lengths.append(len(sentence))
        every, sizes = np.array(tokens, np.int32), np.array(lengths, np.int64)
        counts = np.bincount(every, minlength=len(numbers))
        frequent = [token for token, number in numbers.items() if counts[number] >= min_count]
        vocabulary = tuple(sorted(frequent, key=lambda token: (-counts[numbers[token]], token)))
        rank = np.full(len(numbers), -1, np.int32)
        rank[[numbers[token] for token in vocabulary]] = np.arange(len(vocabulary))
        ranks = rank[every]
        sentence_of = np.repeat(np.arange(len(sizes)), sizes)[ranks >= 0]
        return cls(vocabulary, ranks[ranks >= 0], np.bincount(sentence_of, minlength=len(sizes)), len(numbers))


@dataclass(frozen=True, slots=True)
class _Compared:
    """How much each pair counts, and how far the model's number is from the logarithm of its count, (pair,)."""

    weights: Tensor
    differences: Tensor


@dataclass(frozen=True, slots=True)
class _Gradient:
    """Of the vectors of some tokens, each once: (token,) and (token, dim + 2)."""

    tokens: Tensor
    values: Tensor


class Glove:
    """Two vectors and two biases for each token: for what it is, and for what it is near to.

    Pennington et al., equation 8, the sum over all pairs of tokens i and j that occur near one another::

        min(1, (count / x_max) ** 0.75) * (vectors[i] . contexts[j] + bias[i] + context_bias[j] - log count) ** 2

    A bias and a one stand behind each vector, (token, dim + 2), so that one product has all three terms.

    Args:
        n_tokens: Number of tokens.
        settings: Width, ``lr`` and ``x_max``.
        random: What first vectors and biases are drawn by, all from -0.5 / dim to 0.5 / dim.
    """

    def __init__(self, n_tokens: int, settings: GloveSettings, random: np.random.Generator) -> None:
        self.settings = settings
        shape, bound = (n_tokens, settings.dim + 2), 0.5 / settings.dim
        self.vectors, self.contexts = (
            torch.from_numpy(random.uniform(-bound, bound, shape).astype(np.float32)) for _ in range(2)
        )
        self.vectors[:, _ONE] = 1
        self.contexts[:, _BIAS] = 1
        self._squares = torch.ones(shape), torch.ones(shape)

    def objective(self, pairs: Cooccurrences) -> Tensor:
        """What is minimised, summed over pairs."""
        compared = self._compared(pairs)
        return (compared.weights * compared.differences.square()).sum()

    def step(self, pairs: Cooccurrences) -> None:
        """One step of AdaGrad for some pairs, along half of the gradient, as the authors' program takes it.

        Squares of gradients start from one. Those of a token are of its sum over the pairs: neighbours that agree move it as
        far as one would.
        """
        compared = self._compared(pairs)
        errors = compared.weights * compared.differences
        rows, columns = torch.from_numpy(pairs.rows).long(), torch.from_numpy(pairs.columns).long()
        of_vectors = _gradient(rows, errors, columns, self.contexts)
        of_contexts = _gradient(columns, errors, rows, self.vectors)
        of_vectors.values[:, _ONE] = 0
        of_contexts.values[:, _BIAS] = 0
        _descend(self.vectors, self._squares[0], of_vectors, self.settings.lr)
        _descend(self.contexts, self._squares[1], of_contexts, self.settings.lr)

    def token_vectors(self) -> NDArray[np.float32]:
        """For each token the sum of both of its vectors, (token, dim)."""
        both = self.vectors[:, :_BIAS] + self.contexts[:, :_BIAS]
        return both.numpy()

    def _compared(self, pairs: Cooccurrences) -> _Compared:
        counts = torch.from_numpy(pairs.counts).to(self.vectors.dtype)
        products = functional.embedding(torch.from_numpy(pairs.rows), self.vectors)
        products *= functional.embedding(torch.from_numpy(pairs.columns), self.contexts)
        weights = (counts / self.settings.x_max).clamp(max=1) ** _POWER
        return _Compared(weights, products.sum(1) - counts.log())


def _gradient(tokens: Tensor, errors: Tensor, others: Tensor, vectors: Tensor) -> _Gradient:
    """For each distinct token, the sum over its pairs of the error times the other's vector."""
    order = tokens.argsort(stable=True)
    touched, sizes = torch.unique_consecutive(tokens[order], return_counts=True)
    bags = functional.embedding_bag(
        others[order], vectors, sizes.cumsum(0) - sizes, mode="sum", per_sample_weights=errors[order]
    )
    return _Gradient(touched, bags)


def _descend(vectors: Tensor, squares: Tensor, gradient: _Gradient, lr: float) -> None:
    """Change the vectors of the tokens that are touched."""
    summed = squares[gradient.tokens] + gradient.values.square()
    squares[gradient.tokens] = summed
    vectors[gradient.tokens] -= lr * gradient.values / summed.sqrt()
