"""Training steps against transformers' Trainer: same weights, sentences, optimizer and number of epochs, taken in turns.

    python tests/benchmarks/bench_training.py ENCODER_FOLDER [--sentences 1024] [--repeats 2] [--threads 1]

The head is one linear layer with cross-entropy on both sides. The lengths are like those of a corpus of résumés. With fewer
than a thousand sentences the Trainer hardly groups them by length. Printed is the best of the repeats, in sentences per second
of CPU time.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import transformers
from transformers import BertForTokenClassification, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from cnerkit import registry
from cnerkit.codecs.tags import Scheme, TagCodec
from cnerkit.engine.devices import accelerator
from cnerkit.engine.progress import Score, Silent
from cnerkit.engine.training import Training
from cnerkit.nn.encoders import new_encoder
from cnerkit.recipe.schema import BertEncoder, TrainingSettings
from cnerkit.registry import Task
from cnerkit.text import Entity, LabelSet, Sentence

TWENTIETHS = (3, 6, 7, 11, 15, 17, 19, 21, 23, 25, 27, 28, 30, 33, 35, 39, 44, 53, 64, 84, 178)
"""Lengths of which a corpus of résumés has equal shares between neighbours."""
TYPES = ("A", "B", "C", "D", "E", "F", "G", "H")
BATCH = 32


def corpus(n_sentences: int) -> list[Sentence]:
    """Random characters with an entity in each fourth place."""
    rng = random.Random(1)
    sentences = []
    for number in range(n_sentences):
        band = rng.randrange(len(TWENTIETHS) - 1)
        length = rng.randint(TWENTIETHS[band], TWENTIETHS[band + 1])
        tokens = tuple(chr(rng.randrange(0x4E00, 0x5E00)) for _ in range(length))
        entities = frozenset(Entity.span(at, at + 2, rng.choice(TYPES)) for at in range(0, length - 1, 8))
        sentences.append(Sentence(str(number), tokens, entities))
    return sentences


class NothingKept:
    """Writes no file."""

    def keep_best(self, *_: object) -> None:
        """Nothing."""

    def keep_last(self, *_: object) -> None:
        """Nothing."""

    def log(self, *_: object) -> None:
        """Nothing."""


def ours(folder: str, sentences: list[Sentence], precision: str) -> Callable[[], float]:
    """One epoch of our loop; gives its CPU seconds."""
    spec, encoder = registry.get("bert_softmax"), new_encoder(BertEncoder(path=folder), sentences)
    model = spec.build(spec.params(scheme="bio"), task=Task(LabelSet(TYPES)), encoder=encoder, prepared=None)
    mean = sum(map(len, sentences)) / len(sentences)
    training = TrainingSettings(epochs=1, batch_tokens=round(BATCH * mean), lr=5e-5, encoder_lr=5e-5, precision=precision)

    def epoch() -> float:
        with accelerator(0, precision, threads=torch.get_num_threads()) as machine:
            run = Training(model, sentences, training, accelerator=machine, keeper=NothingKept(), observer=Silent())
            start = time.process_time()
            run.run(lambda: Score(0.0, 0.0, 0.0))
            return time.process_time() - start

    return epoch


class Clock(TrainerCallback):
    """CPU seconds between the first step and the last."""

    def on_train_begin(self, *_: object, **__: object) -> None:
        """Start."""
        self.start = time.process_time()

    def on_train_end(self, *_: object, **__: object) -> None:
        """Stop."""
        self.seconds = time.process_time() - self.start


def theirs(folder: str, sentences: list[Sentence], sampling: str, *, bf16: bool) -> Callable[[], float]:
    """One epoch of the Trainer; gives its CPU seconds."""
    codec = TagCodec(TYPES, Scheme.BIO)
    pieces = Path(folder, "vocab.txt").read_text(encoding="utf-8").split("\n")
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    rows = [
        {
            "input_ids": [101, *(vocabulary.get(token, 100) for token in sentence.tokens), 102],
            "labels": [-100, *codec.encode(sentence), -100],
        }
        for sentence in sentences
    ]
    model = BertForTokenClassification.from_pretrained(folder, num_labels=len(codec.tags))

    def epoch() -> float:
        with tempfile.TemporaryDirectory() as out:
            arguments = TrainingArguments(
                output_dir=out,
                num_train_epochs=1,
                per_device_train_batch_size=BATCH,
                train_sampling_strategy=sampling,
                bf16=bf16,
                use_cpu=True,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
            )
            clock = Clock()
            trainer = Trainer(model, arguments, data_collator=padded, train_dataset=rows, callbacks=[clock])
            trainer.remove_callback(PrinterCallback)
            trainer.train()
            return clock.seconds

    return epoch


def padded(rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """Rows of a batch, padded to the longest."""
    longest = max(len(row["input_ids"]) for row in rows)

    def pad(key: str, value: int) -> torch.Tensor:
        return torch.tensor([row[key] + [value] * (longest - len(row[key])) for row in rows])

    mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows])
    return {"input_ids": pad("input_ids", 0), "attention_mask": mask, "labels": pad("labels", -100)}


def main() -> None:
    """Take turns, and print the best of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder")
    parser.add_argument("--sentences", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    sentences = corpus(options.sentences)
    contestants = {
        "ours fp32": ours(options.encoder, sentences, "fp32"),
        "ours bf16": ours(options.encoder, sentences, "bf16"),
        "Trainer, default sampling": theirs(options.encoder, sentences, "random", bf16=False),
        "Trainer, grouped by length": theirs(options.encoder, sentences, "group_by_length", bf16=False),
        "Trainer, grouped, bf16": theirs(options.encoder, sentences, "group_by_length", bf16=True),
    }
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(options.repeats):
        for name, epoch in contestants.items():
            best[name] = min(best[name], epoch())
    size = f"{len(sentences)} sentences, {sum(map(len, sentences))} characters"
    print(f"{size}, {options.threads} threads, best of {options.repeats}")
    for name, seconds in best.items():
        ratios = "  ".join(f"{best[one] / seconds:5.2f}x {one}" for one in best if one.startswith("Trainer"))
        print(f"{name:28} {len(sentences) / seconds:7.1f} sentences/s  {ratios if name.startswith('ours') else ''}")


if __name__ == "__main__":
    main()
