"""Long work, shown while it goes: stage, rate and remaining time. Knows no work, only its progress values."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Self

from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.text.numbers import duration

if TYPE_CHECKING:
    from noctule.indexer.results import Progress

_BAR_COLUMNS = 24
# Work that is over sooner is not worth a flicker.
_SHOW_AFTER_S = 0.3
_REFRESH_EVERY_S = 0.1
# In a pipe or a log, a line now and then says that it is alive; where the end is known, one for each tenth is enough.
_LOG_EVERY_S = 5.0
_ALIVE_EVERY_S = 60.0
_RATE_NEEDS_S = 0.5


class ProgressView(Protocol):
    """One way to show a stage."""

    def show(self, text: str, done: int, total: int) -> None:
        """Show the stage as it stands."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Redrawn:
    """A line that is redrawn in place, for a person."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def show(self, text: str, done: int, total: int) -> None:
        """Redraw the line, with a bar where the total is known."""
        filled = "#" * (_BAR_COLUMNS * min(done, total) // total) if total else ""
        self._terminal.redraw(f"[{filled:<{_BAR_COLUMNS}}] {text}" if total else text)

    def close(self) -> None:
        """Remove the line."""
        self._terminal.redraw("")


class ProgressLog:
    """Plain lines, for a pipe."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def show(self, text: str, done: int, total: int) -> None:  # noqa: ARG002 - the text says both
        """Write a line."""
        self._terminal.remark(text)

    def close(self) -> None:
        """Leave the lines where they are."""


def sentence(progress: Progress, elapsed_s: float) -> str:
    """Return the stage, how far it is, its rate and what remains, as far as they can be said."""
    parts = [f"{progress.stage}:"]
    if progress.total:
        parts.append(f"{progress.done:,} of {progress.total:,} {progress.unit}")
    elif progress.done:
        parts.append(f"{progress.done:,} {progress.unit}")
    if elapsed_s >= _RATE_NEEDS_S and progress.done:
        rate = progress.done / elapsed_s
        parts.append(f"({rate:,.0f}/s)" if rate >= 1 else f"({rate:.2f}/s)")
        if progress.total > progress.done:
            parts.append(f"about {duration(max(1.0, (progress.total - progress.done) / rate))} left")
    return " ".join(parts) if len(parts) > 1 else progress.stage


class ProgressLine:
    """Shows the progress values it is called with on standard error; use it as a context."""

    def __init__(self, terminal: Terminal, clock: Callable[[], float] = time.monotonic) -> None:
        self._terminal = terminal
        self._clock = clock
        self._interactive = terminal.err_is_interactive
        self._face: ProgressView | None = None
        self._next = clock() + (_SHOW_AFTER_S if self._interactive else _LOG_EVERY_S)
        self._stage: str | None = None
        self._stage_start = 0.0
        self._tenth = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._face is not None:
            self._face.close()

    def __call__(self, progress: Progress) -> None:
        """Show `progress`, unless something was shown a moment ago."""
        now = self._clock()
        if progress.stage != self._stage:
            self._stage, self._stage_start, self._tenth = progress.stage, now, 0
        if not self._is_due(progress, now):
            return
        self._next = now + (_REFRESH_EVERY_S if self._interactive else _LOG_EVERY_S)
        if self._face is None:
            self._face = Redrawn(self._terminal) if self._interactive else ProgressLog(self._terminal)
        self._face.show(sentence(progress, now - self._stage_start), progress.done, progress.total)

    def _is_due(self, progress: Progress, now: float) -> bool:
        if now < self._next:
            return False
        if self._interactive or not progress.total:
            return True
        tenth = 10 * progress.done // progress.total
        if tenth == self._tenth and now < self._next + _ALIVE_EVERY_S:
            return False
        self._tenth = tenth
        return True
