"""The whole command, BIO to BIOES from file to file, against the plainest loop without a check: CPU time and memory.

    python tests/benchmarks/bench_convert.py

Both run as processes of their own, start-up included, interleaved; the least CPU time of each counts. Reads MSRA train where
CNERKIT_DATA names a folder with it, else a made file of its size. Memory is measured again on the file four times over.
"""

import filecmp
import gzip
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 7
SENTENCES = 45_000

PLAINEST = """
import sys

def convert(source, target):
    held = None
    for line in source:
        columns = line.split()
        if held:
            token, tag = held
            if not columns or columns[1][0] != "I":
                if tag[0] == "B":
                    tag = "S" + tag[1:]
                elif tag[0] == "I":
                    tag = "E" + tag[1:]
            target.write(token + "\\t" + tag + "\\n")
        if not columns:
            target.write("\\n")
        held = columns

with open(sys.argv[1], encoding="utf-8") as source, open(sys.argv[2], "w", encoding="utf-8") as target:
    convert(source, target)
"""
"""What anybody would write, believing that the file is well-formed."""


@dataclass(frozen=True)
class Cost:
    """User and system seconds of a process, and the most memory it held, in megabytes."""

    cpu: float
    memory: float


def corpus() -> Iterator[bytes]:
    """MSRA train line by line, whose 57 empty tags stand for O, or as many made sentences."""
    path = Path(os.environ.get("CNERKIT_DATA", "")) / "msra" / "msra_train_bio.txt.gz"
    if path.exists():
        with gzip.open(path) as lines:
            for line in lines:
                yield line.replace(b"\t\n", b"\tO\n")
        return
    rng = random.Random(0)
    for _ in range(SENTENCES):
        yield made_sentence(rng).encode()


def write_corpus(once: Path, four_times: Path) -> None:
    """Both files, piece by piece: a child's memory is counted from what its parent holds."""
    for path, times in ((once, 1), (four_times, 4)):
        with path.open("wb") as file:
            for _ in range(times):
                file.writelines(corpus())


def made_sentence(rng: random.Random) -> str:
    """48 characters on average, one in ten in an entity of three."""
    lines, length = [], max(6, round(rng.gammavariate(3, 16)))
    while len(lines) < length:
        type_ = rng.choice(("PER", "LOC", "ORG"))
        tags = [f"B-{type_}", f"I-{type_}", f"I-{type_}"] if rng.random() < 0.035 else ["O"]
        lines += [f"{chr(rng.randint(0x4E00, 0x9FA5))}\t{tag}\n" for tag in tags]
    return "".join(lines) + "\n"


def cost(command: list[str]) -> Cost:
    """Run a process to its end."""
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def sides(source: Path, folder: Path) -> dict[str, list[str]]:
    """The commands that are compared."""
    ours = [sys.executable, "-m", "cnerkit", "convert", str(source), "--scheme", "bioes", "-q", "--force"]
    return {
        "cnerkit convert": [*ours, "-o", str(folder / "ours.conll")],
        "plainest loop": [sys.executable, "-c", PLAINEST, str(source), str(folder / "plain.conll")],
    }


def main() -> None:
    """Print the least CPU time and the memory of both, and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        once, four_times = folder / "once.txt", folder / "four_times.txt"
        write_corpus(once, four_times)
        found: dict[str, list[Cost]] = {side: [] for side in sides(once, folder)}
        for _ in range(ROUNDS):
            for side, command in sides(once, folder).items():
                found[side].append(cost(command))
        same = filecmp.cmp(folder / "ours.conll", folder / "plain.conll", shallow=False)
        longer = {side: cost(command).memory for side, command in sides(four_times, folder).items()}
    least = {side: min(each.cpu for each in costs) for side, costs in found.items()}
    for side, costs in found.items():
        memory = max(each.memory for each in costs)
        print(f"{side:16} {least[side]:.2f} s CPU, {memory:.0f} MB; {longer[side]:.0f} MB on a file four times as long")
    print(f"{'ratio':16} {least['cnerkit convert'] / least['plainest loop']:.2f}; same output: {same}")


if __name__ == "__main__":
    main()
