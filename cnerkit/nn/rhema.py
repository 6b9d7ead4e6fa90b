"""RHEMA: a moving average and gated attention over it, within reduced-bias additions (HREB-CRF, Sun et al. 2025, Section 3).

The layer is that of MEGA (Ma et al., 2023) where the paper leaves something open. The paper's X_in is our ``hidden``, X_EMA our
``averaged``, Z ``shared``, gamma ``reset`` and Phi ``update``.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from cnerkit.nn.gated_attention import AttentionFunction, BucketBias, ToeplitzBias, attention_weights, silu
from cnerkit.nn.masked_norm import MaskedNorm, NormKind
from cnerkit.nn.moving_average import DampedEma, Damping, Decay
from cnerkit.nn.reduced_bias import GateKind, reduced_bias

SPREAD = 0.02
"""Standard deviation of MEGA's new weights."""


@dataclass(frozen=True, slots=True)
class Ema:
    """The moving average; see ``DampedEma``."""

    n_heads: int = 64
    decay: Decay = "per_head"
    damping: Damping = "mega"
    bidirectional: bool = True
    scale: bool = True


@dataclass(frozen=True, slots=True)
class Attention:
    """The gated attention.

    Attributes:
        shared_dim: Width of the shared representation, of queries and of keys.
        value_dim: Width of the values.
        function: What makes weights of scores.
        scaling: ``mega`` divides the scores by the number of real tokens of the sentence (Laplace) or the root of
            ``shared_dim`` (softmax); ``library`` by the padded length or the root of the width of the hidden states.
        bias: Of relative positions.
        causal: Whether a token sees those before it alone.
        shared_residual: Whether the projected input is added to the shared representation, Eq. 7.
        value_residual: Whether Eq. 16 is followed: the values are added to what attention makes of them.
    """

    shared_dim: int = 128
    value_dim: int = 256
    function: AttentionFunction = "laplace"
    scaling: Literal["mega", "library"] = "mega"
    bias: Literal["toeplitz", "buckets"] = "toeplitz"
    causal: bool = False
    shared_residual: bool = True
    value_residual: bool = True


@dataclass(frozen=True, slots=True)
class Rhema:
    """What a block is made of.

    Attributes:
        ema: None: the hidden states stand for their average.
        attention: None: nothing is attended to, O = 0.
        reduced_bias: The kind of all additions of the block.
        ffn_dim: Width of the feed-forward network's inner layer; None for no network.
        norm: Behind the additions.
        dropout: Share of the numbers dropped while training: attention weights, candidates, the network's inner layer.
        literal_silu: Whether Eq. 8 is computed as printed, which is the derivative of SiLU.
        init: ``mega`` draws all weights from N(0, 0.02) with biases of 0; ``library`` leaves them to torch, and draws W_h,
            U_h and b_h from N(0, 1).
    """

    ema: Ema | None = Ema()
    attention: Attention | None = Attention()
    reduced_bias: GateKind = "pooled"
    ffn_dim: int | None = None
    norm: NormKind = "layer"
    dropout: float = 0.0
    literal_silu: bool = False
    init: Literal["mega", "library"] = "mega"


class RhemaBlock(nn.Module):
    """The layer and a feed-forward network, each within an addition and mostly a norm; a ``FeatureLayer`` (Figures 2 and 3)."""

    def __init__(self, dim: int, made_of: Rhema) -> None:
        super().__init__()
        self.dim, self.layer = dim, RhemaLayer(dim, made_of)
        self.add, self.norm = reduced_bias(made_of.reduced_bias, dim), MaskedNorm(made_of.norm, dim)
        self.ffn = None if made_of.ffn_dim is None else FeedForward(dim, made_of.ffn_dim, made_of)
        if self.ffn is not None:
            self.ffn_add, self.ffn_norm = reduced_bias(made_of.reduced_bias, dim), MaskedNorm(made_of.norm, dim)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to the same; what stands on padding reaches no real token."""
        hidden = self.norm(self.add(self.layer(hidden, mask), hidden, mask), mask)
        if self.ffn is not None:
            hidden = self.ffn_norm(self.ffn_add(self.ffn(hidden), hidden, mask), mask)
        return hidden


class RhemaLayer(nn.Module):
    """Eq. 6 to 14 without the additions around them."""

    def __init__(self, dim: int, made_of: Rhema) -> None:
        super().__init__()
        ema, attention = made_of.ema, made_of.attention
        self.literal_silu, self.dropout = made_of.literal_silu, nn.Dropout(made_of.dropout)
        self.ema = None
        if ema is not None:
            self.ema = DampedEma(
                dim, ema.n_heads, decay=ema.decay, damping=ema.damping, bidirectional=ema.bidirectional, scale=ema.scale
            )
        self.update, self.candidate = _linear(dim, dim, made_of), _linear(dim, dim, made_of)
        self.attention = None
        if attention is not None:
            self.attention = GatedAttention(dim, attention, made_of)
            self.reset = _linear(dim, attention.value_dim, made_of)
            self.recall = _linear(attention.value_dim, dim, made_of, bias=False)
        if made_of.init == "library":
            self._draw_as_the_library()

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Y of Eq. 14, (batch, token, dim)."""
        averaged = hidden if self.ema is None else self.ema(hidden, mask)
        candidate = self.candidate(averaged)
        if self.attention is not None:
            reset = silu(self.reset(averaged), literal=self.literal_silu)
            candidate = candidate + self.recall(reset * self.attention(averaged, hidden, mask))
        candidate = self.dropout(silu(candidate, literal=self.literal_silu))  # Eq. 13
        update = torch.sigmoid(self.update(averaged))
        found: Tensor = update * candidate + (1 - update) * hidden
        return found

    def _draw_as_the_library(self) -> None:
        parameters = [*self.candidate.parameters(), *(self.recall.parameters() if self.attention is not None else ())]
        for parameter in parameters:
            nn.init.normal_(parameter)


