"""What an ablation compares: targets, switches, lists of values, published rows and seeds, without any training."""

from dataclasses import replace
from typing import Annotated

import pytest

from cnerkit import registry
from cnerkit.errors import RecipeError, UsageError
from cnerkit.recipe.loading import load_recipe
from cnerkit.recipe.lookup import find_recipe
from cnerkit.recipe.schema import Published
from cnerkit.registry import ModelSpec, Params, Switch
from cnerkit.workflows.ablation_assignments import dropped
from cnerkit.workflows.ablation_listing import list_switches
from cnerkit.workflows.ablation_plan import Asked, digest, plan_ablation, safe_name
from cnerkit.workflows.ablation_published import published_pair, published_rows
from cnerkit.workflows.ablation_settings import changes_between, settings_of
from cnerkit.workflows.ablation_target import find_target

PLUGIN = """
from typing import Annotated
from cnerkit.registry import ModelSpec, Params, Switch

class OwnParams(Params):
    size: int = 3
    part: Annotated[bool, Switch(off=False, paper="Table 9")] = True

MODEL = ModelSpec("own", "nothing", "none", OwnParams, lambda *a, **k: None)
"""


def plan(target, **asked):
    return plan_ablation(Asked(target, **asked))


def labels(found):
    return [variant.label for variant in found.variants]


def refused(kind, **asked):
    with pytest.raises(kind) as caught:
        plan(asked.pop("target", "softfine"), **asked)
    return f"{caught.value}"


@pytest.fixture
def own(tmp_path):
    """A model from a file, which names no recipe."""
    (tmp_path / "own.py").write_text(PLUGIN, encoding="utf-8")
    return registry.load_plugin(tmp_path / "own.py")


@pytest.mark.parametrize("name", registry.names())
def test_every_registered_model_stands_for_a_recipe_of_its_own(name):
    main = registry.get(name).recipe
    assert main, f"{name} names no main recipe"
    assert load_recipe(main).model.name == name


@pytest.mark.parametrize("name", ["softfine_fine", "softfine_weibo", "softfine_resume", "softfine_ontonotes4"])
def test_published_parts_of_softfine_have_the_scores_of_their_tables(name):
    found = plan(name, published=True)
    rows = {row.row: row for row in load_recipe(name).published}
    assert labels(found) == ["full model", "SoftFiNE-soft", "SoftFiNE-aug", "BERT"]
    assert [variant.published for variant in found.variants] == [
        (rows[label],) for label in ("SoftFiNE", "SoftFiNE-soft", "SoftFiNE-aug", "BERT")
    ]


def test_a_model_s_name_means_its_main_recipe():
    assert plan("softfine", drop=["soft"]).recipe == "softfine_fine"


def test_a_recipe_with_a_model_s_name_is_reached_by_its_file_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = find_recipe("bilstm_crf_weibo").read_text(encoding="utf-8")
    (tmp_path / "bilstm_crf.yaml").write_text(text, encoding="utf-8")
    assert find_target("bilstm_crf").recipe == "bilstm_crf_resume"
    assert plan("bilstm_crf.yaml", drop=["constraints"]).recipe == "bilstm_crf"
    assert load_recipe(find_target("./bilstm_crf").recipe).data.name == "weibo"


def test_a_name_of_nothing_is_answered_with_models_and_recipes():
    message = refused(UsageError, target="softfin", drop=["soft"])
    assert message.startswith("there is neither a model nor a recipe called 'softfin'\nfix: did you mean softfine or ")


def test_a_file_that_is_not_there_is_told_as_a_recipe():
    assert "there is no recipe 'gone.yaml'" in refused(UsageError, target="gone.yaml", drop=["soft"])


def test_a_model_without_a_recipe_asks_for_one(own):
    message = refused(UsageError, target=own.name, drop=["part"])
    assert message.startswith("the model 'own' names no main recipe\nfix: give a recipe of it")


def test_nothing_to_compare_with_names_what_there_is():
    message = refused(UsageError)
    assert "it is not said what to compare the full model with" in message
    assert all(option in message for option in ("--drop", "--all", "--vary", "--published", "--list"))


