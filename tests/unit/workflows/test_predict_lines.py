"""What ``predict`` writes of entities of every kind."""

import json

import pytest
import torch

from cnerkit.cli.prediction_writers import _Color
from cnerkit.codecs.schemes import Scheme
from cnerkit.engine.checkpoint import Origin
from cnerkit.errors import DataError
from cnerkit.registry import Task
from cnerkit.text import Entity, Fragment, LabelSet, Prediction
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.division import Tokens
from cnerkit.workflows.lines import Line
from cnerkit.workflows.model import RestoredModel
from cnerkit.workflows.predict import as_tagged, predict_lines

OUTER, INNER = Entity.span(2, 6, "ORG"), Entity.span(2, 4, "LOC")
BROKEN = Entity((Fragment(0, 1), Fragment(6, 8)), "PER")
TEXT = "郑在北京大学先生"


class Oracle(torch.nn.Module):
    """Finds what it is told to in every sentence."""

    def __init__(self, entities):
        super().__init__()
        self.entities = tuple(entities)

    def predict(self, batch):
        return [Prediction(one.id, self.entities, (0.75,) * len(self.entities)) for one in batch.sentences]


def predicted(entities, text=TEXT, joiner=""):
    task = Task(LabelSet(("LOC", "ORG", "PER")), frozenset({"flat", "nested", "discontinuous"}), joiner)
    origin = Origin({}, "oracle", {}, task, {}, None, "")
    restored = RestoredModel(Oracle(entities), torch.device("cpu"), origin, {})
    (line,) = predict_lines(restored, [Line("news", 3, text)], batch_tokens=None, precision="fp32")
    return line


def test_a_discontinuous_entity_has_its_fragments_and_their_text_joined_by_a_space():
    record = predicted([BROKEN, INNER]).as_record()
    assert record["entities"] == [
        {"start": 0, "end": 8, "label": "PER", "text": "郑 先生", "fragments": [[0, 1], [6, 8]], "score": 0.75},
        {"start": 2, "end": 4, "label": "LOC", "text": "北京", "score": 0.75},
    ]


def test_fragments_of_words_are_told_in_characters_of_the_line():
    record = predicted([Entity((Fragment(0, 1), Fragment(2, 4)), "PER")], "left  and right  lung", " ").as_record()
    assert record["entities"][0]["fragments"] == [[0, 4], [10, 21]]
    assert record["entities"][0]["text"] == "left right  lung"


def test_what_is_written_is_read_again_with_every_entity(tmp_path):
    path = tmp_path / "found.jsonl"
    record = predicted([BROKEN, INNER, OUTER]).as_record()
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    (sentence,) = load_split(str(path))
    assert sentence.text == TEXT
    assert sentence.entities == {BROKEN, INNER, OUTER}


@pytest.mark.parametrize(
    ("entities", "what"), [([OUTER, INNER], "overlap, and bio gives each token one tag"), ([BROKEN], "is discontinuous")]
)
def test_tags_refuse_what_they_cannot_write_and_name_the_line(entities, what):
    with pytest.raises(DataError, match=what) as caught:
        as_tagged(predicted(entities), Tokens.CHARACTERS, Scheme.BIO)
    assert caught.value.where == "news:3"
    assert "--format jsonl" in caught.value.fix


def test_colours_show_the_innermost_entity_and_each_type_behind_its_end():
    painted = _Color(("LOC", "ORG", "PER"))._painted(predicted([BROKEN, INNER, OUTER]))
    assert painted.plain == "郑在北京[LOC]大学[ORG]先生[PER]"
    for character, style in {"郑": "green", "北": "cyan", "大": "magenta", "先": "green"}.items():
        at = painted.plain.index(character)
        assert any(span.start <= at < span.end and style in str(span.style) for span in painted.spans)
