"""Reduced-bias additions: residuals whose two terms are weighted by gates (HREB-CRF, Sun et al. 2025, Eq. 17 to 20).

Every kind is called as ``addition(branch, skip, mask)`` and gives alpha * branch + beta * skip; the paper's F(x) is our
``branch``, its x our ``skip``. Eq. 19 and 20 make the gates of gradients of the loss, which a forward pass does not have yet:
``pooled`` lets what the terms hold decide, and the gradient trains how; ``grad_cached`` takes the gradients of the step before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from cnerkit.nn.precision import at_least_float32

GateKind = Literal["pooled", "token", "channel", "scalar", "grad_cached", "grad_cached_raw", "static", "off"]
GateShape = Literal["pooled", "token", "channel"]


def reduced_bias(kind: GateKind, dim: int) -> nn.Module:
    """The addition of a kind, for terms of width ``dim``.

    ``pooled``: one alpha and one beta per sentence, of the means of both terms. ``token``: one per token, of its own vectors.
    ``channel``: one per sentence and channel. ``scalar``: r and 1 - r, r learned. ``grad_cached``: of the gradients that the
    last backward pass brought to both terms, brought to a root mean square of 1, and ``grad_cached_raw`` as they are.
    ``static``: the plain sum of Eq. 17, without parameters. ``off``: the branch alone.

    Raises:
        ValueError: There is no such kind.
    """
    match kind:
        case "pooled" | "token" | "channel":
            return WeightedSum(InputGate(dim, kind))
        case "scalar":
            return WeightedSum(ScalarGate())
        case "grad_cached" | "grad_cached_raw":
            return WeightedSum(CachedGate(dim, normalize=kind == "grad_cached"))
        case "static":
            return PlainSum()
        case "off":
            return BranchAlone()
    raise ValueError(f"no reduced-bias addition is called {kind!r}")


@dataclass(frozen=True, slots=True)
class Weights:
    """Alpha and beta: tensors that broadcast over (batch, token, dim)."""

    alpha: Tensor
    beta: Tensor


class Gate(Protocol):
    """Weighs the terms of an addition; an ``nn.Module`` besides."""

    def __call__(self, branch: Tensor, skip: Tensor, mask: Tensor) -> Weights:
        """The weights of terms (batch, token, dim)."""
        ...


class WeightedSum(nn.Module):
    """Eq. 18: alpha * branch + beta * skip, weighed by a gate.

    While training it remembers its last weights, on the device and without a computation, for ``measures``.
    """

    def __init__(self, gate: "InputGate | ScalarGate | CachedGate") -> None:
        super().__init__()
        self.gate = gate
        self._last: tuple[Weights, Tensor] | None = None

    def forward(self, branch: Tensor, skip: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim), in float32 at least; a mask (batch, token)."""
        weights = self.gate(branch, skip, mask)
        if self.training:
            self._last = Weights(weights.alpha.detach(), weights.beta.detach()), mask
        if isinstance(self.gate, CachedGate):
            branch, skip = self.gate.watched(branch, skip, mask)
        weighed: Tensor = weights.alpha * branch + weights.beta * skip
        return weighed

    def measures(self) -> dict[str, Tensor]:
        """``alpha`` and ``beta`` of the last training batch, each a mean over what it is drawn for; nothing before that."""
        if self._last is None:
            return {}
        weights, mask = self._last
        return {"alpha": _mean_weight(weights.alpha, mask), "beta": _mean_weight(weights.beta, mask)}


