"""The splits of a corpus are counted, compared with train, and told for programs."""

import json

import pytest

from cnerkit.corpora.statistics import Level
from cnerkit.errors import DataError
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.splits import Wanted
from cnerkit.workflows.statistics import count

PERSON, CITY = '{"start": 0, "end": 2, "label": "/人"}', '{"start": 3, "end": 5, "label": "/地/城"}'
TRAIN = f'{{"text": "小周到苏州了", "entities": [{PERSON}, {CITY}]}}\n'
DEV = f'{{"text": "小王在苏州", "entities": [{PERSON}, {CITY}]}}\n{{"text": "好", "entities": []}}\n'


@pytest.fixture
def two_splits(tmp_path):
    paths = [tmp_path / "train.jsonl", tmp_path / "dev.jsonl"]
    for path, text in zip(paths, (TRAIN, DEV), strict=True):
        path.write_text(text, encoding="utf-8")
    return count(Wanted([str(path) for path in paths]))


def test_each_split_is_compared_with_train(two_splits):
    assert two_splits.train == "train.jsonl"
    assert two_splits.compared("train.jsonl") is None
    told = two_splits.as_dict()["splits"]
    assert "unseen_entities" not in told["train.jsonl"]
    dev = told["dev.jsonl"]
    assert (dev["unseen_entities"], dev["share_unseen"], dev["unseen_characters"]) == (1, 0.5, 3)


def test_types_that_all_begin_with_a_slash_have_levels(two_splits):
    assert two_splits.levels("dev.jsonl") == (Level(1, 2, 2), Level(2, 1, 1))
    assert two_splits.types() == ["/人", "/地/城"]


def test_everything_is_told_for_programs(two_splits):
    told = two_splits.as_dict()
    json.dumps(told)
    dev = told["splits"]["dev.jsonl"]
    assert (dev["sentences"], dev["tokens"], dev["characters"], dev["entities"]) == (2, 6, 6, 2)
    assert (dev["sentences_without_entity"], dev["share_without_entity"], dev["entities_per_sentence"]) == (1, 0.5, 1.0)
    assert dev["sentence_length"] == {
        "mean": 3.0,
        "min": 1,
        "p50": 1,
        "p90": 5,
        "p99": 5,
        "max": 5,
        "over_256": 0,
        "over_510": 0,
    }
    assert dev["types"] == {"/人": 1, "/地/城": 1}
    assert dev["levels"] == [{"depth": 1, "names": 2, "entities": 2}, {"depth": 2, "names": 1, "entities": 1}]


def test_a_dataset_has_its_splits_and_no_levels_when_the_catalogue_knows_none():
    sample = count(Wanted(["sample"]))
    assert list(sample.splits) == ["train", "dev", "test"]
    assert sample.levels("train") == ()


def test_a_broken_file_is_refused(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text("小\tI-PER\n\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot begin an entity"):
        count(Wanted([str(path)], read=ReadOptions(scheme="bio")))
