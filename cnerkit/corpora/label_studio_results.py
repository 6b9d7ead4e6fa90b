"""The results of one annotation in Label Studio: labelled regions among relations, choices and others."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.offsets import Mark, OffsetMap
from cnerkit.corpora.regions import Region, refuse_dangling, rewrite
from cnerkit.errors import DataError

FROM_NAME, TO_NAME = "label", "text"
"""The names of the labels and of the text in Label Studio's own template for entities."""

_PLAIN_ITEM = {"id", "from_name", "to_name", "type", "value"}
_PLAIN_VALUE = {"start", "end", "text", "labels"}
_SHAPE = '"type": "labels", "value": {"start": 0, "end": 2, "text": "李白", "labels": ["PER"]}'


@dataclass(frozen=True, slots=True)
class Labelled:
    """A region of a text as it stands in a file.

    Attributes:
        start: Where it starts.
        end: Where it ends, exclusive.
        surface: Its text, which is None where the file has none.
        types: Its labels; none for a region that was drawn without one.
        to_name: What its text is called.
    """

    start: object
    end: object
    surface: str | None
    types: tuple[str, ...]
    to_name: str | None

    @property
    def mark(self) -> Mark | None:
        """Its offsets and surface, if it has one."""
        return None if self.surface is None else Mark(self.start, self.end, self.surface)


def labelled(result: Sequence[Mapping[str, Any]]) -> Iterator[Labelled]:
    """The regions among the results.

    Raises:
        DataError: One is malformed, or lies in something else than a text; without a place.
    """
    yield from (found for item in result if (found := _labelled(item)))


def rewritten(
    result: Sequence[Mapping[str, Any]], spans: Sequence[tuple[int, int, str]], text: str, to_name: str
) -> list[dict[str, Any]]:
    """Results brought in line with entities: their own regions where these are still the same, new ones after them.

    Args:
        result: As they were read, with offsets in code points.
        spans: Start, exclusive end and type of each entity.
        text: What they are in.
        to_name: What the text is called where no region says so.

    Raises:
        DataError: Another result refers to a region that has no entity any more; without a place.
    """
    regions = list(filter(None, map(_region, result)))
    changed = rewrite(regions, spans)
    places = {id(region.fields) for region in regions}
    refuse_dangling(changed.lost, _references([item for item in result if id(item) not in places]))
    now = {id(region.fields): region for region in changed.kept}
    kept = [_with_types(item, now.get(id(item))) for item in result if id(item) in now or id(item) not in places]
    first = regions[0].fields if regions else {}
    names = {"from_name": first.get("from_name") or FROM_NAME, "to_name": first.get("to_name") or to_name}
    ids = _new_ids({id_ for item in result if isinstance(id_ := item.get("id"), str)})
    for start, end, type_ in changed.new:
        value = {"start": start, "end": end, "text": text[start:end], "labels": [type_]}
        kept.append({"id": next(ids), **names, "type": "labels", "value": value})
    return kept


def recounted(results: object, places: OffsetMap) -> object:
    """Results of an annotation or a prediction with offsets in code points, where these can be told."""
    if not isinstance(results, list):
        return results
    return [_recounted(item, places) for item in results]


def is_plain(result: Sequence[Mapping[str, Any]]) -> bool:
    """True when results that are known to be sound say no more than which entities there are, with ids that they get anyway."""
    return all(
        item.keys() <= _PLAIN_ITEM
        and item.get("id") in (None, id_)
        and (item.get("from_name"), item.get("to_name")) in ((FROM_NAME, TO_NAME), (FROM_NAME, None))
        and item.get("type") == "labels"
        and len(item["value"].get("labels") or ()) == 1
        and item["value"].keys() <= _PLAIN_VALUE
        for item, id_ in zip(result, _new_ids(frozenset()), strict=False)
    )


def _labelled(item: Mapping[str, Any]) -> Labelled | None:
    kind, value = item.get("type"), item.get("value")
    if kind is None and isinstance(value, dict) and "labels" in value:
        kind = "labels"
    if kind != "labels":
        if isinstance(kind, str) and kind.endswith("labels"):
            what = f"a result of the type {quote(kind)} is no stretch of a plain text"
            raise DataError(what, fix="export a project that labels a <Text>")
        return None
    if not isinstance(value, dict) or not {"start", "end"} <= value.keys():
        raise DataError(f"expected a region with start and end, got {quote(value)}", fix=f"write {_SHAPE}")
    types = value.get("labels")
    types = [] if types is None else types
    if not isinstance(types, list) or not all(isinstance(type_, str) and type_ for type_ in types):
        raise DataError(f"expected a list of `labels` that are text, got {quote(types)}", fix=f"write {_SHAPE}")
    surface, to_name = value.get("text"), item.get("to_name")
    return Labelled(
        value["start"],
        value["end"],
        surface if isinstance(surface, str) else None,
        tuple(types),
        to_name if isinstance(to_name, str) else None,
    )


def _region(item: Mapping[str, Any]) -> Region | None:
    """A region that was read before, so that its offsets are known to be sound."""
    found = _labelled(item)
    if not found or not found.types:
        return None
    assert isinstance(found.start, int), "the regions of an annotation that was read are in code points"
    assert isinstance(found.end, int), "the regions of an annotation that was read are in code points"
    return Region(found.start, found.end, found.types, item)


def _with_types(item: Mapping[str, Any], region: Region | None) -> dict[str, Any]:
    return dict(item) if region is None else {**item, "value": {**item["value"], "labels": list(region.types)}}


def _recounted(item: Any, places: OffsetMap) -> Any:
    try:
        found = _labelled(item) if isinstance(item, dict) else None
    except DataError:
        return item
    place = places.find(found.start, found.end) if found else None
    return item if place is None else {**item, "value": {**item["value"], "start": place[0], "end": place[1]}}


def _references(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, object]]:
    for item in items:
        if item.get("type") == "relation":
            yield "a relation", item.get("from_id")
            yield "a relation", item.get("to_id")
        else:
            yield f"a result of the type {quote(item.get('type'))}", item.get("id")


def _new_ids(taken: Collection[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        if f"entity-{number}" not in taken:
            yield f"entity-{number}"
