"""Other values for a hyperparameter, found from its declaration: its switch, its ``examples``, its type."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cnerkit.registry import Execution, Params, Switch


def every_variant(params: Params) -> Iterator[tuple[str, Params]]:
    """Copies of the hyperparameters that differ from them in one value each, with the name of that value.

    Those that say how a model computes, not what, are left as they are.

    Raises:
        AssertionError: No other legal value could be found for a field.
    """
    for name, info in type(params).model_fields.items():
        if any(isinstance(item, Execution) for item in info.metadata):
            continue
        value = getattr(params, name)
        if isinstance(value, Params):
            for inner, changed in every_variant(value):
                yield f"{name}.{inner}", params.model_copy(update={name: changed})
        else:
            yield name, _changed(params, name, info, value)


def _changed(params: Params, name: str, info: FieldInfo, value: Any) -> Params:
    for candidate in _candidates(info, value):
        if candidate == value:
            continue
        try:
            return type(params).model_validate({**params.model_dump(), name: candidate})
        except ValidationError:
            continue
    raise AssertionError(f"{type(params).__name__}.{name}: found no legal value other than {value!r}")


def _candidates(info: FieldInfo, value: Any) -> Iterator[Any]:
    yield from (item.off for item in info.metadata if isinstance(item, Switch))
    yield from info.examples or ()
    yield from _of_annotation(info.annotation, value)


def _of_annotation(annotation: Any, value: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from _of_annotation(part, value)
    elif origin is Literal:
        yield from get_args(annotation)
    elif annotation is bool:
        yield not value
    elif annotation in (int, float):
        number = value if isinstance(value, int | float) else 0
        yield from (number + 1, number / 2 if annotation is float else number // 2, number - 1, 0.25)
    elif annotation is NoneType:
        yield None
    elif isinstance(annotation, type) and issubclass(annotation, Params):
        yield annotation()
