"""Sums over all tag paths as products of exponentials, scaled often enough that none leaves its number format.

A step of the recursion is then one small matrix product, and one batched product does a step of both directions at once.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from cnerkit.nn.crf_chain import Chain, Counts, ScoreRange

_BUDGET = {torch.float32: 70.0, torch.float64: 690.0}
"""Nats to the smallest normal number, less 17, so that what vanishes below it is under 5e-8 of what stays."""

_LONGEST_INTERVAL = 16


def renormalise_every(scores: ScoreRange, mixing: int | None, dtype: torch.dtype) -> int:
    """Number of steps after which messages in ``dtype`` must be scaled to stay exact; 0 when scaling cannot keep them so.

    Emissions are normalised per token and transitions at most 1, so no sum of a message ever grows. Let s be the range of
    the transitions, d that of the emissions, K the number of tags, k the steps between scalings. Without constraints a
    step shrinks the sum by exp(-s) at most, each tag keeps a share of exp(-s - d) / K, and the messages of both directions
    meet in exp(-(2k + 1) s) or more. With constraints, w = s + d + 2 log K, a step shrinks the sum by exp(-w) at most, each
    tag that can be reached keeps a share of exp(-(mixing + 1) w), and messages meet in exp(-(2 mixing + 3 + 2k) w) or more.
    """
    if mixing is None:
        return 0
    if mixing == 0:
        shrink = 2 * scores.transitions
        room = _BUDGET[dtype] - scores.transitions - scores.emissions - math.log(scores.n_tags)
    else:
        width = scores.transitions + scores.emissions + 2 * math.log(scores.n_tags)
        shrink = 2 * width
        room = _BUDGET[dtype] - (2 * mixing + 3) * width
    steps = [steps for steps in range(1, _LONGEST_INTERVAL + 1) if steps * shrink <= room]
    return max(steps, default=0)


@dataclass(frozen=True, slots=True)
class ScaledSweep:
    """A ``Sweep``. Messages as products, (step, direction, batch, tag).

    Direction 0 steps from the first token on, 1 from the last place back. ``arrive`` is without the emission of the token
    where the message is, ``leave`` with it and scaled by ``exp(-log_scale)``, (step, direction, batch). ``log_norms``
    (batch, token) is what was taken off the emissions; ``moves`` (tag, tag) are exponentials of the transitions less the
    highest.
    """

    chain: Chain
    arrive: Tensor
    leave: Tensor
    log_scale: Tensor
    log_norms: Tensor
    moves: Tensor

    def log_partition(self) -> Tensor:
        """Log of the summed scores of all paths, (batch); -inf where no path is legal."""
        chain, rows = self.chain, torch.arange(len(self.chain.lengths), device=self.leave.device)
        last = chain.lengths - 1
        top = chain.end.amax()
        meet = self.leave[last, 0, rows] @ (chain.end - top).exp()
        taken = (self.log_norms * chain.mask).sum(1) + chain.start.amax() + last * chain.transitions.amax() + top
        return meet.log() + self.log_scale[last, 0, rows] + taken

    def counts(self, weights: Tensor) -> Counts:
        """Expected counts of every score: marginals of tags, and of pairs of neighbouring tags.

        Args:
            weights: (batch), what each sentence counts for.
        """
        forward, toward, backward = self.leave[:, 0], self.arrive[:, 1].flip(0), self.leave[:, 1].flip(0)
        meet = (forward * toward).sum(2)  # (token, batch)
        share = forward * (weights / meet.masked_fill(meet == 0, 1)).unsqueeze(2)
        pairs = share[:-1].flatten(0, 1).t() @ backward[1:].flatten(0, 1)
        tags = share.mul_(toward)
        rows = torch.arange(len(weights), device=weights.device)
        ends = tags[self.chain.lengths - 1, rows]
        return Counts(tags.transpose(0, 1), tags[0].sum(0), pairs.mul_(self.moves), ends.sum(0))

    def forward_at(self, sentence: Tensor, token: Tensor) -> Tensor:
        """Log of the summed scores of all paths from the first token to each tag at a token; (place) twice to (place, tag)."""
        chain = self.chain
        taken = (self.log_norms.cumsum(1) + chain.start.amax())[sentence, token] + token * chain.transitions.amax()
        return self.leave[token, 0, sentence].log() + (self.log_scale[token, 0, sentence] + taken).unsqueeze(1)

    def backward_at(self, sentence: Tensor, token: Tensor) -> Tensor:
        """Log of the summed scores of all paths from each tag at a token to the end; (place) twice to (place, tag)."""
        chain, step = self.chain, self.chain.mask.shape[1] - 1 - token
        norms = (self.log_norms * chain.mask).flip(1).cumsum(1)  # (batch, step)
        n_moves = chain.lengths[sentence] - 1 - token
        taken = (norms + chain.end.amax())[sentence, step] + n_moves * chain.transitions.amax()
        return self.leave[step, 1, sentence].log() + (self.log_scale[step, 1, sentence] + taken).unsqueeze(1)


def sweep_products(chain: Chain, interval: int, *, both: bool) -> ScaledSweep:
    """Run the recursion from the first token on, and, when ``both``, the one from the last token back beside it."""
    tokens, log_norms = _token_factors(chain, both=both)
    moves = (chain.transitions - chain.transitions.amax()).exp()
    onward = torch.stack([moves, moves.t()]) if both else moves.unsqueeze(0)
    arrive = _first_arrivals(chain, torch.zeros_like(tokens))
    leave, log_scale = torch.empty_like(tokens), tokens.new_zeros(tokens.shape[:3])
    arrivals, leaving, scales = arrive.unbind(), leave.unbind(), []
    for step, factor in enumerate(tokens.unbind()):
        if step:
            arrivals[step].baddbmm_(leaving[step - 1], onward)
        torch.mul(arrivals[step], factor, out=leaving[step])
        if step % interval == 0:
            total = leaving[step].sum(2, keepdim=True)
            total.masked_fill_(total == 0, 1)  # on padding, and where no path is legal
            leaving[step].div_(total)
            scales.append(total.squeeze(2))
    log_scale[::interval] = torch.stack(scales).log_()
    return ScaledSweep(chain, arrive, leave, log_scale.cumsum_(0), log_norms, moves)


def _token_factors(chain: Chain, *, both: bool) -> tuple[Tensor, Tensor]:
    """Exponentials of the emissions as (step, direction, batch, tag), scaled to sum to 1, and the logs of their sums.

    The latter are (batch, token); on padding the exponentials are 0.
    """
    probs = chain.emissions.softmax(2)
    log_norms = chain.emissions[:, :, 0] - probs[:, :, 0].log()
    n_sentences, n_tokens, n_tags = probs.shape
    factors = probs.new_empty(n_tokens, 2 if both else 1, n_sentences, n_tags)
    torch.mul(probs.transpose(0, 1), chain.mask.t().unsqueeze(2), out=factors[:, 0])
    if both:
        factors[:, 1] = factors[:, 0].flip(0)
    return factors, log_norms


def _first_arrivals(chain: Chain, arrive: Tensor) -> Tensor:
    """Put the start scores where the forward recursion begins, and the end scores at each sentence's last token."""
    arrive[0, 0] = (chain.start - chain.start.amax()).exp()
    if arrive.shape[1] == 2:
        rows = torch.arange(len(chain.lengths), device=arrive.device)
        arrive[arrive.shape[0] - chain.lengths, 1, rows] = (chain.end - chain.end.amax()).exp()
    return arrive
