"""Tags to spans.

Spans are plain ``(start, end, type)`` here and not ``Entity`` values: a scorer of two million tokens would spend most of its
time making values that it only compares.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise

from cnerkit.codecs.repair import Malformation, MalformedRun, Repair, Repairs, TagError, malformed_tags, unknown_tag
from cnerkit.codecs.schemes import Scheme, Tag, split_tag
from cnerkit.codecs.stretches import REMEMBERED, Stretch, stretches

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stretch holds, with offsets from its start; ``legal`` when every tag is of the scheme and no run malformed."""

    spans: tuple[Span, ...]
    malformed: tuple[MalformedRun, ...]
    legal: bool


class TagReader:
    """Reads the tags of sentences, and each distinct stretch of them once.

    Args:
        scheme: How they write entities.
        repair: What becomes of malformed runs.
    """

    def __init__(self, scheme: Scheme, repair: Repair) -> None:
        # A bare name would be the same key of tag_reader's cache, so it has to make the same reader.
        self.scheme, self.repair = Scheme(scheme), Repair(repair)
        self._read_once = lru_cache(REMEMBERED)(self._read_stretch)

    def read(self, tags: Sequence[str], repairs: Repairs | None = None) -> list[Span]:
        """The spans of one sentence in order.

        Raises:
            TagError: A tag is not of the scheme, or a run is malformed and the repair is strict.
        """
        spans: list[Span] = []
        for start, stretch in stretches(tags):
            reading = self._read_once(stretch)
            for begin, end, type_ in reading.spans:
                spans.append((start + begin, start + end, type_))
            if not reading.legal:
                self._settle(tags, reading, repairs)
        return spans

    def _settle(self, tags: Sequence[str], reading: Reading, repairs: Repairs | None) -> None:
        """Refuses a sentence that has a stretch which cannot stay as it is, or counts what is malformed in the stretch."""
        if not reading.malformed:
            raise unknown_tag(tags, self.scheme)
        if self.repair is Repair.STRICT:
            raise self._refusal(tags)
        if repairs is not None:
            repairs.add(reading.malformed)

    def _refusal(self, tags: Sequence[str]) -> TagError:
        """The error about all of a sentence: unknown tags if there are any, else the malformed runs in their places."""
        if any(split_tag(tag, self.scheme) is None for tag in tags):
            return unknown_tag(tags, self.scheme)
        return malformed_tags(tags, self.malformed_runs(tags), self.scheme)

    def malformed_runs(self, tags: Sequence[str]) -> list[MalformedRun]:
        """The malformed runs of one sentence in order; none are found in a stretch with a tag that is not of the scheme."""
        return [
            replace(run, start=start + run.start, end=start + run.end)
            for start, stretch in stretches(tags)
            for run in self._read_once(stretch).malformed
        ]

    def _read_stretch(self, stretch: Stretch) -> Reading:
        """Cuts a stretch into runs, and tells the entities from the malformed; holds nothing when a tag is unknown."""
        parsed = [tag for tag in (split_tag(tag, self.scheme) for tag in stretch) if tag is not None]
        if len(parsed) < len(stretch):
            return Reading((), (), legal=False)
        cuts = [at for at, (left, right) in enumerate(pairwise(parsed), 1) if not self._joins(left, right)]
        runs = [(begin, end, self._malformation(parsed, begin, end)) for begin, end in pairwise((0, *cuts, len(parsed)))]
        kept = [run for run in runs if run[2] is None or self.repair is Repair.CONLLEVAL]
        malformed = tuple(MalformedRun(begin, end, wrong) for begin, end, wrong in runs if wrong is not None)
        return Reading(tuple((begin, end, parsed[begin].type) for begin, end, _ in kept), malformed, legal=not malformed)

    def _joins(self, left: Tag, right: Tag) -> bool:
        return left.type == right.type and self.scheme.shape.joins(left.prefix, right.prefix)

    def _malformation(self, stretch: Sequence[Tag], begin: int, end: int) -> Malformation | None:
        """What is wrong with the run over ``[begin, end)`` of a stretch."""
        touching = begin > 0 and stretch[begin - 1].type == stretch[begin].type
        if not self.scheme.shape.opens(stretch[begin].prefix, touching):
            return Malformation.ORPHAN
        return None if self.scheme.shape.closes(stretch[end - 1].prefix) else Malformation.UNFINISHED


@cache
def tag_reader(scheme: Scheme, repair: Repair) -> TagReader:
    """The one reader of its kind, so that what it remembers serves every later sentence."""
    return TagReader(scheme, repair)


def spans_from_tags(
    tags: Sequence[str], scheme: Scheme, repair: Repair = Repair.STRICT, repairs: Repairs | None = None
) -> list[Span]:
    """Spans ``(start, end, type)`` of one sentence in order, with offsets in tokens and exclusive ends.

    Args:
        tags: One per token.
        scheme: How they write entities.
        repair: What becomes of malformed runs.
        repairs: A tally to which the sentence's malformed runs are added.

    Raises:
        TagError: A tag is not of the scheme, or a run is malformed and ``repair`` is strict.
    """
    return tag_reader(scheme, repair).read(tags, repairs)
