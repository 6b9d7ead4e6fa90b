"""Training steps of SoftFiNE: one batch of both passes in batches of similar length, against two passes in random batches.

    python tests/benchmarks/bench_softfine.py [--steps 16] [--repeats 2] [--threads 1] [--device cpu]

The encoder is a BERT of 4 layers of 312 with random weights; the sentences are as long as those of FiNE (log-normal, 41.6
characters on average, at most 197), with 2.5 entities of 54 types. A step is forward, backward and update for 16 sentences. All
four ways take turns over the same sentences; printed are the best of the repeats, in steps per second (of CPU time on a CPU).
"""

import argparse
import math
import random
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from cnerkit import registry
from cnerkit.engine.batching import Budget, epoch_batches
from cnerkit.engine.optimisation import new_optimizer
from cnerkit.engine.seeds import seed_everything
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders import encoder_from_description
from cnerkit.nn.softfine import SoftFine, augmented, feature_distance
from cnerkit.nn.tag_heads import padded_tags
from cnerkit.recipe.schema import TrainingSettings
from cnerkit.registry import Task
from cnerkit.text import Entity, LabelSet, Sentence

MEAN, SPREAD, LONGEST = 41.6, 0.6, 197
ENTITIES, ENTITY_LENGTH = 2.54, 3.5
TYPES = tuple(
    f"/t{top}/m{top}{middle}/b{top}{middle}{bottom}" for top in range(6) for middle in range(3) for bottom in range(3)
)
BATCH = 16
CHARACTERS = [chr(point) for point in range(0x4E00, 0x5000)]


def corpus(n_sentences: int) -> list[Sentence]:
    """Random characters, with entities of random types in random places."""
    rng = random.Random(1)
    sentences = []
    for number in range(n_sentences):
        length = min(LONGEST, max(1, round(rng.lognormvariate(math.log(MEAN) - SPREAD**2 / 2, SPREAD))))
        entities, here = [], 0
        while (here := here + round(rng.expovariate(ENTITIES / MEAN))) < length:
            end = min(length, here + max(1, round(rng.expovariate(1 / ENTITY_LENGTH))))
            entities.append(Entity.span(here, end, rng.choice(TYPES)))
            here = end
        sentences.append(Sentence(str(number), tuple(rng.choices(CHARACTERS, k=length)), frozenset(entities)))
    return sentences


def new_model(device: str) -> SoftFine:
    """The tagger over a small encoder of random weights."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS]
    sizes = {"vocab_size": len(vocabulary), "hidden_size": 312, "num_hidden_layers": 4, "num_attention_heads": 12}
    encoder = encoder_from_description(
        {
            "kind": "bert",
            "model_type": "bert",
            "config": {**sizes, "intermediate_size": 1248, "max_position_embeddings": 512},
            "vocabulary": vocabulary,
            "lower_case": True,
            "pooling": "first",
            "overlap": 16,
        }
    )
    spec, task = registry.get("softfine"), Task(LabelSet(TYPES), hierarchy_separator="/")
    return spec.build(spec.params(), task=task, encoder=encoder, prepared=None).to(device).train()


def at_once(model: SoftFine, batch: Batch) -> Tensor:
    """The loss as the model computes it."""
    return torch.stack(list(model.loss(batch).values())).sum()


def one_after_the_other(model: SoftFine, batch: Batch) -> Tensor:
    """The same loss by two passes."""
    augmentation = model.augmentation
    targets = [model.codec.encode(sentence) for sentence in batch.sentences]
    copies = [augmented(*row, augmentation.marks) for row in zip(batch.sentences, targets, strict=True)]
    plain, copy = model.encoder(batch), model.encoder(Batch(tuple(copies), batch.mask))
    tags = padded_tags(targets, batch.mask)
    inside = batch.mask & (tags != 0)
    soft, marked = (model._soft(hidden[batch.mask], tags[batch.mask]) for hidden in (plain, copy))
    distance = feature_distance(plain[inside], copy[inside], detach_target=False).sum() / max(1, int(inside.sum()))
    return soft + augmentation.weight * marked + augmentation.feature_weight * distance


def by_length(sentences: Sequence[Sentence]) -> list[tuple[int, ...]]:
    """The batches that the engine makes."""
    return epoch_batches([len(sentence) for sentence in sentences], Budget(BATCH * LONGEST, BATCH), seed=1, epoch=0)


def at_random(sentences: Sequence[Sentence]) -> list[tuple[int, ...]]:
    """Batches of sentences as they come."""
    return [tuple(range(start, start + BATCH)) for start in range(0, len(sentences), BATCH)]


def contestant(
    sentences: Sequence[Sentence],
    batches: Sequence[tuple[int, ...]],
    loss: Callable[[SoftFine, Batch], Tensor],
    device: str,
) -> Callable[[], float]:
    """Takes one step for each batch; gives the seconds per step."""
    seed_everything(1, "model")
    model = new_model(device)
    optimizer = new_optimizer(model, TrainingSettings())

    def run() -> float:
        clock = time.process_time if device == "cpu" else time.perf_counter
        start = clock()
        for places in batches:
            optimizer.zero_grad(set_to_none=True)
            loss(model, Batch.of([sentences[place] for place in places], device)).backward()
            optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()
        return (clock() - start) / len(batches)

    return run


def main() -> None:
    """Take turns, and print the best of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sentences = corpus(BATCH * options.steps)
    ways = {
        "two passes, random batches": (at_random, one_after_the_other),
        "one batch of both, random batches": (at_random, at_once),
        "two passes, batches by length": (by_length, one_after_the_other),
        "one batch of both, batches by length": (by_length, at_once),
    }
    runs, padded = {}, {}
    for name, (cut, loss) in ways.items():
        batches = cut(sentences)
        padded[name] = sum(BATCH * max(len(sentences[place]) for place in batch) for batch in batches) / len(batches)
        runs[name] = contestant(sentences, batches, loss, options.device)
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(options.repeats):
        for name, run in runs.items():
            best[name] = min(best[name], run())
    plain = best["two passes, random batches"]
    print(f"{options.steps} steps of {BATCH} sentences, {options.device}, {options.threads} threads, best of {options.repeats}")
    for name, seconds in best.items():
        print(f"{name:38} {1 / seconds:6.2f} steps/s  {plain / seconds:5.2f}x  {padded[name]:6.0f} padded characters a pass")


if __name__ == "__main__":
    main()
