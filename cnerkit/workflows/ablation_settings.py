"""What two recipes have alike: the settings that tell one trained model from another, by dotted key."""

from collections.abc import Mapping
from typing import Any

from cnerkit.recipe.schema import Recipe

SECTIONS = ("data", "encoder", "model", "training")
SEED = "seed"
"""Of the training; runs of one variant differ in it alone."""

Settings = Mapping[str, Any]
"""Plain values by dotted key; a section that is switched off is one key with the value None."""


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """Every setting that a run's weights depend on, but for the seed."""
    resolved = recipe.resolved()
    resolved["training"] = {key: value for key, value in resolved["training"].items() if key != SEED}
    return {key: value for section in SECTIONS for key, value in _flat(section, resolved[section])}


def changed_keys(before: Settings, after: Settings) -> set[str]:
    """The keys in which two recipes differ, those that only one of them has included."""
    return {key for key in before.keys() | after.keys() if not agree(before, after, key)}


def agree(one: Settings, other: Settings, key: str) -> bool:
    """Whether two recipes have the same under a key; None is not the same as nothing."""
    return (key in one) == (key in other) and one.get(key) == other.get(key)


def changes_between(before: Settings, after: Settings) -> dict[str, Any]:
    """What the second recipe sets otherwise than the first, by dotted key, in the order of its sections.

    A key that only the first has is left out: it went with the section above it, which is told.
    """
    changed = changed_keys(before, after)
    return {key: value for key, value in after.items() if key in changed}


def _flat(key: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        return [pair for name, item in value.items() for pair in _flat(f"{key}.{name}", item)]
    return [(key, value)]
