"""What a check of a corpus finds: kinds of findings, how often each was met, and the first places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cnerkit.corpora.columns import quote


class Severity(StrEnum):
    """How much a finding matters."""

    PROBLEM = "problem"
    """Scores or training suffer from it: it should be put right, or decided on."""
    REMARK = "remark"
    """A property of the corpus that one should know of."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    Attributes:
        name: For programs.
        severity: How much it matters.
        one: What one such finding is called, after the number 1.
        many: What several are called, after their number.
        fix: What to do about it.
    """

    name: str
    severity: Severity
    one: str
    many: str
    fix: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a sentence stands.

    Attributes:
        file: As messages call it.
        sentence: Its id.
        lines: The line of each token, from 1, in a file with one token per line.
    """

    file: str
    sentence: str
    lines: Sequence[int] | None = None

    def of(self, token: int) -> str:
        """The place of a token, from 0, as ``file:line:column`` or by the id of its sentence."""
        if self.lines is not None and token < len(self.lines):
            return f"{self.file}:{self.lines[token]}:1"
        return f"{self.file}, sentence {self.sentence}" + (f", token {token}" if token else "")


@dataclass(frozen=True, slots=True)
class Example:
    """One case of a finding: its place, and what stands there."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """All cases of one kind in one split.

    Attributes:
        kind: What they are.
        split: The split or file.
        count: How many there are.
        detail: What tells these cases from others of the kind: another split, a type, a number.
        examples: The first of them.
    """

    kind: Kind
    split: str
    count: int
    detail: str = ""
    examples: tuple[Example, ...] = ()

    @property
    def what(self) -> str:
        """In words, without the number."""
        words = self.kind.one if self.count == 1 else self.kind.many
        return f"{words} {self.detail}" if self.detail else words


@dataclass(slots=True)
class _Cases:
    count: int = 0
    examples: list[Example] = field(default_factory=list)


class Findings:
    """Collects findings, with a bounded number of examples of each.

    Args:
        examples: How many are kept of each kind, split and detail.
    """

    def __init__(self, examples: int = 3) -> None:
        self._most = examples
        self._cases: dict[tuple[Kind, str, str], _Cases] = {}

    def add(self, kind: Kind, split: str, *examples: Example, count: int = 1, detail: str = "") -> None:
        """Count some more cases."""
        cases = self._cases.setdefault((kind, split, detail), _Cases())
        cases.count += count
        cases.examples.extend(examples[: self._most - len(cases.examples)])

    def wants_example(self, kind: Kind, split: str, detail: str = "") -> bool:
        """True while there are fewer examples than asked for, for who would rather not make one that nobody sees."""
        cases = self._cases.get((kind, split, detail))
        return self._most > (len(cases.examples) if cases else 0)

    def listed(self) -> tuple[Finding, ...]:
        """Everything found, problems first, else in the order in which it was met."""
        found = [
            Finding(kind, split, cases.count, detail, tuple(cases.examples))
            for (kind, split, detail), cases in self._cases.items()
        ]
        return tuple(sorted(found, key=lambda each: each.kind.severity is Severity.REMARK))


def excerpt(text: str, around: int = 0, width: int = 24) -> str:
    """A piece of a text in quotes, with what cannot be seen escaped.

    Args:
        text: Any text.
        around: A character that must be in it.
        width: Characters shown at most.
    """
    start = max(0, min(around - width // 3, len(text) - width))
    piece = text[start : start + width]
    return f"{'…' if start else ''}{quote(piece, 10 * width)}{'…' if start + width < len(text) else ''}"
