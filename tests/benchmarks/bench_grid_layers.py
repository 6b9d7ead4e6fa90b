"""Time and memory of one round of CRENER's grid: the factorised form against the direct one.

    python tests/benchmarks/bench_grid_layers.py [--tokens 64 128 256] [--sentences 8] [--repeats 3] [--types float32 bfloat16]

A round is the grid (512 to 96 channels, distances and regions), three dilated convolutions and the tag linear (288 to 288),
forward and backward, with channels dropped as in training. Three ways take turns in one process with one thread:

    factorised  PairGrid and DilatedConvolutions, as models use them
    direct      the normalised grid materialised, features concatenated, one linear layer; the same convolutions
    plain       the same as direct, with torch's own convolutions over (batch, channel, row, column)

All have the same parameters and drop the same channels; printed first is how far results and gradients lie apart, relative to
the largest, in float32. Seconds are of CPU time, the best of the repeats; "saved" is what autograd keeps between forward and
backward, each storage once; "peak" is by how much a step of its own process raises its resident memory. bfloat16 is autocast.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.dilated import DilatedConvolutions
from cnerkit.nn.pair_grid import PairGrid

DIM, CHANNELS, TAG_DIM = 512, 96, 288
WAYS = ("factorised", "direct", "plain")
MIB = 2**20


class Round(nn.Module):
    """One round, in one of the three ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.grid = PairGrid(DIM, CHANNELS, form="factorised" if way == "factorised" else "direct")
        self.convolutions = DilatedConvolutions(CHANNELS)
        self.tags = nn.Linear(CHANNELS * len(self.convolutions.dilations), TAG_DIM)

    def forward(self, subject: Tensor, object_: Tensor, mask: Tensor) -> Tensor:
        grid = self.grid(subject, object_, mask)
        if self.way == "plain":
            return self.tags(self.plainly_convolved(grid))
        return self.tags(self.convolutions(grid, mask.unsqueeze(2) & mask.unsqueeze(1)))

    def plainly_convolved(self, grid: Tensor) -> Tensor:
        first = grid.permute(0, 3, 1, 2).contiguous()
        layers = zip(self.convolutions.weight, self.convolutions.bias, self.convolutions.dilations, strict=True)
        each = [
            functional.gelu(functional.conv2d(first, weight, bias, padding=dilation, dilation=dilation, groups=CHANNELS))
            for weight, bias, dilation in layers
        ]
        return torch.cat(each, 1).permute(0, 2, 3, 1)


class Case:
    """A round and what goes into it, the same numbers for each way."""

    def __init__(self, way: str, sentences: int, tokens: int, type_: str) -> None:
        torch.manual_seed(0)
        self.round = Round(way)
        for layer in (self.round.grid.gain, self.round.grid.bias):
            nn.init.normal_(layer.weight, std=0.02)
        self.halved = type_ == "bfloat16"
        self.inputs = [torch.randn(sentences, tokens, DIM, requires_grad=True) for _ in range(2)]
        self.mask = torch.arange(tokens) < torch.tensor([max(1, tokens - 3 * number) for number in range(sentences)])[:, None]
        self.cells = (self.mask[:, :, None] & self.mask[:, None])[..., None]
        of_result = torch.randn(sentences, tokens, tokens, TAG_DIM) * self.cells
        self.of_result = of_result.bfloat16() if self.halved else of_result

    def forward(self) -> Tensor:
        torch.manual_seed(1)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.halved):
            return self.round(*self.inputs, self.mask)

    def step(self) -> tuple[Tensor, ...]:
        """Result and gradients."""
        result = self.forward()
        return (result.detach(), *torch.autograd.grad(result, [*self.inputs, *self.round.parameters()], self.of_result))

    def figures(self) -> tuple[Tensor, ...]:
        """What a step gives, without the cells of padding, which mean nothing."""
        result, *gradients = self.step()
        return (result * self.cells, *gradients)

    def saved(self) -> int:
        """Bytes kept for the backward pass, parameters and inputs aside."""
        own = {each.untyped_storage().data_ptr() for each in (*self.inputs, *self.round.parameters())}
        storages: dict[int, int] = {}

        def note(kept: Tensor) -> Tensor:
            storages[kept.untyped_storage().data_ptr()] = kept.untyped_storage().nbytes()
            return kept

        with torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
            result = self.forward()
        del result
        return sum(size for place, size in storages.items() if place not in own)


def apart(found: Iterable[Tensor], expected: Iterable[Tensor]) -> float:
    """The largest difference, relative to the largest number of each tensor."""
    return max(
        ((a.float() - b.float()).abs().max() / b.float().abs().max()).item() for a, b in zip(found, expected, strict=True)
    )


def best_seconds(cases: dict[str, Case], repeats: int) -> dict[str, float]:
    best = dict.fromkeys(cases, float("inf"))
    for _ in range(repeats):
        for way, case in cases.items():
            begin = time.process_time()
            case.step()
            best[way] = min(best[way], time.process_time() - begin)
    return best


def peak_of_a_process(way: str, sentences: int, tokens: int, type_: str) -> float:
    """MiB by which one step raises the resident memory of a process that does nothing else."""
    command = [sys.executable, __file__, "--peak-of", way, "--sentences", str(sentences), "--tokens", str(tokens)]
    return float(subprocess.run([*command, "--types", type_], check=True, capture_output=True, text=True).stdout)


def show_peak(way: str, sentences: int, tokens: int, type_: str) -> None:
    case = Case(way, sentences, tokens, type_)
    Case(way, 1, 8, type_).step()  # what libraries take when they are first used
    Path("/proc/self/clear_refs").write_text("5")  # Linux then counts the peak anew
    before = resident("VmRSS")
    result = case.forward()
    result.backward(case.of_result)
    print(resident("VmHWM") - before)


def resident(what: str) -> float:
    """MiB of this process, as Linux counts them now (VmRSS) or at their peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def compare(sentences: int, tokens: int, type_: str, repeats: int) -> None:
    cases = {way: Case(way, sentences, tokens, type_) for way in WAYS}
    reference = cases["plain"].figures()
    far = {way: apart(case.figures(), reference) for way, case in cases.items()}
    del reference
    seconds = best_seconds(cases, repeats)
    saved = {way: case.saved() / MIB for way, case in cases.items()}
    del cases
    peak = {way: peak_of_a_process(way, sentences, tokens, type_) for way in WAYS}
    for way in WAYS:
        figures = f"{seconds[way]:8.2f} {saved[way]:8.0f} {peak[way]:8.0f}"
        ratios = f"{seconds[way] / seconds[WAYS[0]]:6.2f} {saved[way] / saved[WAYS[0]]:6.2f} {peak[way] / peak[WAYS[0]]:6.2f}"
        print(f"{sentences:3} x {tokens:3} {type_:9} {way:11} {figures}   {ratios}   {far[way]:.1e}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--sentences", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--types", nargs="+", choices=("float32", "bfloat16"), default=["float32", "bfloat16"])
    parser.add_argument("--peak-of", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.peak_of:
        show_peak(options.peak_of, options.sentences, options.tokens[0], options.types[0])
        return
    print("  B x   N type      way          seconds    saved  peak MiB   times the factorised   apart")
    for tokens in options.tokens:
        for type_ in options.types:
            compare(options.sentences, tokens, type_, options.repeats)


if __name__ == "__main__":
    main()
