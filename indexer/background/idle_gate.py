"""Whether somebody needs the machine at this moment, and when it is worth looking again. Starts and stops nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from noctule.indexer.runtime.idle import NOTHING, Hold, Thresholds, find_hold
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.machine import Machine, MachineSignals
from noctule.indexer.runtime.pause import pause_text

SETTLE_S = 1.5
"""Background jobs continue this many seconds after the last change of a file."""
BEAT_S = 1.0
"""How often the idle signals are checked while a background job runs."""
BUSY_BEAT_S = 5.0
"""How often the machine is checked while jobs wait because other programs use it."""
SLOW_BEAT_S = 60.0
"""While a battery, a pause or quiet hours do."""

log = Log(__name__)


class IdleGate:
    """Weighs the last activity, the machine and the user's thresholds; `at_once` overrides all but a pause."""

    def __init__(self, folder: Path, thresholds: Thresholds) -> None:
        self._folder = folder
        self._thresholds = thresholds
        self._machine: Machine | None = None
        self._active_at = self._stirred_at = self._changed_at = time.monotonic()
        self.hold: Hold = NOTHING
        self.at_once = False
        """Whether somebody asked for sleep at once, and nobody has worked since."""

    def note_activity(self) -> None:
        """Note an edit or a request; from any thread."""
        self._active_at = time.monotonic()
        self.at_once = False

    def note_wait(self) -> None:
        """Note that another process waits for the store."""
        self._active_at = time.monotonic()

    def note_files(self) -> None:
        """Note that files change, whether they count or not; from any thread."""
        self._stirred_at = time.monotonic()

    def note_change(self) -> None:
        """Note that files changed which count."""
        self._changed_at = self._stirred_at

    def note_calm(self) -> None:
        """Note that none of the files counts that changed; from any thread."""
        self._stirred_at = self._changed_at

    def is_settled(self, now: float) -> bool:
        """Whether no file that counts has changed for a while."""
        return now - self._stirred_at > SETTLE_S

    def is_just_active(self) -> bool:
        """Whether the last edit or request alone forbids what can wait."""
        return not self.at_once and time.monotonic() - self._active_at < self._thresholds.after_s

    def pause_reason(self) -> str:
        """Say that sleep is paused; empty where it is not."""
        return pause_text(self._folder)

    def check(self, now: float, own_pids: Iterable[int]) -> tuple[str, float]:
        """Return what holds sleep awake, or an empty string; and after how many seconds it is worth looking again."""
        before = self.hold
        found = self._look(now, own_pids)
        if before.signal != self.hold.signal:
            log.debug("hold changed", signal=self.hold.signal, text=self.hold.text)
        return found

    def _look(self, now: float, own_pids: Iterable[int]) -> tuple[str, float]:
        since = now - self._active_at
        signals = MachineSignals(since, None, None, None, None, pause_text(self._folder), datetime.now())
        if self.at_once and not signals.paused:
            self.hold = NOTHING
            return "", BEAT_S
        hold = find_hold(signals, self._thresholds)
        if hold.text:
            self.hold, self._machine = hold, None
            wait_s = self._thresholds.after_s - since
            return hold.text, wait_s if wait_s > 0 else SLOW_BEAT_S
        if self._machine is None:  # its figures are differences: the first one takes a moment
            self._machine = Machine()
            return "checking whether the machine is idle", BEAT_S
        reading = self._machine.read(own_pids)
        self.hold = find_hold(MachineSignals(since, *reading, signals.paused, signals.now), self._thresholds)
        return self.hold.text, SLOW_BEAT_S if reading.on_battery else BUSY_BEAT_S

    def rest(self) -> None:
        """Look at nothing until something happens."""
        self._machine, self.at_once = None, False
