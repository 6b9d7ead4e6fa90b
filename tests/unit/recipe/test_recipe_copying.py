"""A copy means the same wherever it lies."""

import pytest

from cnerkit.recipe.copying import text_for
from cnerkit.recipe.loading import load_recipe
from cnerkit.recipe.lookup import find_recipe


def copied(path, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text_for(path, target.parent), encoding="utf-8")
    return target


def test_a_packaged_recipe_is_copied_word_for_word(write, tmp_path):
    write("mine.yaml")
    path = find_recipe("bert_crf_weibo")
    assert text_for(path, tmp_path) == path.read_text(encoding="utf-8")


def test_a_copy_in_another_folder_keeps_comments_parent_and_files(write, tmp_path):
    write("a/base.yaml", "encoder: {kind: static}\nmodel: {name: bilstm_crf}\n")
    path = write(
        "a/r.yaml",
        "# 说明 😀\nextends: base.yaml   # the parent\ndata: {train: x/文.txt, dev: 'd.txt', test: /abs/t.txt}\n"
        "encoder:\n  path: vectors.txt\ntraining: {lr: 1e-3} # kept\n",
    )
    copy = copied(path, tmp_path / "b" / "c" / "r.yaml")
    assert load_recipe(str(copy)) == load_recipe(str(path))
    assert copy.read_text(encoding="utf-8") == (
        f'# 说明 😀\nextends: "{tmp_path}/a/base.yaml"   # the parent\n'
        f'data: {{train: "{tmp_path}/a/x/文.txt", dev: "{tmp_path}/a/d.txt", test: /abs/t.txt}}\n'
        f'encoder:\n  path: "{tmp_path}/a/vectors.txt"\ntraining: {{lr: 1e-3}} # kept\n'
    )


def test_a_copy_beside_the_original_changes_nothing(write, tmp_path):
    write("base.yaml", "encoder: {kind: static}\nmodel: {name: bilstm_crf}\n")
    path = write("r.yaml", "extends: base.yaml\ndata: {train: x.txt}\n")
    assert text_for(path, tmp_path) == path.read_text(encoding="utf-8")


def test_a_parent_of_the_same_name_at_the_new_place_is_not_taken_for_the_old_one(write, tmp_path):
    write("a/base.yaml", "training: {lr: 1}\nencoder: {kind: static}\n")
    write("b/base.yaml", "training: {lr: 2}\nencoder: {kind: static}\n")
    path = write("a/r.yaml", "extends: base.yaml\ndata: {name: weibo}\nmodel: {name: bilstm_crf}\n")
    assert load_recipe(str(copied(path, tmp_path / "b" / "r.yaml"))).training.lr == 1


def test_paths_that_an_ancestor_wrote_are_left_to_it(write, tmp_path):
    write("a/base.yaml", "data: {train: x.txt}\nencoder: {kind: static}\nmodel: {name: bilstm_crf}\n")
    path = write("a/r.yaml", "extends: base.yaml\n")
    copy = copied(path, tmp_path / "b" / "r.yaml")
    assert "x.txt" not in copy.read_text(encoding="utf-8")
    assert load_recipe(str(copy)).data.train == tmp_path / "a/x.txt"


@pytest.mark.parametrize("name", ["bert-base-chinese", "~/encoders/mine"])
def test_names_on_the_hub_and_paths_from_home_are_kept(write, tmp_path, name):
    path = write("a/r.yaml", f"data: {{name: weibo}}\nencoder: {{kind: bert, path: {name}}}\nmodel: {{name: bert_crf}}\n")
    assert name in text_for(path, tmp_path / "b")
