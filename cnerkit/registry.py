"""Finds a model by name among the installed distributions, and loads its declaration only when it is chosen.

A model is registered as data: an entry point of the group ``cnerkit.models`` that names a ``ModelSpec`` constant.
Listing names imports nothing; ``get`` imports one module, which imports no torch.
"""

import difflib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cnerkit.errors import MissingError, RecipeError, UsageError
from cnerkit.text import LabelSet

GROUP = "cnerkit.models"
PLUGIN_CONSTANT = "MODEL"
Kind = Literal["flat", "nested", "discontinuous"]
Explained = Literal["attention"]
"""What can be shown of a prediction: how much each class attends to each token."""


class Params(BaseModel):
    """Hyperparameters of a model: typed, frozen, unknown names refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, use_attribute_docstrings=True
    )


@dataclass(frozen=True, slots=True)
class Switch:
    """Metadata of a hyperparameter that an ablation can turn off by giving it the value ``off``.

    Attributes:
        off: The value without the part.
        paper: Which published row this is.
        name: What the part is called on the command line; the field's name, with dashes, when it is not given.
    """

    off: Any
    paper: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Metadata of a hyperparameter: where its default comes from."""

    text: str


@dataclass(frozen=True, slots=True)
class Execution:
    """Metadata of a hyperparameter that says how the model computes, not what: time and memory change, no number does."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is built for: which types it tells apart, in which kind of text, with which kinds of entities."""

    types: LabelSet
    kinds: frozenset[Kind] = frozenset({"flat"})
    joiner: str = ""
    hierarchy_separator: str | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The declaration of a model.

    Attributes:
        name: What recipes and commands call it.
        summary: One line about how it works.
        paper: Where it comes from.
        params: Its hyperparameters.
        build: ``build(params, task=Task, encoder=Encoder, prepared=dict | None)`` gives the model; imports torch inside.
        handles: The kinds of entities that it can predict.
        misses: Kinds that a corpus may have besides: it never predicts them, and they count as missed.
        reads: ``"spans"`` when it is given boundaries and tells types; its score is a typing score.
        prepare: ``prepare(params, task=..., encoder=..., sentences=..., progress=...)`` gives tensors and plain data that must
            be learned from the training data first; ``progress(done, total)`` may be told how far it is. What it gives follows
            from these alone, is kept for further runs, and is saved in the checkpoint.
        prepare_reads: The hyperparameters that ``prepare`` looks at; None for all.
        notes: ``notes(params)`` says what a user should know about values that are legal and unwise.
        explains: What a model of this kind can show of how it came to a prediction.
        trial: Hyperparameters of a small model of the kind, on which its promises are tried within seconds; None for defaults.
        recipe: The recipe that stands for the model where only its name is given: the one whose corpus its paper takes apart.
    """

    name: str
    summary: str
    paper: str
    params: type[Params]
    build: Callable[..., Any]
    handles: frozenset[Kind] = frozenset({"flat"})
    misses: frozenset[Kind] = frozenset()
    reads: Literal["text", "spans"] = "text"
    prepare: Callable[..., dict[str, Any]] | None = None
    prepare_reads: tuple[str, ...] | None = None
    notes: Callable[[Any], tuple[str, ...]] | None = None
    explains: tuple[Explained, ...] = ()
    trial: Params | None = None
    recipe: str = ""

    def switches(self) -> dict[str, tuple[str, Switch]]:
        """Ablation switches: the name on the command line, the field, and the switch."""
        return {item.name or field.replace("_", "-"): (field, item) for field, item in _switches(self.params)}


def _switches(params: type[Params]) -> list[tuple[str, Switch]]:
    fields = params.model_fields.items()
    return [(field, item) for field, info in fields for item in info.metadata if isinstance(item, Switch)]


@dataclass(frozen=True, slots=True)
class Registration:
    """A model's name and who offers it, known without loading it."""

    name: str
    distribution: str
    target: str


def names() -> list[str]:
    """The names of all registered models, sorted; imports none of them."""
    return sorted({registration.name for registration in registrations()})


def registrations() -> list[Registration]:
    """Every name with who offers it, sorted by name; a name that several offer is there several times. Imports nothing."""
    offers = {(point.name, _distribution(point), point.value) for point in entry_points(group=GROUP)}
    offers |= {(name, str(plugin.path), PLUGIN_CONSTANT) for name, plugin in _PLUGINS.items()}
    return [Registration(*offer) for offer in sorted(offers)]


def get(name: str) -> ModelSpec:
    """The declaration of a model, imported now and checked.

    Raises:
        UsageError: No model has this name; the nearest ones are in the message.
        RecipeError: The name is offered twice, or what it stands for cannot be imported or is not a sound ``ModelSpec``.
    """
    offers = [registration for registration in registrations() if registration.name == name]
    if not offers:
        raise UsageError(f"no model is called {name!r}", fix=advice(name, names()))
    if len(offers) > 1:
        both = " and ".join(sorted(f"{offer.distribution} ({offer.target})" for offer in offers))
        raise RecipeError(
            f"the model name {name!r} is offered by {both}", fix="uninstall one of them, or rename its entry point"
        )
    if name in _PLUGINS:
        return _PLUGINS[name].spec
    point = next(point for point in entry_points(group=GROUP) if point.name == name)
    return checked(_imported(point), name=name, where=f"{_distribution(point)} ({point.value})")


