"""JSON Schema of a recipe file, for editors that complete and check YAML while it is written."""

from typing import Any

from pydantic import BaseModel

from cnerkit import registry
from cnerkit.errors import RecipeError
from cnerkit.recipe.schema import BertEncoder, DataSettings, Header, StaticEncoder, TrainingSettings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def editor_schema() -> dict[str, Any]:
    """The schema of all sections, with the hyperparameters of every registered model.

    Nothing is required, because a recipe may leave anything to the one it extends. A model that cannot be loaded is left out.
    """
    definitions: dict[str, Any] = {}
    header = _definition(Header, "Header", definitions)
    encoders = [_reference(_definition_named(kind, definitions)) for kind in (BertEncoder, StaticEncoder)]
    sections = {
        "data": _reference(_definition_named(DataSettings, definitions)),
        "encoder": {"anyOf": encoders},
        "model": {"anyOf": [_reference(name) for name in _models(definitions)]},
        "training": _reference(_definition_named(TrainingSettings, definitions)),
    }
    extends = {"type": "string", "description": "The one recipe that this one inherits from, such as base/bert.yaml"}
    return {
        "$schema": DIALECT,
        "title": "cnerkit recipe",
        "type": "object",
        "additionalProperties": False,
        "properties": {"extends": extends, **header["properties"], **sections},
        "$defs": definitions,
    }


def _models(definitions: dict[str, Any]) -> list[str]:
    found = []
    for name in registry.names():
        try:
            spec = registry.get(name)
        except RecipeError:
            continue
        schema = _definition(spec.params, f"model.{name}", definitions)
        chosen = {"const": name, "description": spec.summary}
        schema["properties"] = {"name": chosen, **schema.get("properties", {})}
        definitions[f"model.{name}"] = schema
        found.append(f"model.{name}")
    return found


def _definition_named(settings: type[BaseModel], definitions: dict[str, Any]) -> str:
    definitions[settings.__name__] = _definition(settings, settings.__name__, definitions)
    return settings.__name__


def _definition(settings: type[BaseModel], owner: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a section; what it refers to is added to the definitions under its owner's name."""
    schema = settings.model_json_schema(ref_template=f"#/$defs/{owner}.{{model}}")
    for name, inner in schema.pop("$defs", {}).items():
        definitions[f"{owner}.{name}"] = inner
    schema.pop("required", None)
    return schema


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}
