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

from cnerkit.engine.devices import prediction_batch
from cnerkit.engine.inference import halve_pretrained, predict_sentences
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.model import restore

PIPELINE_BATCHES = (1, 8, 32)


def their_pipeline(folder: Path, ours, work: str):
    """The pipeline over the encoder and the classifier of our model."""
    tags = ours.codec.tags
    theirs = AutoModelForTokenClassification.from_pretrained(
        folder, num_labels=len(tags), id2label=dict(enumerate(tags)), label2id={tag: place for place, tag in enumerate(tags)}
    )
    theirs.base_model.load_state_dict(ours.encoder.bert.state_dict())
    theirs.classifier.load_state_dict(ours.head.emit.state_dict())
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
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("corpus", nargs="?", default="resume")
    parser.add_argument("--split", default="test")
    parser.add_argument("--sentences", type=int, default=477)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    sentences = load_split(arguments.corpus, arguments.split)[: arguments.sentences]
    ours = restore(arguments.checkpoint, gpus=0).model
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
