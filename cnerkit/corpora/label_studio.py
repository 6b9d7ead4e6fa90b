"""Label Studio's JSON: tasks with their annotations (``JSON``), or one flat object per annotation (``JSON_MIN``).

Offsets are written as code points, which is what Label Studio's editor has stored since the end of 2021: it turns the offsets
of the browser into code points when it stores a region, and back when it shows one (label-studio-frontend#308). Older files
count UTF-16 code units (label-studio#1347), and some count a line end of two characters as one (label-studio#539): each region
brings its surface, which tells.

Of a task with several annotations those that were cancelled do not count. The one that is marked as the ground truth does; else
all that are left have to agree. A task without any is not annotated, whatever was predicted for it. In a JSON_MIN file each
annotation is a record of its own; it is written back as a task, since Label Studio imports nothing else with its labels.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.label_studio_results import FROM_NAME, Labelled, is_plain, labelled, recounted, rewritten
from cnerkit.corpora.offsets import CODE_POINTS, Counting, Mark, OffsetMap, Surfaces, recognise_counting
from cnerkit.corpora.records import (
    SURFACE_DIFFERS,
    id_to_write,
    list_of,
    offsets_to_write,
    other_fields,
    sentence_of,
    span,
    text_of,
    text_to_write,
)
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

_LISTS = ("annotations", "completions")
"""What the list of annotations is called; the second by versions before 1.0."""
_META = {"annotator", "annotation_id", "created_at", "updated_at", "lead_time", "id"}
"""What JSON_MIN has beside the fields of the data."""
_KEPT_DATA = "other fields of data"
_KEPT_ANNOTATIONS = "other fields of annotations"
_UNLABELLED = "regions without a label, left out"


@dataclass(frozen=True, slots=True)
class _Task:
    """A task as it stands in a file.

    Attributes:
        data: What is to be annotated.
        annotations: All of them.
        regions: The regions of those that were not cancelled, by their place among all.
        list_name: What the list of annotations is called.
        others: The other fields of the task.
    """

    data: Mapping[str, Any]
    annotations: Sequence[Mapping[str, Any]]
    regions: Mapping[int, Sequence[Labelled]]
    list_name: str
    others: Mapping[str, Any]

    @property
    def texts(self) -> list[str]:
        """What the regions call their text, each name once."""
        return list(dict.fromkeys(each.to_name for found in self.regions.values() for each in found if each.to_name))


def evidence(sample: Sequence[Record]) -> str | None:
    """What tells that records are Label Studio's: tasks with ``data``, or flat objects with lists of labelled regions."""
    tasks, flat = sum(map(_is_task, sample)), sum(map(_is_flat, sample))
    if not tasks and not flat:
        return None
    if tasks >= flat:
        return f"tasks with a mapping `data` ({tasks} of the first {len(sample)})"
    return f"regions with start, end and a list `labels` ({flat} of the first {len(sample)})"


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:
    """What reads the records of a file; what offsets count is told from the surfaces.

    Raises:
        UsageError: These contradict one another.
    """
    tasks = [task for task in map(_sound_task, sample) if task]
    names = tuple(dict.fromkeys(text for task in tasks for text in task.texts))
    counting = recognise_counting((found for task in tasks for found in _passages(task, names)), name, hints.offsets)
    return _Reader(counting, names, is_told=hints.offsets is not None)


