"""What `evaluate` and `predict` say when a model joins more pairs of ends by paths than it reads."""

import json

import pytest

TEXT = "云河大学附属中学" * 3
REMARK = "of ends joined by too many paths, one of which was read"
SMALL = {"dim": 32, "transformer_heads": 2, "attention_heads": 2, "attention_dim": 4, "tag_dim": 8, "enhancement_heads": 2}


@pytest.fixture
def tangled(checkpoint):
    """An untrained model over pairs of tokens: about half of all relations are on, and it reads two paths at most."""
    return checkpoint("crener", **SMALL, edge_rule="or", max_paths=2)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(f"{json.dumps({'text': TEXT, 'entities': []})}\n" * 2, encoding="utf-8")
    return path


def test_evaluate_says_it_beside_the_scores_and_in_json(tangled, text, cnerkit):
    done = cnerkit("evaluate", "-m", tangled, text, "--gpus", "0", "--json")
    assert done.code == 0, done.err
    [note] = [note for note in json.loads(done.out)["notes"] if note.endswith(REMARK)]
    assert f"note: {note}\n" in done.err


def test_predict_says_it_once_behind_all_results(tangled, text, cnerkit):
    done = cnerkit("predict", "-m", tangled, text, text, "--gpus", "0")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 4
    assert done.err.count(REMARK) == 1


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_nothing_is_said_where_no_pair_has_too_many(checkpoint, text, cnerkit, command):
    done = cnerkit(command, "-m", checkpoint("bert_softmax"), text, "--gpus", "0")
    assert done.code == 0, done.err
    assert REMARK not in done.err
