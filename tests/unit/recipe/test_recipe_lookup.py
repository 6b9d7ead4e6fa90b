"""Where recipes are found: a path, ./recipes, the package."""

import pytest

from cnerkit.errors import UsageError
from cnerkit.recipe import lookup
from cnerkit.recipe.lookup import every_recipe, find_recipe, packaged_folder


@pytest.mark.parametrize(
    "name", ["bert_crf_weibo", "bert_crf_weibo.yaml", "recipes/bert_crf_weibo.yaml", "recipes/bert_crf_weibo"]
)
def test_a_packaged_recipe_is_found_from_anywhere(write, name):
    write("elsewhere.yaml")
    assert find_recipe(name) == packaged_folder() / "bert_crf_weibo.yaml"


def test_a_path_wins_over_the_local_folder_and_that_over_the_package(write):
    local = write("recipes/bert_crf_weibo.yaml")
    assert find_recipe("bert_crf_weibo").resolve() == local
    here = write("bert_crf_weibo.yaml")
    assert find_recipe("bert_crf_weibo").resolve() == here
    assert find_recipe("recipes/bert_crf_weibo").resolve() == local


def test_an_absolute_path_and_the_suffix_yml_are_found(write):
    mine = write("deep/mine.yml")
    assert find_recipe(str(mine.with_suffix(""))) == mine


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        pytest.param("bert_crf_webo", "did you mean bert_crf_weibo", id="typo"),
        pytest.param("recipes/bert_crf_webo.yaml", "did you mean bert_crf_weibo", id="typo-in-path"),
        pytest.param("zzz", "`cnerkit recipe list` shows those there are", id="nothing-near"),
        pytest.param("", "recipe list", id="empty"),
        pytest.param("x" * 5000, "recipe list", id="longer-than-a-file-name"),
        pytest.param(".", "recipe list", id="folder"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(write, name, fix):
    write("mine.yaml")
    with pytest.raises(UsageError, match="there is no recipe") as caught:
        find_recipe(name)
    assert fix in caught.value.fix


def test_local_recipes_hide_packaged_ones_of_the_same_name_in_the_list(write):
    write("recipes/bert_crf_weibo.yaml")
    write("recipes/mine.yml")
    write("recipes/base/hidden.yaml")
    found = {path.stem: path for path in every_recipe()}
    assert found["bert_crf_weibo"].parent.name == "recipes"
    assert found["bert_crf_weibo"].resolve() != packaged_folder() / "bert_crf_weibo.yaml"
    assert "mine" in found
    assert "quickstart" in found
    assert not {"hidden", "bert", "static"} & set(found)


def test_an_installed_package_has_its_recipes_inside(tmp_path, monkeypatch):
    package = tmp_path / "site" / "cnerkit"
    (package / "recipes").mkdir(parents=True)
    monkeypatch.setattr(lookup, "__file__", str(package / "recipe" / "lookup.py"))
    assert packaged_folder() == package / "recipes"
