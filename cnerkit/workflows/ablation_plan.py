"""What an ablation compares: the full model first, then each variant, and the seeds that all of them are trained with."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cnerkit import registry
from cnerkit.errors import RecipeError, UsageError
from cnerkit.recipe.loading import load_recipe
from cnerkit.recipe.schema import Published, Recipe
from cnerkit.workflows.ablation_assignments import Change, assignments_of, dropped, relabelled, varied, without_switches
from cnerkit.workflows.ablation_published import PublishedRows, published_rows
from cnerkit.workflows.ablation_settings import Settings, changed_keys, changes_between, settings_of
from cnerkit.workflows.ablation_target import find_target

FULL = Change("full model", "full", "", ())
LONGEST_NAME = 60
"""Characters of a folder's name, before what tells it from others is added."""
MOST_SEEDS = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants to compare.

    Attributes:
        target: A model's name, or a recipe.
        drop: Switches that one variant drops together.
        every: Whether each switch makes a variant of its own.
        published: Whether each published row that the recipe can be turned into makes one.
        vary: ``key=value,value``: each value makes a variant.
        overrides: Assignments over the recipe that hold for all variants, the full model included.
        seeds: A number of seeds, or a list of them; one seed, the recipe's own, when it is left out.
    """

    target: str
    drop: Sequence[str] = ()
    every: bool = False
    published: bool = False
    vary: Sequence[str] = ()
    overrides: Sequence[str] = ()
    seeds: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of an ablation.

    Attributes:
        label: What tables call it.
        folder: The name of its folder, safe on any system.
        recipe: What is trained, but for the seed.
        changes: What it sets otherwise than the full model, by dotted key.
        paper: What the dropped switches say about published rows.
        published: The published rows that it is.
    """

    label: str
    folder: str
    recipe: Recipe
    changes: dict[str, Any] = field(default_factory=dict)
    paper: str = ""
    published: tuple[Published, ...] = ()

    @property
    def settings(self) -> Settings:
        """Every setting that its weights depend on, but for the seed."""
        return settings_of(self.recipe)

    def seeded(self, seed: int) -> Recipe:
        """The recipe of one run; of the published rows it keeps those that it is."""
        training = self.recipe.training.model_copy(update={"seed": seed})
        return replace(self.recipe, training=training, published=self.published)


@dataclass(frozen=True, slots=True)
class AblationPlan:
    """What an ablation compares.

    Attributes:
        recipe: The recipe's name.
        model: The model's name.
        variants: The full model first.
        seeds: Those of every variant.
        notes: What the user should know about the choice.
    """

    recipe: str
    model: str
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    notes: tuple[str, ...]

    @property
    def full(self) -> Variant:
        """The full model."""
        return self.variants[0]


def plan_ablation(asked: Asked) -> AblationPlan:
    """Find out what to compare, and refuse what makes no sense; loads no torch.

    Raises:
        UsageError: Nothing is asked for, or there is no such model, recipe, switch or seed, or a variant is the full model.
        RecipeError: The recipe, or what a variant changes in it, is wrong.
    """
    if not (asked.drop or asked.every or asked.published or asked.vary):
        raise UsageError(
            "it is not said what to compare the full model with",
            fix="drop switches with --drop NAME or --all, give values with --vary KEY=VALUE,VALUE, compare published rows with "
            "--published, or see what there is with --list",
        )
    name = find_target(asked.target).recipe_or_refuse()
    full = load_recipe(name, asked.overrides)
    rows = published_rows(name)
    drafts = _Drafts(name, tuple(asked.overrides), settings_of(full))
    for change, required in _changes(asked, full, name):
        drafts.add(change, required=required)
    if not drafts.variants:
        raise UsageError(
            f"every variant is the full model of {full.name}: {'; '.join(drafts.notes)}",
            fix="give switches or values that change it",
        )
    found = [_finished(variant, rows, drafts.full) for variant in (Variant(FULL.label, FULL.slug, full), *drafts.variants)]
    notes = (*drafts.notes, *_set_for_all(full, load_recipe(name), rows))
    return AblationPlan(full.name, full.model.name, tuple(found), _seeds(asked.seeds, full.training.seed), notes)


