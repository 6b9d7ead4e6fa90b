"""Classification Attention: scores and merging as they are computed against their definition, and the pass over train.

    python tests/benchmarks/bench_classattn.py [--repeats 5] [--threads 1] [--device cpu] [--sentences 16] [--length 256]
        [--encoder FOLDER --train SOURCE [--limit 4000]]

Both ways take turns over the same numbers; printed are the best of the repeats in milliseconds (CPU time on a CPU), the ratio
and how far the results are apart. With an encoder and a corpus, the pass over the first half of the sentences and over all of
them follows: sentences per second, how much the peak memory of the process grew, and how long taking the result from the cache
takes, which is a folder of its own.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from cnerkit import registry
from cnerkit.corpora import catalogue
from cnerkit.engine.progress import Silent
from cnerkit.nn.classification_attention import ClassificationAttention, weights_of
from cnerkit.nn.encoders import new_encoder
from cnerkit.recipe.schema import BertEncoder
from cnerkit.registry import Task
from cnerkit.text import LabelSet, Sentence
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.preparing import prepared

DIM, HEADS = 768, 12


def folded(layer: ClassificationAttention, hidden: Tensor, mask: Tensor) -> Tensor:
    """As the layer computes."""
    values = layer.value(hidden).view(*hidden.shape[:2], HEADS, -1)
    return layer.merged(layer.weights(hidden, mask), values)


def naive(layer: ClassificationAttention, hidden: Tensor, mask: Tensor) -> Tensor:
    """The definition: queries, one output for each class, and their mean."""
    by_head = (*hidden.shape[:2], HEADS, -1)
    query, values = layer.query(hidden).view(by_head), layer.value(hidden).view(by_head)
    keys = layer.key(layer.vectors).view(len(layer.vectors), HEADS, -1)
    scores = torch.einsum("blhk,chk->blhc", query, keys) / (DIM // HEADS) ** 0.5
    weights = weights_of(scores, mask, layer.present, layer.reading) * mask[:, :, None, None]
    outputs = weights.unsqueeze(4) * values.unsqueeze(3)  # (batch, token, head, class, dim / head)
    return outputs.mean(3).flatten(2)


def clock(device: str) -> float:
    """Seconds: of the CPU, or of the wall once the device is done."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def race(ways: Sequence[Callable[[], object]], repeats: int, device: str) -> list[float]:
    """The best time of each, in milliseconds; they take turns."""
    best = [float("inf")] * len(ways)
    for number in range(repeats + 1):  # the first round warms up
        for place, way in enumerate(ways):
            before = clock(device)
            way()
            took = 1000 * (clock(device) - before)
            if number:
                best[place] = min(best[place], took)
    return best


def compare(n_classes: int, arguments: argparse.Namespace) -> None:
    """Both ways, forward alone and with the gradients."""
    torch.manual_seed(1)
    device, classes = arguments.device, [str(number) for number in range(n_classes)]
    present = torch.ones(n_classes, dtype=torch.bool)
    layer = ClassificationAttention(classes, torch.randn(n_classes, DIM), present, n_heads=HEADS).to(device).eval()
    hidden = torch.randn(arguments.sentences, arguments.length, DIM, device=device, requires_grad=True)
    mask = torch.ones(arguments.sentences, arguments.length, dtype=torch.bool, device=device)

    def forward(way: Callable[..., Tensor]) -> Tensor:
        with torch.no_grad():
            return way(layer, hidden, mask)

    apart = (forward(folded) - forward(naive)).abs().max().item()
    steps = {
        "forward": [lambda: forward(naive), lambda: forward(folded)],
        "forward and backward": [
            lambda: naive(layer, hidden, mask).square().sum().backward(),
            lambda: folded(layer, hidden, mask).square().sum().backward(),
        ],
    }
    for name, ways in steps.items():
        slow, fast = race(ways, arguments.repeats, device)
        print(f"{n_classes} classes, {name:20}: {slow:7.1f} -> {fast:7.1f} ms, {slow / fast:.2f} times, {apart:.1e} apart")


def peak() -> float:
    """The most memory that the process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pass_over(sentences: Sequence[Sentence], arguments: argparse.Namespace) -> float:
    """Learn the classes of some sentences; gives the seconds."""
    spec = registry.get("classattn")
    encoder = new_encoder(BertEncoder(path=arguments.encoder), ())
    types = LabelSet.of(entity.type for sentence in sentences for entity in sentence.entities or ())
    before = time.perf_counter()
    given = {"task": Task(types), "encoder": encoder, "sentences": sentences, "observer": Silent()}
    prepared(spec, spec.params(), device=torch.device(arguments.device), **given)
    return time.perf_counter() - before


def measure_pass(arguments: argparse.Namespace) -> None:
    """Half of the sentences, all of them, and all of them once more."""
    split = "train" if arguments.train in catalogue.names() else None
    sentences = load_split(arguments.train, split)[: arguments.limit]
    told = sum(bool(sentence.entities) for sentence in sentences)
    print(f"{len(sentences)} sentences, {told} with entities; {Path(arguments.encoder).name}; peak {peak():.0f} MB before")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["CNERKIT_CACHE"] = cache
        for name, part in (("half", sentences[::2]), ("all", sentences), ("all, from the cache", sentences)):
            took = pass_over(part, arguments)
            print(f"{name:20}: {took:7.2f} s, {len(part) / took:8.0f} sentences/s, peak {peak():.0f} MB")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    for name, default in (("repeats", 5), ("threads", 1), ("sentences", 16), ("length", 256), ("limit", None)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--encoder", help="folder of an encoder")
    parser.add_argument("--train", help="a dataset, or a file with entities")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for n_classes in (4, 8):
        compare(n_classes, arguments)
    if arguments.encoder and arguments.train:
        measure_pass(arguments)


if __name__ == "__main__":
    main()
