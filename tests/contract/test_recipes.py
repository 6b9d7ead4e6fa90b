"""Every shipped recipe: it loads, its values are legal, and it names the published row that it answers."""

import pytest

from cnerkit import registry
from cnerkit.corpora import catalogue
from cnerkit.recipe.loading import load_recipe, recipe_from_resolved
from cnerkit.recipe.lookup import every_recipe, packaged_folder
from cnerkit.recipe.spelling import OURS, SECTION_NAMES
from cnerkit.workflows.recipes import check_recipes

SHIPPED = [path for path in every_recipe() if path.resolve().parent == packaged_folder().resolve()]
END_TO_END = ("anercorp", "cadec", "genia", "germeval14", "harem_selective", "litbank", "msra", "nerel", "weibo")
"""What SNG's classifier is put to without being given spans; its paper has no such score, and none on Weibo at all."""
WITHOUT_A_ROW = {
    "bert_softmax_msra",
    "bilstm_crf_fine",
    "crener_genia",
    "quickstart",
    "sng_typing_weibo",
    "sng_typing_weibo_full_batch",
    *(f"sng_{corpus}" for corpus in END_TO_END),
}
"""Recipes for which no table has a row; each says so under ``paper``."""

shipped = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)


def test_every_baseline_has_a_recipe_for_every_corpus():
    models = ("bilstm_crf", "bert_softmax", "bert_crf")
    corpora = ("weibo", "resume", "msra", "fine", "ontonotes4")
    assert {path.stem for path in SHIPPED} >= {f"{model}_{corpus}" for model in models for corpus in corpora} | {"quickstart"}


@shipped
def test_it_is_right(path):
    [check] = check_recipes([str(path)])
    assert check.mistakes == ()


@shipped
def test_it_is_called_after_its_model_and_corpus(path):
    recipe = load_recipe(path.stem)
    assert recipe.name == path.stem
    if path.stem != "quickstart":
        assert f"{path.stem}_".startswith(f"{recipe.model.name}_{recipe.data.name}_")


@shipped
def test_it_names_a_registered_model_and_a_dataset_of_the_catalogue(path):
    recipe = load_recipe(str(path))
    assert recipe.model.name in registry.names()
    dataset = catalogue.find(recipe.data.name)
    assert "dev" in dataset.splits or recipe.data.dev_from is not None


@shipped
def test_it_says_what_it_answers(path):
    recipe = load_recipe(str(path))
    assert recipe.title
    assert recipe.paper
    assert bool(recipe.published) == (path.stem not in WITHOUT_A_ROW)
    for row in recipe.published:
        assert row.row
        assert row.source


@shipped
def test_the_printed_scores_fit_together_or_the_note_says_that_they_do_not(path):
    for row in load_recipe(str(path)).published:
        assert (row.precision is None) == (row.recall is None)
        if row.precision is not None and row.recall is not None:
            f1 = 2 * row.precision * row.recall / (row.precision + row.recall)
            assert abs(f1 - row.f1) < 0.02 or f"give {f1:.2f}" in row.note


@shipped
def test_it_comes_back_from_its_resolved_data(path):
    recipe = load_recipe(str(path))
    assert recipe_from_resolved(recipe.resolved()) == recipe


def ancestors(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    parent = next((line.split()[1] for line in lines if line.startswith("extends:")), None)
    return [path.parent / parent, *ancestors(path.parent / parent)] if parent else []


@shipped
def test_everything_it_writes_has_a_file_and_a_line_and_is_its_own_or_inherited(path):
    recipe = load_recipe(str(path))
    files = {place.source.replace("\\", "/").rpartition("recipes/")[2] for place in recipe.origins.values()}
    assert files <= {path.name, *(ancestor.relative_to(path.parent).as_posix() for ancestor in ancestors(path))}
    assert all(place.line and place.column for place in recipe.origins.values())


def test_every_spelling_hint_leads_to_a_key_that_some_recipe_can_have():
    keys = set()
    for path in SHIPPED:
        resolved = load_recipe(str(path)).resolved()
        keys |= {f"{section}.{key}" for section in ("data", "encoder", "model", "training") for key in resolved[section]}
    assert set(OURS.values()) <= keys
    assert set(SECTION_NAMES.values()) <= {"data", "encoder", "model", "training"}
