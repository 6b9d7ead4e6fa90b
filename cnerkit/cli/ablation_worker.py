"""One run of an ablation in a process of its own: ``cnerkit`` as it is, ended when the process that started it ends.

Started with a pipe as standard input, which closes however the other process ends, so that none trains on behind its back.
"""

import os
import signal
import sys
import threading

from cnerkit.cli.main import main

COMMAND = (sys.executable, "-m", "cnerkit.cli.ablation_worker")


def end_with_parent() -> None:
    """End this process when its standard input does; a launcher of further processes takes those with it."""
    standard_input = sys.stdin.fileno()

    def wait() -> None:
        while os.read(standard_input, 1):  # not through the buffer, whose lock the interpreter wants when it ends
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    main()
