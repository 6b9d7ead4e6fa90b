"""Pairs as tables: a letter for each outcome, and below what the letters stand for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import ascii_letters

from conversion_rounds import Cells
from conversion_steps import UNSAID, Outcome, Step

EQUAL = "="
KINDS = ("equal", "with a counted loss", "refused in part", "refused", "mistakes")
_SHORT = {
    "label-studio": "label-st", "harem-json": "harem", "text-slash": "slash", "mentions": "mention", "doccano": "doccano",
}  # fmt: skip


def kind_of(outcome: Outcome, n_sentences: int) -> str:
    """One of ``KINDS``.

    Args:
        outcome: Of a pair.
        n_sentences: How many there were.
    """
    if any(name.startswith(UNSAID) for name in outcome):
        return "mistakes"
    refused = sum(count for name, count in outcome.items() if name.startswith("sentences refused"))
    if refused:
        return "refused" if refused == n_sentences else "refused in part"
    return "with a counted loss" if outcome else "equal"


def table(cells: Cells, names: Sequence[str]) -> Iterator[str]:
    """The lines of a table, rows first and columns then, and of its legend, the most frequent outcome first."""
    outcomes = Counter(frozenset(outcome.items()) for outcome in cells.values())
    codes = dict(zip((each for each, _ in outcomes.most_common() if each), _codes(), strict=False))
    heads = [_SHORT.get(name, name) for name in names]
    width = max(map(len, heads)) + 1
    columns = [max(3, len(head) + 1) for head in heads]
    yield " " * width + "".join(f"{head:>{room}}" for head, room in zip(heads, columns, strict=True))
    for name, head in zip(names, heads, strict=True):
        row = [codes.get(frozenset(cells[name, other].items()), EQUAL) for other in names]
        yield f"{head:{width}}" + "".join(f"{code:>{room}}" for code, room in zip(row, columns, strict=True))
    for outcome, code in codes.items():
        yield f"  {code:2} {in_words(Counter(dict(outcome)))}"


def in_words(outcome: Outcome) -> str:
    """What was counted, the most first."""
    return "; ".join(f"{count} {name}" for name, count in sorted(outcome.items(), key=lambda each: (-each[1], each[0])))


def flags_needed(steps: Mapping[str, Iterable[Step]]) -> Iterator[str]:
    """What had to be said when files of a format or scheme were read, since they did not tell; one line for all."""
    said: dict[str, list[str]] = {}
    for name, taken in steps.items():
        flags = {" ".join(step.flags) for step in taken} - {""}
        for each in sorted(flags):
            said.setdefault(each, []).append(name)
    for flags, names in said.items():
        yield f"  read with {flags}: {', '.join(names)}" if flags.startswith("-") else f"  {flags[1:-1]}: {', '.join(names)}"


def _codes() -> Iterator[str]:
    yield from ascii_letters
    yield from (one + other for one in ascii_letters for other in ascii_letters)
