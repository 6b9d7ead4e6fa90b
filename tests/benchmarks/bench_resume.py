"""Kills a small training run with SIGKILL at random moments, resumes it each time, and compares it with one left alone.

    python tests/benchmarks/bench_resume.py [--kills 20] [--recipe quickstart] [--set training.epochs=6 ...]

Compared are the bytes of ``best.pt`` and ``last.pt``, the metrics, the predictions and the log without its clock.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLOCK = {"time", "seconds", "sentences_per_second", "seconds_left"}


def command(options: argparse.Namespace, folder: Path, *more: str) -> list[str]:
    """The training command for a folder."""
    settings = [part for one in options.set for part in ("--set", one)]
    base = [sys.executable, "-m", "cnerkit", "train", options.recipe, "--gpus", "0", "--threads", "1", "-q", "-o", str(folder)]
    return [*base, *settings, *more]


def run_alone(options: argparse.Namespace, folder: Path) -> float:
    """Train without a kill; gives the seconds between the first record of the log and the last."""
    subprocess.run(command(options, folder), check=True, stdout=subprocess.DEVNULL)
    times = [json.loads(line)["time"] for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return times[-1] - times[0]


def run_killed(options: argparse.Namespace, folder: Path, seconds: float) -> list[int]:
    """Train with a kill at a random moment of each life but the last; gives the step each life got to.

    Every fifth life is killed while it starts, the others some time after they went on with the log.
    """
    rng, steps = random.Random(options.seed), []
    while len(steps) < options.kills:
        process = subprocess.Popen(command(options, folder, "--resume"), stdout=subprocess.DEVNULL)
        if len(steps) % 5 == 4:
            time.sleep(rng.random() * 5)
        else:
            wait_for_log(folder / "log.jsonl", process)
            time.sleep(rng.random() * 1.6 * seconds / options.kills)
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            print(f"done before kill {len(steps) + 1}: raise training.epochs or lower --kills")
            break
        steps.append(last_step(folder))
    subprocess.run(command(options, folder, "--resume"), check=True, stdout=subprocess.DEVNULL)
    return steps


def wait_for_log(log: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until a process that was just started has added a record to the log."""
    size = None
    while process.poll() is None:
        if log.exists():
            now = log.stat().st_size
            if size is not None and now > size:
                return
            size = now  # cut to what last.pt knows first, which makes it smaller
        time.sleep(0.02)


def last_step(folder: Path) -> int:
    """The last step in the log, whole lines alone."""
    log = folder / "log.jsonl"
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    return json.loads(lines[-1])["step"] if lines else 0


def untimed(path: Path) -> list[dict[str, object]]:
    """The log without what the clock says."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in record.items() if key not in CLOCK} for record in records]


def main() -> None:
    """Run both, and say what is equal; exit 1 when something is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--recipe", default="quickstart")
    parser.add_argument("--set", action="append", default=["training.save_minutes=0.005", "training.epochs=12"])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        alone, killed = Path(place, "alone"), Path(place, "killed")
        seconds = run_alone(options, alone)
        print(f"left alone: {seconds:.1f} s of training, {last_step(alone)} steps")
        steps = run_killed(options, killed, seconds)
        print(f"killed {len(steps)} times, at steps {steps}")
        same = {
            name: (alone / name).read_bytes() == (killed / name).read_bytes()
            for name in ("best.pt", "last.pt", "metrics.json", "predictions.test.jsonl", "recipe.yaml")
        }
        same["log.jsonl, clock aside"] = untimed(alone / "log.jsonl") == untimed(killed / "log.jsonl")
        same["no half-written file"] = not list(killed.glob(".*"))
    for name, equal in same.items():
        print(f"{'same' if equal else 'DIFFERENT':9} {name}")
    sys.exit(0 if all(same.values()) else 1)


if __name__ == "__main__":
    main()
