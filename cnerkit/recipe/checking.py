"""A written recipe to a checked one: every mistake is found in one go, each with its place."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cnerkit import registry
from cnerkit.errors import RecipeError
from cnerkit.recipe.anchoring import anchored
from cnerkit.recipe.explaining import explained
from cnerkit.recipe.extending import SECTIONS
from cnerkit.recipe.schema import BertEncoder, DataSettings, Header, ModelChoice, Recipe, StaticEncoder, TrainingSettings
from cnerkit.recipe.spelling import advice
from cnerkit.recipe.tree import Mistake, Written, places, plain

ENCODERS: Mapping[str, type[BertEncoder | StaticEncoder]] = {"bert": BertEncoder, "static": StaticEncoder}
Checked = TypeVar("Checked", bound=BaseModel)


def checked_recipe(tree: Written, name: str, mistakes: list[Mistake]) -> Recipe:
    """The recipe that a tree describes.

    Args:
        tree: The mapping of a recipe, ancestors and overrides included.
        name: What the recipe is called when it does not say so itself.
        mistakes: What was found wrong while reading.

    Raises:
        RecipeError: Anything is wrong; the first mistake, with all the others beside it.
    """
    tree = anchored(tree)
    parts = _Sections(tree, list(mistakes))
    model = parts.model()
    header = parts.validated(_header(tree), "", Header)
    data = parts.section("data", DataSettings)
    encoder = parts.encoder()
    training = parts.section("training", TrainingSettings)
    parts.refuse_unknown()
    if parts.mistakes or header is None or data is None or encoder is None or model is None or training is None:
        raise as_error(parts.mistakes)
    return Recipe(
        name=header.name or name,
        title=header.title,
        paper=header.paper,
        published=header.published,
        data=data,
        encoder=encoder,
        model=model,
        training=training,
        origins=dict(places(tree)),
    )


def as_error(mistakes: list[Mistake]) -> RecipeError:
    """The first mistake as an error, with all the others beside it, in the order of the file."""
    ordered = sorted(mistakes, key=lambda mistake: mistake.order)
    first, *rest = [RecipeError(mistake.what, where=str(mistake.place), fix=mistake.fix) for mistake in ordered]
    return RecipeError(first.what, where=first.where, fix=first.fix, also=rest)


class _Sections:
    """The sections of one recipe, and the mistakes found in them so far."""

    def __init__(self, tree: Written, mistakes: list[Mistake]) -> None:
        self.tree, self.mistakes = tree, mistakes
        self.known = {f"{section}.{name}" for section, settings in _DECLARED for name in settings.model_fields}

    def found(self, what: str, written: Written, fix: str) -> None:
        """Note a mistake at a value."""
        self.mistakes.append(Mistake(what, written.place, fix))

    def section(self, key: str, settings: type[Checked]) -> Checked | None:
        """A section of the recipe as its declaration; what is not written has its default."""
        written = self.tree.entries.get(key, Written({}, self.tree.place))
        return self.validated(written, key, settings)

    def validated(self, written: Written, prefix: str, settings: type[Checked]) -> Checked | None:
        """The value as its declaration, or None and its mistakes noted."""
        if not isinstance(written.value, Mapping):
            self.found(
                f"{prefix} is {written.text or 'a list'!r}, but must be a section",
                written,
                f"write the keys of {prefix} below it",
            )
            return None
        try:
            return _validated(written, settings)
        except ValidationError as error:
            self.mistakes += explained(error, written, prefix, settings, self.known)
            return None

    def encoder(self) -> BertEncoder | StaticEncoder | None:
        """The encoder, as what its ``kind`` says it is."""
        written = self.tree.entries.get("encoder", Written({}, self.tree.place))
        kind = written.entries.get("kind")
        if isinstance(written.value, Mapping) and kind is None:
            self.found("encoder.kind is missing", written, f"write kind: {' or kind: '.join(ENCODERS)}")
            return None
        settings = ENCODERS.get(kind.text if kind else "")
        if settings is None and kind:
            self.found(f"encoder.kind is {kind.text!r}", kind, _nearest(kind.text, list(ENCODERS)))
            return None
        return self.validated(written, "encoder", settings or BertEncoder)

    def model(self) -> ModelChoice | None:
        """The model's name and its hyperparameters, as the registered model declares them."""
        written = self.tree.entries.get("model", Written({}, self.tree.place))
        name = written.entries.get("name")
        if not isinstance(written.value, Mapping):
            self.found(
                f"model is {written.text or 'a list'!r}, but must be a section", written, "write the model's name as model.name"
            )
            return None
        if name is None:
            self.found("model.name is missing", written, f"choose from {', '.join(registry.names())}")
            return None
        if name.text not in registry.names():
            self.found(f"no model is called {name.text!r}", name, registry.advice(name.text, registry.names()))
            return None
        try:
            spec = registry.get(name.text)
        except RecipeError as error:
            self.found(str(error.what) if error.where is None else f"{error.where}: {error.what}", name, error.fix or "")
            return None
        self.known |= {f"model.{field}" for field in spec.params.model_fields}
        without_name = replace(written, value={key: value for key, value in written.entries.items() if key != "name"})
        params = self.validated(without_name, "model", spec.params)
        return None if params is None else ModelChoice(spec.name, params)

    def refuse_unknown(self) -> None:
        """Note every key at the top of the recipe that is none of ours."""
        valid = {*SECTIONS, *Header.model_fields}
        for key, written in self.tree.entries.items():
            if key not in valid:
                what = "extends can only be written in a recipe file" if key == "extends" else f"unknown key {key!r}"
                fix = advice(key, "", valid | {"extends"}, self.known)
                self.mistakes.append(Mistake(what, written.key_place or written.place, fix))


_DECLARED: tuple[tuple[str, type[BaseModel]], ...] = (
    ("data", DataSettings),
    ("encoder", BertEncoder),
    ("encoder", StaticEncoder),
    ("training", TrainingSettings),
)


def _validated(written: Written, settings: type[Checked]) -> Checked:
    values = json.dumps(plain(written))
    try:
        return settings.model_validate_json(values, strict=True)
    except ValidationError as error:
        as_numbers = _with_numbers(written, error)
        if as_numbers is None:
            raise
    return settings.model_validate_json(json.dumps(plain(as_numbers)), strict=True)


def _with_numbers(written: Written, error: ValidationError) -> Written | None:
    """Text replaced by the number it spells where a number is wanted; None when there is no such text."""
    changed = None
    for item in error.errors(include_url=False):
        if item["type"] == "float_type" and isinstance(item["input"], str):
            try:
                number = float(item["input"])
            except ValueError:
                continue
            changed = _replaced(changed or written, written.path(item["loc"]), number)
    return changed


def _replaced(written: Written, keys: tuple[str | int, ...], value: float) -> Written:
    if not keys:
        return replace(written, value=value)
    first, *rest = keys
    if isinstance(written.value, tuple):
        items = [_replaced(item, tuple(rest), value) if at == first else item for at, item in enumerate(written.value)]
        return replace(written, value=tuple(items))
    entries = dict(written.entries)
    entries[str(first)] = _replaced(entries[str(first)], tuple(rest), value)
    return replace(written, value=entries)


def _header(tree: Written) -> Written:
    return replace(tree, value={key: value for key, value in tree.entries.items() if key in Header.model_fields})


def _nearest(text: str, known: list[str]) -> str:
    near = difflib.get_close_matches(text.lower(), known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