def test_several_dropped_switches_are_left_out_together_in_the_order_of_the_model():
    found = plan("softfine", drop=["augmentation", "soft"])
    assert labels(found) == ["full model", "drop soft, augmentation"]
    params = found.variants[1].recipe.model.params
    assert (params.soft, params.augmentation) == (None, None)
    assert found.variants[1].folder == "drop-soft+augmentation"
    assert [row.row for row in found.variants[1].published] == ["BERT"]


def test_all_makes_one_variant_of_each_switch():
    found = plan("softfine", every=True)
    assert labels(found) == ["full model", *(f"drop {name}" for name in registry.get("softfine").switches())]


def test_all_passes_over_what_the_recipe_has_off_already():
    found = plan("softfine", every=True, overrides=["model.soft=null"])
    assert labels(found) == ["full model", "drop augmentation", "drop feature-loss"]
    assert found.notes[0] == "drop soft is the full model"


def test_several_lists_of_values_make_no_product():
    found = plan("bilstm_crf", vary=["model.dim=64,128", "training.lr=1e-3"])
    assert labels(found) == ["full model", "model.dim=64", "model.dim=128", "training.lr=1e-3"]
    assert found.variants[3].changes == {"training.lr": 0.001}


def test_values_are_items_of_a_yaml_list():
    found = plan("softfine", vary=["model.soft={beta: 2, gamma: 3},null"])
    assert [variant.changes for variant in found.variants[1:]] == [
        {"model.soft.beta": 2.0, "model.soft.gamma": 3.0},
        {"model.soft": None},
    ]


def test_the_recipe_s_own_value_is_the_full_model():
    found = plan("bilstm_crf", vary=["model.dim=128,256"])
    assert labels(found) == ["full model", "model.dim=128"]
    assert found.notes == ("model.dim=256 is the full model",)


def test_nothing_but_the_recipe_s_own_values_is_refused():
    assert "every variant is the full model of bilstm_crf_resume: model.dim=256 is the full model" in refused(
        UsageError, target="bilstm_crf", vary=["model.dim=256"]
    )


def test_variants_that_come_to_the_same_are_one():
    found = plan("softfine", every=True, published=True, drop=["soft"])
    assert labels(found) == ["full model", "drop soft", "drop augmentation", "drop feature-loss", "BERT"]
    assert "SoftFiNE-aug is the same as drop augmentation" in found.notes


def test_settings_of_the_command_line_hold_for_every_variant():
    found = plan("softfine", drop=["soft"], overrides=["training.epochs=3"])
    assert [variant.recipe.training.epochs for variant in found.variants] == [3, 3]
    assert found.notes == ("set for all variants, unlike in what is published: training.epochs=3",)
    assert [variant.published[0].row for variant in found.variants] == ["SoftFiNE", "SoftFiNE-soft"]


def test_published_rows_follow_what_is_set_for_all_variants():
    found = plan("softfine", drop=["soft"], overrides=["model.augmentation=null"])
    assert [variant.published[0].row for variant in found.variants] == ["SoftFiNE-aug", "BERT"]
    assert found.notes == ()


def test_a_row_is_that_of_a_variant_only_when_they_agree_in_what_tells_rows_apart():
    found = plan("softfine", drop=["feature-loss"], vary=["model.dropout=0.1"], overrides=["model.soft.beta=3"])
    assert [variant.published for variant in found.variants] == [(), (), ()]


def test_a_row_may_change_any_section(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "extends: bilstm_crf_resume.yaml\n"
        "published:\n"
        "  - {row: full, source: T, f1: 90, changes: {}}\n"
        "  - {row: small, source: T, f1: 80, changes: {encoder.dim: 50, training.epochs: 3}}\n"
        "  - {row: other, source: T, f1: 70}\n",
        encoding="utf-8",
    )
    found = plan(str(tmp_path / "own.yaml"), published=True, vary=["encoder.dim=50"])
    assert labels(found) == ["full model", "encoder.dim=50", "small"]
    assert [[row.row for row in variant.published] for variant in found.variants] == [["full"], [], ["small"]]
    assert [row.row.row for row in published_rows(str(tmp_path / "own.yaml")).rows] == ["full", "small"]


