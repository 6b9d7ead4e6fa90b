"""MSRA train there and back by the command: BIO to a grid and BIO to JSON lines, beside BIO to BIOES in the same runs.

    python tests/benchmarks/bench_convert_formats.py

Every conversion is a process of its own, from file to file, start-up included; the processes are interleaved, and the one with
the least CPU time counts. Characters are those of the corpus. Memory is the most that a process held, measured again on a file
four times as long, where it has to be the same.
"""

import filecmp
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench_convert import Cost, cost, write_corpus

ROUNDS = 3
MEGABYTES = 16
"""How much more memory the longer file may take: what an allocator keeps varies from run to run."""


@dataclass(frozen=True)
class Way:
    """A conversion, from what another one has written or from the corpus."""

    title: str
    source: str
    output: str
    options: tuple[str, ...]


WAYS = (
    Way("BIO to BIOES", "corpus.conll", "bioes.conll", ("--scheme", "bioes")),
    Way("BIO to grid", "corpus.conll", "grid.jsonl", ("--scheme", "grid")),
    Way("grid to BIO", "grid.jsonl", "from_grid.conll", ("--scheme", "bio")),
    Way("BIO to JSON lines", "corpus.conll", "spans.jsonl", ("--scheme", "span")),
    Way("JSON lines to BIO", "spans.jsonl", "from_spans.conll", ("--scheme", "bio")),
)


def command(way: Way, folder: Path) -> list[str]:
    """The command line of a conversion."""
    ours = [sys.executable, "-m", "cnerkit", "convert", str(folder / way.source), "--force", "-q"]
    return [*ours, *way.options, "-o", str(folder / way.output)]


def characters(path: Path) -> int:
    """Of a corpus in columns."""
    with path.open("rb") as lines:
        return sum(len(line) > 1 for line in lines)


def main() -> None:
    """Print the speed and the memory of each way."""
    with tempfile.TemporaryDirectory() as name:
        once, four_times = Path(name, "once"), Path(name, "four_times")
        once.mkdir()
        four_times.mkdir()
        write_corpus(once / "corpus.conll", four_times / "corpus.conll")
        costs: dict[Way, list[Cost]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way in WAYS:
                costs[way].append(cost(command(way, once)))
        longer = {way: cost(command(way, four_times)).memory for way in WAYS}
        total = characters(once / "corpus.conll")
        same = [filecmp.cmp(once / "corpus.conll", once / way.output, shallow=False) for way in (WAYS[2], WAYS[4])]
    print(f"{total} characters, least of {ROUNDS} rounds")
    yardstick = min(each.cpu for each in costs[WAYS[0]])
    for way, found in costs.items():
        least, memory = min(each.cpu for each in found), max(each.memory for each in found)
        flat = "flat" if longer[way] < memory + MEGABYTES else "GROWS"
        speed = f"{least:5.2f} s CPU, {total / least:9,.0f} characters/s, {least / yardstick:4.1f} x {WAYS[0].title}"
        print(f"{way.title:18} {speed}; {memory:.0f} MB, four times as long {longer[way]:.0f} MB: {flat}")
    print(f"there and back the same bytes: grid {same[0]}, JSON lines {same[1]}")


if __name__ == "__main__":
    main()
