"""Labelled stretches as annotation tools store them, kept so that they can be written back.

Beyond the fields of single entities, which ``entity_fields`` keeps, they have an order, repetitions, several types in one, and
ids that other parts of a record refer to.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cnerkit.errors import DataError


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of code points, its types, and the tool's own object for it."""

    start: int
    end: int
    types: tuple[str, ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Regions after their entities may have changed.

    Attributes:
        kept: The regions that still hold entities, in their order, with the types that these have now.
        lost: The regions that hold none any more.
        new: Start, end and type of the entities that no region holds.
    """

    kept: Sequence[Region]
    lost: Sequence[Region] = ()
    new: Sequence[tuple[int, int, str]] = field(default=())


def rewrite(regions: Iterable[Region], spans: Sequence[tuple[int, int, str]]) -> Rewritten:
    """Bring regions in line with entities; a type that has been renamed stays in its region.

    Args:
        regions: As they were read.
        spans: Start, exclusive end and type of each entity, without repetition.
    """
    regions = list(regions)
    wanted = set(spans)
    held = {(region.start, region.end, type_) for region in regions for type_ in region.types}
    spare: dict[tuple[int, int], list[str]] = defaultdict(list)
    for start, end, type_ in sorted(wanted - held, reverse=True):
        spare[start, end].append(type_)
    kept, lost = [], []
    for region in regions:
        types = [type_ for type_ in region.types if (region.start, region.end, type_) in wanted]
        renamed = spare[region.start, region.end]
        while renamed and len(types) < len(region.types):
            types.append(renamed.pop())
        if types:
            kept.append(replace(region, types=tuple(types)))
        else:
            lost.append(region)
    new = sorted((start, end, type_) for (start, end), types in spare.items() for type_ in types)
    return Rewritten(kept, lost, new)


def refuse_dangling(lost: Sequence[Region], referring: Iterable[tuple[str, object]]) -> None:
    """Refuse to leave out a region that something else refers to.

    Args:
        lost: The regions to be left out; their ``id`` is what others call them.
        referring: What refers, in words, and the id that it refers to.

    Raises:
        DataError: There is such a region; without a place.
    """
    ids = {repr(region.fields.get("id")): region for region in lost if region.fields.get("id") is not None}
    for what, id_ in referring:
        if region := ids.get(repr(id_)):
            raise DataError(
                f"{what} refers to the {region.types[0]} at {region.start}, which is left out",
                fix="keep its type, or write a format that has no relations, as with --format jsonl",
            )
