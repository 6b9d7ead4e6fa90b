"""A Transformer that knows how far away and on which side each token is, with attention that is not smoothed."""

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.precision import at_least_float32
from cnerkit.nn.transformer_layer import refuse_uneven_heads

RelativeTerms = Literal["full", "no_sign", "no_distance"]


def relative_positions(distances: Tensor, dim: int) -> Tensor:
    """Sine and cosine of a signed distance in ``dim / 2`` wavelengths, interleaved: CRENER (2024), eq. 1.

    Args:
        distances: (distance), query's place less key's, in floating point.
        dim: Width of a head, even.

    Returns:
        (distance, dim).
    """
    pairs = torch.arange(0, dim, 2, dtype=distances.dtype, device=distances.device)
    angles = distances.unsqueeze(1) * torch.exp(pairs * (-math.log(10000.0) / dim))
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


class RelativeAttention(nn.Module):
    """Attention by Q_i K_j + Q_i R_{i-j} + u K_j + v R_{i-j}, without a divisor: CRENER (2024), eq. 2 and 3.

    The products with R are made for each of the 2N - 1 distances once, and shifted to where these occur.

    Args:
        dim: Width of the hidden states.
        n_heads: Number of heads.
        dropout: Share of the attention's weights dropped while training.
        terms: "no_sign" takes the absolute value of i - j; "no_distance" leaves out both terms with R.
        scaled: Whether scores are divided by the root of a head's width, which the paper does not do.

    Raises:
        ValueError: The heads do not divide the width into even ones, or the terms are none of them.
    """

    def __init__(self, dim: int, n_heads: int, *, dropout: float, terms: RelativeTerms, scaled: bool) -> None:
        super().__init__()
        refuse_uneven_heads(dim, n_heads)
        if dim // n_heads % 2:
            raise ValueError(
                f"{n_heads} heads of {dim} numbers are {dim // n_heads} wide; sines and cosines need an even width"
            )
        if terms not in get_args(RelativeTerms):
            raise ValueError(f"the terms of relative attention are one of {get_args(RelativeTerms)}; got {terms!r}")
        self.n_heads, self.terms = n_heads, terms
        self.divisor = math.sqrt(dim // n_heads) if scaled else 1.0
        self.query, self.key, self.value = (nn.Linear(dim, dim, bias=False) for _ in range(3))
        self.gather = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)
        self.key_bias = nn.Parameter(nn.init.xavier_normal_(torch.empty(n_heads, dim // n_heads)))
        if terms != "no_distance":
            self.position_bias = nn.Parameter(nn.init.xavier_normal_(torch.empty(n_heads, dim // n_heads)))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to (batch, token, dim)."""
        scores = self.scores(hidden).masked_fill_(~mask[:, None, None, :], -torch.inf)
        probs = self.dropout(scores.softmax(3))
        value = self.value(hidden).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
        result: Tensor = self.gather((probs.to(value.dtype) @ value).transpose(1, 2).flatten(2))
        return result

    def scores(self, hidden: Tensor) -> Tensor:
        """What each token thinks of each other, padding or not, (batch, head, query, key) in float32 at least."""
        query, key = (
            at_least_float32(linear(hidden).unflatten(2, (self.n_heads, -1))) for linear in (self.query, self.key)
        )  # each (batch, token, head, dim / head)
        with torch.autocast(hidden.device.type, enabled=False):
            scores = (query + self.key_bias).transpose(1, 2) @ key.permute(0, 2, 3, 1)
            if self.terms != "no_distance":
                scores = scores + self._position_scores(query + self.position_bias)
            return scores / self.divisor if self.divisor != 1 else scores

    def _position_scores(self, query: Tensor) -> Tensor:
        """The product of each query with the position of each key, (batch, head, query, key)."""
        n_tokens = query.shape[1]
        distances = torch.arange(n_tokens - 1, -n_tokens - 1, -1, device=query.device, dtype=query.dtype)
        positions = relative_positions(distances.abs() if self.terms == "no_sign" else distances, query.shape[3])
        return shifted(query.transpose(1, 2) @ positions.t())


def shifted(by_distance: Tensor) -> Tensor:
    """Values by query and distance laid out by query and key, without a copy.

    Args:
        by_distance: (…, token, 2 * token) for the distances token - 1 down to -token, contiguous.

    Returns:
        (…, query, key), of which [i, j] is that of the distance i - j.
    """
    n_tokens = by_distance.shape[-2]
    # Counted through, [i, j] is the number i * 2n + (n - 1 - i + j) = (n - 1) + i * (2n - 1) + j.
    counted = by_distance.flatten(-2)[..., n_tokens - 1 : 2 * n_tokens**2 - 1]
    return counted.reshape(*by_distance.shape[:-1], 2 * n_tokens - 1)[..., :n_tokens]


class RelativeTransformer(nn.Module):
    """Layers of relative attention and of two dense layers, each sum normalised: CRENER (2024), 4.1.2; a ``FeatureLayer``.

    Any sentence may be longer than those that were trained on: no parameter belongs to a distance.

    Args:
        dim: Width of the hidden states; twice as many numbers between the dense layers.
        n_heads: Heads of the attention.
        n_layers: Number of layers.
        dropout: Share dropped while training, of the attention's weights and of the numbers before each sum and between the
            dense layers.
        terms: Which parts of the relative position count, see ``RelativeAttention``.
        scaled: Whether the attention's scores are divided by the root of a head's width.

    Raises:
        ValueError: There is no layer, the heads do not divide the width into even ones, or the terms are none of them.
    """

    def __init__(
        self,
        dim: int,
        n_heads: int,
        n_layers: int,
        *,
        dropout: float = 0.15,
        terms: RelativeTerms = "full",
        scaled: bool = False,
    ) -> None:
        super().__init__()
        if n_layers < 1:
            raise ValueError(f"a RelativeTransformer needs at least one layer, got {n_layers}")
        self.dim = dim
        self.layers = nn.ModuleList(
            _Layer(dim, RelativeAttention(dim, n_heads, dropout=dropout, terms=terms, scaled=scaled), dropout)
            for _ in range(n_layers)
        )

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to (batch, token, dim); what stands on padding means nothing, before and after."""
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return hidden


class _Layer(nn.Module):
    """Attention and dense layers, each followed by a sum and its normalisation."""

    def __init__(self, dim: int, attention: RelativeAttention, dropout: float) -> None:
        super().__init__()
        self.attention = attention
        self.expand, self.contract = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)
        self.first_norm, self.second_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        hidden = self.first_norm(hidden + self.dropout(self.attention(hidden, mask)))
        inner = self.dropout(functional.relu(self.expand(hidden)))
        result: Tensor = self.second_norm(hidden + self.dropout(self.contract(inner)))
        return result
