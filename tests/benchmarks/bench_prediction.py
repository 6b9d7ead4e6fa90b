"""Prediction on a CPU against transformers' token-classification pipeline with the same weights, interleaved.

python tests/benchmarks/bench_prediction.py ENCODER_FOLDER [CORPUS] [--split P] [--sentences N] [--rounds N]
"""

import argparse
import copy
import tempfile
import time
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification, BertTokenizerFast, pipeline

from cnerkit import registry
from cnerkit.engine.devices import prediction_batch
from cnerkit.engine.inference import halve_pretrained, predict_sentences
from cnerkit.nn.encoders import new_encoder
from cnerkit.recipe.schema import BertEncoder
from cnerkit.registry import Task
from cnerkit.text import LabelSet
from cnerkit.workflows.corpus import load_split

PIPELINE_BATCHES = (1, 8, 32)


def our_model(folder: Path, types: LabelSet):
    """bert_softmax over the encoder, its classifier as it is drawn."""
    torch.manual_seed(0)
    spec = registry.get("bert_softmax")
    encoder = new_encoder(BertEncoder(path=str(folder)), [])
    return spec.build(spec.params(), task=Task(types=types), encoder=encoder, prepared=None).eval()


def their_pipeline(folder: Path, ours, work: str):
    """The pipeline over the same encoder and the same classifier."""
    tags = ours.codec.tags
    theirs = AutoModelForTokenClassification.from_pretrained(
        folder, num_labels=len(tags), id2label=dict(enumerate(tags)), label2id={tag: place for place, tag in enumerate(tags)}
    )
    linear = next(module for module in ours.head.modules() if isinstance(module, torch.nn.Linear))
    theirs.classifier.load_state_dict(linear.state_dict())
    theirs.save_pretrained(work)
    BertTokenizerFast.from_pretrained(folder).save_pretrained(work)
    return pipeline("token-classification", model=work, tokenizer=work, device="cpu")


def timed(action) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Print sentences per second of each side, and the ratios to the pipeline's best batch size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("encoder", type=Path)
    parser.add_argument("corpus", nargs="?", default="resume")
    parser.add_argument("--split", default="test")
    parser.add_argument("--sentences", type=int, default=477)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    sentences = load_split(arguments.corpus, arguments.split)[: arguments.sentences]
    types = LabelSet.of(entity.type for sentence in sentences for entity in sentence.entities or ())
    ours = our_model(arguments.encoder, types)
    with tempfile.TemporaryDirectory() as work:
        theirs = their_pipeline(arguments.encoder, ours, work)
        texts = [sentence.text for sentence in sentences]
        sides = {f"pipeline, batch {size}": lambda size=size: theirs(texts, batch_size=size) for size in PIPELINE_BATCHES}
        for precision in ("fp32", "bf16"):
            model = copy.deepcopy(ours)
            if precision == "bf16":
                halve_pretrained(model)
            sides[f"cnerkit {precision}"] = lambda model=model, precision=precision: list(
                predict_sentences(model, sentences, batch_tokens=prediction_batch(torch.device("cpu")), precision=precision)
            )
        least = dict.fromkeys(sides, float("inf"))
        for _ in range(arguments.rounds):
            for name, action in sides.items():
                least[name] = min(least[name], timed(action))
    best = min(seconds for name, seconds in least.items() if name.startswith("pipeline"))
    print(f"{len(sentences)} sentences, {torch.get_num_threads()} threads")
    for name, seconds in least.items():
        print(f"{name:20s} {len(sentences) / seconds:8.1f} sentences/s   {best / seconds:.2f} x the pipeline's best")


if __name__ == "__main__":
    main()
