"""A recipe with its ancestors: a chain, merged mapping by mapping."""

import pytest

from cnerkit.errors import RecipeError
from cnerkit.recipe.extending import read_chain
from cnerkit.recipe.tree import places, plain


def chain(path):
    return read_chain(path, [])


def test_mappings_merge_and_scalars_and_lists_replace(write):
    write("base.yaml", "a: {x: 1, y: {z: 2, w: 3}}\nlist: [1, 2, 3]\nkept: yes\n")
    tree = chain(write("top.yaml", "extends: base.yaml\na: {y: {z: 9}, v: 4}\nlist: [7]\n"))
    assert plain(tree) == {"a": {"x": 1, "y": {"z": 9, "w": 3}, "v": 4}, "list": [7], "kept": "yes"}


def test_every_value_keeps_the_file_that_wrote_it_last(write):
    write("base.yaml", "training:\n  lr: 1\n  epochs: 2\n")
    tree = chain(write("top.yaml", "extends: base.yaml\n\ntraining:\n  lr: 3\n"))
    assert {key: place.short for key, place in places(tree)} == {"training.lr": "top.yaml:4", "training.epochs": "base.yaml:3"}


def test_a_chain_is_followed_to_its_end_each_from_its_own_folder(write):
    write("a/grand.yaml", "one: 1\ntwo: 1\nthree: 1\n")
    write("a/parent.yaml", "extends: grand\ntwo: 2\nthree: 2\n")
    tree = chain(write("child.yaml", "extends: a/parent.yaml\nthree: 3\n"))
    assert plain(tree) == {"one": 1, "two": 2, "three": 3}


def test_a_parent_is_looked_for_among_the_packaged_recipes_too(write):
    tree = chain(write("mine.yaml", "extends: base/bert.yaml\n"))
    assert plain(tree.at(("encoder", "kind"))) == "bert"


def test_a_file_beside_the_recipe_wins_over_a_packaged_one(write):
    write("base/bert.yaml", "mine: true\n")
    assert plain(chain(write("mine.yaml", "extends: base/bert.yaml\n"))) == {"mine": True}


def test_null_replaces_a_mapping_but_an_empty_section_changes_nothing(write):
    write("base.yaml", "data: {name: msra, dev_from: {split: train}}\ntraining: {lr: 1}\n")
    tree = chain(write("top.yaml", "extends: base.yaml\ndata: {dev_from: null}\ntraining:\n"))
    assert plain(tree) == {"data": {"name": "msra", "dev_from": None}, "training": {"lr": 1}}


def test_a_name_is_not_inherited(write):
    write("base.yaml", "name: base run\n")
    assert "name" not in chain(write("top.yaml", "extends: base.yaml\ntitle: x\n")).entries


def test_a_circle_is_refused_and_shown(write):
    write("a.yaml", "extends: b.yaml\n")
    write("b.yaml", "extends: c.yaml\n")
    first = write("c.yaml", "extends: a.yaml\n")
    with pytest.raises(RecipeError, match=r"c\.yaml extends a\.yaml extends b\.yaml extends c\.yaml") as caught:
        chain(first)
    assert caught.value.where == "b.yaml:1:10"
    assert caught.value.fix == "break the circle"


def test_a_recipe_cannot_extend_itself(write):
    with pytest.raises(RecipeError, match=r"me\.yaml extends me\.yaml"):
        chain(write("me.yaml", "extends: me.yaml\n"))


@pytest.mark.parametrize(
    ("extends", "what"),
    [
        ("base/brt.yaml", "there is no recipe 'base/brt.yaml' to extend"),
        ("[a, b]", "extends is"),
        ("7", "extends is 7"),
        ("", "extends is None"),
    ],
)
def test_a_parent_that_is_not_there_is_a_mistake_with_its_place(write, extends, what):
    with pytest.raises(RecipeError) as caught:
        chain(write("me.yaml", f"title: x\nextends: {extends}\n"))
    assert what in caught.value.what
    assert caught.value.where.startswith("me.yaml:2:")


def test_a_section_of_another_kind_replaces_all_that_its_ancestors_wrote(write):
    write("grand.yaml", "encoder: {kind: bert, path: there}\n")
    write("parent.yaml", "extends: grand.yaml\nencoder: {pooling: mean}\n")
    write("child.yaml", "extends: parent.yaml\nencoder: {kind: static}\n")
    tree = chain(write("last.yaml", "extends: child.yaml\nencoder: {dim: 64}\n"))
    assert plain(tree) == {"encoder": {"kind": "static", "dim": 64}}


def test_a_section_that_names_the_same_kind_again_merges(write):
    write("parent.yaml", "encoder: {kind: bert, path: there}\n")
    tree = chain(write("child.yaml", "extends: parent.yaml\nencoder: {kind: bert, pooling: mean}\n"))
    assert plain(tree) == {"encoder": {"kind": "bert", "path": "there", "pooling": "mean"}}
