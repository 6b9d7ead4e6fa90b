"""Sums over all tag paths by log-sum-exp at every step: slow, and exact for scores of any size and any constraints."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from cnerkit.nn.crf_chain import Chain, Counts


@dataclass(frozen=True, slots=True)
class LogSweep:
    """A ``Sweep``. Logarithms of messages, (token, batch, tag); -inf where nothing legal leads.

    ``toward`` is ``backward`` without the emission of the token where it is; both are -inf on padding.
    """

    chain: Chain
    forward: Tensor
    toward: Tensor
    backward: Tensor

    def log_partition(self) -> Tensor:
        """Log of the summed scores of all paths, (batch); -inf where no path is legal."""
        lengths = self.chain.lengths
        last = self.forward[lengths - 1, torch.arange(len(lengths), device=lengths.device)]
        return (last + self.chain.end).logsumexp(1)

    def counts(self, weights: Tensor) -> Counts:
        """Expected counts of every score; ``weights`` (batch) is what each sentence counts for."""
        total = self.log_partition()
        forward = self.forward - total.masked_fill(total == -math.inf, 0).unsqueeze(1)
        tags = (forward + self.toward).exp() * (weights * self.chain.mask.t()).unsqueeze(2)
        pairs = torch.zeros_like(self.chain.transitions)
        for here in range(1, len(forward)):
            used = forward[here - 1].unsqueeze(2) + self.chain.transitions + self.backward[here].unsqueeze(1)
            pairs += torch.einsum("b,bij->ij", weights, used.exp_())
        ends = tags[self.chain.lengths - 1, torch.arange(len(weights), device=weights.device)]
        return Counts(tags.transpose(0, 1), tags[0].sum(0), pairs, ends.sum(0))

    def forward_at(self, sentence: Tensor, token: Tensor) -> Tensor:
        """Log of the summed scores of all paths from the first token to each tag at a token; (place) twice to (place, tag)."""
        return self.forward[token, sentence]

    def backward_at(self, sentence: Tensor, token: Tensor) -> Tensor:
        """Log of the summed scores of all paths from each tag at a token to the end; (place) twice to (place, tag)."""
        return self.backward[token, sentence]


def sweep_logarithms(chain: Chain, *, both: bool) -> LogSweep:
    """Run the recursion from the first token on, and, when ``both``, the one from the last token back."""
    emissions = chain.emissions.transpose(0, 1).unbind()
    forward = [chain.start + emissions[0]]
    for emission in emissions[1:]:
        arrive = forward[-1].unsqueeze(2) + chain.transitions  # (batch, from, to)
        forward.append(arrive.logsumexp(1) + emission)
    stacked = torch.stack(forward)
    toward = _toward_end(chain, emissions) if both else torch.full_like(stacked, -math.inf)
    return LogSweep(chain, stacked, toward, toward + torch.stack(emissions))


def _toward_end(chain: Chain, emissions: tuple[Tensor, ...]) -> Tensor:
    """Log of the summed scores of what follows each tag at each token, (token, batch, tag)."""
    last = (chain.lengths - 1).unsqueeze(1)
    toward = [chain.end.expand_as(emissions[0])]
    for here in range(len(emissions) - 2, -1, -1):
        follow = chain.transitions + (toward[-1] + emissions[here + 1]).unsqueeze(1)  # (batch, from, to)
        toward.append(torch.where(last == here, chain.end, follow.logsumexp(2)))
    return torch.stack(toward[::-1]).masked_fill(~chain.mask.t().unsqueeze(2), -math.inf)
