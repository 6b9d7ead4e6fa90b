"""The completion scripts that are shipped are those that the program prints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "completions"
SHELLS = {"bash": "cnerkit.bash", "zsh": "_cnerkit", "fish": "cnerkit.fish", "powershell": "cnerkit.ps1"}


@pytest.mark.parametrize(("shell", "file"), SHELLS.items(), ids=list(SHELLS))
def test_completions_are_fresh(shell, file):
    env = {**os.environ, "_CNERKIT_COMPLETE": f"source_{shell}"}
    done = subprocess.run(
        [sys.executable, "-c", "from cnerkit.cli.main import main; main()"], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == (FOLDER / file).read_text(encoding="utf-8")


def test_a_tab_completes_commands():
    env = {**os.environ, "_CNERKIT_COMPLETE": "complete_bash", "COMP_WORDS": "cnerkit con", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from cnerkit.cli.main import main; main()"], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["convert"]
