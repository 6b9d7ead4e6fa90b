"""What gated attention with a single head is made of: weights that need not sum to one, and a bias by distance.

Hua et al. (2022) and Ma et al. (2023); Sun et al. (2025), eq. 8, 12 and 15.
"""

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.precision import at_least_float32

AttentionFunction = Literal["laplace", "softmax"]

LAPLACE_MEAN = math.sqrt(1 / 2)
"""Where the Laplace function is 1/2, as the squared ReLU is."""

LAPLACE_DEVIATION = math.sqrt(1 / (4 * math.pi))
"""With it the slope at the mean, 1 / (deviation * sqrt(2 pi)), is sqrt(2), as the squared ReLU's is: 2 * sqrt(1/2)."""


def laplace(scores: Tensor, mean: float = LAPLACE_MEAN, deviation: float = LAPLACE_DEVIATION) -> Tensor:
    """The squared ReLU's bounded likeness, the distribution function of a Gaussian: Sun et al., eq. 15.

    Mean and deviation, their mu and sigma, are fixed as Ma et al. (2023) fix them: so that value and slope are
    those of max(x, 0)^2 where its argument is the mean. At 0 it is 0.0061. Nowhere do Sun et al. say how to adjust them.

    Args:
        scores: Of any shape.
        mean: The score whose weight is a half.
        deviation: How wide the rise is.

    Returns:
        Weights between 0 and 1, of the shape of the scores.
    """
    return 0.5 * (1 + torch.erf((scores - mean) / (deviation * math.sqrt(2))))


def silu(hidden: Tensor, literal: bool = False) -> Tensor:
    """SiLU, x * sigmoid(x); ``literal``: eq. 8 of Sun et al. as it is printed, which is the derivative of SiLU."""
    if not literal:
        return functional.silu(hidden)
    gate = hidden.sigmoid()
    return gate + hidden * gate * (1 - gate)


def attention_weights(
    query: Tensor,
    key: Tensor,
    bias: Tensor,
    mask: Tensor | None,
    *,
    function: AttentionFunction = "laplace",
    divisor: float | None = None,
    causal: bool = False,
) -> Tensor:
    """How much each token takes from every other: f(query key^T / divisor + bias), eq. 12 of Sun et al. before the values.

    Scores and weights are in float32 at least, also under autocast. What stands on padding may be anything, even infinite:
    padded keys have the weight 0, and every other weight is as it would be without padding. The weights of padded queries are
    finite and mean nothing.

    Args:
        query: (batch, token, width).
        key: (batch, token, width).
        bias: (token, token), of the key at the second place for the query at the first.
        mask: (batch, token) bool, True on real tokens; None where all are.
        function: Laplace, each weight by itself, or softmax over the keys.
        divisor: What the scores are divided by before the bias is added, the paper's Upsilon, which it leaves open; None: as
            in MEGA the number of real tokens of each sentence for Laplace, the root of the width for softmax.
        causal: Whether the weights of keys after the query are 0.

    Returns:
        (batch, token, token), query by key.

    Raises:
        ValueError: The function is none of them, or shapes do not fit.
    """
    if function not in get_args(AttentionFunction):
        raise ValueError(f"an attention function is one of {get_args(AttentionFunction)}; got {function!r}")
    n_tokens = query.shape[1]
    if query.shape != key.shape or bias.shape != (n_tokens, n_tokens):
        raise ValueError(f"queries {tuple(query.shape)}, keys {tuple(key.shape)} and a bias {tuple(bias.shape)} do not fit")
    if mask is not None:
        query, key = (torch.where(mask.unsqueeze(2), each, 0) for each in (query, key))
    with torch.autocast(query.device.type, enabled=False):
        query, key, bias = (at_least_float32(each) for each in (query, key, bias))
        scaled = query / _divisor(query, mask, function) if divisor is None else query / divisor
        scores = scaled @ key.transpose(1, 2) + bias
        unseen = _unseen_keys(n_tokens, mask, query.device, causal=causal)
        if function == "laplace":
            return _masked(laplace(scores), unseen, 0.0)
        # Not minus infinity, of which a sentence without a real token would make nan.
        return _masked(scores, unseen, torch.finfo(scores.dtype).min).softmax(2)


