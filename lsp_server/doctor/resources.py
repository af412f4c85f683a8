"""What noctule uses for one repository, each figure with its limit. Writes nothing, stops nothing."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from noctule.indexer.reports import Measure
from noctule.indexer.runtime.leader import LeaderLock, SleeperStatus
from noctule.indexer.runtime.ledger import Ledger, today
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.settings import Settings
from noctule.lsp_server.text.numbers import count, percent

NO_PROCESS = "no background process"
_FULL = 0.8
"""From this part of a limit that the system sets on, the next request may fail."""
_AT_REST = ("awake", "resting")


def footprint(repository: Repository, settings: Settings) -> tuple[Measure, ...]:
    """Measure what is taken for a repository at this moment, and what was spent on it today."""
    status = LeaderLock(repository.folder, repository.view_name).owner()
    return (
        _memory(status, settings),
        _watches(status),
        _open_files(status),
        _disk(repository.folder, settings),
        *_spending_measures(repository.folder, settings),
    )


def _memory(status: SleeperStatus | None, settings: Settings) -> Measure:
    limit = settings.footprint.memory_mb * 1e6
    if status is None:
        return Measure("memory", None, _finite(limit), "bytes", "ok", NO_PROCESS, "")
    sizes = {pid: taken for pid in {status.pid, *status.pids} if (taken := _resident(pid)) is not None}
    used = float(sum(sizes.values()))
    others = len(sizes) - 1
    with_whom = f" and {count(others, 'child process')}" if others > 0 else ""
    detail = f"process {status.pid}{with_whom}, {status.state}"
    if used <= limit:
        return Measure("memory", used, _finite(limit), "bytes", "ok", detail, "")
    if status.state not in _AT_REST:
        return Measure("memory", used, limit, "bytes", "remark", f"{detail}; the limit applies when it is idle", "")
    fix = f"restart process {status.pid}; if it grows again, report it, or raise footprint.memory_mb"
    return Measure("memory", used, limit, "bytes", "fault", detail, fix)


def _watches(status: SleeperStatus | None) -> Measure:
    limit = inotify_limit("max_user_watches")
    if status is None:
        return Measure("watches", None, limit, "watches", "ok", NO_PROCESS, "")
    if status.polled:
        folders = f"{count(len(status.polled), 'folder')} polled instead of watched: {status.fault}"
        return Measure("watches", status.watches, limit, "watches", "fault", folders, status.fix)
    return Measure("watches", status.watches, limit, "watches", "ok", "", "")


def _open_files(status: SleeperStatus | None) -> Measure:
    if status is None:
        return Measure("open files", None, None, "files", "ok", NO_PROCESS, "")
    used, limit = _count_open_files(status.pid)
    if used is not None and limit is not None and used > _FULL * limit:
        fix = f"run `ulimit -n {2 * round(limit)}` before you start noctule"
        return Measure("open files", used, limit, "files", "fault", f"process {status.pid}", fix)
    return Measure("open files", used, limit, "files", "ok", f"process {status.pid}", "")


def _disk(folder: Path, settings: Settings) -> Measure:
    limit = settings.footprint.disk_mb * 1e6
    used = float(folder_size(folder))
    detail = str(folder) if folder.exists() else "nothing is stored for this repository"
    if used > limit:
        fix = "run `noctule forget` and `noctule sleep` to rebuild the index, or raise footprint.disk_mb"
        return Measure("disk", used, limit, "bytes", "fault", detail, fix)
    return Measure("disk", used, _finite(limit), "bytes", "ok", detail, "")


@dataclass(frozen=True, slots=True)
class _Spending:
    """One kind of amount: how it is called, and its unit."""

    name: str
    field: Literal["cpu_s", "wall_s", "tokens", "dollars"]
    unit: str


_SPENDING = (
    _Spending("CPU today", "cpu_s", "s"),
    _Spending("time today", "wall_s", "s"),
    _Spending("tokens today", "tokens", "tokens"),
    _Spending("dollars today", "dollars", "dollars"),
)


def _spending_measures(folder: Path, settings: Settings) -> Iterator[Measure]:
    spent, allowed = today(Ledger(folder).records(), time.time()), settings.limits.a_day
    for kind in _SPENDING:
        used, limit = float(getattr(spent, kind.field)), float(getattr(allowed, kind.field))
        if used and used >= limit:
            detail = "used up; background work continues tomorrow"
            fix = f"raise limits.{kind.field}_per_day to continue today"
            yield Measure(kind.name, used, limit, kind.unit, "remark", detail, fix)
        else:
            part = f"{percent(used / limit)} of the daily limit" if used and math.isfinite(limit) else ""
            yield Measure(kind.name, used, _finite(limit), kind.unit, "ok", part, "")


def _finite(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None


def _resident(pid: int) -> int | None:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return None


def _count_open_files(pid: int) -> tuple[int | None, int | None]:
    """Return how many files a process holds open, and how many it may."""
    used = limit = None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        used = process.num_fds()
        if sys.platform == "linux":
            soft, _ = process.rlimit(psutil.RLIMIT_NOFILE)
            limit = None if soft == psutil.RLIM_INFINITY else soft
    return used, limit


def inotify_limit(name: str) -> int | None:
    """Return one of Linux' limits on watching files; None elsewhere."""
    try:
        return int(Path(f"/proc/sys/fs/inotify/{name}").read_text("ascii"))
    except (OSError, ValueError):
        return None


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder; what cannot be looked at counts as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(place, name).lstat().st_size
    return total
