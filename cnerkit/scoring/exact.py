"""Exact match: an entity is right when its tokens and its type are those of a gold entity of the same sentence."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from operator import attrgetter
from typing import Generic, TypeVar

from cnerkit.errors import DataError
from cnerkit.scoring.counts import Counts, harmonic_mean
from cnerkit.scoring.report import Report, TypeCounts
from cnerkit.text import Entity

__all__ = ["DEFINITION", "Counts", "ExactScorer", "Report", "harmonic_mean", "score"]

DEFINITION = "right when a gold entity of the same sentence has exactly the same tokens and the same type"

Item = TypeVar("Item", bound=Hashable)
Sentence = TypeVar("Sentence")
Other = TypeVar("Other")


class ExactScorer(Generic[Item]):
    """Adds up sentences, one at a time, and reports on all of them.

    Entities may be flat, nested or discontinuous, and any hashable that is equal exactly when it is the same mention:
    ``Entity`` values, or plain ``(start, end, type)`` where millions of them would only be compared.

    Args:
        type_of: Gives the type of an entity; by default its attribute ``type``.

    Attributes:
        sentences: How many were scored.
    """

    def __init__(self, type_of: Callable[[Item], str] = attrgetter("type")) -> None:
        self._type_of = type_of
        self.sentences = 0
        self._right: Counter[str] = Counter()
        self._invented: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()

    def add(self, gold: Iterable[Item], predicted: Iterable[Item]) -> None:
        """Count one sentence; an entity that is given twice counts once."""
        gold, predicted = set(gold), set(predicted)
        self.sentences += 1
        self.add_right(gold & predicted)
        for entity in predicted - gold:
            self._invented[self._type_of(entity)] += 1
        for entity in gold - predicted:
            self._missed[self._type_of(entity)] += 1

    def add_right(self, entities: Iterable[Item], times: int = 1) -> None:
        """Count entities that are gold and predicted, ``times`` over; ``sentences`` is left to the caller."""
        for entity in entities:
            self._right[self._type_of(entity)] += times

    def report(self) -> Report:
        """The scores of all sentences so far."""
        types = sorted(self._right.keys() | self._invented.keys() | self._missed.keys())
        return Report("exact", DEFINITION, self.sentences, tuple(TypeCounts(type_, self._counts(type_)) for type_ in types))

    def _counts(self, type_: str) -> Counts:
        return Counts(self._right[type_], self._invented[type_], self._missed[type_])


def score(gold: Iterable[Iterable[Entity]], predicted: Iterable[Iterable[Entity]]) -> Report:
    """Scores predicted entities against gold ones, sentence by sentence.

    Args:
        gold: The entities of each sentence.
        predicted: Those that a system finds, for the same sentences in the same order.

    Raises:
        DataError: One of the two has more sentences than the other.
    """
    scorer: ExactScorer[Entity] = ExactScorer()
    for right, found in paired(gold, predicted):
        scorer.add(right, found)
    return scorer.report()


def paired(gold: Iterable[Sentence], predicted: Iterable[Other]) -> Iterator[tuple[Sentence, Other]]:
    """Gold and predicted sentences side by side.

    Raises:
        DataError: One of the two has more sentences than the other.
    """
    other = iter(predicted)
    number = 0
    for number, right in enumerate(gold, 1):
        found = next(other, None)
        if found is None:
            raise _uneven("gold", "predicted", number - 1)
        yield right, found
    if next(other, None) is not None:
        raise _uneven("predicted", "gold", number)


def _uneven(more: str, fewer: str, number: int) -> DataError:
    return DataError(
        f"there are more {more} sentences than {fewer} ones, which end after {number}",
        fix="predict exactly the gold sentences, in their order",
    )
