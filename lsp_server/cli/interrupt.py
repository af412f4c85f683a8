"""Ctrl-C as a word to stop, for work that has to end what it has under way. A second one interrupts as ever."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def stop_on_interrupt(stop: Event) -> Iterator[None]:
    """Have the first interrupt set `stop`; whoever works raises KeyboardInterrupt when that is safe."""
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
