"""The fuzzers themselves go on working: a few inputs of each kind, which find nothing."""

import subprocess
import sys
from pathlib import Path


def test_a_few_inputs_of_each_kind_find_nothing():
    script = Path(__file__).with_name("fuzz_structures.py")
    command = [sys.executable, "-W", "ignore", script, "--examples", "25", "--seed", "7"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "FINDING" not in done.stdout
    assert done.stdout.count(" inputs in ") == 9
