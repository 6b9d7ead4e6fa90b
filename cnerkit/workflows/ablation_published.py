"""The published rows of a recipe, and which of them a variant is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnerkit.errors import RecipeError
from cnerkit.recipe.loading import load_recipe
from cnerkit.recipe.schema import Published, Recipe
from cnerkit.workflows.ablation_assignments import assignments_of, relabelled
from cnerkit.workflows.ablation_settings import Settings, agree, changed_keys, settings_of

_TABLE = re.compile(r"Table (\w+)")


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A published row that the recipe can be turned into, and the settings that it then has."""

    row: Published
    settings: Settings


@dataclass(frozen=True, slots=True)
class PublishedRows:
    """The rows of a recipe that it can be turned into.

    Attributes:
        rows: In the recipe's order.
        telling: The keys in which the recipe and any of the rows differ: what tells one row from another.
    """

    rows: tuple[PublishedRow, ...]
    telling: frozenset[str]

    def matching(self, variant: Settings, full: Settings) -> tuple[Published, ...]:
        """The rows that a variant is.

        A variant is a row when both agree in everything that tells rows from one another and in everything that the variant
        changes in the full model. What else was set for all variants, such as fewer epochs, makes no other system of it.
        """
        keys = self.telling | changed_keys(full, variant)
        return tuple(each.row for each in self.rows if all(agree(variant, each.settings, key) for key in keys))


def published_rows(name: str) -> PublishedRows:
    """The published rows of a recipe that say by which changes the recipe becomes their system.

    Args:
        name: The recipe's path or name.

    Raises:
        RecipeError: The recipe cannot take the changes of a row.
    """
    recipe = load_recipe(name)
    before = settings_of(recipe)
    rows = tuple(PublishedRow(row, settings_of(_changed(name, row))) for row in recipe.published if row.changes is not None)
    telling = frozenset(key for each in rows for key in changed_keys(before, each.settings))
    return PublishedRows(rows, telling)


def _changed(name: str, row: Published) -> Recipe:
    try:
        return load_recipe(name, assignments_of(row.changes or {}))
    except RecipeError as error:
        raise relabelled(error, f"the changes of the published row {row.row!r} of {name}") from error


def published_pair(of_variant: Sequence[Published], of_full: Sequence[Published]) -> tuple[Published, Published] | None:
    """A row of the variant and one of the full model from the same table, which alone may be subtracted; None without."""
    pairs = ((one, other) for one in of_variant for other in of_full if _share_a_table(one.source, other.source))
    return next(pairs, None)


def _share_a_table(one: str, other: str) -> bool:
    """Whether two sources are of one paper and name the same table; a source that names none is one table by itself."""
    if not (_TABLE.search(one) and _TABLE.search(other)):
        return one == other
    same_paper = _TABLE.split(one)[0] == _TABLE.split(other)[0]
    return same_paper and bool({*_TABLE.findall(one)} & {*_TABLE.findall(other)})


def shown_row(rows: Iterable[Published], pair: tuple[Published, Published] | None) -> Published | None:
    """The row that a table has room for: that of the pair if there is one, else the first; None without rows."""
    return pair[0] if pair else next(iter(rows), None)
