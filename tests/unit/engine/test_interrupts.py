import signal
import threading

import pytest

from cnerkit.engine.interrupts import held_back


def test_first_signal_is_held_back_and_the_second_stops_at_once():
    with held_back() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_block_that_may_be_left_at_once_is_left_at_once():
    with held_back() as interrupt:
        with pytest.raises(KeyboardInterrupt), interrupt.at_once():
            signal.raise_signal(signal.SIGINT)
        assert not interrupt.asked


def test_signal_that_came_before_leaves_such_a_block_as_it_is_entered():
    entered = []
    with held_back() as interrupt:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), interrupt.at_once():
            entered.append(True)
    assert not entered


def test_usual_handler_is_back_behind_the_block():
    before = signal.getsignal(signal.SIGINT)
    with held_back():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_thread_that_receives_no_signals_trains_without_holding_any_back():
    seen = []

    def body():
        with held_back() as interrupt:
            seen.append(interrupt.asked)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == [False]
