"""Mistakes in a corpus: each with its place; a file is refused with the first of them and the count of all."""

from collections import Counter
from dataclasses import dataclass, field

from cnerkit.errors import DataError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: its kind in the plural, what is wrong, at which line and column (from 1), and how to fix it."""

    kind: str
    what: str
    line: int
    column: int
    fix: str


@dataclass(slots=True)
class Problems:
    """The first mistake of a file, and how many there are of each kind."""

    name: str
    first: Problem | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, problem: Problem, count: int = 1) -> None:
        """Count a mistake, or several in one sentence of which it is the first, and keep the first of the file."""
        if self.first is None or (problem.line, problem.column) < (self.first.line, self.first.column):
            self.first = problem
        self.counts[problem.kind] += count

    def __bool__(self) -> bool:
        return self.first is not None

    def refuse(self) -> None:
        """End the reading of a file that has mistakes.

        Raises:
            DataError: There is at least one; the message names the first and counts all.
        """
        if self.first is None:
            return
        what = self.first.what
        if self.counts.total() > 1:
            by_kind = ", ".join(f"{kind}: {count}" for kind, count in self.counts.most_common())
            what = f"{what} (the first of {self.counts.total()} problems in the file: {by_kind})"
        raise DataError(what, where=f"{self.name}:{self.first.line}:{self.first.column}", fix=self.first.fix)
