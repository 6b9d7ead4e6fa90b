"""What pydantic finds wrong, in the words of a recipe: the key, the value as written, and what to write instead."""

import difflib
import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from cnerkit.recipe.spelling import advice
from cnerkit.recipe.tree import Key, Mistake, Written

WANTED = {
    "bool": "true or false",
    "dict": "a section with keys of its own",
    "enum": "one of {expected}",
    "finite": "a finite number",
    "float": "a number",
    "greater": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "int": "a whole number",
    "less": "less than {lt}",
    "less_than_equal": "at most {le}",
    "list": "a list",
    "literal": "one of {expected}",
    "model": "a section with keys of its own",
    "string_type": "text",
    "tuple": "a list",
}
"""What each kind of pydantic error asks for; kinds are the first word of an error's type, or the longest that fits."""


def explained(
    error: ValidationError, written: Written, prefix: str, settings: type[BaseModel], elsewhere: Collection[str]
) -> list[Mistake]:
    """One mistake for each of pydantic's errors.

    Args:
        error: From validating ``written`` as ``settings``.
        written: The section.
        prefix: Its dotted key.
        settings: What it should be.
        elsewhere: The dotted keys of the other sections, for keys that were put into the wrong one.
    """
    found: dict[tuple[Key, ...], Mistake] = {}
    for item in error.errors(include_url=False):
        keys = written.path(item["loc"])
        if item["type"] == "extra_forbidden":
            mistake = _unknown_key(keys, written, prefix, settings, elsewhere)
        elif item["type"] == "missing":
            keys = (*keys, item["loc"][-1])
            mistake = Mistake(f"{_dotted(prefix, keys)} is missing", written.at(keys).place, f"write {keys[-1]} there")
        else:
            mistake = _wrong_value(dict(item), keys, written, prefix, settings)
        if keys not in found:
            found[keys] = mistake
        elif item["type"] == "literal_error":  # a value that fits no member of a union has an error for each
            found[keys] = replace(found[keys], what=f"{found[keys].what} or {item['ctx']['expected']}")
    return list(found.values())


def fields_below(settings: type[BaseModel], keys: tuple[Key, ...]) -> list[str]:
    """The fields of the section that the keys lead to, from the declaration."""
    here: list[type[BaseModel]] = [settings]
    for key in keys:
        inner = [info.annotation for model in here for name, info in model.model_fields.items() if name == key]
        here = [model for annotation in inner for model in _models_in(annotation)] or here
    return [name for model in here for name in model.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _unknown_key(
    keys: tuple[Key, ...], written: Written, prefix: str, settings: type[BaseModel], elsewhere: Collection[str]
) -> Mistake:
    section = _dotted(prefix, keys[:-1])
    value = written.at(keys)
    return Mistake(
        f"unknown key {str(keys[-1])!r}" + (f" in {section}" if section else ""),
        value.key_place or value.place,
        advice(str(keys[-1]), section, fields_below(settings, keys[:-1]), elsewhere),
    )


def _wrong_value(
    item: dict[str, Any], keys: tuple[Key, ...], written: Written, prefix: str, settings: type[BaseModel]
) -> Mistake:
    value, dotted = written.at(keys), _dotted(prefix, keys)
    if item["type"] == "value_error":
        return Mistake(str(item["ctx"]["error"]), value.place, "see `cnerkit recipe schema`, or copy a recipe that works")
    quoted = repr(value.text) if value.text else _short(item["input"])
    wanted = _wanted(item)
    must = f"must be {wanted}" if wanted else f"is not allowed: {item['msg']}"
    return Mistake(f"{dotted} is {quoted}, but {must}", value.place, _fix(item, value, settings, keys))


def _wanted(item: dict[str, Any]) -> str:
    kind = item["type"]
    best = max((name for name in WANTED if kind.startswith(name)), key=len, default="")
    return WANTED.get(best, "").format_map({"expected": "", **item.get("ctx", {})})


def _fix(item: dict[str, Any], value: Written, settings: type[BaseModel], keys: tuple[Key, ...]) -> str:
    if item["type"] == "string_type" and value.text:
        return f'put quotes around it: "{value.text}"'
    if item["type"].startswith("int") and isinstance(value.value, float) and value.value.is_integer():
        return f"write {int(value.value)}"
    if item["type"] in ("literal_error", "enum"):
        near = difflib.get_close_matches(value.text.lower(), _choices(item), n=1, cutoff=0.4)
        if near:
            return f"did you mean {near[0]}?"
    return _default(settings, keys)


def _choices(item: dict[str, Any]) -> list[str]:
    return [part.strip(" '") for part in str(item["ctx"]["expected"]).replace(" or ", ",").split(",")]


def _default(settings: type[BaseModel], keys: tuple[Key, ...]) -> str:
    info = settings.model_fields.get(str(keys[0])) if keys else None
    if info is None or info.is_required() or len(keys) > 1:
        return "see `cnerkit recipe schema` for what may stand there"
    return f"the default is {_short(info.get_default(call_default_factory=True))}"


def _short(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _dotted(prefix: str, keys: tuple[Key, ...]) -> str:
    return ".".join(filter(None, (prefix, *map(str, keys))))
