"""A recipe as a checked value: precedence, paths, types, every mistake at once, and back from plain data."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from cnerkit import registry
from cnerkit.codecs.schemes import Scheme
from cnerkit.corpora.formats import READABLE
from cnerkit.errors import CnerkitError, RecipeError
from cnerkit.recipe.loading import load_recipe, recipe_from_resolved
from cnerkit.recipe.schema import BertEncoder, DataSettings, StaticEncoder, TrainingSettings

BERT = "data: {name: weibo}\nencoder: {kind: bert}\nmodel: {name: bert_crf}\n"


def mistakes_of(text, write, *overrides):
    """where, what and fix of every mistake in a recipe."""
    write("r.yaml", text)
    with pytest.raises(RecipeError) as caught:
        load_recipe("r.yaml", overrides)
    return [(error.where, error.what, error.fix) for error in (caught.value, *caught.value.also)]


def test_later_sources_win_over_earlier_ones(write):
    write("base.yaml", "training: {lr: 1, epochs: 1, clip: 1, accumulate: 1}\n")
    write("r.yaml", BERT + "extends: base.yaml\ntraining: {epochs: 2, clip: 2, accumulate: 2}\n")
    training = load_recipe("r.yaml", ["training.clip=3", "training.accumulate=3", "training.accumulate=4"]).training
    assert (training.seed, training.lr, training.epochs, training.clip, training.accumulate) == (1, 1.0, 2, 3.0, 4)


def test_an_override_that_takes_a_value_away_leaves_the_default(write):
    write("r.yaml", BERT + "training: {lr: 7}\n")
    assert load_recipe("r.yaml", ["~training.lr"]).training.lr == TrainingSettings().lr


def test_origins_say_where_each_value_was_written(write):
    write("base.yaml", "training:\n  lr: 1\n")
    write("r.yaml", "extends: base.yaml\n" + BERT)
    recipe = load_recipe("r", ["training.epochs=2"])
    assert {key: str(place) for key, place in recipe.origins.items()} == {
        "data.name": "r.yaml:2:14",
        "encoder.kind": "r.yaml:3:17",
        "model.name": "r.yaml:4:15",
        "training.lr": "base.yaml:2:7",
        "training.epochs": "--set training.epochs=2",
    }


def test_the_name_is_the_file_s_unless_the_recipe_says_so(write):
    write("r.yaml", BERT)
    assert load_recipe("r").name == "r"
    assert load_recipe("r", ["name=mine"]).name == "mine"


@pytest.mark.parametrize("text", ["1e-3", "'1e-3'", "0.001", '"0.001"'])
def test_a_float_field_takes_a_number_and_text_that_spells_one(write, text):
    write("r.yaml", BERT + f"training: {{lr: {text}, clip: {text}}}\n")
    training = load_recipe("r").training
    assert training.lr == training.clip == 0.001


def test_what_yaml_1_1_takes_for_booleans_stays_text_where_text_is_wanted(write):
    write(
        "r.yaml", "data:\n  name: weibo\n  types: {NO: on, off: YES, y: ''}\nencoder: {kind: bert}\nmodel: {name: bert_crf}\n"
    )
    assert load_recipe("r").data.types == {"NO": "on", "off": "YES", "y": ""}


def test_relative_paths_start_where_they_were_written(write, tmp_path):
    write("sub/base.yaml", "data: {train: a.txt, test: ../b.txt}\nencoder: {kind: static, path: vectors.txt}\n")
    write("r.yaml", "extends: sub/base.yaml\ndata: {dev: c.txt}\nmodel: {name: bilstm_crf}\n")
    recipe = load_recipe("r.yaml", ["data.test=d.txt"])
    assert recipe.data.train == tmp_path / "sub/a.txt"
    assert recipe.data.dev == tmp_path / "c.txt"
    assert recipe.data.test == tmp_path / "d.txt"
    assert recipe.encoder.path == tmp_path / "sub/vectors.txt"


@pytest.mark.parametrize(
    ("written", "read"),
    [("bert-base-chinese", "bert-base-chinese"), ("org/name", "org/name"), ("./mine", "{}/sub/mine"), ("../mine", "{}/mine")],
)
def test_an_encoder_s_name_stays_and_its_dotted_path_starts_from_the_recipe(write, tmp_path, written, read):
    write("sub/r.yaml", BERT.replace("kind: bert", f"kind: bert, path: {written}"))
    assert load_recipe("sub/r.yaml").encoder.path == read.format(tmp_path)


def test_five_mistakes_are_all_reported_each_with_its_line_and_fix(write):
    found = mistakes_of(
        "titel: x\n"
        "data: {name: weibo, repair: strct}\n"
        "encoder:\n  kind: brt\n"
        "model:\n  name: bert_crff\n"
        "training:\n  lr: fast\n  learning_rate: 1e-3\n",
        write,
    )
    assert found == [
        ("r.yaml:1:1", "unknown key 'titel'", "did you mean title?"),
        ("r.yaml:2:29", "data.repair is 'strct', but must be one of 'strict', 'conlleval' or 'drop'", "did you mean strict?"),
        ("r.yaml:4:9", "encoder.kind is 'brt'", "did you mean bert?"),
        ("r.yaml:6:9", "no model is called 'bert_crff'", "did you mean bert_crf or bilstm_crf or bert_softmax?"),
        ("r.yaml:8:7", "training.lr is 'fast', but must be a number", "the default is 0.001"),
        ("r.yaml:9:3", "unknown key 'learning_rate' in training", "call it training.lr"),
    ]


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        pytest.param(
            "training: {epochs: 1e1}", "training.epochs is '1e1', but must be a whole number", "write 10", id="float-for-int"
        ),
        pytest.param(
            "training: {epochs: true}", "training.epochs is 'true', but must be a whole number", "the default is 20", id="bool"
        ),
        pytest.param(
            "training: {epochs: '5'}", "training.epochs is '5', but must be a whole number", "the default is 20", id="text"
        ),
        pytest.param(
            "training: {epochs: 0}", "training.epochs is '0', but must be greater than 0", "the default is 20", id="too-small"
        ),
        pytest.param(
            "training: {warmup: 1.0}", "training.warmup is '1.0', but must be less than 1.0", "the default is 0.1", id="too-big"
        ),
        pytest.param(
            "training: {lr: .nan}", "training.lr is '.nan', but must be a finite number", "the default is 0.001", id="nan"
        ),
        pytest.param(
            "training: {clip: 1e999}", "training.clip is '1e999', but must be a finite number", "the default is 1.0", id="inf"
        ),
        pytest.param(
            "training: {seed: -1}", "training.seed is '-1', but must be at least 0", "the default is 1", id="negative-seed"
        ),
        pytest.param(
            "training: fast", "training is 'fast', but must be a section", "write the keys of training below it", id="scalar"
        ),
        pytest.param(
            "training: [1]", "training is 'a list', but must be a section", "write the keys of training below it", id="list"
        ),
        pytest.param(
            "training: {accumulate: 0.5}",
            "training.accumulate is '0.5', but must be a whole number or 'epoch'",
            "the default is 1",
            id="number-or-word",
        ),
        pytest.param("title: 5", "title is '5', but must be text", 'put quotes around it: "5"', id="number-for-text"),
        pytest.param("published: [{row: a, source: b}]", "published.0.f1 is missing", "write f1 there", id="missing-in-list"),
        pytest.param(
            "published: [{row: a, source: b, f1: 101}]",
            "published.0.f1 is '101', but must be at most 100.0",
            None,
            id="percent",
        ),
        pytest.param("published: 5", "published is '5', but must be a list", "the default is []", id="number-for-list"),
        pytest.param("name: a/b", "the name 'a/b' begins with a dot or holds a slash", None, id="name-with-slash"),
        pytest.param("trian: {lr: 1}", "unknown key 'trian'", "did you mean training", id="section-typo"),
        pytest.param("train: {lr: 1}", "unknown key 'train'", "call it training", id="peers-section"),
        pytest.param("lr: 1", "unknown key 'lr'", "it belongs to training: write training.lr", id="key-at-the-top"),
    ],
)
def test_a_wrong_value_is_quoted_with_what_it_must_be(write, line, what, fix):
    [(where, found, advised)] = mistakes_of(BERT + line + "\n", write)
    assert where.startswith("r.yaml:4:")
    assert found.startswith(what)
    assert fix is None or advised.startswith(fix)


@pytest.mark.parametrize(
    ("section", "key", "fix"),
    [
        ("training", "learning_rate", "call it training.lr"),
        ("training", "num_train_epochs", "call it training.epochs"),
        ("training", "per_device_train_batch_size", "call it training.batch_sentences"),
        ("training", "gradient_accumulation_steps", "call it training.accumulate"),
        ("training", "bert_learning_rate", "call it training.encoder_lr"),
        ("training", "finetune_lr", "call it training.encoder_lr"),
        ("training", "transformer-lr", "call it training.encoder_lr"),
        (
            "training",
            "max_seq_length",
            "there is no limit: longer sentences go through overlapping windows, see encoder.overlap",
        ),
        ("encoder", "max_length", "there is no limit: longer sentences go through overlapping windows, see encoder.overlap"),
        ("model", "learning_rate", "call it training.lr"),
        ("model", "epochs", "it belongs to training: write training.epochs"),
        ("model", "drop_out", "did you mean dropout?"),
        ("encoder", "model_name_or_path", "call it encoder.path"),
        ("training", "optimizer", "it is always AdamW; training.weight_decay: 0 makes it Adam"),
        ("data", "dataset_name", "call it data.name"),
        ("training", "<<", "one recipe inherits from another with `extends:`"),
        ("training", "xyzzy", "choose from accumulate, "),
    ],
)
def test_other_toolkits_spellings_are_answered_with_ours(write, section, key, fix):
    [(where, what, advised)] = mistakes_of(f"{BERT}", write, f"{section}.{key}=1")
    assert where == f"--set {section}.{key}=1"
    assert what == f"unknown key {key!r} in {section}"
    assert advised.startswith(fix)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("encoder: {kind: bert}\nmodel: {name: bert_crf}\n", "data has neither the name of a dataset nor a train file"),
        (
            BERT.replace("weibo", "weibo, train: a, test: b"),
            "data has both the name 'weibo' and files of its own (train, test)",
        ),
        (BERT.replace("name: weibo", "train: a, dev: b, dev_from: {split: test}"), "data has both a dev file and dev_from"),
        ("data: {name: weibo}\nmodel: {name: bert_crf}\n", "encoder.kind is missing"),
        ("data: {name: weibo}\nencoder: {kind: bert}\n", "model.name is missing"),
        ("data: {name: weibo}\nencoder: {kind: bert}\nmodel: bert_crf\n", "model is 'bert_crf', but must be a section"),
        ("data: {name: weibo}\nencoder: bert\nmodel: {name: bert_crf}\n", "encoder is 'bert', but must be a section"),
        (BERT + "data: {name: msra}\n", "the key 'data' is given twice"),
    ],
)
def test_what_does_not_make_a_recipe_is_refused(write, text, what):
    assert mistakes_of(text, write)[0][1] == what


def test_mistakes_met_before_the_reader_had_to_stop_are_reported_too(write):
    found = mistakes_of("a: 1\na: 2\nextends: nowhere\n", write)
    assert [what for _, what, _ in found] == ["there is no recipe 'nowhere' to extend", "the key 'a' is given twice"]


def test_a_parent_that_is_not_there_is_the_only_mistake_that_can_be_told(write):
    assert mistakes_of("extends: xyzzy\n", write) == [
        (
            "r.yaml:1:10",
            "there is no recipe 'xyzzy' to extend",
            f"looked from {Path.cwd()} and among the packaged recipes; `cnerkit recipe list` shows those there are",
        )
    ]


def test_extends_cannot_be_set_from_the_command_line(write):
    assert mistakes_of(BERT, write, "extends=base/bert.yaml")[0][1] == "extends can only be written in a recipe file"


def test_a_broken_model_is_a_mistake_at_its_name(write, monkeypatch):
    def fail(_name):
        raise RecipeError("it is broken", where="somewhere", fix="mend it")

    monkeypatch.setattr(registry, "get", fail)
    assert mistakes_of(BERT, write) == [("r.yaml:3:15", "somewhere: it is broken", "mend it")]


class Part(registry.Params):
    strength: float = 1.0
    kind: int | str = 1


class NestedParams(registry.Params):
    part: Part | None = Part()
    rates: tuple[float, ...] = ()
    choice: list[int | bool] = Field(default_factory=list)


@pytest.fixture
def nested_model(monkeypatch):
    spec = registry.ModelSpec("nested", "a model with parts", "none", NestedParams, build=lambda: None)
    monkeypatch.setattr(registry, "names", lambda: ["nested"])
    monkeypatch.setattr(registry, "get", lambda _: spec)


def nested(inside):
    return f"data: {{name: weibo}}\nencoder: {{kind: bert}}\nmodel: {{name: nested, {inside}}}\n"


@pytest.mark.usefixtures("nested_model")
def test_hyperparameters_of_a_part_are_typed_and_text_becomes_numbers_at_any_depth(write):
    write("r.yaml", nested("part: {strength: '1e-2'}, rates: ['1e-1', 2]"))
    params = load_recipe("r").model.params
    assert params == NestedParams(part=Part(strength=0.01), rates=(0.1, 2.0))


@pytest.mark.parametrize(
    ("inside", "what", "fix"),
    [
        ("part: {strenght: 1}", "unknown key 'strenght' in model.part", "did you mean strength?"),
        ("part: {strength: big}", "model.part.strength is 'big', but must be a number", "see `cnerkit recipe schema`"),
        ("part: 3", "model.part is '3', but must be a section with keys of its own", "the default is"),
        ("rates: [a]", "model.rates.0 is 'a', but must be a number", "see"),
        ("part: {kind: [1]}", "model.part.kind is [1], but must be a whole number", "see"),
        ("choice: [a]", "model.choice.0 is 'a', but must be a whole number", "see"),
    ],
)
@pytest.mark.usefixtures("nested_model")
def test_mistakes_in_a_part_are_placed_and_named(write, inside, what, fix):
    [(_, found, advised)] = mistakes_of(nested(inside), write)
    assert found == what
    assert advised.startswith(fix)


def test_a_recipe_comes_back_from_its_resolved_data_and_from_its_yaml(write):
    write(
        "r.yaml",
        BERT.replace("weibo", "weibo, types: {PER.NAM: PER, NO: ''}") + "training: {lr: 1e-5, patience: null}\ntitle: 'NO'\n",
    )
    recipe = load_recipe("r.yaml")
    assert recipe_from_resolved(recipe.resolved()) == recipe
    assert recipe_from_resolved(json.loads(json.dumps(recipe.resolved()))) == recipe
    write("again.yaml", recipe.to_yaml())
    assert load_recipe("again.yaml") == recipe
    assert yaml.safe_load(recipe.to_yaml()) == recipe.resolved()


def test_resolved_data_holds_every_value_and_absolute_paths(write, tmp_path):
    write("r.yaml", "data: {train: a.txt}\nencoder: {kind: static}\nmodel: {name: bilstm_crf}\n")
    resolved = load_recipe("r.yaml").resolved()
    assert resolved["data"]["train"] == str(tmp_path / "a.txt")
    assert set(resolved["training"]) == set(TrainingSettings.model_fields)
    assert set(resolved["encoder"]) == set(StaticEncoder.model_fields)
    assert set(resolved["data"]) == set(DataSettings.model_fields)
    assert resolved["model"]["name"] == "bilstm_crf"
    assert set(resolved["model"]) > {"name", "dropout"}


def good_resolved():
    return {"name": "x", "data": {"name": "weibo"}, "encoder": {"kind": "bert"}, "model": {"name": "bert_crf"}}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param({"training": {"lr": "fast"}}, "training.lr is 'fast', but must be a number", id="type"),
        pytest.param({"extends": "/etc/passwd"}, "extends can only be written in a recipe file", id="extends"),
        pytest.param({"name": "../../x"}, "the name '../../x' begins with a dot", id="name-leaves-folder"),
        pytest.param({"model": {"name": "os:system"}}, "no model is called 'os:system'", id="code"),
        pytest.param({"data": {"name": b"weibo"}}, "a bytes cannot stand in a recipe", id="bytes"),
        pytest.param({1: 2}, "the key 1 is not text", id="number-as-key"),
        pytest.param({"title": ["x"] * 20_000}, "there are too many values", id="too-many"),
        pytest.param({"title": "\ud800"}, "Invalid JSON", id="half-a-character"),
    ],
)
def test_resolved_data_is_not_trusted(change, what):
    with pytest.raises(RecipeError) as caught:
        recipe_from_resolved({**good_resolved(), **change}, where="model.pt")
    assert what in str(caught.value)
    assert caught.value.where == "model.pt"


def test_resolved_data_nested_without_end_is_refused():
    endless = {}
    endless["a"] = endless
    with pytest.raises(RecipeError, match="too deep"):
        recipe_from_resolved(endless)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_plain_data_is_a_recipe_or_a_recipe_error(value):
    with pytest.raises(RecipeError):
        recipe_from_resolved({**good_resolved(), "training": {"anything": value}})
    with pytest.raises(RecipeError):
        recipe_from_resolved(value)


@given(
    st.sampled_from(sorted(TrainingSettings.model_fields)), st.text() | st.integers() | st.floats() | st.booleans() | st.none()
)
def test_any_value_of_a_setting_is_taken_as_it_is_or_refused_with_its_key(key, value):
    resolved, refused = {**good_resolved(), "training": {key: value}}, ""
    try:
        taken = getattr(recipe_from_resolved(resolved).training, key)
    except CnerkitError as error:
        refused = str(error)
    if refused:
        assert f"training.{key} is " in refused or "Invalid JSON" in refused
    else:
        spells_a_number = isinstance(value, str) and key not in ("schedule", "precision")
        assert taken == (float(value) if spells_a_number else value)


def test_the_schemes_and_formats_of_the_schema_are_those_that_are_read():
    fields = DataSettings.model_json_schema()["properties"]
    assert fields["scheme"]["anyOf"][0]["enum"] == [scheme.value for scheme in Scheme]
    assert fields["format"]["anyOf"][0]["enum"] == list(READABLE)


def test_a_recipe_and_its_settings_cannot_be_changed(write):
    write("r.yaml", BERT)
    recipe = load_recipe("r")
    with pytest.raises(AttributeError):
        recipe.name = "other"
    with pytest.raises(ValueError, match="frozen"):
        recipe.training.lr = 3
    assert isinstance(recipe.encoder, BertEncoder)
