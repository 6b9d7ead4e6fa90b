"""What is registered as a model, and what each has to be set."""

from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from cnerkit import registry
from cnerkit.errors import RecipeError
from cnerkit.registry import ModelSpec, Params, Registration, Source, Switch


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """A registered name, who offers it, and its declaration; None when that cannot be loaded, as ``problem`` says."""

    registration: Registration
    spec: ModelSpec | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """A field of a model's ``Params``.

    Attributes:
        name: Dotted when it belongs to a part with settings of its own.
        type: What may be written, in words.
        default: Its value when a recipe does not say.
        source: Where the default comes from.
        description: What it does.
    """

    name: str
    type: str
    default: Any
    source: str
    description: str


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """An ablation switch: what ``--drop`` calls it, what it sets, and the paper's rows about it."""

    name: str
    field: str
    off: Any
    paper: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """Everything that a model declares."""

    spec: ModelSpec
    distribution: str
    hyperparameters: tuple[Hyperparameter, ...]
    switches: tuple[SwitchRow, ...]


def list_models() -> list[ModelSummary]:
    """Every registered model, by name; one that cannot be loaded is listed with the reason and hides no other."""
    return [_summary(registration) for registration in registry.registrations()]


def show_model(name: str) -> ModelView:
    """What a model declares.

    Raises:
        UsageError: No model has this name.
        RecipeError: It cannot be loaded.
    """
    spec = registry.get(name)
    offer = next(offer for offer in registry.registrations() if offer.name == name)
    switches = tuple(SwitchRow(key, field, item.off, item.paper) for key, (field, item) in spec.switches().items())
    return ModelView(spec, offer.distribution, tuple(_hyperparameters(spec.params(), "")), switches)


def _summary(registration: Registration) -> ModelSummary:
    try:
        return ModelSummary(registration, registry.get(registration.name))
    except RecipeError as error:
        return ModelSummary(registration, None, problem=str(error).replace("\nfix: ", "; "))


def _hyperparameters(params: Params, prefix: str) -> list[Hyperparameter]:
    found = []
    for name, info in type(params).model_fields.items():
        value = getattr(params, name)
        if isinstance(value, Params):
            found += _hyperparameters(value, f"{prefix}{name}.")
            continue
        source = "; ".join(item.text for item in info.metadata if isinstance(item, Source))
        found.append(Hyperparameter(prefix + name, _type_of(info), value, source, info.description or ""))
    return found


_BOUNDS = {"gt": "> {}", "ge": "≥ {}", "lt": "< {}", "le": "≤ {}"}


def _type_of(info: FieldInfo) -> str:
    bounds = [
        text.format(getattr(item, name))
        for item in info.metadata
        if not isinstance(item, Source | Switch)
        for name, text in _BOUNDS.items()
        if getattr(item, name, None) is not None
    ]
    return ", ".join([_words(info.annotation), *bounds])


def _words(annotation: Any) -> str:
    if annotation is NoneType:
        return "null"
    if get_origin(annotation) is Literal:
        return " | ".join(str(value) for value in get_args(annotation))
    inner = [_words(part) for part in get_args(annotation) if part is not ...]
    if inner and get_origin(annotation) not in (list, tuple, dict, set, frozenset):
        return " | ".join(inner)
    if inner:
        return f"{get_origin(annotation).__name__} of {', '.join(inner)}"
    words = {bool: "true | false", int: "whole number", float: "number", str: "text"}
    return words.get(annotation, getattr(annotation, "__name__", str(annotation)))