def _changes(asked: Asked, full: Recipe, name: str) -> Iterator[tuple[Change, bool]]:
    """What makes each variant, and whether it is a mistake when that is the full model."""
    spec = registry.get(full.model.name)
    if asked.drop:
        yield dropped(spec, asked.drop), True
    if asked.every:
        if not spec.switches():
            raise without_switches(spec)
        yield from ((dropped(spec, [switch]), False) for switch in spec.switches())
    for text in asked.vary:
        yield from ((change, False) for change in varied(text))
    if asked.published:
        rows = [row for row in load_recipe(name).published if row.changes]
        if not rows:
            what = f"{full.name} cannot be turned into another published row: none says by which changes"
            raise UsageError(what, fix="give the rows of the recipe their `changes`, or compare with --drop or --vary")
        names = Counter(row.row for row in rows)
        yield from ((_published(row, one_of_many=names[row.row] > 1), False) for row in rows)


def _published(row: Published, *, one_of_many: bool) -> Change:
    label = f"{row.row} ({row.source})" if one_of_many else row.row
    told = f"the changes of the published row {label!r}"
    return Change(label, f"published-{label}", told, tuple(assignments_of(row.changes or {})))


class _Drafts:
    """The variants so far, no two of them the same."""

    def __init__(self, name: str, overrides: tuple[str, ...], full: Settings) -> None:
        self.name, self.overrides, self.full = name, overrides, full
        self.variants: list[Variant] = []
        self.notes: list[str] = []

    def add(self, change: Change, *, required: bool) -> None:
        """One more variant, unless it is there already or is the full model."""
        try:
            recipe = load_recipe(self.name, [*self.overrides, *change.assignments])
        except RecipeError as error:
            raise relabelled(error, change.option) from error
        settings = settings_of(recipe)
        if settings == self.full:
            if required:
                raise UsageError(
                    f"{change.label} changes nothing: {recipe.name} has it so",
                    where=change.option,
                    fix="drop a part that it has",
                )
            self.notes.append(f"{change.label} is the full model")
            return
        same = next((variant for variant in self.variants if variant.settings == settings), None)
        if same is not None:
            self.notes.append(f"{change.label} is the same as {same.label}")
            return
        changes = changes_between(self.full, settings)
        folder = self._free(safe_name(change.slug), settings)
        self.variants.append(Variant(change.label, folder, recipe, changes, change.paper))

    def _free(self, name: str, settings: Settings) -> str:
        """The name, or one of its own where another variant has it."""
        taken = {FULL.slug, *(variant.folder.lower() for variant in self.variants)}
        return f"{name}-{digest(settings)}" if name.lower() in taken else name


def safe_name(text: str) -> str:
    """A file name that every system takes, and that different texts do not share."""
    name = re.sub(r"[^\w.=+-]+", "_", text)
    if name == text and len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME]}-{digest(text)}"


def digest(value: Any) -> str:
    """Twelve digits that tell a plain value from others."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _finished(variant: Variant, rows: PublishedRows, full: Settings) -> Variant:
    return replace(variant, published=rows.matching(variant.settings, full))


def _set_for_all(full: Recipe, as_written: Recipe, rows: PublishedRows) -> list[str]:
    """What was set over the recipe in a way that its published rows say nothing of."""
    settings = settings_of(full)
    keys = changed_keys(settings_of(as_written), settings) - rows.telling
    told = ", ".join(f"{key}={value}" for key, value in settings.items() if key in keys)
    return [f"set for all variants, unlike in what is published: {told}"] if told and rows.rows else []


def _seeds(text: str | None, own: int) -> tuple[int, ...]:
    """The seeds: so many from the recipe's own on, or those of a list, which has a comma."""
    fix = "give a number of seeds, such as --seeds 3, or a list of them, such as --seeds 1,2,3"
    listed = text is not None and "," in text
    try:
        numbers = [int(part) for part in (text or "1").removesuffix(",").split(",")]
    except ValueError as error:
        raise UsageError(f"--seeds {text!r} is neither a number nor a list of whole numbers", fix=fix) from error
    if not listed and not 1 <= numbers[0] <= MOST_SEEDS:
        raise UsageError(f"--seeds {text}: from 1 to {MOST_SEEDS} seeds can be trained", fix=fix)
    seeds = tuple(numbers if listed else range(own, own + numbers[0]))
    if len(set(seeds)) < len(seeds):
        raise UsageError(f"a seed is given twice in {text}", fix="give each seed once")
    if not all(0 <= seed < 2**32 for seed in seeds):
        raise UsageError(f"--seeds {text}: a seed is negative or larger than 4294967295", fix=fix)
    return seeds
