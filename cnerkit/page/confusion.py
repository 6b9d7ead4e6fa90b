"""Which types stand for which, as a square of numbers: gold types from top to bottom, predicted ones from left to right."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cnerkit.scoring.error_analysis import Confusion

MOST_TYPES = 20
"""Types that the square has room for."""
MOST_PAIRS = 20
"""Pairs of types that are listed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How often gold and predicted stand for one another; None is no entity.

    Attributes:
        share: Of the entities of its row, 0 to 1.
    """

    gold: str | None
    predicted: str | None
    times: int
    share: float

    @property
    def is_same(self) -> bool:
        """Whether the two are the same type."""
        return self.gold == self.predicted


@dataclass(frozen=True, slots=True)
class Square:
    """The types that are confused most.

    Attributes:
        types: Of rows and columns, behind which there is one more of each, for no entity.
        rows: Their cells, in order.
        left_out: Types that there was no room for.
        pairs: Different types that stand for one another, most first, of all types.
    """

    types: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int
    pairs: tuple[Confusion, ...]


def square_of(confusions: Iterable[Confusion]) -> Square:
    """The square of some confusions; where types are many, of those with the most wrong entities."""
    all_of_them = tuple(confusions)
    times = {(entry.gold, entry.predicted): entry.times for entry in all_of_them}
    wrong, totals = Counter[str](), Counter[str | None]()
    for (gold, predicted), n in times.items():
        totals[gold] += n
        for type_ in {gold, predicted} - {None}:
            wrong[str(type_)] += n if gold != predicted else 0
    most = sorted(wrong, key=lambda type_: (-wrong[type_], type_))[:MOST_TYPES]
    kept = tuple(sorted(most))
    sides = (*kept, None)
    rows = tuple(
        tuple(Cell(gold, found, n := times.get((gold, found), 0), n / max(1, totals[gold])) for found in sides)
        for gold in sides
    )
    pairs = [entry for entry in all_of_them if entry.gold and entry.predicted and entry.gold != entry.predicted]
    return Square(kept, rows, len(wrong) - len(kept), tuple(pairs[:MOST_PAIRS]))
