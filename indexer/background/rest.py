"""Ends processes that have had nothing to do for a while: of a folder of many repositories each holds two or three."""

from __future__ import annotations

from noctule.indexer.background.job_runner import JobRunner
from noctule.indexer.background.refresher import Refresher


class Rest:
    """Decides when the children of a sleeper end because nothing happens; what comes next starts them again."""

    def __init__(self, after_s: float | None, refresher: Refresher, runner: JobRunner) -> None:
        self._after_s = after_s
        self._holders = (refresher, runner)
        self._since: float | None = None

    def beat(self, now: float) -> float | None:
        """End processes that were idle long enough; return after how many seconds to check again, None for never."""
        children = [holder.child for holder in self._holders if holder.child is not None]
        if self._after_s is None or not children or any(child.busy for child in children):
            self._since = None
            return None
        self._since = now if self._since is None else self._since
        left_s = self._since + self._after_s - now
        if left_s > 0:
            return left_s
        self._since = None
        for holder in self._holders:
            holder.close()
        return None
