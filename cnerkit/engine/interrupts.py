"""Ctrl-C while a model trains: the step is finished and kept before the run ends."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Interrupt:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self.asked = False
        self._at_once = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Receive the signal: take note the first time, or stop at once."""
        if self.asked or self._at_once:
            raise KeyboardInterrupt
        self.asked = True

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """A block that a signal leaves by ``KeyboardInterrupt``; also one that came just before."""
        self._at_once = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._at_once = False


@contextlib.contextmanager
def held_back() -> Iterator[Interrupt]:
    """Hold back Ctrl-C within the block: the block asks whether it came. A second one stops at once.

    Only the main thread receives signals; in any other nothing is held back.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
