"""Spans per second in training: all spans of a batch together against one at a time, in one run.

    python tests/benchmarks/bench_spans.py [--text FILE] [--batches 512 2048 8192] [--single 200] [--rounds 3]

Three ways with the same weights and vectors (300 wide, 200 states per direction, 3 types) take turns on one thread; the least
CPU time of each counts:

    together  SpanClassifier; every token has a vector of its own, as from an encoder that looks at the sentence
    alike     SpanClassifier; equal tokens have equal vectors, as those of GloVe, so that equal strings are read once
    singly    one span after the other: torch's LSTM over its tokens, attention, cross-entropy, and backward onto gradients that
              add up until the epoch ends, which is how SNG's authors train

A time is that of putting the spans together, forward and backward. Without ``--text``, a file with one span per line in the
order of a corpus, spans are drawn: lengths have the shares of names in news, characters and strings follow Zipf's law.
Printed before is how far gradients of the three lie apart, relative to the largest of a parameter.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.span_model import SpanClassifier
from cnerkit.nn.spans import Spans

DIM, HIDDEN, N_TYPES = 300, 200, 3
LENGTHS = {1: 11, 2: 30, 3: 36, 4: 8, 5: 4, 6: 3, 7: 2, 8: 2, 10: 2, 12: 1, 16: 1}


def drawn(n_spans: int) -> list[str]:
    """Spans whose strings come back about as often as those of names."""
    rng = random.Random(0)
    lengths, shares = list(LENGTHS), list(LENGTHS.values())
    characters = [chr(0x4E00 + number) for number in range(3000)]
    by_rank = [1 / (rank + 20) for rank in range(len(characters))]
    strings = ["".join(rng.choices(characters, by_rank, k=rng.choices(lengths, shares)[0])) for _ in range(n_spans)]
    return rng.choices(strings, [1 / (rank + 5) for rank in range(n_spans)], k=n_spans)


class Trained:
    """A model, vectors of characters that do not learn, and the same spans read in each way."""

    def __init__(self, spans: Sequence[str]) -> None:
        torch.manual_seed(0)
        self.model = SpanClassifier(DIM, HIDDEN, N_TYPES)
        self.oracle = nn.LSTM(DIM, HIDDEN, bidirectional=True, batch_first=True)
        self.same = [
            (parameter, getattr(self.oracle, name + suffix))
            for direction, suffix in zip(self.model.directions, ("_l0", "_l0_reverse"), strict=True)
            for name, parameter in direction.cell.named_parameters()
        ]
        for ours, theirs in self.same:
            theirs.data.copy_(ours)
        self.number = {character: number for number, character in enumerate(sorted(set().union(*spans)))}
        self.table = torch.randn(len(self.number), DIM)

    def vectors(self, text: str) -> Tensor:
        return self.table[[self.number[character] for character in text]]

    def type_of(self, span: str) -> int:
        return self.number[span[0]] % N_TYPES

    def batched(self, spans: Sequence[str], vectors: Tensor, *, alike: bool) -> None:
        lengths = [len(span) for span in spans]
        packed = Spans.between(range(len(spans)), [0] * len(spans), lengths, alike=spans if alike else None)
        types = torch.tensor([self.type_of(span) for span in spans])
        functional.nll_loss(self.model(vectors, packed), types, reduction="sum").backward()

    def singly(self, spans: Sequence[str]) -> None:
        for span in spans:
            outputs, (final, _) = self.oracle(self.vectors(span).unsqueeze(0))
            weights = (outputs @ final.reshape(1, -1, 1)).softmax(1)
            scores = self.model.project((weights * outputs).sum(1))
            functional.cross_entropy(scores, torch.tensor([self.type_of(span)])).backward()

    def padded(self, spans: Sequence[str]) -> Tensor:
        return nn.utils.rnn.pad_sequence([self.vectors(span) for span in spans], batch_first=True)

    def forget(self) -> None:
        for module in (self.model, self.oracle):
            module.zero_grad()


def apart(trained: Trained, spans: Sequence[str], *, alike: bool) -> float:
    """How far gradients of spans together are from those of spans one at a time."""
    trained.forget()
    trained.batched(spans, trained.padded(spans), alike=alike)
    trained.singly(spans)
    return max(((ours.grad - theirs.grad).abs().max() / theirs.grad.abs().max()).item() for ours, theirs in trained.same)


def seconds(work: Callable[[], None]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def compare(spans: Sequence[str], batches: Sequence[int], single: int, rounds: int) -> None:
    trained = Trained(spans)
    for alike in (False, True):
        print(f"gradients, {'alike' if alike else 'together'}: {apart(trained, spans[:64], alike=alike):.0e} apart")
    print(f"{'batch':>6} {'distinct':>9}   spans per second: together, alike, singly   times one at a time")
    for size in batches:
        batch = spans[:size]
        vectors = trained.padded(batch)
        few = random.Random(1).sample(batch, min(single, len(batch)))
        best = [float("inf")] * 3
        for _ in range(rounds):
            trained.forget()
            each = (
                seconds(lambda b=batch, v=vectors: trained.batched(b, v, alike=False)) / len(batch),
                seconds(lambda b=batch, v=vectors: trained.batched(b, v, alike=True)) / len(batch),
                seconds(lambda f=few: trained.singly(f)) / len(few),
            )
            best = [min(pair) for pair in zip(best, each, strict=True)]
        rates = " ".join(f"{1 / value:10.0f}" for value in best)
        print(
            f"{len(batch):6} {len(set(batch)):9}   {rates}      {best[2] / best[0]:6.1f} {best[2] / best[1]:6.1f}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, help="spans, one per line")
    parser.add_argument("--batches", type=int, nargs="+", default=[512, 2048, 8192])
    parser.add_argument("--single", type=int, default=200, help="spans that are read one at a time in each round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    spans = options.text.read_text(encoding="utf-8").split("\n") if options.text else drawn(max(options.batches))
    compare([span for span in spans if span], options.batches, options.single, options.rounds)


if __name__ == "__main__":
    main()
