"""CPU time of ``cnerkit --help`` against ``python -c "import typer, rich"``, interleaved, least of many.

python tests/benchmarks/bench_startup.py
"""

import resource
import subprocess
import sys

ROUNDS = 20
SIDES = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import typer, rich": [sys.executable, "-c", "import typer, rich"],
    "cnerkit --help": [sys.executable, "-m", "cnerkit", "--help"],
    "cnerkit trian": [sys.executable, "-m", "cnerkit", "trian"],
    "cnerkit model list": [sys.executable, "-m", "cnerkit", "model", "list"],
    "cnerkit recipe list": [sys.executable, "-m", "cnerkit", "recipe", "list"],
}


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the least time of each and its ratio to the import of typer and rich."""
    least = dict.fromkeys(SIDES, float("inf"))
    for _ in range(ROUNDS):
        for name, command in SIDES.items():
            least[name] = min(least[name], cpu_seconds(command))
    for name, seconds in least.items():
        print(f"{name:22s} {1000 * seconds:7.1f} ms   {seconds / least['import typer, rich']:.2f} x import typer, rich")


if __name__ == "__main__":
    main()
