"""Plain values to YAML text that reads back as the same values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cnerkit.recipe.reading import scalar
from cnerkit.recipe.tree import Place

INDENT = "  "


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a recipe and where its value comes from; no origin where there is no value."""

    text: str
    origin: str


class _Dumper(yaml.SafeDumper):
    """Quotes whatever text our reader would take for something else than text."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    taken_for_another = not isinstance(scalar(text), str)
    style = '"' if not text.isprintable() else "'" if taken_for_another else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def yaml_text(value: Any) -> str:
    """A YAML document of mappings, lists and scalars, in their order."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1 << 20)


def shown_lines(resolved: Mapping[str, Any], origins: Mapping[str, Place]) -> list[ShownLine]:
    """The lines of a resolved recipe, each with ``file:line``, or ``default`` when no recipe says it."""
    return list(_lines(resolved, origins, "", ""))


def _lines(values: Mapping[str, Any], origins: Mapping[str, Place], prefix: str, indent: str) -> Iterator[ShownLine]:
    for key, value in values.items():
        dotted = prefix + key
        if isinstance(value, Mapping) and value:
            yield ShownLine(f"{indent}{_inline(key)}:", "")
            yield from _lines(value, origins, f"{dotted}.", indent + INDENT)
        elif isinstance(value, list) and value:
            yield ShownLine(f"{indent}{_inline(key)}:", "")
            for number, item in enumerate(value):
                yield ShownLine(f"{indent}{INDENT}- {_inline(item)}", _origin(origins, f"{dotted}.{number}"))
        else:
            yield ShownLine(f"{indent}{_inline(key)}: {_inline(value)}", _origin(origins, dotted))


def _inline(value: Any) -> str:
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1 << 20, default_flow_style=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _origin(origins: Mapping[str, Place], dotted: str) -> str:
    if dotted in origins:
        return origins[dotted].short
    below = [place.short for key, place in origins.items() if key.startswith(f"{dotted}.")]
    return below[0] if below else "default"
