"""The list of recipes: quick, tolerant, and without their schema."""

import subprocess
import sys

from cnerkit.recipe.listing import summaries


def test_a_summary_names_model_dataset_and_the_first_published_score(write):
    write("base/b.yaml", "model: {name: bert_crf}\n")
    published = "published:\n  - {row: a, source: T1, f1: 82}\n  - {row: b, source: T2, f1: 1.5}\n"
    write("recipes/mine.yaml", "extends: ../base/b.yaml\ntitle: 我的\ndata: {name: weibo}\n" + published)
    mine = {summary.name: summary for summary in summaries()}["mine"]
    assert (mine.path, mine.model, mine.dataset, mine.title) == ("recipes/mine.yaml", "bert_crf", "weibo", "我的")
    assert (mine.f1, mine.source, mine.problem) == (82.0, "T1", "")


def test_a_broken_recipe_is_listed_with_its_problem_and_hides_no_other(write):
    write("recipes/broken.yaml", "a: [1\n")
    write("recipes/other.yaml", "data: {train: my.txt}\npublished: nothing\n")
    found = {summary.name: summary for summary in summaries()}
    assert found["broken"].problem.startswith("recipes/broken.yaml:")
    assert found["other"].dataset == "my.txt"
    assert found["other"].f1 is None
    assert "quickstart" in found


def test_listing_needs_neither_the_schema_nor_pydantic():
    code = "import sys; from cnerkit.workflows.recipes import list_recipes as f; assert f(); print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