def test_rows_of_one_name_from_two_tables_are_told_apart(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "extends: bilstm_crf_resume.yaml\n"
        "published:\n"
        "  - {row: small, source: Table 1, f1: 90, changes: {model.dim: 64}}\n"
        "  - {row: small, source: Table 2, f1: 80, changes: {model.dim: 32}}\n",
        encoding="utf-8",
    )
    found = plan(str(tmp_path / "own.yaml"), published=True)
    assert labels(found) == ["full model", "small (Table 1)", "small (Table 2)"]
    assert len({variant.folder for variant in found.variants}) == 3


def test_wrong_changes_of_a_published_row_are_told_with_the_row(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "extends: bilstm_crf_resume.yaml\npublished:\n  - {row: odd, source: T, f1: 90, changes: {model.dmi: 64}}\n",
        encoding="utf-8",
    )
    message = refused(RecipeError, target=str(tmp_path / "own.yaml"), published=True)
    assert message.startswith("the changes of the published row 'odd' of ")
    assert "dmi" in message


def test_a_recipe_whose_rows_name_no_changes_has_none_to_compare():
    message = refused(UsageError, target="quickstart", published=True)
    assert "quickstart cannot be turned into another published row: none says by which changes" in message


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param({"drop": ["sofd"]}, "--drop sofd: softfine has no switch 'sofd'\nfix: did you mean soft?", id="typo"),
        pytest.param(
            {"drop": ["soft", "soft"]}, "--drop soft: the switch 'soft' is dropped twice\nfix: name it once", id="twice"
        ),
        pytest.param(
            {"target": "bert_softmax", "drop": ["x"]}, "bert_softmax has no switches to drop", id="drop-without-switches"
        ),
        pytest.param({"target": "bert_softmax", "every": True}, "bert_softmax has no switches to drop", id="all-without"),
        pytest.param(
            {"drop": ["soft"], "overrides": ["model.soft=null"]},
            "--drop soft: drop soft changes nothing: softfine_fine has it so",
            id="off-already",
        ),
        pytest.param({"vary": ["model.dropout"]}, "--vary: 'model.dropout' gives no values", id="no-values"),
        pytest.param({"vary": ["=1"]}, "--vary: '=1' gives no values", id="no-key"),
        pytest.param({"vary": ["training.seed=1,2"]}, "every variant is trained with the same seeds", id="seed"),
        pytest.param({"drop": ["soft"], "seeds": "0"}, "--seeds 0: from 1 to 1000 seeds can be trained", id="no-seed"),
        pytest.param({"drop": ["soft"], "seeds": "1001"}, "--seeds 1001: from 1 to 1000", id="too-many-seeds"),
        pytest.param({"drop": ["soft"], "seeds": "x"}, "--seeds 'x' is neither a number nor a list", id="seeds"),
        pytest.param({"drop": ["soft"], "seeds": "1,2,1"}, "a seed is given twice in 1,2,1", id="seed-twice"),
        pytest.param({"drop": ["soft"], "seeds": "-1,2"}, "--seeds -1,2: a seed is negative or larger", id="negative"),
    ],
)
def test_mistakes_are_told(asked, message):
    assert message in refused(UsageError, **asked)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ("model.dmi=1,2", "--vary model.dmi=1: unknown key 'dmi'"),
        ("model.dim=64,wide", "--vary model.dim=wide: model.dim is 'wide'"),
        ("model.dim=[1", "--vary model.dim=[1"),
    ],
    ids=["key", "value", "yaml"],
)
def test_mistakes_in_a_list_of_values_are_told_as_those_of_recipes_are(vary, message):
    assert message in refused(RecipeError, target="bilstm_crf", vary=[vary])


