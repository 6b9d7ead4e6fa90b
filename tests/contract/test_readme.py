"""What the README shows works as written."""

import re
from pathlib import Path

import pytest

from cnerkit import registry
from cnerkit.recipe.loading import load_recipe
from cnerkit.testing import PROMISES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)[1]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_the_model_that_is_shown_keeps_the_contract(tmp_path, promise):
    path = tmp_path / "my_model.py"
    path.write_text(block("python"), encoding="utf-8")
    promise(registry.load_plugin(path))


def test_the_recipe_that_is_shown_is_one(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(block("yaml"), encoding="utf-8")
    recipe = load_recipe(str(path))
    assert recipe.model.name == "bert_crf"
    assert recipe.data.train == tmp_path / "train.bio"


def test_the_first_block_has_one_line_that_does_the_job_and_one_that_tests():
    job, tests = block("bash").splitlines()
    for part in ("pip install", "cnerkit train", "cnerkit evaluate", "cnerkit predict"):
        assert part in job
    assert "pytest" in tests