class GatedAttention(nn.Module):
    """Eq. 7 to 12 and 16: attention of one head, whose queries and keys share a representation of the averages."""

    def __init__(self, dim: int, attention: Attention, made_of: Rhema) -> None:
        super().__init__()
        self.dim, self.made_of, self.literal_silu = dim, attention, made_of.literal_silu
        width = attention.shared_dim
        self.shared, self.value = _linear(dim, width, made_of), _linear(dim, attention.value_dim, made_of)
        self.shared_residual = _linear(dim, width, made_of, bias=False) if attention.shared_residual else None
        self.query_scale, self.key_scale = (nn.Parameter(SPREAD * torch.randn(width)) for _ in range(2))
        self.query_shift, self.key_shift = (nn.Parameter(torch.zeros(width)) for _ in range(2))
        self.bias = ToeplitzBias() if attention.bias == "toeplitz" else BucketBias(scale=width**0.5)
        self.dropout = nn.Dropout(made_of.dropout)
        # Without learned weights Eq. 16 falls back to Eq. 15: no residual, and no norm behind it.
        has_residual = attention.value_residual and made_of.reduced_bias not in ("static", "off")
        self.value_add = reduced_bias(made_of.reduced_bias, attention.value_dim) if has_residual else None
        self.value_norm = nn.LayerNorm(attention.value_dim) if has_residual else None

    def forward(self, averaged: Tensor, hidden: Tensor, mask: Tensor) -> Tensor:
        """O, (batch, token, value_dim), of averages and hidden states (batch, token, dim)."""
        shared = silu(self.shared(averaged), literal=self.literal_silu)
        if self.shared_residual is not None:
            shared = shared + self.shared_residual(hidden)
        values = silu(self.value(hidden), literal=self.literal_silu)
        query, key = self.query_scale * shared + self.query_shift, self.key_scale * shared + self.key_shift
        values = torch.where(mask.unsqueeze(2), values, 0)  # of padding they may be infinite, which no weight of 0 undoes
        attended: Tensor = self.dropout(self._weights(query, key, mask)).to(values.dtype) @ values
        if self.value_add is None or self.value_norm is None:
            return attended
        found: Tensor = self.value_norm(self.value_add(attended, values, mask))
        return found

    def _weights(self, query: Tensor, key: Tensor, mask: Tensor) -> Tensor:
        """A of Eq. 12, (batch, token, token)."""
        made_of, n_tokens, divisor = self.made_of, mask.shape[1], None
        if made_of.scaling == "library":
            divisor = n_tokens if made_of.function == "laplace" else self.dim**0.5
        bias = self.bias(n_tokens)
        return attention_weights(query, key, bias, mask, function=made_of.function, divisor=divisor, causal=made_of.causal)


class FeedForward(nn.Module):
    """Two linear layers with SiLU between them; each token by itself."""

    def __init__(self, dim: int, inner_dim: int, made_of: Rhema) -> None:
        super().__init__()
        self.widen, self.narrow = _linear(dim, inner_dim, made_of), _linear(inner_dim, dim, made_of)
        self.literal_silu, self.dropout = made_of.literal_silu, nn.Dropout(made_of.dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, token, dim) to the same."""
        narrowed: Tensor = self.narrow(self.dropout(silu(self.widen(hidden), literal=self.literal_silu)))
        return narrowed


class NaiveAttention(nn.Module):
    """Attention of one head, a plain residual and a norm: what the paper's Table 5 has in the place of RHEMA in row 4."""

    def __init__(self, dim: int, norm: NormKind = "layer", dropout: float = 0.0) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.dim, self.norm, self.dropout = dim, MaskedNorm(norm, dim), dropout

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to the same; no real token looks at padding."""
        hidden = torch.where(mask.unsqueeze(2), hidden, 0)  # padding may be infinite, which no weight of 0 undoes
        attended = nn.functional.scaled_dot_product_attention(
            self.query(hidden),
            self.key(hidden),
            self.value(hidden),
            attn_mask=mask.unsqueeze(1),
            dropout_p=self.dropout if self.training else 0.0,
        )
        normalised: Tensor = self.norm(attended + hidden, mask)
        return normalised


def _linear(in_dim: int, dim: int, made_of: Rhema, *, bias: bool = True) -> nn.Linear:
    linear = nn.Linear(in_dim, dim, bias=bias)
    if made_of.init == "mega":
        nn.init.normal_(linear.weight, std=SPREAD)
        if bias:
            nn.init.zeros_(linear.bias)
    return linear
