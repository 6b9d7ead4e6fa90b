"""The spans of a sentence that may be entities, and those of them that a model learns not to take for one."""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

Place = tuple[int, int]
"""``[start, end)`` in tokens."""


def spans_up_to(max_length: int, n_tokens: int) -> Tensor:
    """All spans of at most ``max_length`` tokens, ordered by start, then by end: (span, 2), start and exclusive end.

    Raises:
        ValueError: The length is not positive.
    """
    if max_length < 1:
        raise ValueError(f"spans of at most {max_length} tokens are none; give at least 1")
    starts = torch.arange(n_tokens)
    ends = starts.unsqueeze(1) + torch.arange(1, min(max_length, n_tokens) + 1)  # (start, length)
    inside = ends <= n_tokens
    return torch.stack([starts.unsqueeze(1).expand_as(ends)[inside], ends[inside]], dim=1)


@dataclass(frozen=True, slots=True)
class Negatives:
    """How many spans that are no entity are drawn for each that is one.

    Attributes:
        near: Of those that share a token with an entity.
        far: Of all; a sentence without entities has as many as if it had one.
    """

    near: int
    far: int

    def draw(self, n_tokens: int, max_length: int, entities: Collection[Place]) -> Tensor:
        """Spans of a sentence that are no entity, (span, 2), each once, drawn by torch's generator of the CPU.

        Args:
            n_tokens: Of the sentence.
            max_length: Of a span.
            entities: Where those of the sentence are.
        """
        spans = spans_up_to(max_length, n_tokens)
        gold = torch.tensor(sorted(entities), dtype=torch.long).view(-1, 2)
        is_gold = torch.isin(_keys(spans, n_tokens), _keys(gold, n_tokens))
        chosen = _some(~is_gold, self.far * max(1, len(gold)))
        chosen |= _some(~is_gold & _touching(spans, gold, n_tokens), self.near * len(gold))
        return spans[chosen]


def _keys(spans: Tensor, n_tokens: int) -> Tensor:
    """A number for each span that no other span of the sentence has."""
    return spans[:, 0] * (n_tokens + 1) + spans[:, 1]


def _touching(spans: Tensor, entities: Tensor, n_tokens: int) -> Tensor:
    """Which spans share a token with an entity, (span,)."""
    begun = torch.zeros(n_tokens + 1, dtype=torch.long)
    one = torch.ones(len(entities), dtype=torch.long)
    begun.index_add_(0, entities[:, 0], one).index_add_(0, entities[:, 1], -one)
    covered = (begun.cumsum(0) > 0).long().cumsum(0)  # tokens up to and with this one that lie in an entity
    before = torch.cat([covered.new_zeros(1), covered])
    return before[spans[:, 1]] > before[spans[:, 0]]


def _some(eligible: Tensor, count: int) -> Tensor:
    """At most ``count`` of the places that are eligible, as a mask."""
    places = eligible.nonzero().squeeze(1)
    chosen = torch.zeros_like(eligible)
    chosen[places[torch.randperm(len(places))[:count]]] = True
    return chosen
