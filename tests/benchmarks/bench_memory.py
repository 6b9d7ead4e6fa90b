"""The memory that training was foretold to take beside what it took: the process's own peak over the whole run, on the CPU.

    python tests/benchmarks/bench_memory.py RECIPE [RECIPE ...] [--epochs 1] [-- OPTION ...]

What stands after ``--`` goes to ``cnerkit train`` with each recipe: an encoder, say, or a number format.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def train(recipe: str, epochs: int, options: list[str]) -> tuple[int, int]:
    """Mebibytes foretold and taken."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told.txt")
        arguments = ["train", recipe, "--gpus", "0", "--set", f"training.epochs={epochs}", "-o", f"{folder}/run", *options]
        with told.open("wb") as stream:
            process = subprocess.Popen([sys.executable, "-m", "cnerkit", *arguments], stdout=stream, stderr=stream)
            _, status, used = os.wait4(process.pid, 0)
        text = told.read_text(encoding="utf-8")
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(text)
    foretold = re.search(r"memory about (\d+) MiB", text)
    assert foretold, text
    return int(foretold[1]), used.ru_maxrss // 1024


def main() -> None:
    """One line per recipe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--epochs", type=int, default=1)
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    asked = parser.parse_args(sys.argv[1:split])
    for recipe in asked.recipes:
        foretold, taken = train(recipe, asked.epochs, sys.argv[split + 1 :])
        print(f"{recipe}: foretold {foretold} MiB, taken {taken} MiB, ratio {foretold / taken:.2f}", flush=True)


if __name__ == "__main__":
    main()
