"""The damped moving average against its recurrence and against heads that are expanded before the transform, in one run.

    python tests/benchmarks/bench_ema.py [--rounds N] [--lengths N ...] [--tokens N] [--dim N] [--heads N]

All sides have the same weights, both directions and batches of about as many tokens, for which the expanded form needs less
than 4 GB: 1024 tokens are 20 sentences of 50 or 2 of 512. They take turns on one thread; the least CPU time counts.
"Forward" is without gradients and without a kept kernel, "step" is forward and backward. Memory is measured in a process of
its own for each side (Linux): "saved" is what the graph holds between forward and backward, weights and input aside, and
"peak" is how far a step raises the resident memory. Ratios are how much more than ours a side takes.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from cnerkit.nn.moving_average import DampedEma

MEGABYTE = 2**20


@dataclass(frozen=True)
class Size:
    """Of a batch and of the layer."""

    length: int
    batch: int
    dim: int
    heads: int


@dataclass(frozen=True)
class Memory:
    """In megabytes."""

    saved: float
    peak: float


def by_kernel(layer: DampedEma, hidden: Tensor) -> Tensor:
    """Ours."""
    return layer(hidden, None)


def by_recurrence(layer: DampedEma, hidden: Tensor) -> Tensor:
    """The definition, token by token."""
    total = torch.zeros(())
    for which, signal in enumerate((hidden, hidden.flip(1))):
        alpha, delta = layer.alpha_logits[which].sigmoid(), layer.delta_logits[which].sigmoid()
        state, found = torch.zeros(()), []
        for token in signal.unbind(1):
            state = alpha * layer.expansion[which] * token.unsqueeze(1) + (1 - alpha * delta) * state  # (batch, head, dim)
            found.append((layer.reduction[which] * state).sum(1))
        averages = torch.stack(found, dim=1)
        total = total + (averages.flip(1) if which else averages)
    return layer.scale * total


def by_expansion(layer: DampedEma, hidden: Tensor) -> Tensor:
    """Each channel on each head, one transform for each of them."""
    total, n_tokens = torch.zeros(()), hidden.shape[1]
    lags = torch.arange(n_tokens, dtype=torch.float32)
    for which, signal in enumerate((hidden, hidden.flip(1))):
        alpha, delta = layer.alpha_logits[which].sigmoid(), layer.delta_logits[which].sigmoid()
        kernel = alpha * (torch.log1p(-alpha * delta) * lags).exp()  # (head, lag)
        expanded = layer.expansion[which].unsqueeze(2) * signal.transpose(1, 2).unsqueeze(1)  # (batch, head, dim, token)
        product = torch.fft.rfft(expanded, n=2 * n_tokens) * torch.fft.rfft(kernel, n=2 * n_tokens).unsqueeze(1)
        states = torch.fft.irfft(product, n=2 * n_tokens)[..., :n_tokens]
        averages = torch.einsum("bhdt,hd->btd", states, layer.reduction[which])
        total = total + (averages.flip(1) if which else averages)
    return layer.scale * total


SIDES: dict[str, Callable[[DampedEma, Tensor], Tensor]] = {
    "ours": by_kernel,
    "recurrence": by_recurrence,
    "expanded heads": by_expansion,
}


def made(size: Size) -> tuple[DampedEma, Tensor]:
    """The same layer and hidden states every time."""
    torch.manual_seed(0)
    return DampedEma(size.dim, size.heads), torch.randn(size.batch, size.length, size.dim, requires_grad=True)


def step(side: str, layer: DampedEma, hidden: Tensor) -> list[Tensor]:
    """The gradients of one step."""
    layer.zero_grad()
    hidden.grad = None
    SIDES[side](layer, hidden).square().mean().backward()
    return [hidden.grad, *(parameter.grad for parameter in layer.parameters())]


def times(size: Size, rounds: int) -> dict[str, tuple[float, float]]:
    """The least seconds of each side, forward and of a step."""
    layer, hidden = made(size)
    compare(layer, hidden)
    least = dict.fromkeys(SIDES, (float("inf"), float("inf")))
    for _ in range(rounds):
        for side, average in SIDES.items():
            start = time.process_time()
            with torch.no_grad():
                average(layer, hidden)
            middle = time.process_time()
            step(side, layer, hidden)
            end = time.process_time()
            least[side] = (min(least[side][0], middle - start), min(least[side][1], end - middle))
    return least


def compare(layer: DampedEma, hidden: Tensor) -> None:
    """All sides have the same averages and gradients."""
    with torch.no_grad():
        averages = {side: SIDES[side](layer, hidden) for side in SIDES}
    gradients = {side: step(side, layer, hidden) for side in SIDES}
    for side in SIDES:
        torch.testing.assert_close(averages[side], averages["ours"], rtol=1e-4, atol=1e-5)
        for found, expected in zip(gradients[side], gradients["ours"], strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * expected.abs().max().item())


def memory(side: str, size: Size) -> Memory:
    """What a step of one side takes, in a process of its own."""
    command = [sys.executable, __file__, "--measure", side, json.dumps(asdict(size))]
    return Memory(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def measure(side: str, size: Size) -> Memory:
    """The memory of a step in this process, after a small one that loads what is loaded once."""
    step(side, *made(Size(8, 1, size.dim, 2)))
    layer, hidden = made(size)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the highest mark so far
    step(side, layer, hidden)
    peak = resident("VmHWM") - before
    return Memory(saved_bytes(side, layer, hidden) / MEGABYTE, peak / 1024)


def resident(name: str) -> int:
    """A figure of this process in kilobytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def saved_bytes(side: str, layer: DampedEma, hidden: Tensor) -> int:
    """The bytes of the distinct storages that a graph holds on to, without weights and input."""
    held: dict[int, Tensor] = {}

    def note(tensor: Tensor) -> Tensor:
        held[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        averages = SIDES[side](layer, hidden)
    for given in (hidden, *layer.parameters()):
        held.pop(given.untyped_storage().data_ptr(), None)
    del averages
    return sum(tensor.untyped_storage().nbytes() for tensor in held.values())


def show(size: Size, rounds: int) -> None:
    """Print one length."""
    print(f"N = {size.length}, batch {size.batch}, d = {size.dim}, {size.heads} heads")
    print(f"  {'':15} {'forward, ms':>20} {'step, ms':>20} {'saved, MB':>20} {'peak, MB':>20}")
    found = times(size, rounds)
    rows = {}
    for side in SIDES:
        memories = memory(side, size)
        rows[side] = [1e3 * found[side][0], 1e3 * found[side][1], memories.saved, memories.peak]
    for side, row in rows.items():
        cells = [f"{value:10.1f} ({value / ours:6.1f} x)" for value, ours in zip(row, rows["ours"], strict=True)]
        print(f"  {side:15} {' '.join(cells)}", flush=True)


def main() -> None:
    """Print all lengths, or as a child the memory of one step."""
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(asdict(measure(sys.argv[2], Size(**json.loads(sys.argv[3]))))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lengths", type=int, nargs="+", default=(50, 128, 512))
    parser.add_argument("--tokens", type=int, default=1024, help="of a batch")
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--heads", type=int, default=64)
    options = parser.parse_args()
    for length in options.lengths:
        show(Size(length, max(1, options.tokens // length), options.dim, options.heads), options.rounds)


if __name__ == "__main__":
    main()