def test_a_mistake_of_set_is_told_as_such():
    assert "--set model.dmi=1" in refused(RecipeError, target="bilstm_crf", drop=["constraints"], overrides=["model.dmi=1"])


class TwiceParams(Params):
    mode: Annotated[str, Switch(off="none", name="all-of-it"), Switch(off="half", name="half-of-it")] = "whole"


def test_switches_that_set_one_field_to_different_values_cannot_be_dropped_together():
    spec = ModelSpec("twice", "", "", TwiceParams, lambda *_: None)
    with pytest.raises(UsageError, match=r"all-of-it and half-of-it both set model\.mode, to different values"):
        dropped(spec, ["half-of-it", "all-of-it"])


@pytest.mark.parametrize(
    ("seeds", "found"),
    [(None, (7,)), ("1", (7,)), ("3", (7, 8, 9)), ("1,2", (1, 2)), ("5,", (5,))],
)
def test_a_number_of_seeds_begins_with_the_recipe_s_own_and_a_list_is_taken_as_it_is(seeds, found):
    assert plan("softfine", drop=["soft"], seeds=seeds, overrides=["training.seed=7"]).seeds == found


def test_a_run_has_the_seed_and_the_rows_that_its_variant_is():
    variant = plan("softfine", drop=["soft"]).variants[1]
    recipe = variant.seeded(5)
    assert recipe.training.seed == 5
    assert [row.row for row in recipe.published] == ["SoftFiNE-soft"]
    assert replace(recipe, training=variant.recipe.training, published=variant.recipe.published) == variant.recipe


def test_settings_leave_the_seed_out_and_tell_nothing_from_none():
    before, after = load_recipe("softfine_fine"), load_recipe("softfine_fine", ["training.seed=9", "model.soft=null"])
    assert "training.seed" not in settings_of(before)
    assert changes_between(settings_of(before), settings_of(after)) == {"model.soft": None}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("drop-reduced-bias", "drop-reduced-bias"),
        ("model.dim=64", "model.dim=64"),
        ("encoder.path=/a b", f"encoder.path=_a_b-{digest('encoder.path=/a b')}"),
        ("../..", f".._..-{digest('../..')}"),
        ("字" * 70, f"{'字' * 60}-{digest('字' * 70)}"),
    ],
)
def test_folders_have_names_that_every_system_takes(text, name):
    assert safe_name(text) == name


def test_the_listing_shows_what_the_recipe_has_and_what_the_paper_prints():
    listing = list_switches("softfine")
    assert (listing.model, listing.recipe) == ("softfine", "softfine_fine")
    assert {line.name: (line.off, line.published and line.published.f1) for line in listing.switches} == {
        "soft": (None, 72.45),
        "augmentation": (None, 72.43),
        "feature-loss": (None, None),
    }
    assert listing.switches[1].value["from_epoch"] == 5
    assert [row.row for row in listing.rows] == ["SoftFiNE-soft", "SoftFiNE-aug", "BERT"]


def test_the_listing_of_a_model_without_a_recipe_shows_its_defaults(own):
    [line] = list_switches(own.name).switches
    assert (line.name, line.value, line.off, line.paper, line.published) == ("part", True, False, "Table 9", None)


def row(source):
    return Published(row="x", source=source, f1=90)


@pytest.mark.parametrize(
    ("one", "other", "paired"),
    [
        pytest.param("A (2020), Table 5, row 5", "A (2020), Table 2, Table 5 (row 8) and Table 6", True, id="same-table"),
        pytest.param("A (2020), Table 5", "A (2020), Table 6", False, id="other-table"),
        pytest.param("A (2020), Table 5", "B (2021), Table 5", False, id="other-paper"),
        pytest.param("A (2020)", "A (2020)", True, id="no-table"),
        pytest.param("A (2020)", "A (2020), Table 5", False, id="one-without"),
    ],
)
def test_only_rows_of_one_table_are_subtracted(one, other, paired):
    found = published_pair([row("elsewhere"), row(one)], [row(other)])
    assert found == ((row(one), row(other)) if paired else None)
