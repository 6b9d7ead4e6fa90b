"""The scores that seqeval gives for the same tags, for those who must compare with it.

Its own functions read each sentence once, in its default mode or in its strict one; what they find is counted here, which gives
the numbers of its ``classification_report`` in a fraction of the time. Only where there is no entity at all does it give
nothing, and this zeros.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Literal

from cnerkit.errors import DataError, UsageError
from cnerkit.scoring.exact import ExactScorer, paired
from cnerkit.scoring.report import Average, Report

Mode = Literal["default", "strict"]
Span = tuple[int, int, str]

SCHEMES = ("IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU")
"""The schemes of its strict mode, by its names."""
DIFFERENCE: dict[Mode, str] = {
    "default": "seqeval reads tags instead of comparing entities: in gold and predictions, one that begins with I- or E- or "
    "lacks its end counts as well, prefixes other than B, I, E and S are misread, and no entity is nested or discontinuous",
    "strict": "seqeval reads tags instead of comparing entities: malformed ones are dropped, from the gold as well, where "
    "nothing is missed then, and no entity is nested or discontinuous",
}
"""How its numbers differ from those over entities, and why; on well-formed tags of its schemes they are the same."""
_READ = ("B-", "I-", "E-", "S-")
"""The tags beside O that its default mode is made for; of others it warns and reads on."""


@dataclass(frozen=True, slots=True)
class SeqevalReport:
    """What seqeval says of some tags.

    Attributes:
        mode: How it reads them.
        report: Its micro and macro averages and the scores of each type.
        unread: How often which tags occur that the mode is not made for; it reads them somehow.
    """

    mode: Mode
    report: Report
    unread: tuple[tuple[str, int], ...] = ()

    @property
    def difference(self) -> str:
        """How the numbers differ from ours and why, in one line."""
        return DIFFERENCE[self.mode]

    @property
    def weighted(self) -> Average:
        """Its third average: over types, by their gold entities; 0 of none."""
        types = [entry.counts for entry in self.report.types]
        total = max(1, sum(counts.support for counts in types))

        def mean(name: str) -> float:
            return float(sum(counts.support * getattr(counts, name) for counts in types) / total)

        return Average(mean("precision"), mean("recall"), mean("f1"))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        weighted = {"weighted": self.weighted.to_json(), "unread_tags": dict(self.unread)}
        return {**self.report.to_json(), "difference": self.difference, **weighted}


def score_as_seqeval(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], mode: Mode = "default", scheme: str | None = None
) -> SeqevalReport:
    """Scores of predicted tags as seqeval gives them.

    Args:
        gold: The tags of each sentence.
        predicted: A system's tags of the same sentences in the same order.
        mode: ``default``, as ``conlleval`` reads, or ``strict``, by a scheme.
        scheme: One of ``SCHEMES``, for the strict mode.

    Raises:
        UsageError: The strict mode has no scheme that seqeval knows.
        DataError: The two differ in their number of sentences or in the length of one, or the strict mode cannot read a tag.
    """
    read = _strict_reader(scheme) if mode == "strict" else _default_reader()
    scorer: ExactScorer[Span] = ExactScorer(type_of=itemgetter(2))
    tags: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* seems not to be NE tag")
        for number, (right, found) in enumerate(paired(gold, predicted), 1):
            _refuse_other_length(number, right, found)
            wanted = _read(read, right, f"gold sentence {number}")
            scorer.add(wanted, wanted if found == right else _read(read, found, f"predicted sentence {number}"))
            tags.update(right)
            tags.update(found)
    odd = {tag: n for tag, n in tags.items() if mode == "default" and tag != "O" and not tag.startswith(_READ)}
    report = replace(scorer.report(), match=f"seqeval, {mode}", definition=_definition(mode, scheme))
    return SeqevalReport(mode, report, tuple(sorted(odd.items())))


def _definition(mode: Mode, scheme: str | None) -> str:
    read = f"the well-formed entities of {scheme}" if mode == "strict" else "the entities that its default mode reads"
    return f"right when gold and predicted tags have the same entity, of {read}"


def _refuse_other_length(number: int, gold: Sequence[str], predicted: Sequence[str]) -> None:
    if len(gold) != len(predicted):
        raise DataError(
            f"{len(gold)} tokens have gold tags and {len(predicted)} have predicted ones",
            where=f"sentence {number}",
            fix="predict one tag for each token of the gold sentences, in their order",
        )


def _read(read: Callable[[list[str]], list[Span]], tags: Sequence[str], where: str) -> list[Span]:
    try:
        return read(list(tags))
    except (KeyError, ValueError, IndexError) as error:
        raise DataError(
            f"seqeval cannot read the tags {', '.join(sorted(set(tags)))}: {error}",
            where=where,
            fix="convert the tags first: cnerkit convert --scheme bio",
        ) from error


def _default_reader() -> Callable[[list[str]], list[Span]]:
    from seqeval.metrics.sequence_labeling import get_entities

    def read(tags: list[str]) -> list[Span]:
        return [(start, last + 1, type_) for type_, start, last in get_entities(tags)]

    return read


def _strict_reader(scheme: str | None) -> Callable[[list[str]], list[Span]]:
    if scheme not in SCHEMES:
        raise UsageError(
            f"seqeval's strict mode knows no scheme {scheme!r}" if scheme else "seqeval's strict mode needs a scheme",
            fix=f"choose from {', '.join(SCHEMES)}",
        )
    from seqeval import scheme as schemes

    known = getattr(schemes, scheme)

    def read(tags: list[str]) -> list[Span]:
        return [(entity.start, entity.end, entity.tag) for entity in schemes.Tokens(tags, known).entities]

    return read
