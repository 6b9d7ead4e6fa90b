"""A damped moving average with several decays at once: the local half of MEGA's layers and of HREB-CRF's.

Ma et al. (2023), section 3.1; Sun et al. (2025), eq. 6. What spreads a channel over heads and gathers it again, beta and eta of
Ma et al., is called expansion and reduction here.
"""

import math
from typing import Any, Literal, Self, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.precision import at_least_float32

Decay = Literal["per_head", "per_channel"]
Damping = Literal["mega", "scaled"]


class DampedEma(nn.Module):
    """The moving average of each channel, by itself, over the tokens before each token or on both of its sides.

    With input x, head k and channel c, before the first token u = 0::

        u[t] = alpha[k] * expansion[k, c] * x[t, c] + retained[k] * u[t - 1]
        y[t, c] = n_heads ** -0.5 * sum over k of reduction[k, c] * u[t]

    This is linear in x. The heads therefore fold into one kernel per channel, by which x is convolved in the frequency domain;
    the direction from the right is the same kernel turned around, so that both cost what one does. The kernel and the
    transforms are in float32 at least. While evaluating without gradients the kernel's spectrum is kept per length.

    Parameters have a leading axis for directions, from the left first: ``alpha_logits`` and ``delta_logits``, (direction, head,
    1), or with a decay per channel (direction, head, dim); ``expansion`` and ``reduction``, (direction, head, dim).

    Args:
        dim: Number of channels.
        n_heads: Number of decays for each channel.
        decay: Whether a head decays alike in all channels.
        damping: What is retained of the past: 1 - alpha * delta (``mega``), or (1 - alpha) * delta (``scaled``), which another
            implementation, the one that HREB-CRF was trained with, computes instead.
        bidirectional: Whether there is a second average, from the right, added to the first.
        scale: Whether the sum over heads is divided by the root of their number.

    Raises:
        ValueError: There is no channel or no head, or ``decay`` or ``damping`` is none of its values.
    """

    def __init__(
        self,
        dim: int,
        n_heads: int = 64,
        *,
        decay: Decay = "per_head",
        damping: Damping = "mega",
        bidirectional: bool = True,
        scale: bool = True,
    ) -> None:
        super().__init__()
        if dim < 1 or n_heads < 1:
            raise ValueError(f"a DampedEma needs at least one channel and one head, got dim {dim} and {n_heads} heads")
        if decay not in get_args(Decay) or damping not in get_args(Damping):
            raise ValueError(
                f"decay is one of {get_args(Decay)}, damping of {get_args(Damping)}; got {decay!r} and {damping!r}"
            )
        self.dim = dim
        self.scaled_damping = damping == "scaled"
        self.scale = n_heads**-0.5 if scale else 1.0
        heads = (2 if bidirectional else 1, n_heads)
        self.alpha_logits = nn.Parameter(torch.empty(*heads, dim if decay == "per_channel" else 1))
        self.delta_logits = nn.Parameter(torch.empty_like(self.alpha_logits))
        self.expansion = nn.Parameter(torch.empty(*heads, dim))
        self.reduction = nn.Parameter(torch.empty(*heads, dim))
        self.reset_parameters()
        self._spectra: dict[tuple[int, torch.dtype], Tensor] = {}
        self._spectra_are_of: tuple[int, ...] = ()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Draw all parameters as MEGA does: the expansion of every second head is near 1, that of the others near -1."""
        nn.init.normal_(self.alpha_logits, std=0.2)
        nn.init.normal_(self.delta_logits, std=0.2)
        nn.init.normal_(self.expansion, std=0.02)
        self.expansion[:, 0::2] += 1
        self.expansion[:, 1::2] -= 1
        nn.init.normal_(self.reduction)

    def forward(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        """The averages, of the shape and type of ``hidden``; a real token's is of real tokens only.

        Args:
            hidden: (batch, token, dim); anything, even infinite, on padding.
            mask: (batch, token) bool, True on real tokens; None where all are.

        Raises:
            ValueError: ``hidden`` has another width than the layer.
        """
        if hidden.shape[2] != self.dim:
            raise ValueError(f"a DampedEma of dim {self.dim} got hidden states of dim {hidden.shape[2]}")
        real = hidden if mask is None else torch.where(mask.unsqueeze(2), hidden, 0)
        with torch.autocast(hidden.device.type, enabled=False):
            signal = at_least_float32(real).transpose(1, 2)  # (batch, dim, token): transforms want neighbours in memory
            n_tokens = signal.shape[2]
            period = 2 * _smooth_number(n_tokens)  # with as much silence as sound, no end of a sentence reaches the other
            spectrum = self._spectrum(period, signal.dtype)
            averages: Tensor = torch.fft.irfft(torch.fft.rfft(signal, n=period) * spectrum, n=period)
            return averages[:, :, :n_tokens].transpose(1, 2).to(hidden.dtype)

    def kernel(self, n_tokens: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """The weight in the average of what lies 0, 1, … tokens back, below ``n_tokens``; (direction, dim, lag)."""
        alpha_logits, delta_logits = self.alpha_logits.to(dtype), self.delta_logits.to(dtype)
        alpha, delta = alpha_logits.sigmoid(), delta_logits.sigmoid()
        if self.scaled_damping:
            log_retained = functional.logsigmoid(-alpha_logits) + functional.logsigmoid(delta_logits)
        else:
            nearly_all = 1 - torch.finfo(dtype).eps  # where nothing is retained the logarithm would not be finite
            log_retained = torch.log1p(-(alpha * delta).clamp(max=nearly_all))
        weights = self.scale * alpha * self.expansion.to(dtype) * self.reduction.to(dtype)  # (direction, head, dim)
        if log_retained.shape == weights.shape:
            return _sums_of_powers(weights, log_retained, n_tokens)
        lags = torch.arange(n_tokens, device=weights.device, dtype=dtype)
        return weights.transpose(1, 2) @ (lags * log_retained).exp()

    def train(self, mode: bool = True) -> Self:
        """Set the module to training, or to evaluation; what is kept for evaluation is forgotten."""
        self._spectra.clear()
        return super().train(mode)

    def _spectrum(self, period: int, dtype: torch.dtype) -> Tensor:
        """The kernel's transform, (dim, frequency); kept where weights do not change and no gradient is asked for.

        Weights that change nevertheless, in place, are noticed by their versions.
        """
        if self.training or torch.is_grad_enabled():
            return self._new_spectrum(period, dtype)
        versions = tuple(0 if each.is_inference() else each._version for each in self.parameters())  # noqa: SLF001
        if versions != self._spectra_are_of:
            self._spectra.clear()
            self._spectra_are_of = versions
        if (period, dtype) not in self._spectra:
            self._spectra[period, dtype] = self._new_spectrum(period, dtype)
        return self._spectra[period, dtype]

    def _new_spectrum(self, period: int, dtype: torch.dtype) -> Tensor:
        """To turn a signal around is to conjugate its transform."""
        spectra: Tensor = torch.fft.rfft(self.kernel(period // 2, dtype), n=period)
        return spectra[0] + spectra[1].conj() if len(spectra) == 2 else spectra[0]

    def _apply(self, *args: Any, **kwargs: Any) -> Self:
        """What ``to``, ``cuda``, ``double`` and the like come down to."""
        self._spectra.clear()
        super()._apply(*args, **kwargs)  # type: ignore[no-untyped-call]
        return self

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        """What ``load_state_dict`` does to each module; with ``assign`` there are new parameters, of whatever version."""
        self._spectra.clear()
        super()._load_from_state_dict(*args, **kwargs)


def _sums_of_powers(weights: Tensor, log_bases: Tensor, n_powers: int) -> Tensor:
    """The sum over heads of weight times each power of a base, from 0; (direction, head, dim) twice to (direction, dim, power).

    A power is the product of two, of the next lower multiple of a step and of the rest. The sum is then a product of two small
    matrices for each channel, and never are there as many powers as heads, channels and lags together.
    """
    step = math.isqrt(max(1, n_powers))
    steps = torch.arange(0, n_powers, step, device=weights.device, dtype=weights.dtype)
    rest = torch.arange(step, device=weights.device, dtype=weights.dtype)
    weights, log_bases = (each.transpose(1, 2).unsqueeze(2) for each in (weights, log_bases))  # (direction, dim, 1, head)
    coarse = weights * (steps.unsqueeze(1) * log_bases).exp()  # (direction, dim, multiple, head)
    fine = (rest * log_bases.transpose(2, 3)).exp()  # (direction, dim, head, rest)
    return (coarse @ fine).flatten(2)[:, :, :n_powers]


def _smooth_number(at_least: int) -> int:
    """The next number without a prime factor above 5: transforms of such lengths are fast."""
    number = max(1, at_least)
    while not _is_smooth(number):
        number += 1
    return number


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number == 1
