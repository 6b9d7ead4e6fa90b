"""What can be compared with a model: its switches, and the published rows that its recipe can become. Loads no torch."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from cnerkit import registry
from cnerkit.recipe.loading import load_recipe
from cnerkit.recipe.schema import Published
from cnerkit.registry import ModelSpec
from cnerkit.workflows.ablation_assignments import dropped
from cnerkit.workflows.ablation_published import published_rows
from cnerkit.workflows.ablation_settings import settings_of
from cnerkit.workflows.ablation_target import find_target


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """A switch.

    Attributes:
        name: What ``--drop`` calls it.
        field: The hyperparameter that it sets.
        value: What the recipe has there.
        off: What the switch sets it to.
        paper: What the model's declaration says about published rows.
        published: The row that the recipe becomes with the switch dropped; None without.
    """

    name: str
    field: str
    value: Any
    off: Any
    paper: str
    published: Published | None


@dataclass(frozen=True, slots=True)
class AblationListing:
    """What can be compared with a model: ``recipe`` is "" when the model names none; ``rows`` are what --published trains."""

    model: str
    recipe: str
    switches: tuple[SwitchLine, ...]
    rows: tuple[Published, ...]

    def to_json(self) -> dict[str, Any]:
        """The listing as plain data."""
        return {
            "model": self.model,
            "recipe": self.recipe,
            "switches": [
                {**asdict(line), "published": line.published.model_dump(mode="json") if line.published else None}
                for line in self.switches
            ],
            "published": [row.model_dump(mode="json") for row in self.rows],
        }


def list_switches(target: str, overrides: Sequence[str] = ()) -> AblationListing:
    """What can be compared with a model or with what a recipe makes of it.

    Raises:
        UsageError: There is no such model or recipe.
        RecipeError: The recipe is wrong.
    """
    found = find_target(target)
    if found.spec is not None and not found.recipe:
        values = found.spec.params().model_dump(mode="json")
        return AblationListing(found.spec.name, "", tuple(_lines(found.spec, values, {})), ())
    recipe = load_recipe(found.recipe, overrides)
    spec = registry.get(recipe.model.name)
    rows = published_rows(found.recipe)
    full = settings_of(recipe)
    known = {}
    for name in spec.switches():
        changed = settings_of(load_recipe(found.recipe, [*overrides, *dropped(spec, [name]).assignments]))
        known[name] = next(iter(rows.matching(changed, full)), None)
    lines = _lines(spec, recipe.model.params.model_dump(mode="json"), known)
    return AblationListing(spec.name, recipe.name, tuple(lines), tuple(row for row in recipe.published if row.changes))


def _lines(spec: ModelSpec, values: dict[str, Any], published: dict[str, Published | None]) -> list[SwitchLine]:
    return [
        SwitchLine(name, field, values[field], to_jsonable_python(switch.off), switch.paper, published.get(name))
        for name, (field, switch) in spec.switches().items()
    ]
