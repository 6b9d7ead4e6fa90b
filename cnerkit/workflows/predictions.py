"""Predictions on sentences of a corpus, as a file that ``cnerkit evaluate --pred`` reads."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from cnerkit.corpora import jsonl
from cnerkit.corpora.records import entities_to_write, json_line
from cnerkit.storage import whole_file
from cnerkit.text import Prediction, Sentence

DIGITS = 4
"""Decimals of a score."""


def write_predictions(path: Path, sentences: Iterable[Sentence], predictions: Iterable[Prediction]) -> None:
    """Write one line of span JSON for each sentence, whole or not at all."""
    with whole_file(path) as out:
        for sentence, prediction in zip(sentences, predictions, strict=True):
            out.write(cast("Any", _prediction_line(sentence, prediction)))


def _prediction_line(sentence: Sentence, prediction: Prediction) -> str:
    """A line of span JSON, with the text and the probability of each entity besides."""
    scores = dict(zip(prediction.entities, prediction.scores, strict=True))
    found = replace(sentence, entities=frozenset(scores), extra=None)
    record = jsonl.record(found)
    for span, entity in zip(record["entities"], entities_to_write(found), strict=True):
        span["text"], span["score"] = sentence.surface(entity), round(scores[entity], DIGITS)
    return json_line(record, sentence)