def _divisor(query: Tensor, mask: Tensor | None, function: AttentionFunction) -> Tensor | float:
    """MEGA's: the number of real tokens, (batch, 1, 1), or the root of the width."""
    if function == "softmax":
        return math.sqrt(query.shape[2])
    return query.shape[1] if mask is None else mask.sum(1).clamp(min=1).to(query.dtype)[:, None, None]


def _unseen_keys(n_tokens: int, mask: Tensor | None, device: torch.device, *, causal: bool) -> Tensor | None:
    """True where a query must not look, something that broadcasts to (batch, token, token); None if it may everywhere."""
    padding = None if mask is None else ~mask.unsqueeze(1)
    if not causal:
        return padding
    later = torch.ones(n_tokens, n_tokens, dtype=torch.bool, device=device).triu(1)
    return later if padding is None else later | padding


def _masked(values: Tensor, where: Tensor | None, by: float) -> Tensor:
    return values if where is None else values.masked_fill(where, by)


class ToeplitzBias(nn.Module):
    """A learned bias for each signed distance between query and key: MEGA's simple form, eq. 12's b_rel.

    Text may be longer than ``max_tokens``: distances that do not occur within as many tokens have the bias of the farthest
    that does, on their side.

    Args:
        max_tokens: Length of the longest text whose distances are all told apart; MEGA's M.

    Raises:
        ValueError: ``max_tokens`` is not positive.
    """

    def __init__(self, max_tokens: int = 512) -> None:
        super().__init__()
        if max_tokens < 1:
            raise ValueError(f"a ToeplitzBias needs at least one token, got max_tokens {max_tokens}")
        self.farthest = max_tokens - 1
        self.weight = nn.Parameter(torch.empty(2 * max_tokens - 1))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, n_tokens: int) -> Tensor:
        """(token, token): ``weight[max_tokens - 1 + j - i]`` for the query i and the key j."""
        distances = _distances(n_tokens, self.weight.device)
        return _by_distance(self.weight[distances.clamp(-self.farthest, self.farthest) + self.farthest])


class BucketBias(nn.Module):
    """A learned bias for each bucket of distances back to a key, in the causal form of T5 (Raffel et al., 2020, section 2.1).

    Half of the buckets hold one distance each, those of the other half ever more. Keys after the query have the bias of the
    query's own place.

    Args:
        n_buckets: An even number.
        max_distance: From here on all distances are in the last bucket.
        scale: What each bias is multiplied by; HREB-CRF's code takes the root of the keys' width.

    Raises:
        ValueError: ``n_buckets`` is odd or not positive, or ``max_distance`` is less than there are buckets.
    """

    buckets: Tensor

    def __init__(self, n_buckets: int = 32, max_distance: int = 128, *, scale: float = 1.0) -> None:
        super().__init__()
        if n_buckets < 2 or n_buckets % 2 or max_distance < n_buckets:
            raise ValueError(
                f"a BucketBias needs an even number of buckets and no less distance, got {n_buckets} and {max_distance}"
            )
        self.scale = scale
        self.weight = nn.Parameter(torch.randn(n_buckets))
        buckets = [_bucket(distance, n_buckets, max_distance) for distance in range(max_distance + 1)]
        self.register_buffer("buckets", torch.tensor(buckets), persistent=False)

    def forward(self, n_tokens: int) -> Tensor:
        """(token, token), for the query at the first place and the key at the second."""
        back = -_distances(n_tokens, self.weight.device)
        return _by_distance(self.scale * self.weight[self.buckets[back.clamp(0, len(self.buckets) - 1)]])


def _bucket(distance: int, n_buckets: int, max_distance: int) -> int:
    """The bucket of a distance that is not negative."""
    exact = n_buckets // 2
    if distance < exact:
        return distance
    share = math.log(distance / exact) / math.log(max_distance / exact)
    return min(n_buckets - 1, exact + int(share * (n_buckets - exact)))


def _distances(n_tokens: int, device: torch.device) -> Tensor:
    """Every distance from a query to a key, from the farthest before it to the farthest after it, (2 * token - 1)."""
    return torch.arange(1 - n_tokens, n_tokens, device=device)


def _by_distance(values: Tensor) -> Tensor:
    """A value for each of ``_distances`` laid out by query and key, (token, token); cheaper than to index each pair."""
    return values.unfold(0, (len(values) + 1) // 2, 1).flip(0)
