"""Predictions on sentences of a corpus, as a file that ``cnerkit evaluate --pred`` reads."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from cnerkit.corpora.jsonl import span_line
from cnerkit.storage import whole_file
from cnerkit.text import Prediction, Sentence

DIGITS = 4
"""Decimals of a score."""


def write_predictions(path: Path, sentences: Iterable[Sentence], predictions: Iterable[Prediction]) -> None:
    """Write one line of span JSON for each sentence, whole or not at all."""
    with whole_file(path) as out:
        for sentence, prediction in zip(sentences, predictions, strict=True):
            out.write(cast("Any", _prediction_line(sentence, prediction) + "\n"))


def _prediction_line(sentence: Sentence, prediction: Prediction) -> str:
    """A line of span JSON, with the text and the probability of each entity besides."""
    record = json.loads(span_line(replace(sentence, entities=frozenset(prediction.entities))))
    found = {
        (entity.start, entity.end, entity.type): (sentence.surface(entity), round(probability, DIGITS))
        for entity, probability in zip(prediction.entities, prediction.scores, strict=True)
    }
    for entity in record["entities"]:
        entity["text"], entity["score"] = found[entity["start"], entity["end"], entity["label"]]
    return json.dumps(record, ensure_ascii=False)