class PlainSum(nn.Module):
    """Eq. 17, both weights 1: the ablation without reduced bias."""

    def forward(self, branch: Tensor, skip: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002  # other kinds look at it
        """(batch, token, dim)."""
        return branch + skip


class BranchAlone(nn.Module):
    """No residual at all."""

    def forward(self, branch: Tensor, skip: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002  # other kinds look at them
        """(batch, token, dim)."""
        return branch


class InputGate(nn.Module):
    """Alpha of the branch, beta of the skip, each a sigmoid of a linear map that starts at 0, so that both start at 1/2."""

    def __init__(self, dim: int, shape: GateShape) -> None:
        super().__init__()
        self.shape = shape
        width = dim if shape == "channel" else 1
        self.of_branch, self.of_skip = nn.Linear(dim, width), nn.Linear(dim, width)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, branch: Tensor, skip: Tensor, mask: Tensor) -> Weights:
        """Weights of terms (batch, token, dim): (batch, 1, 1), (batch, token, 1) or (batch, 1, dim) by shape."""
        return Weights(self._weight(self.of_branch, branch, mask), self._weight(self.of_skip, skip, mask))

    def _weight(self, linear: nn.Linear, term: Tensor, mask: Tensor) -> Tensor:
        seen = at_least_float32(term) if self.shape == "token" else _mean_over_tokens(term, mask)
        with torch.autocast(term.device.type, enabled=False):
            return torch.sigmoid(linear(seen))


class ScalarGate(nn.Module):
    """r and 1 - r, one number that is learned and never squashed: the released code's gate."""

    def __init__(self) -> None:
        super().__init__()
        self.share = nn.Parameter(torch.tensor(0.5))

    def forward(self, branch: Tensor, skip: Tensor, mask: Tensor) -> Weights:  # noqa: ARG002  # other gates look at them
        """Two numbers."""
        return Weights(self.share, 1 - self.share)


class CachedGate(nn.Module):
    """Eq. 20 with the gradients of the backward pass before: literal, and one step late.

    ``branch_gradient`` and ``skip_gradient`` hold the means over real tokens of the gradients that reached the branch and this
    addition's copy of the skip. They are 0 at first, in the state dict, constants to the loss, renewed by each backward
    pass in training mode, and left as they are by one that brings something that is not finite.

    Args:
        dim: Width of the terms.
        normalize: Whether a gradient that is not 0 is divided by its root mean square; as it comes it is so small that the
            gates stay where they are.
    """

    branch_gradient: Tensor
    skip_gradient: Tensor

    def __init__(self, dim: int, *, normalize: bool) -> None:
        super().__init__()
        self.normalize = normalize
        self.of_branch, self.of_skip = nn.Linear(dim, 1), nn.Linear(dim, 1)
        for linear in (self.of_branch, self.of_skip):
            nn.init.normal_(linear.weight, std=0.02)
            nn.init.zeros_(linear.bias)
        self.register_buffer("branch_gradient", torch.zeros(dim))
        self.register_buffer("skip_gradient", torch.zeros(dim))

    def forward(self, branch: Tensor, skip: Tensor, mask: Tensor) -> Weights:  # noqa: ARG002  # other gates look at them
        """Weights of shape (1), from what is cached."""
        with torch.autocast(branch.device.type, enabled=False):
            return Weights(
                torch.sigmoid(self.of_branch(self._scaled(self.branch_gradient))),
                torch.sigmoid(self.of_skip(self._scaled(self.skip_gradient))),
            )

    def watched(self, branch: Tensor, skip: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Both terms as they are; in training mode their gradients are cached on the way back."""
        if not (self.training and torch.is_grad_enabled()):
            return branch, skip
        return _watched(branch, mask, self.branch_gradient), _watched(skip, mask, self.skip_gradient)

    def averaged_buffers(self) -> Iterator[Tensor]:
        """What processes that train together share the mean of: they see different batches."""
        yield self.branch_gradient
        yield self.skip_gradient

    def _scaled(self, gradient: Tensor) -> Tensor:
        """A copy: the backward pass that needs it writes the next gradient in its place."""
        rms = gradient.square().mean().sqrt()
        return gradient / (rms + 1e-12) if self.normalize else gradient.clone()


class _Watched(Function):
    """The identity; its backward pass writes the mean gradient of the real tokens into a buffer."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, mask: Tensor, buffer: Tensor) -> Tensor:
        """The values, (batch, token, dim), as they are."""
        ctx.mask, ctx.buffer = mask, buffer
        return values.view_as(values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """The gradient as it is."""
        found = _mean_over_tokens(gradient.flatten(0, 1).unsqueeze(0), ctx.mask.flatten().unsqueeze(0)).flatten()
        ctx.buffer.copy_(torch.where(found.isfinite().all(), found.to(ctx.buffer.dtype), ctx.buffer))
        return gradient, None, None


def _watched(values: Tensor, mask: Tensor, buffer: Tensor) -> Tensor:
    watched: Tensor = _Watched.apply(values, mask, buffer)  # type: ignore[no-untyped-call]
    return watched


def _mean_over_tokens(hidden: Tensor, mask: Tensor) -> Tensor:
    """(batch, token, dim) to (batch, 1, dim), over real tokens; whatever stands on padding has no part in it."""
    real = mask.unsqueeze(2)
    return at_least_float32(hidden).masked_fill(~real, 0).sum(1, keepdim=True) / real.sum(1, keepdim=True)


def _mean_weight(weight: Tensor, mask: Tensor) -> Tensor:
    """One number; of weights per token only those of real tokens count."""
    return weight[mask].mean() if weight.ndim == 3 and weight.shape[1] == mask.shape[1] > 1 else weight.mean()
