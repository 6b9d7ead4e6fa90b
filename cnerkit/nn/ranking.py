"""Heads that learn to rank the labels of a token by what they are worth: RankNet and LambdaRank over SoftFiNE's rank list.

A pair (a, b) of labels counts for a token when a ranks above b for its truth. O characters, the most of a text, have only the
pairs of O with each other label, so that they are computed apart; the others in parts, since their pairs are a square.
"""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from cnerkit.nn.tag_heads import SoftmaxHead, padded_tags

_NUMBERS_AT_ONCE = 1 << 24
"""Pairs of labels over tokens that are held at once."""


class RankingHead(SoftmaxHead):
    """A linear layer whose scores are learned from pairs of labels; a ``Head``, abstract.

    Args:
        in_dim: Width of the hidden states.
        ranks: For each truth the rank of each label, (truth, label): 0 for the truth, less for others, minus infinity for what
            is worth nothing. Tag 0 is O.
        dropout: Share of the hidden states' numbers dropped while training.
    """

    ranks: Tensor
    name: str

    def __init__(self, in_dim: int, ranks: Tensor, dropout: float = 0.0) -> None:
        super().__init__(in_dim, len(ranks), dropout)
        self.register_buffer("ranks", ranks, persistent=False)

    def loss(self, scores: Tensor, targets: Sequence[Sequence[int]], mask: Tensor) -> dict[str, Tensor]:
        """The loss of a token over its pairs, mean over the real tokens of the batch."""
        tags = padded_tags(targets, mask)[mask]
        return {self.name: self.per_token(scores[mask].float(), tags).mean()}

    def per_token(self, scores: Tensor, tags: Tensor) -> Tensor:
        """The loss of each token; scores (token, label), tags (token)."""
        losses = scores.new_zeros(len(tags))
        outside = tags == 0
        if outside.any():
            losses = losses.masked_scatter(outside, self.of_outside(scores[outside]))
        inside = (~outside).nonzero().squeeze(1)
        for part in torch.split(inside, max(1, _NUMBERS_AT_ONCE // self.ranks.numel())):
            # The pairs are made anew for the gradient, since holding them all would take more memory than the encoder.
            found = checkpoint(self.of_pairs, scores[part], self.ranks[tags[part]], use_reentrant=False)
            losses = losses.index_copy(0, part, found)
        return losses

    @abstractmethod
    def of_outside(self, scores: Tensor) -> Tensor:
        """The loss of O characters, whose pairs are O above each other label."""

    @abstractmethod
    def of_pairs(self, scores: Tensor, ranks: Tensor) -> Tensor:
        """The loss of entity characters; both (token, label)."""


class RankNetHead(RankingHead):
    """Burges et al. (2005): log(1 + exp(-(s_a - s_b))), mean over the pairs of a token."""

    name = "ranknet"

    def of_outside(self, scores: Tensor) -> Tensor:
        """(token)."""
        return functional.softplus(scores[:, 1:] - scores[:, :1]).mean(1)

    def of_pairs(self, scores: Tensor, ranks: Tensor) -> Tensor:
        """(token)."""
        above = ranks.unsqueeze(2) > ranks.unsqueeze(1)
        costs = functional.softplus(scores.unsqueeze(1) - scores.unsqueeze(2))
        return (costs * above).sum((1, 2)) / above.sum((1, 2))


class LambdaRankHead(RankingHead):
    """Burges et al. (2006): the pairs weighted by how much exchanging their places would change the NDCG.

    The gain of a label is 2^rank, its discount 1 / log2(1 + place); weights are constants for the gradient.
    """

    name = "lambdarank"

    def of_outside(self, scores: Tensor) -> Tensor:
        """(token). The ideal DCG is 1: O has the gain 1 and all others 0."""
        discounts = _discounts(scores)
        weights = (discounts[:, :1] - discounts[:, 1:]).abs()
        return (weights * functional.softplus(scores[:, 1:] - scores[:, :1])).sum(1)

    def of_pairs(self, scores: Tensor, ranks: Tensor) -> Tensor:
        """(token)."""
        gains, discounts = torch.exp2(ranks), _discounts(scores)
        # Not a matrix product, which autocast would compute in bfloat16.
        ideal = (gains.sort(dim=1, descending=True).values * _by_place(scores)).sum(1)
        change = (gains.unsqueeze(2) - gains.unsqueeze(1)).abs() * (discounts.unsqueeze(2) - discounts.unsqueeze(1)).abs()
        above = ranks.unsqueeze(2) > ranks.unsqueeze(1)
        costs = functional.softplus(scores.unsqueeze(1) - scores.unsqueeze(2))
        return (costs * change * above).sum((1, 2)) / ideal


def ndcg(scores: Tensor, ranks: Tensor) -> Tensor:
    """How good the order of the scores is, 1 at best; both (token, label), result (token)."""
    gains = torch.exp2(ranks)
    ideal = (gains.sort(dim=1, descending=True).values * _by_place(scores)).sum(1)
    return (gains * _discounts(scores)).sum(1) / ideal


def _by_place(scores: Tensor) -> Tensor:
    """The discount of each place from the first, (label)."""
    return 1 / torch.log2(torch.arange(2, scores.shape[1] + 2, device=scores.device, dtype=scores.dtype))


def _discounts(scores: Tensor) -> Tensor:
    """The discount of the place that each label's score has, constant for the gradient; of equal scores the first is higher."""
    order = scores.detach().argsort(dim=1, descending=True, stable=True)
    return torch.empty_like(order, dtype=scores.dtype).scatter_(1, order, _by_place(scores).expand_as(order))
