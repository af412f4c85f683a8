"""Signals that end work in order: Ctrl-C as a request to stop, and those that end a serving process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


def act_on_signals(numbers: Iterable[signal.Signals], act: Callable[[int], object]) -> None:
    """Have `act` called with the number of each such signal, in a thread of its own.

    A handler of Python's runs in the main thread once that wakes: it does not where another thread got the signal, or
    where the signal came just before the main thread began to wait. And it may interrupt whoever holds a lock.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    chosen = set(numbers)
    for number in chosen:
        signal.signal(number, lambda *_: None)

    def hear() -> None:
        while True:
            for number in os.read(reading, 1):
                if number in chosen:
                    act(number)

    Thread(target=hear, name="signals", daemon=True).start()


@contextmanager
def stop_on_interrupt(stop: Event) -> Iterator[None]:
    """Let the first interrupt set `stop`; the working code raises KeyboardInterrupt when that is safe."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        yield
        return

    def on_interrupt(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
