"""JSON Schema for editors: every section, every model, nothing that is not there."""

import json
from typing import Any

import pytest

from cnerkit import registry
from cnerkit.errors import RecipeError
from cnerkit.recipe.editor_schema import editor_schema
from cnerkit.recipe.loading import load_recipe
from cnerkit.recipe.lookup import every_recipe
from cnerkit.recipe.reading import read_file
from cnerkit.recipe.schema import DataSettings, TrainingSettings
from cnerkit.recipe.tree import plain

SCHEMA = editor_schema()


def resolve(schema):
    return SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """A second implementation of the few words of JSON Schema that ours uses."""
    schema = resolve(schema)
    if "anyOf" in schema:
        return any(fits(value, option) for option in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "null": type(None),
        "integer": int,
        "number": (int, float),
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return False
    if isinstance(value, dict):
        known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        others = [item for key, item in value.items() if key not in known]
        inside = all(fits(item, known[key]) for key, item in value.items() if key in known)
        missing = set(schema.get("required", ())) - set(value)
        return (
            inside
            and not missing
            and (more is not False or not others)
            and (not isinstance(more, dict) or all(fits(o, more) for o in others))
        )
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {})) for item in value)
    return True


def test_every_reference_leads_somewhere():
    references = [part.split('"')[0] for part in json.dumps(SCHEMA).split('"$ref": "')[1:]]
    assert references
    assert all(name.removeprefix("#/$defs/") in SCHEMA["$defs"] for name in references)


def test_every_section_is_covered_and_described():
    assert set(SCHEMA["properties"]) == {
        "extends",
        "name",
        "title",
        "paper",
        "published",
        "data",
        "encoder",
        "model",
        "training",
    }
    assert set(resolve(SCHEMA["properties"]["training"])["properties"]) == set(TrainingSettings.model_fields)
    assert set(resolve(SCHEMA["properties"]["data"])["properties"]) == set(DataSettings.model_fields)
    assert "0 freezes it" in resolve(SCHEMA["properties"]["training"])["properties"]["encoder_lr"]["description"]


def test_every_model_is_covered_with_its_hyperparameters():
    models = {option["properties"]["name"]["const"]: option for option in map(resolve, SCHEMA["properties"]["model"]["anyOf"])}
    assert set(models) == set(registry.names())
    for name, option in models.items():
        assert set(option["properties"]) == {"name", *registry.get(name).params.model_fields}


@pytest.mark.parametrize("path", every_recipe(), ids=lambda path: path.stem)
def test_every_shipped_recipe_fits_as_written_and_as_resolved(path):
    assert fits(plain(read_file(path, [])), SCHEMA)
    assert fits(load_recipe(str(path)).resolved(), SCHEMA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"trainin": {}},
        {"training": {"learning_rate": 1}},
        {"model": {"name": "bert_crff"}},
        {"training": {"epochs": "5"}},
        {"published": [{"row": "a"}]},
    ],
    ids=["section", "key", "model", "type", "missing"],
)
def test_a_mistake_does_not_fit(wrong):
    assert not fits(wrong, SCHEMA)


def test_a_model_that_cannot_be_loaded_is_left_out(monkeypatch):
    def fail(_name):
        raise RecipeError("broken")

    monkeypatch.setattr(registry, "get", fail)
    assert editor_schema()["properties"]["model"] == {"anyOf": []}
