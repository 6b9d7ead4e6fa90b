"""One learned vector per token of a vocabulary."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnerkit.errors import DataError, RecipeError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.lookup import Lookup
from cnerkit.nn.encoders.rows import padded
from cnerkit.nn.encoders.vectors import Vectors
from cnerkit.text import Sentence

_UNKNOWN = 0
_UNKNOWN_LINE = "<unk>"
_MOST_NUMBERS = 4_000_000_000


class StaticEncoder(nn.Module):
    """A vector per token, whatever stands around it; a protocol ``Encoder``.

    A token is looked up as it is, then lower-cased; any other has the vector of the unknown token.

    Args:
        vocabulary: Distinct tokens; a token's vector is row 1 + its place. Row 0 is the unknown token.
        dim: Width of the vectors.
        dropout: Share of tokens that are unknown while training, so that the vector of the unknown token is learned.
        pretrained: Whether the vectors come from a file, and so learn at the rate of what comes with knowledge.
    """

    def __init__(self, vocabulary: Sequence[str], dim: int, *, dropout: float, pretrained: bool) -> None:
        super().__init__()
        self.vocabulary, self.dim, self.dropout, self.pretrained = tuple(vocabulary), dim, dropout, pretrained
        self.embedding = nn.Embedding(1 + len(self.vocabulary), dim)
        nn.init.uniform_(self.embedding.weight, -(bound := (3 / dim) ** 0.5), bound)
        nn.init.zeros_(self.embedding.weight.data[_UNKNOWN])
        self._lookup = _lookup_of(self.vocabulary)

    def forward(self, batch: Batch) -> Tensor:
        """Vectors, (batch, token, dim); padding has that of the unknown token."""
        tokens = list(chain.from_iterable(sentence.tokens for sentence in batch.sentences))
        ids = torch.from_numpy(padded(self._lookup.ids(tokens), np.array(batch.lengths))).to(batch.mask.device)
        if self.training and self.dropout:
            ids = ids.masked_fill(torch.rand(ids.shape, device=ids.device) < self.dropout, _UNKNOWN)
        vectors: Tensor = self.embedding(ids)
        return vectors

    def pretrained_parameters(self) -> list[Tensor]:
        """The vectors, if they come from a file."""
        return [self.embedding.weight] if self.pretrained else []

    def add_marks(self, marks: Sequence[str], *, unused: bool = False) -> None:
        """Give vectors to single code points that a model puts in the place of tokens; random ones, as all were at first.

        Raises:
            RecipeError: Unused vectors are wanted, and a vocabulary of one's own text has none.
        """
        if unused:
            fix = "let the marks have vectors of their own, or take a pretrained encoder"
            raise RecipeError("a static encoder has no unused vectors", fix=fix)
        old = self.embedding.weight
        self.vocabulary = (*self.vocabulary, *marks)
        self.embedding = nn.Embedding(1 + len(self.vocabulary), self.dim)
        nn.init.uniform_(self.embedding.weight, -(bound := (3 / self.dim) ** 0.5), bound)
        self.embedding.weight.data[: len(old)] = old.data
        self._lookup = _lookup_of(self.vocabulary)

    def knows(self, character: str) -> bool:
        """Whether a character has a vector, as it is or lower-cased."""
        return bool(self._lookup.ids([character])[0] != _UNKNOWN)

    def description(self) -> dict[str, Any]:
        """Plain data for ``encoder_from_description``."""
        return {
            "kind": "static",
            "vocabulary": list(self.vocabulary),
            "dim": self.dim,
            "dropout": self.dropout,
            "pretrained": self.pretrained,
        }


def _lookup_of(vocabulary: Sequence[str]) -> Lookup:
    known = {token: place for place, token in enumerate(vocabulary, start=1)}
    return Lookup(known, lambda token: known.get(token.lower(), _UNKNOWN))


def random_vectors(sentences: Iterable[Sentence], *, dim: int, min_count: int, dropout: float) -> StaticEncoder:
    """An encoder with a random vector for each token that occurs at least ``min_count`` times."""
    return StaticEncoder(frequent_tokens(sentences, min_count), dim, dropout=dropout, pretrained=False)


def vectors_from_file(vectors: Vectors, sentences: Iterable[Sentence], *, min_count: int, dropout: float) -> StaticEncoder:
    """An encoder with all vectors of a file, so that text that was not trained on has them too.

    Tokens of the sentences that are not in the file, as they are or lower-cased, start from random vectors as long as those of
    the file are on average; the unknown token starts from the line ``<unk>``, which GloVe's program writes, or else from the
    mean of the file.
    """
    known = set(vectors.tokens)
    new = [token for token in frequent_tokens(sentences, min_count) if token not in known and token.lower() not in known]
    encoder = StaticEncoder([*vectors.tokens, *new], vectors.values.shape[1], dropout=dropout, pretrained=True)
    values = torch.from_numpy(vectors.values)
    n_read = len(vectors.tokens)
    with torch.no_grad():
        weight = encoder.embedding.weight
        weight[1 + n_read :] *= values.square().mean().sqrt() * encoder.dim**0.5
        weight[1 : 1 + n_read] = values
        weight[_UNKNOWN] = values[vectors.tokens.index(_UNKNOWN_LINE)] if _UNKNOWN_LINE in known else values.mean(dim=0)
    return encoder


def frequent_tokens(sentences: Iterable[Sentence], min_count: int) -> list[str]:
    """Tokens that occur at least so often, the most frequent first."""
    counts = Counter(token for sentence in sentences for token in sentence.tokens)
    return sorted((token for token, count in counts.items() if count >= min_count), key=lambda token: (-counts[token], token))


def static_from_description(description: Mapping[str, Any]) -> StaticEncoder:
    """The encoder that was described, with random vectors; ``description`` may come from anybody's checkpoint.

    Raises:
        DataError: It does not describe an encoder.
    """
    vocabulary, dim, dropout, pretrained = (description.get(key) for key in ("vocabulary", "dim", "dropout", "pretrained"))
    if not (
        isinstance(vocabulary, list)
        and all(isinstance(token, str) for token in vocabulary)
        and type(dim) is int
        and 1 <= dim <= _MOST_NUMBERS // (1 + len(vocabulary))
        and isinstance(dropout, int | float)
        and 0 <= dropout < 1
        and isinstance(pretrained, bool)
    ):
        raise DataError("the encoder is not described as it should be")
    return StaticEncoder(vocabulary, dim, dropout=dropout, pretrained=pretrained)
