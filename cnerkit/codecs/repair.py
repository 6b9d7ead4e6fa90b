"""Malformed tags: what they are, what can be done about them, and how a user is told.

Tags are cut into runs: a run goes on as long as the next tag continues it (same type, a prefix that goes on and one that
continues). A run is an *orphan* when it begins with a tag that no entity begins with there (``O I-PER``), and *unfinished*
when it ends with a tag that no entity ends with (``B-PER O`` in BMES); what is both counts as an orphan.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cnerkit.codecs.schemes import OUTSIDE, Scheme, split_tag
from cnerkit.errors import DataError


class Repair(StrEnum):
    """What becomes of a malformed run."""

    STRICT = "strict"
    """It is an error."""
    CONLLEVAL = "conlleval"
    """It is an entity, as the CoNLL-2000 evaluation script reads it."""
    DROP = "drop"
    """It is O; only well-formed entities count."""


class Malformation(StrEnum):
    """What is wrong with a run."""

    ORPHAN = "orphan"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class MalformedRun:
    """A malformed run over the tokens ``[start, end)``."""

    start: int
    end: int
    kind: Malformation


@dataclass(slots=True)
class Repairs:
    """A tally, over any number of sentences, of malformed runs by kind and of the tokens that they cover."""

    orphan: int = 0
    unfinished: int = 0
    tokens: int = 0

    def add(self, runs: Iterable[MalformedRun]) -> None:
        """Count the malformed runs of one more sentence."""
        for run in runs:
            self.orphan += run.kind is Malformation.ORPHAN
            self.unfinished += run.kind is Malformation.UNFINISHED
            self.tokens += run.end - run.start

    @property
    def runs(self) -> int:
        """All malformed runs."""
        return self.orphan + self.unfinished


class TagError(DataError):
    """Tags that a scheme does not allow.

    Attributes:
        token: The first offending token of the sentence, from 0, for a caller who knows on which line it stands.
        count: How many offences the sentence holds.
    """

    def __init__(self, what: str, *, token: int, count: int, fix: str, where: str | None = None) -> None:
        more = f" (and {count - 1} more in this sentence)" if count > 1 else ""
        super().__init__(what + more, where=where or f"token {token}", fix=fix)
        self.token, self.count = token, count


def unknown_tag(tags: Sequence[str], scheme: Scheme) -> TagError:
    """The error about the tags that are not of the scheme; there must be one."""
    places = [place for place, tag in enumerate(tags) if split_tag(tag, scheme) is None]
    forms = ", ".join([OUTSIDE, *(f"{prefix}-type" for prefix in scheme.shape.prefixes)])
    return TagError(
        f"{tags[places[0]]!r} is not a tag of the scheme {scheme}, which has {forms}",
        token=places[0],
        count=len(places),
        fix="choose the column that holds the tags, name their scheme, or correct the tag",
    )


def malformed_tags(tags: Sequence[str], runs: Sequence[MalformedRun], scheme: Scheme) -> TagError:
    """The error about a sentence's malformed runs; there must be one."""
    run = runs[0]
    orphan = run.kind is Malformation.ORPHAN
    return TagError(
        _orphan(tags, run.start) if orphan else _unfinished(tags, run.end - 1, scheme),
        token=run.start if orphan else run.end - 1,
        count=len(runs),
        fix="correct the tags, or repair them: conlleval makes an entity of a malformed run, drop makes it O",
    )


def _orphan(tags: Sequence[str], place: int) -> str:
    before = repr(tags[place - 1]) if place else "the start of the sentence"
    return f"{tags[place]!r} cannot begin an entity after {before}"


def _unfinished(tags: Sequence[str], place: int, scheme: Scheme) -> str:
    after = repr(tags[place + 1]) if place + 1 < len(tags) else "the end of the sentence"
    shape, type_ = scheme.shape, tags[place].partition("-")[2]
    needed = " or ".join(f"{prefix}-{type_}" for prefix in dict.fromkeys((shape.inside, shape.last)))
    return f"{tags[place]!r} needs {needed} after it, not {after}"
