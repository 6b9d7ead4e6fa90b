"""--set key=value and --set ~key."""

import pytest

from cnerkit.recipe.overrides import overridden
from cnerkit.recipe.reading import read_text
from cnerkit.recipe.tree import Place, plain

RECIPE = """\
data: {name: weibo, types: {PER.NAM: PER}}
training: {lr: 0.1, patience: 3}
encoder: {kind: bert, path: there}
"""


def override(*assignments):
    mistakes = []
    tree = overridden(read_text(RECIPE, Place("r.yaml", 1, 1), []), assignments, mistakes)
    return tree, mistakes


@pytest.mark.parametrize(
    ("assignment", "keys", "expected"),
    [
        pytest.param("training.lr=1e-3", ("training", "lr"), 0.001, id="number"),
        pytest.param("training.lr = 2", ("training", "lr"), 2, id="spaces"),
        pytest.param("training.patience=null", ("training", "patience"), None, id="null"),
        pytest.param("title=NO", ("title",), "NO", id="text"),
        pytest.param("title='a: b=c'", ("title",), "a: b=c", id="quoted-with-equals"),
        pytest.param("new.deep.key=[1, 2]", ("new", "deep", "key"), [1, 2], id="list-under-new-keys"),
        pytest.param("data.types.PER.NOM=PER", ("data", "types"), {"PER.NAM": "PER", "PER.NOM": "PER"}, id="type-with-dots"),
        pytest.param("data.types={GPE: LOC}", ("data", "types"), {"PER.NAM": "PER", "GPE": "LOC"}, id="mapping-merges"),
        pytest.param("encoder.kind=static", ("encoder",), {"kind": "static"}, id="another-kind-replaces"),
        pytest.param("encoder.kind=bert", ("encoder",), {"kind": "bert", "path": "there"}, id="the-same-kind-merges"),
        pytest.param("training={lr: 5}", ("training",), {"lr": 5, "patience": 3}, id="section-merges"),
    ],
)
def test_an_assignment_sets_a_value(assignment, keys, expected):
    tree, mistakes = override(assignment)
    assert not mistakes
    assert plain(tree.at(keys)) == expected


def test_later_assignments_win_and_their_place_is_the_option():
    tree, _ = override("training.lr=1", "training.lr=2")
    assert plain(tree.at(("training", "lr"))) == 2
    assert str(tree.at(("training", "lr")).place) == "--set training.lr=2"
    assert str(tree.at(("training", "patience")).place) == "r.yaml:2:31"


def test_a_tilde_takes_a_key_away():
    tree, mistakes = override("~training.patience", "~data.types.PER.NAM")
    assert not mistakes
    assert plain(tree.at(("data",))) == {"name": "weibo", "types": {}}
    assert plain(tree.at(("training",))) == {"lr": 0.1}


@pytest.mark.parametrize(
    ("assignment", "what"),
    [
        pytest.param("training.lr", "'training.lr' assigns nothing", id="no-equals"),
        pytest.param("=3", "'=3' assigns nothing", id="no-key"),
        pytest.param("a..b=3", "'a..b=3' assigns nothing", id="empty-key"),
        pytest.param("a=[1", "not YAML", id="not-yaml"),
        pytest.param("a=*x", "*x repeats another value", id="alias"),
        pytest.param("~training.seed", "there is no 'training.seed' to take away", id="not-written"),
        pytest.param("~", "there is no '' to take away", id="nothing-to-take"),
    ],
)
def test_a_wrong_assignment_is_a_mistake_at_the_option_and_the_others_hold(assignment, what):
    tree, mistakes = override(assignment, "training.lr=7")
    assert [what in mistake.what for mistake in mistakes] == [True]
    assert str(mistakes[0].place) == f"--set {assignment}"
    assert plain(tree.at(("training", "lr"))) == 7
