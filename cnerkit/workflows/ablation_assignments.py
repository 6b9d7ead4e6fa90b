"""What the command line says of a variant, as assignments over the recipe: dropped switches, and lists of values of a key."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from cnerkit.errors import CnerkitError, RecipeError, UsageError
from cnerkit.recipe.overrides import OPTION
from cnerkit.recipe.reading import read_text
from cnerkit.recipe.tree import Mistake, Place, plain
from cnerkit.registry import ModelSpec, advice

SEED_KEY = "training.seed"


@dataclass(frozen=True, slots=True)
class Change:
    """What makes a variant of the full model.

    Attributes:
        label: What tables call the variant.
        slug: What its folder is called, before it is made safe.
        option: How messages call it.
        assignments: ``key=value``, laid over the recipe.
        paper: What the dropped switches say about published rows.
    """

    label: str
    slug: str
    option: str
    assignments: tuple[str, ...]
    paper: str = ""


def assignments_of(values: Mapping[str, Any]) -> list[str]:
    """Values by dotted key as assignments; JSON text is YAML text."""
    return [f"{key}={json.dumps(to_jsonable_python(value), ensure_ascii=False)}" for key, value in values.items()]


def dropped(spec: ModelSpec, names: Sequence[str]) -> Change:
    """The variant without all of the named parts.

    Raises:
        UsageError: The model has no such switch, or a name is given twice, or two switches set the same to different values.
    """
    switches = spec.switches()
    for name, count in Counter(names).items():
        if not switches:
            raise without_switches(spec)
        if name not in switches:
            raise UsageError(f"{spec.name} has no switch {name!r}", where=f"--drop {name}", fix=advice(name, switches))
        if count > 1:
            raise UsageError(f"the switch {name!r} is dropped twice", where=f"--drop {name}", fix="name it once")
    ordered = [name for name in switches if name in names]
    values: dict[str, Any] = {}
    owner: dict[str, str] = {}
    for name in ordered:
        field, switch = switches[name]
        if field in owner and values[f"model.{field}"] != switch.off:
            both = f"{owner[field]} and {name}"
            raise UsageError(f"{both} both set model.{field}, to different values", fix="drop them in two ablations")
        owner[field], values[f"model.{field}"] = name, switch.off
    paper = "; ".join(dict.fromkeys(text for name in ordered if (text := switches[name][1].paper)))
    told, option = ", ".join(ordered), " ".join(f"--drop {name}" for name in ordered)
    return Change(f"drop {told}", f"drop-{'+'.join(ordered)}", option, tuple(assignments_of(values)), paper)


def without_switches(spec: ModelSpec) -> UsageError:
    """The mistake of asking a model without switches to drop one."""
    return UsageError(f"{spec.name} has no switches to drop", fix="compare settings of it instead, with --vary KEY=VALUE,VALUE")


def varied(text: str) -> list[Change]:
    """One variant for each value of ``key=value,value``.

    Raises:
        UsageError: It is no key with values, or the key is the seed.
        RecipeError: The values are not YAML.
    """
    key, equals, values = text.partition("=")
    key, place = key.strip(), Place(f"--vary {text}")
    if not equals or not key or not values.strip():
        raise UsageError(f"{text!r} gives no values", where="--vary", fix="write section.key=value,value")
    if key == SEED_KEY:
        raise UsageError("every variant is trained with the same seeds", where=str(place), fix="say how many with --seeds")
    mistakes: list[Mistake] = []
    items = read_text(f"[{values}]", place, mistakes).value
    assert isinstance(items, tuple), "a text in brackets is a list, or no YAML"
    if mistakes:
        raise RecipeError(mistakes[0].what, where=str(place), fix=mistakes[0].fix)
    return [_valued(key, plain(item), item.text) for item in items]


def _valued(key: str, value: Any, text: str) -> Change:
    (assignment,) = assignments_of({key: value})
    told = f"{key}={text}" if text else assignment
    return Change(told, told, f"--vary {told}", (assignment,))


def relabelled(error: RecipeError, option: str) -> RecipeError:
    """A mistake in an assignment that no ``--set`` of the user made, at the place that the user wrote."""

    def at(one: CnerkitError) -> str | None:
        return option if one.where and one.where.startswith(f"{OPTION} ") else one.where

    also = [RecipeError(one.what, where=at(one), fix=one.fix) for one in error.also]
    return RecipeError(error.what, where=at(error), fix=error.fix, also=also)
