"""A linear-chain conditional random field over tags, with the parameters of pytorch-crf."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from cnerkit.nn.crf_chain import Chain, ScoreRange, Sweep
from cnerkit.nn.crf_logspace import sweep_logarithms
from cnerkit.nn.crf_scaled import renormalise_every, sweep_products
from cnerkit.nn.crf_viterbi import best_paths
from cnerkit.nn.precision import at_least_float32

_LONGEST_MIXING = 8


class Crf(nn.Module):
    """Scores tag paths by emissions and by transitions between neighbours (Lafferty et al., 2001, eq. 1).

    ``transitions[i, j]`` scores tag j after tag i, ``start_transitions`` the first tag and ``end_transitions`` the last. Names
    and initial range are those of pytorch-crf, so the state dicts of either load into the other. Emissions are (batch, token,
    tag) and masks (batch, token) bool, True on real tokens, with all padding on the right. Half-precision emissions are
    computed on in float32.

    Constraints, when given, always hold in ``decode``; in sums over paths they hold where ``constrained`` asks for it. They
    are not parameters and do not enter the state dict.

    Args:
        n_tags: Number of tags.
        allowed: ``allowed[i][j]``, whether tag j may follow tag i; None: any may.
        starts_allowed: Whether each tag may be the first; None: any may.
        ends_allowed: Whether each tag may be the last; None: any may.
    """

    allowed: Tensor
    starts_allowed: Tensor
    ends_allowed: Tensor

    def __init__(
        self,
        n_tags: int,
        *,
        allowed: Sequence[Sequence[bool]] | None = None,
        starts_allowed: Sequence[bool] | None = None,
        ends_allowed: Sequence[bool] | None = None,
    ) -> None:
        super().__init__()
        if n_tags < 1:
            raise ValueError(f"a CRF needs at least one tag, got {n_tags}")
        self.n_tags = n_tags
        self.start_transitions = nn.Parameter(torch.empty(n_tags))
        self.end_transitions = nn.Parameter(torch.empty(n_tags))
        self.transitions = nn.Parameter(torch.empty(n_tags, n_tags))
        self.reset_parameters()
        self.has_constraints = not (allowed is None and starts_allowed is None and ends_allowed is None)
        self._keep("allowed", allowed, (n_tags, n_tags))
        self._keep("starts_allowed", starts_allowed, (n_tags,))
        self._keep("ends_allowed", ends_allowed, (n_tags,))
        self._mixing = _steps_from_any_to_any(self.allowed)

    def reset_parameters(self) -> None:
        """Draw all transitions uniformly from [-0.1, 0.1], as pytorch-crf does."""
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.1, 0.1)

    def log_likelihood(self, emissions: Tensor, tags: Tensor, mask: Tensor, *, constrained: bool = False) -> Tensor:
        """Log probability of each sentence's tags, (batch).

        Args:
            emissions: (batch, token, tag).
            tags: (batch, token) int64; anything on padding.
            mask: (batch, token).
            constrained: Among legal paths only; a path that is not legal then has -inf, and adds nothing to a gradient.

        Raises:
            ValueError: The mask is not right padding of at least one token, or a shape does not fit.
        """
        return self._sum_paths(emissions, mask, tags, constrained=constrained)

    def log_partition(self, emissions: Tensor, mask: Tensor, *, constrained: bool = False) -> Tensor:
        """Log of the summed scores of all paths, or all legal ones, (batch); -inf for a sentence that has none.

        Raises:
            ValueError: The mask is not right padding of at least one token, or a shape does not fit.
        """
        return self._sum_paths(emissions, mask, None, constrained=constrained)

    @torch.no_grad()
    def decode(self, emissions: Tensor, mask: Tensor) -> list[list[int]]:
        """Tags of the best path of each sentence, of its length.

        Of equally good paths, the one whose tags, compared from the last token back, are lowest. With constraints the
        best legal path; where a sentence has none (one token, and no tag may both start and end), the best of those that
        break the fewest constraints.

        Raises:
            ValueError: The mask is not right padding of at least one token, a shape does not fit, or a score is not finite.
        """
        self._check(emissions, mask)
        chain = Chain.of(at_least_float32(emissions), *self._scores(emissions, constrained=False), mask)
        return best_paths(self._penalised(chain) if self.has_constraints else chain)

    @torch.no_grad()
    def sweep(self, emissions: Tensor, mask: Tensor) -> Sweep:
        """Both recursions over the paths that ``decode`` searches, constraints included; no gradient.

        Raises:
            ValueError: The mask is not right padding of at least one token, or a shape does not fit.
        """
        self._check(emissions, mask)
        emissions = at_least_float32(emissions)
        chain = Chain.of(emissions, *self._scores(emissions, constrained=True), mask, self._mixing_if(constrained=True))
        with torch.autocast(emissions.device.type, enabled=False):
            return _sweep(chain, both=True)

    def _sum_paths(self, emissions: Tensor, mask: Tensor, tags: Tensor | None, *, constrained: bool) -> Tensor:
        """The log-likelihood of the tags, or without tags the log-partition."""
        self._check(emissions, mask)
        if tags is not None and tags.shape != mask.shape:
            raise ValueError(f"tags are {tuple(tags.shape)} but mask is {tuple(mask.shape)}; both are (batch, token)")
        emissions = at_least_float32(emissions)
        scores = self._scores(emissions, constrained=constrained)
        learning = torch.is_grad_enabled() and any(each.requires_grad for each in (emissions, *scores))
        with torch.autocast(emissions.device.type, enabled=False):
            mixing = self._mixing_if(constrained=constrained)
            total: Tensor = _PathSum.apply(emissions, *scores, tags, mask, mixing, learning)  # type: ignore[no-untyped-call]
        return total

    def _scores(self, emissions: Tensor, *, constrained: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Start, transitions and end in the type of the emissions, -inf where constraints that are asked for forbid."""
        dtype = at_least_float32(emissions).dtype
        start, transitions, end = (each.to(dtype) for each in (self.start_transitions, self.transitions, self.end_transitions))
        if not (constrained and self.has_constraints):
            return start, transitions, end
        return (
            start.masked_fill(~self.starts_allowed, -math.inf),
            transitions.masked_fill(~self.allowed, -math.inf),
            end.masked_fill(~self.ends_allowed, -math.inf),
        )

    def _penalised(self, chain: Chain) -> Chain:
        """Lower what is forbidden by more than legal scores of a whole path can differ."""
        parts = (chain.emissions, chain.start, chain.transitions, chain.end)
        widest = torch.stack([part.amax() - part.amin() for part in parts]).sum()
        penalty = 2 * (chain.mask.shape[1] + 1) * (widest + 1)
        return Chain(
            chain.emissions,
            torch.where(self.starts_allowed, chain.start, chain.start - penalty),
            torch.where(self.allowed, chain.transitions, chain.transitions - penalty),
            torch.where(self.ends_allowed, chain.end, chain.end - penalty),
            chain.mask,
            chain.lengths,
        )

    def _mixing_if(self, *, constrained: bool) -> int | None:
        return self._mixing if constrained and self.has_constraints else 0

    def _check(self, emissions: Tensor, mask: Tensor) -> None:
        """Refuse shapes that do not fit; what the mask holds is checked later, with the first look at the device."""
        if emissions.dim() != 3 or emissions.shape[2] != self.n_tags or 0 in emissions.shape:
            raise ValueError(
                f"emissions are {tuple(emissions.shape)}; expected (batch, token, {self.n_tags}), none of them empty"
            )
        if mask.shape != emissions.shape[:2] or mask.dtype != torch.bool:
            raise ValueError(f"mask is {mask.dtype} {tuple(mask.shape)}; expected torch.bool {tuple(emissions.shape[:2])}")

    def _keep(self, name: str, flags: Sequence[Any] | None, shape: tuple[int, ...]) -> None:
        """Hold a constraint where the parameters are, but out of the state dict."""
        tensor = torch.ones(shape, dtype=torch.bool) if flags is None else torch.tensor(flags, dtype=torch.bool)
        if tensor.shape != shape:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}; expected {shape} for {self.n_tags} tags")
        self.register_buffer(name, tensor, persistent=False)