def load_plugin(path: Path) -> ModelSpec:
    """Register the model that a Python file declares as ``MODEL``, for this process only.

    Loading the same file again gives the same declaration.

    Raises:
        MissingError: There is no such file.
        RecipeError: It fails when it is run, declares no sound ``ModelSpec``, or takes a name that is in use.
    """
    path = path.resolve()
    for plugin in _PLUGINS.values():
        if plugin.path == path:
            return plugin.spec
    if not path.is_file():
        raise MissingError(
            "there is no such plugin file", where=str(path), fix="give --plugin a Python file that defines MODEL"
        )
    module = _run_file(path)
    if not hasattr(module, PLUGIN_CONSTANT):
        raise RecipeError(f"the plugin defines no {PLUGIN_CONSTANT}", where=str(path), fix="assign a ModelSpec to MODEL in it")
    spec = checked(getattr(module, PLUGIN_CONSTANT), name=None, where=str(path))
    for offer in registrations():
        if offer.name == spec.name:
            raise RecipeError(
                f"the plugin's model is called {spec.name!r}, which {offer.distribution} offers already",
                where=str(path),
                fix="give the ModelSpec another name",
            )
    _PLUGINS[spec.name] = _Plugin(path, spec)
    return spec


def checked(found: object, *, name: str | None, where: str) -> ModelSpec:
    """The declaration itself, once nothing is wrong with it.

    Args:
        found: What an entry point or a plugin file offers.
        name: What it must be called; None when any name is fine.
        where: Who offers it, for the message.

    Raises:
        RecipeError: It is not a ``ModelSpec``, has another name, or declares hyperparameters or switches that cannot work.
    """
    if not isinstance(found, ModelSpec):
        raise RecipeError(
            f"{found!r:.80} is not a ModelSpec", where=where, fix="name a constant made with registry.ModelSpec(...)"
        )
    if name is not None and found.name != name:
        raise RecipeError(
            f"the entry point is called {name!r}, but its ModelSpec {found.name!r}",
            where=where,
            fix=f"call both the same, for example {found.name} = {where.partition('(')[2].rstrip(')')!r}",
        )
    usual = _defaults(found, where)
    if unknown := [field for field in found.prepare_reads or () if field not in found.params.model_fields]:
        raise RecipeError(
            f"{found.name!r} prepares with the hyperparameter {unknown[0]!r}, which it has not",
            where=where,
            fix=f"let prepare_reads name some of {', '.join(found.params.model_fields)}",
        )
    if len(found.switches()) < len(_switches(found.params)):
        raise RecipeError(
            f"two switches of {found.name!r} have one name", where=where, fix="give each Switch(name=...) one of its own"
        )
    for switch, (field, item) in found.switches().items():
        _check_switch(found, usual, field, item, f"{where}: switch {switch}")
    return found


def advice(name: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown name: the nearest ones, or all."""
    known = sorted(known)
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"choose from {', '.join(known)}" if known else "no model is registered: install cnerkit again"


@dataclass(frozen=True, slots=True)
class _Plugin:
    path: Path
    spec: ModelSpec


_PLUGINS: dict[str, _Plugin] = {}
"""Models from files that this process was given; there is nowhere else to keep what only one process knows."""


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an unnamed distribution"


def _imported(point: EntryPoint) -> object:
    where = f"{_distribution(point)} ({point.value})"
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything while it is imported
        raise RecipeError(
            f"the model {point.name!r} cannot be imported: {type(error).__name__}: {error}",
            where=where,
            fix=f"update or uninstall {_distribution(point)}; the other models still work",
        ) from error


def _run_file(path: Path) -> ModuleType:
    name = f"cnerkit_plugin_{path.stem}_{len(_PLUGINS)}"
    spec = importlib.util.spec_from_file_location(name, path, loader=SourceFileLoader(name, str(path)))
    assert spec is not None, "a source file with a loader always has a spec"
    assert spec.loader is not None, "the loader was given"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic and dataclasses look annotations up by module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything while it is run
        del sys.modules[name]
        raise RecipeError(
            f"the plugin fails when it is run: {type(error).__name__}: {error}",
            where=_line_of(error, path),
            fix=f"mend it; `python {path.name}` shows the whole traceback",
        ) from error
    return module


def _line_of(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{path}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)


def _defaults(spec: ModelSpec, where: str) -> Params:
    if not (isinstance(spec.params, type) and issubclass(spec.params, Params)):
        raise RecipeError(
            f"params of {spec.name!r} is {spec.params!r:.80}", where=where, fix="derive a class from registry.Params"
        )
    if "name" in spec.params.model_fields:
        raise RecipeError(
            f"a hyperparameter of {spec.name!r} is called name, which in a recipe is the model's",
            where=where,
            fix="give the field another name",
        )
    try:
        return spec.params()
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise RecipeError(
            f"hyperparameters of {spec.name!r} have no sound default: {fields}",
            where=where,
            fix="give every field of its Params a legal default",
        ) from error


def _check_switch(spec: ModelSpec, usual: Params, field: str, switch: Switch, where: str) -> None:
    if getattr(usual, field) == switch.off:
        raise RecipeError(
            f"{field} is {switch.off!r} by default, which is also what the switch turns it to",
            where=where,
            fix="let Switch(off=...) differ from the default",
        )
    try:
        spec.params.model_validate({**usual.model_dump(), field: switch.off})
    except ValidationError as error:
        raise RecipeError(
            f"{field} cannot be {switch.off!r}: {error.errors()[0]['msg']}",
            where=where,
            fix="let Switch(off=...) be a legal value of the field",
        ) from error
