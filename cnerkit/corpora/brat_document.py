"""One document of brat: from the content of its two files to a sentence, and what else they hold, so that it can go back."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from cnerkit.corpora.brat_offsets import Convention, Places, recognise
from cnerkit.corpora.brat_records import Mention, Other, entity_at, lines_with, parse, surface_fits
from cnerkit.corpora.formats import Offsets
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.corpora.records import SURFACE_DIFFERS, characters, unrepeated
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

KEPT = "ids and lines of the .ann"
"""The key in a sentence's ``extra`` of what its files held, an ``Original``."""

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Original:
    """What the files of a document held.

    Attributes:
        text: Its text, without a byte-order mark.
        mark: The byte-order mark before it, or nothing.
        ann: Its annotations as they are in the file; None when there are none.
        convention: What the offsets in it count.
        entities: The entity of each mention in it, by the mention's line.
    """

    text: str
    mark: str
    ann: str | None
    convention: Convention
    entities: tuple[tuple[int, Entity], ...] = ()

    @classmethod
    def of(cls, text: str) -> "Original":
        """What stands for the files of a document that has none yet."""
        mark = _BOM if text.startswith(_BOM) else ""  # a reader takes the first one for a byte-order mark
        return cls(text, mark, None, Convention(mark=len(mark)))


def document_of(
    id_: str, whole: str, ann: str | None, offsets: Offsets | None, problems: Problems, notes: Counter[str]
) -> Sentence | None:
    """The document of a text and its annotations.

    Besides an ``Original``, its ``extra`` has the number of its relations, events and the like, by their kind.

    Args:
        id_: Of the document.
        whole: The text as the file has it.
        ann: The annotations as the file has them; None for a document that is not annotated.
        offsets: What offsets count; None to recognise it.
        problems: Where mistakes in ``ann`` go.
        notes: Where is counted what was overlooked.

    Returns:
        The document; None when there are mistakes.
    """
    text = whole.removeprefix(_BOM)
    mark = whole[: len(whole) - len(text)]
    if ann is None:
        fresh = Original.of(text)
        original = Original(text, mark, None, Convention(mark=len(mark)))
        return Sentence(id_, characters(text), None, extra=None if original == fresh else {KEPT: original})
    mentions, others = _records(ann, problems, notes)
    places = _recognised(text, mentions, mark, offsets, problems)
    if places is None:
        return None
    entities = _entities(mentions, places, text, problems, notes)
    if problems:
        return None
    if how := places.convention.describe(mark=bool(mark)):
        notes[f"documents whose offsets {how}, converted"] += 1
    kept = unrepeated([entity for _, entity in entities], notes)
    original = Original(text, mark, ann, places.convention, entities)
    return Sentence(id_, characters(text), kept, extra=_extra(original, kept, others))


def _records(ann: str, problems: Problems, notes: Counter[str]) -> tuple[list[Mention], list[Other]]:
    mentions, others = [], []
    for record in parse(ann, notes):
        if isinstance(record, Problem):
            problems.add(record)
        elif isinstance(record, Mention):
            mentions.append(record)
        else:
            others.append(record)
    return mentions, others


def _recognised(text: str, mentions: list[Mention], mark: str, offsets: Offsets | None, problems: Problems) -> Places | None:
    if problems:
        return None
    try:
        return recognise(text, mentions, bool(mark), offsets)
    except DataError as error:
        problems.add(Problem("files whose offsets do not fit", error.what, mentions[0].line + 1, 1, error.fix or ""))
        return None


def _entities(
    mentions: list[Mention], places: Places, text: str, problems: Problems, notes: Counter[str]
) -> tuple[tuple[int, Entity], ...]:
    """The entity of each mention, by the mention's line."""
    found = []
    for mention in mentions:
        fragments = places.fragments(mention)
        entity = fragments if isinstance(fragments, Problem) else entity_at(mention, fragments, notes)
        if isinstance(entity, Problem):
            problems.add(entity)
            continue
        found.append((mention.line, entity))
        if not isinstance(fragments, Problem) and not surface_fits(mention, text, fragments):
            notes[SURFACE_DIFFERS] += 1
    return tuple(found)


def _extra(original: Original, entities: frozenset[Entity], others: list[Other]) -> dict[str, Any] | None:
    """What is kept for writing the document back; nothing when it would be written so anyway."""
    fresh = Original.of(original.text)
    if original.mark == fresh.mark and original.ann == "".join(
        lines_with(entities, original.text, fresh.convention.offsets(original.text))
    ):
        return None
    return {KEPT: original, **Counter(each.kind for each in others)}