class _PathSum(Function):
    """Log-likelihood of given tags, or log-partition, with its gradient in closed form.

    The gradient of the log-partition is the expected count of each score, from the messages of both directions; that of the
    tags' own score is how often they use each.
    """

    @staticmethod
    def forward(
        ctx: Any,
        emissions: Tensor,
        start: Tensor,
        transitions: Tensor,
        end: Tensor,
        tags: Tensor | None,
        mask: Tensor,
        mixing: int | None,
        learning: bool,
    ) -> Tensor:
        sweep = _sweep(Chain.of(emissions, start, transitions, end, mask, mixing), both=learning)
        total = sweep.log_partition()
        if tags is not None:
            tags = tags.masked_fill(~mask, 0)
            total = (_path_score(sweep.chain, tags) - total).masked_fill(total == -math.inf, -math.inf)
        if learning:
            ctx.sweep, ctx.tags, ctx.possible = sweep, tags, total != -math.inf
        return total.to(emissions.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, weights: Tensor) -> tuple[Tensor | None, ...]:
        chain, weights = ctx.sweep.chain, weights.masked_fill(~ctx.possible, 0)
        with torch.autocast(weights.device.type, enabled=False):
            counts = ctx.sweep.counts((weights if ctx.tags is None else -weights).to(chain.emissions.dtype))
            if ctx.tags is not None:
                counts = counts.with_path(ctx.tags, chain.mask, weights)
        gradients = (counts.emissions, counts.start, counts.transitions, counts.end)
        return (*(each.to(weights.dtype) for each in gradients), None, None, None, None)


def _sweep(chain: Chain, *, both: bool) -> Sweep:
    """Messages by scaled products, in the chain's own precision or float64 where that keeps them exact, else by logarithms."""
    scores = ScoreRange.of(chain)
    for dtype in dict.fromkeys((chain.emissions.dtype, torch.float64)):
        interval = renormalise_every(scores, chain.mixing, dtype)
        if interval:
            return sweep_products(chain.in_precision(dtype), interval, both=both)
    return sweep_logarithms(chain.in_precision(torch.float64), both=both)


def _path_score(chain: Chain, tags: Tensor) -> Tensor:
    """Summed scores of one path per sentence, (batch); ``tags`` must be valid on padding too."""
    emitted = chain.emissions.gather(2, tags.unsqueeze(2)).squeeze(2).masked_fill(~chain.mask, 0).sum(1)
    moved = chain.transitions[tags[:, :-1], tags[:, 1:]].masked_fill(~chain.mask[:, 1:], 0).sum(1)
    last = tags.gather(1, chain.lengths.unsqueeze(1) - 1).squeeze(1)
    return emitted + moved + chain.start[tags[:, 0]] + chain.end[last]


def _steps_from_any_to_any(allowed: Tensor) -> int | None:
    """Least number of steps in which any tag can become any other; None when there is none worth knowing."""
    once = allowed.float()
    reached = once
    for steps in range(1, _LONGEST_MIXING + 1):
        if reached.all():
            return steps
        reached = (reached @ once).clamp(max=1)
    return None
