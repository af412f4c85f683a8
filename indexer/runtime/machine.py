"""What the machine is doing beside our own work: processor, disk, power. Decides nothing and never waits.

Each figure is what happened between two readings, with the part of the given processes and of all that they started
taken out. Where a platform does not tell a figure, it is None.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from noctule.indexer.runtime.process_state import list_children

SHORTEST_S = 0.5
"""Below this the kernel's ticks of 10 ms say little; a reading that comes sooner repeats the last one."""
BATTERY_S = 10.0
"""A battery's firmware may take tens of milliseconds to answer, so it is not asked more often than this."""
PRESSURE = Path("/proc/pressure/io")


@dataclass(frozen=True, slots=True)
class MachineSignals:
    """All that says whether somebody needs the machine at this moment; None is what cannot be told here.

    `since_activity_s` counts from the last edit or request. `cpu_busy` and `io_pressure` are shares from 0 to 1: of all
    cores, and of the time in which something waited for a disk. `paused` is the sentence of `indexer.runtime.pause`.
    """

    since_activity_s: float
    cpu_busy: float | None
    io_pressure: float | None
    on_battery: bool | None
    battery: float | None
    paused: str
    now: datetime


class Reading(NamedTuple):
    """The machine's part of the signals, in their order."""

    cpu_busy: float | None
    io_pressure: float | None
    on_battery: bool | None
    battery: float | None


@dataclass(frozen=True, slots=True)
class _Sample:
    """Counters that only ever grow, in seconds and bytes."""

    at: float
    cores_s: float
    busy_s: float
    stalled_s: float | None
    own_cpu_s: float
    own_bytes: int
    disks: dict[str, int]


class Machine:
    """The counters of the machine; readings are differences, so the first one comes after `SHORTEST_S`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = self._sample(())
        self._reading = Reading(None, None, None, None)
        self._battery: tuple[bool | None, float | None] = (None, None)
        self._battery_until = float("-inf")

    def read(self, own_pids: Iterable[int] = ()) -> Reading:
        """Say what others have used since the last reading.

        This process, those named and all their descendants are not others.
        """
        now = self._clock()
        if now >= self._battery_until:
            self._battery, self._battery_until = _battery(), now + BATTERY_S
        if now - self._last.at >= SHORTEST_S:
            sample = self._sample(own_pids)
            self._reading = Reading(_busy(self._last, sample), _pressure(self._last, sample), None, None)
            self._last = sample
        return Reading(self._reading.cpu_busy, self._reading.io_pressure, *self._battery)

    def _sample(self, own_pids: Iterable[int]) -> _Sample:
        times = psutil.cpu_times()._asdict()
        # A guest's time is part of `user`; what the hypervisor gave to other machines is nobody's use of this one.
        cores_s = sum(times.values()) - sum(times.get(name, 0.0) for name in ("guest", "guest_nice", "steal"))
        waiting = times.get("iowait", 0.0)
        stalled = _disk_wait_s()
        own_cpu_s, own_bytes = process_usage(family({os.getpid(), *own_pids}))
        return _Sample(
            at=self._clock(),
            cores_s=cores_s,
            busy_s=cores_s - times["idle"] - waiting,
            stalled_s=stalled if stalled is not None else waiting if "iowait" in times else None,
            own_cpu_s=own_cpu_s,
            own_bytes=own_bytes,
            disks=_disks(),
        )


def _busy(before: _Sample, after: _Sample) -> float | None:
    cores_s = after.cores_s - before.cores_s
    if cores_s <= 0:
        return None
    others_s = after.busy_s - before.busy_s - (after.own_cpu_s - before.own_cpu_s)
    return min(max(others_s / cores_s, 0.0), 1.0)


def _pressure(before: _Sample, after: _Sample) -> float | None:
    """Return the share of time in which others waited for a disk.

    The kernel does not say who waited. Ours is taken to be as large a part of it as of the bytes that the busiest disk
    moved: one disk, since a volume on top of another counts the same bytes again.
    """
    if before.stalled_s is None or after.stalled_s is None:
        return None
    stalled = min(max((after.stalled_s - before.stalled_s) / (after.at - before.at), 0.0), 1.0)
    own = max(after.own_bytes - before.own_bytes, 0)
    moved = max((bytes_ - before.disks.get(name, 0) for name, bytes_ in after.disks.items()), default=0)
    return stalled * (1 - own / max(moved, own)) if own else stalled


def _disk_wait_s() -> float | None:
    """Return for how long at least one task has waited for a disk, as Linux counts it where PSI is switched on."""
    try:
        told = re.search(r"^some .*total=(\d+)", PRESSURE.read_text("ascii"), re.MULTILINE)
    except OSError:
        return None
    return int(told[1]) / 1e6 if told else None


def _disks() -> dict[str, int]:
    try:
        counters = psutil.disk_io_counters(perdisk=True)
    except (OSError, RuntimeError, NotImplementedError):  # no disks to be told of, as in some containers
        return {}
    return {name: c.read_bytes + c.write_bytes for name, c in counters.items()}


def _battery() -> tuple[bool | None, float | None]:
    """Return whether the machine runs on its battery, and how full that is."""
    ask = getattr(psutil, "sensors_battery", None)  # absent where psutil cannot tell
    try:
        told = ask() if ask is not None else None
    except (OSError, ValueError, RuntimeError, NotImplementedError):  # firmware that tells nonsense tells nothing
        return None, None
    if told is None:
        return None, None
    plugged = told.power_plugged
    return (None if plugged is None else not plugged), told.percent / 100


def process_usage(pids: Iterable[int]) -> tuple[float, int]:
    """Return processor seconds and bytes from and to disks of some processes, ended and awaited children included."""
    cpu_s, moved = 0.0, 0
    for pid in pids:
        try:
            process = psutil.Process(pid)
            times = process.cpu_times()
            cpu_s += times.user + times.system + times.children_user + times.children_system
            if hasattr(process, "io_counters"):
                io = process.io_counters()
                moved += io.read_bytes + io.write_bytes
        except (psutil.Error, OSError):  # ended in between: its parent tells its part
            continue
    return cpu_s, moved


def family(pids: Iterable[int]) -> set[int]:
    """Return processes with all their living descendants."""
    found: set[int] = set()
    ahead = list(pids)
    while ahead:
        pid = ahead.pop()
        if pid not in found:
            found.add(pid)
            ahead.extend(_children(pid))
    return found


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return list_children(pid)
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except (psutil.Error, OSError):
        return []