def record(sentence: Sentence) -> dict[str, Any]:
    """The task of a sentence, as Label Studio imports it.

    Raises:
        DataError: Its tokens are words, an entity has several fragments, or a relation refers to what is left out.
    """
    extra, text = dict(sentence.extra or {}), text_to_write(sentence)
    data = extra.pop(_KEPT_DATA, {"name": "text", "fields": {}})
    kept = extra.pop(_KEPT_ANNOTATIONS, {"name": _LISTS[0], "list": [], "read": []})
    annotations = list(kept["list"])
    if sentence.entities is not None:
        spans = offsets_to_write(sentence)
        for place in kept["read"]:
            result = rewritten(annotations[place]["result"], spans, text, data["name"])
            annotations[place] = {**annotations[place], "result": result}
        if not kept["read"]:
            annotations.append({"result": rewritten([], spans, text, data["name"])})
    made: dict[str, Any] = {"id": id_to_write(sentence), "data": {**data["fields"], data["name"]: text}}
    if annotations:
        made[kept["name"]] = annotations
    return extra | made


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads records.

    Attributes:
        counting: How the file counts.
        names: What texts are called, in the first tasks.
        is_told: True when the user says what offsets count.
    """

    counting: Counting
    names: tuple[str, ...]
    is_told: bool

    def __call__(self, record: Record, id_: str, notes: Counter[str]) -> Sentence:
        """The sentence of a task.

        Raises:
            DataError: It is malformed, its annotations do not agree, or its offsets count otherwise than those of the file.
        """
        task = _task(record)
        text_name = _text_name(task, self.names)
        text = text_of(task.data, text_name)
        places = OffsetMap(text, self.counting)
        read = self._chosen(task, places, notes)
        extra = _extra(task, text_name, read, None if self.counting == CODE_POINTS else places)
        if not read:
            return sentence_of(id_, text, None, notes, extra)
        regions = task.regions[read[0]]
        self._compare(text, regions, notes)
        if regions:
            places.note(notes)
        if not all(each.types for each in regions):
            notes[_UNLABELLED] += sum(not each.types for each in regions)
        return sentence_of(id_, text, _entities(regions, places), notes, extra)

    def _compare(self, text: str, regions: Sequence[Labelled], notes: Counter[str]) -> None:
        surfaces = Surfaces(text)
        for mark in filter(None, (each.mark for each in regions)):
            if surfaces.fits(mark, self.counting):
                continue
            other = None if self.is_told else surfaces.otherwise(mark, self.counting)
            if other is not None:
                what = f"{quote(mark.surface)} stands at {mark.start} and {mark.end} only if these count {other}"
                raise DataError(
                    f"{what}, and the offsets of this file count {self.counting}",
                    fix="say --offsets code-points or --offsets utf-16; the surfaces that differ are then counted",
                )
            notes[SURFACE_DIFFERS] += 1

    @staticmethod
    def _chosen(task: _Task, places: OffsetMap, notes: Counter[str]) -> list[int]:
        """The places of the annotations that say the same and count; none when the task is not annotated."""
        live = list(task.regions)
        if not live and task.annotations:
            notes["tasks whose annotations were all cancelled, not annotated"] += 1
        if not live and task.others.get("predictions"):
            notes["tasks for which there are only predictions, not annotated"] += 1
        if len(live) < 2:
            return live
        truths = [place for place in live if task.annotations[place].get("ground_truth") is True]
        if len(truths) == 1:
            notes["tasks with several annotations, of which the ground truth counts"] += 1
            return truths
        found = [frozenset(_entities(regions, places)) for regions in task.regions.values()]
        if len(set(found)) > 1:
            what = f"its {len(live)} annotations do not agree: they have {', '.join(str(len(each)) for each in found)} entities"
            raise DataError(what, fix="mark one of them as the ground truth in Label Studio, or export one annotator alone")
        notes["tasks with several annotations that agree, read once"] += 1
        return live


def _entities(regions: Sequence[Labelled], places: OffsetMap) -> list[Entity]:
    read = [(places.span(each.start, each.end), each.types) for each in regions]
    return [span(*place, type_) for place, types in read for type_ in types]


def _task(record: Record) -> _Task:
    """The task of a record; a flat one becomes a task with a single annotation."""
    data = record.get("data")
    if not isinstance(data, dict):
        return _from_flat(record)
    list_name = next((name for name in _LISTS if record.get(name) is not None), _LISTS[0])
    annotations = _objects(record.get(list_name), list_name)
    task = _with_regions(data, annotations, list_name, other_fields(record, "id", "data", list_name))
    if len(task.texts) > 1:
        what = f"its regions lie in {len(task.texts)} texts: {', '.join(map(quote, task.texts))}"
        raise DataError(what, fix="make a task of each text, with its own regions")
    return task


def _from_flat(record: Record) -> _Task:
    names = [name for name, value in record.items() if _is_region_list(value)]
    result = [{"from_name": name, "type": "labels", "value": value} for name in names for value in _objects(record[name], name)]
    empty = [FROM_NAME] if record.get(FROM_NAME) == [] else []
    is_annotated = bool(names or empty or "annotation_id" in record)
    data = {name: value for name, value in record.items() if name not in ("id", *names, *empty)}
    return _with_regions(
        data, [{"result": result}] if is_annotated else [], _LISTS[0], other_fields({"id": record.get("id")}, "id")
    )


def _with_regions(
    data: Mapping[str, Any], annotations: Sequence[Mapping[str, Any]], list_name: str, others: Mapping[str, Any]
) -> _Task:
    whole = [{**each, "result": _objects(each.get("result"), "result")} for each in annotations]
    regions = {place: list(labelled(each["result"])) for place, each in enumerate(whole) if not each.get("was_cancelled")}
    return _Task(data, whole, regions, list_name, others)


def _objects(given: object, name: str) -> list[dict[str, Any]]:
    found = list_of({name: given}, name) or []
    if not all(isinstance(each, dict) for each in found):
        raise DataError(f"expected a list of objects as `{name}`, got {quote(given)}", fix="export the project as JSON again")
    return found


def _text_name(task: _Task, names: Sequence[str]) -> str:
    """What the text is called in the data: as its regions say, as those of other tasks do, or the only string there is."""
    for name in (*task.texts, *names, "text"):
        if isinstance(task.data.get(name), str):
            return name
    strings = [name for name, value in task.data.items() if isinstance(value, str) and name not in _META]
    if len(strings) != 1:
        found = f"{len(strings)} strings: {', '.join(map(quote, strings))}" if strings else "no string"
        raise DataError(f"the text of the task is not known: its data has {found}", fix="call the text `text`")
    return strings[0]


def _extra(task: _Task, text_name: str, read: Sequence[int], places: OffsetMap | None) -> dict[str, Any]:
    """What is kept of a task, its offsets in code points; ``places`` is None when they are that already."""
    extra = dict(task.others)
    others = other_fields(task.data, text_name)
    if others or text_name != "text":
        extra[_KEPT_DATA] = {"name": text_name, "fields": others}
    annotations: Sequence[Mapping[str, Any]] = task.annotations
    if places is not None:
        annotations = [{**each, "result": recounted(each["result"], places)} for each in annotations]
        if isinstance(predictions := extra.get("predictions"), list):
            extra["predictions"] = [
                {**each, "result": recounted(each.get("result"), places)} if isinstance(each, dict) else each
                for each in predictions
            ]
    is_simple = len(annotations) == len(read) == 1 and annotations[0].keys() == {"result"}
    if annotations and not (is_simple and is_plain(annotations[0]["result"])):
        extra[_KEPT_ANNOTATIONS] = {"name": task.list_name, "list": list(annotations), "read": list(read)}
    return extra


def _sound_task(record: Record) -> _Task | None:
    """The task of a record of the sample; what is broken is left to the reader."""
    try:
        return _task(record)
    except DataError:
        return None


def _passages(task: _Task, names: Sequence[str]) -> Iterator[tuple[str, list[Mark]]]:
    """The text of a task with the surfaces in it."""
    marks = [mark for regions in task.regions.values() for each in regions if (mark := each.mark)]
    with suppress(DataError):
        yield task.data[_text_name(task, names)], marks


def _is_task(record: Record) -> bool:
    return isinstance(record.get("data"), dict) and not isinstance(record.get("text"), str)


def _is_flat(record: Record) -> bool:
    """True for JSON_MIN; `entities` is left to the formats that call their list so."""
    return "data" not in record and any(_is_region_list(value) for name, value in record.items() if name != "entities")


def _is_region_list(value: object) -> bool:
    return isinstance(value, list) and any(
        isinstance(each, dict) and {"start", "end", "labels"} <= each.keys() for each in value
    )
