"""Predictions as JSON lines."""

import io
import json

from cnerkit.corpora import jsonl
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader
from cnerkit.corpora.source import TextSource
from cnerkit.text import Entity, Fragment, Prediction, Sentence
from cnerkit.workflows.predictions import write_predictions


def test_predictions_have_surfaces_and_scores_and_are_read_as_entities(tmp_path):
    entities = (Entity((Fragment(0, 1), Fragment(2, 3)), "X"), Entity.span(0, 2, "PER"), Entity.span(0, 2, "LOC"))
    sentence = Sentence("7", tuple("李白诗"), frozenset(), extra={"entities.score": "of the file"})
    write_predictions(tmp_path / "p.jsonl", [sentence], [Prediction("7", entities, (0.25, 0.123456, 1.0))])
    line = (tmp_path / "p.jsonl").read_text(encoding="utf-8")
    assert json.loads(line) == {
        "id": "7",
        "text": "李白诗",
        "entities": [
            {"start": 0, "end": 2, "label": "LOC", "text": "李白", "score": 1.0},
            {"start": 0, "end": 2, "label": "PER", "text": "李白", "score": 0.1235},
            {"start": 0, "end": 3, "label": "X", "fragments": [[0, 1], [2, 3]], "text": "李 诗", "score": 0.25},
        ],
    }
    [read] = RecordReader(TextSource(io.BytesIO(line.encode()), "p.jsonl"), jsonl.parser([], Hints(), "p.jsonl"), ids="p")
    assert read.entities == frozenset(entities)
