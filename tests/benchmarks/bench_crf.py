"""CRF training step and decoding against pytorch-crf.

    python tests/benchmarks/bench_crf.py [--rounds N] [--threads N ...] [--tags N ...]

Both sides get the same float32 scores of 32 x 128 tokens and take turns; the best of all rounds counts, in CPU time with one
thread and in wall time with more. The ratio is how many times as fast as pytorch-crf this package is. "Wide" transitions are
normal with deviation 2, like those of a model that trained long: decoding can then leave out fewer tags. "Legal" is decoding
under BIOES constraints, compared with pytorch-crf, which has none.
"""

import argparse
import itertools
import time
from dataclasses import dataclass

import torch
import torchcrf

from cnerkit.nn.crf import Crf

N_SENTENCES, N_TOKENS = 32, 128


@dataclass(frozen=True)
class Case:
    """One batch and both models with the same parameters."""

    emissions: torch.Tensor
    tags: torch.Tensor
    mask: torch.Tensor
    own: Crf
    peer: torchcrf.CRF

    @classmethod
    def of(cls, n_tags, lengths, deviation=None, legal=False):
        own = Crf(n_tags, **(bioes(n_tags) if legal else {}))
        if deviation is not None:
            for parameter in own.parameters():
                torch.nn.init.normal_(parameter, std=deviation)
        peer = torchcrf.CRF(n_tags, batch_first=True)
        peer.load_state_dict(own.state_dict())
        n_tokens = (
            torch.full((N_SENTENCES,), N_TOKENS) if lengths == "full" else torch.randint(32, N_TOKENS + 1, (N_SENTENCES,))
        )
        n_tokens[0] = N_TOKENS
        mask = torch.arange(N_TOKENS) < n_tokens.unsqueeze(1)
        emissions = torch.randn(N_SENTENCES, N_TOKENS, n_tags, requires_grad=True)
        return cls(emissions, torch.randint(n_tags, mask.shape), mask, own, peer)

    def train_own(self):
        self.emissions.grad = None
        self.own.zero_grad()
        (-self.own.log_likelihood(self.emissions, self.tags, self.mask).mean()).backward()

    def train_peer(self):
        self.emissions.grad = None
        self.peer.zero_grad()
        (-self.peer(self.emissions, self.tags, self.mask, reduction="mean")).backward()

    def decode_own(self):
        return self.own.decode(self.emissions.detach(), self.mask)

    @torch.no_grad()
    def decode_peer(self):
        return self.peer.decode(self.emissions, self.mask)

    def gradient_error(self):
        """Largest difference of the gradients of both sides."""
        self.train_own()
        own = [self.emissions.grad, *(parameter.grad for parameter in self.own.parameters())]
        self.train_peer()
        peer = [self.emissions.grad, *(parameter.grad for parameter in self.peer.parameters())]
        return max((a - b).abs().max().item() for a, b in zip(own, peer, strict=True))


def bioes(n_tags):
    """Constraints of O and then B, I, E, S of each type."""
    kinds = ["O", *("BIES"[tag % 4] for tag in range(n_tags - 1))]
    types = [-1, *(tag // 4 for tag in range(n_tags - 1))]
    opens, closes = [kind in "OBS" for kind in kinds], [kind in "OES" for kind in kinds]
    allowed = [
        [opens[j] if closes[i] else kinds[j] in "IE" and types[i] == types[j] for j in range(n_tags)] for i in range(n_tags)
    ]
    return {"allowed": allowed, "starts_allowed": opens, "ends_allowed": closes}


def best_of(rounds, *sides):
    """Best seconds of each side, the sides taking turns."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    best = [float("inf")] * len(sides)
    for side in sides:
        side()
    for _ in range(rounds):
        for number, side in enumerate(sides):
            begin = clock()
            side()
            best[number] = min(best[number], clock() - begin)
    return best


def show(n_tags, what, rounds, own, peer, remark):
    own_time, peer_time = best_of(rounds, own, peer)
    times = f"{1e3 * own_time:8.2f} {1e3 * peer_time:9.1f} {peer_time / own_time:7.1f}"
    print(f"{torch.get_num_threads():7} {n_tags:5}  {what:18} {times}  {remark}", flush=True)


def show_decoding(n_tags, what, rounds, case):
    same = case.decode_own() == case.decode_peer()
    show(n_tags, f"decode {what}", rounds, case.decode_own, case.decode_peer, "same paths" if same else "PATHS DIFFER")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, nargs="+", default=(1, 2))
    parser.add_argument("--tags", type=int, nargs="+", default=(13, 29, 217))
    options = parser.parse_args()
    print(f"threads  tags  {N_SENTENCES} x {N_TOKENS} tokens    own, ms  peer, ms   ratio")
    for threads, n_tags in itertools.product(options.threads, options.tags):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        rounds = max(3, options.rounds // 4) if n_tags > 100 else options.rounds
        for lengths in ("full", "ragged"):
            case = Case.of(n_tags, lengths)
            remark = f"largest gradient difference {case.gradient_error():.1e}"
            show(n_tags, f"train {lengths}", rounds, case.train_own, case.train_peer, remark)
            show_decoding(n_tags, lengths, rounds, case)
        show_decoding(n_tags, "full, wide", rounds, Case.of(n_tags, "full", deviation=2.0))
        legal = Case.of(n_tags, "full", legal=True)
        show(n_tags, "decode full, legal", rounds, legal.decode_own, legal.decode_peer, "")


if __name__ == "__main__":
    main()
