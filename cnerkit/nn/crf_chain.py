"""What the recursions of a conditional random field work on, and what they give back."""

import math
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

MASK_MISTAKE = "mask must be True on the first tokens of each sentence, at least one, and False on the padding after them"


@dataclass(frozen=True, slots=True)
class Chain:
    """Scores of every tag path of each sentence in a batch.

    ``emissions`` is (batch, token, tag), its padding made harmless; ``start`` (tag), ``transitions`` (tag, tag: from, to) and
    ``end`` (tag) are -inf where a constraint forbids. ``mask`` is (batch, token), ``lengths`` (batch). ``mixing`` is a number
    of steps in which constraints let any tag become any other; 0 when there are no constraints, None when there is no such
    number.
    """

    emissions: Tensor
    start: Tensor
    transitions: Tensor
    end: Tensor
    mask: Tensor
    lengths: Tensor
    mixing: int | None = 0

    @classmethod
    def of(
        cls, emissions: Tensor, start: Tensor, transitions: Tensor, end: Tensor, mask: Tensor, mixing: int | None = 0
    ) -> "Chain":
        """Put the scores together; padding, whatever it held, becomes its sentence's first token, which widens no range."""
        clean = torch.where(mask.unsqueeze(2), emissions, emissions[:, :1])
        return cls(clean, start, transitions, end, mask, mask.sum(1), mixing)

    def in_precision(self, dtype: torch.dtype) -> "Chain":
        """The same chain with scores of another floating-point type."""
        start, transitions, end = self.start.to(dtype), self.transitions.to(dtype), self.end.to(dtype)
        return replace(self, emissions=self.emissions.to(dtype), start=start, transitions=transitions, end=end)


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each score is expected to be used, weighted per sentence; all but the emissions summed over the batch."""

    emissions: Tensor
    start: Tensor
    transitions: Tensor
    end: Tensor

    def with_path(self, tags: Tensor, mask: Tensor, weights: Tensor) -> "Counts":
        """Add, in place, how often each sentence's own ``tags`` (batch, token), valid on padding too, use each score."""
        weights = weights.to(self.emissions.dtype)
        each = torch.where(mask, weights.unsqueeze(1), 0)  # (batch, token)
        index = tags.unsqueeze(2)
        self.emissions.scatter_(2, index, self.emissions.gather(2, index) + each.unsqueeze(2))
        pairs = tags[:, :-1] * len(self.start) + tags[:, 1:]
        self.transitions.view(-1).index_add_(0, pairs.flatten(), each[:, 1:].flatten())
        self.start.index_add_(0, tags[:, 0], weights)
        self.end.index_add_(0, tags.gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1), weights)
        return self


class Sweep(Protocol):
    """The recursions run over a chain: what can be asked of them, whatever form they keep their messages in."""

    @property
    def chain(self) -> Chain:
        """What they ran over."""
        ...

    def log_partition(self) -> Tensor:
        """Log of the summed scores of all paths, (batch); -inf where no path is legal."""
        ...

    def counts(self, weights: Tensor) -> Counts:
        """Expected counts of every score; ``weights`` (batch) is what each sentence counts for."""
        ...

    def forward_at(self, sentence: Tensor, token: Tensor) -> Tensor:
        """Log of the summed scores of all paths from the first token to each tag at a token, its emission included.

        ``sentence`` and ``token`` are (place); the result is (place, tag).
        """
        ...

    def backward_at(self, sentence: Tensor, token: Tensor) -> Tensor:
        """Log of the summed scores of all paths from each tag at a token, its emission included, to the end; (place, tag)."""
        ...


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """How far apart the emissions of a chain lie at most, and its transitions (start and end included), in nats."""

    emissions: float
    transitions: float
    n_tags: int

    @classmethod
    def of(cls, chain: Chain) -> "ScoreRange":
        """Measure a chain and check its mask; the only wait for the device in a loss.

        Raises:
            ValueError: The mask is not one run of real tokens at the left of each sentence, at least one long.
        """
        low, high = chain.emissions.aminmax()
        moves = torch.stack([_spread(each, chain.mixing) for each in (chain.start, chain.transitions, chain.end)]).amax()
        valid = valid_rows(chain.mask, chain.lengths).all()
        is_valid, emissions, transitions = torch.stack([valid.to(low.dtype), high - low, moves.to(low.dtype)]).tolist()
        if not is_valid:
            raise ValueError(MASK_MISTAKE)
        return cls(emissions, transitions, chain.start.numel())


def valid_rows(mask: Tensor, lengths: Tensor) -> Tensor:
    """Which rows of a (batch, token) mask are one run of True at the left, at least one long; (batch) bool."""
    expected = torch.arange(mask.shape[1], device=mask.device) < lengths.unsqueeze(1)
    return (mask == expected).all(1) & (lengths > 0)


def _spread(scores: Tensor, mixing: int | None) -> Tensor:
    """Largest minus smallest score, those that a constraint forbids aside."""
    highest = scores.amax()
    return highest - (scores if mixing == 0 else torch.where(scores == -math.inf, highest, scores)).amin()
