"""Signals in, out comes what holds sleep awake. No clock, no files, no processes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from noctule.indexer.runtime.machine import MachineSignals

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of each day on the clock of the user, from `start` up to `stop`; it may run past midnight."""

    start: time
    stop: time

    @classmethod
    def of(cls, text: str) -> tuple[Hours, ...]:
        """Read "22:00-07:00", or several of these with commas between; empty text is none. ValueError."""
        return tuple(cls._one(part.strip()) for part in text.split(",")) if text.strip() else ()

    @classmethod
    def _one(cls, text: str) -> Hours:
        match = _HOURS.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a time range such as '22:00-07:00'")
        hours = cls(time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4])))
        if hours.start == hours.stop:
            raise ValueError(
                f"{text!r} is either empty or the whole day; use 'noctule pause' to stop background indexing"
            )
        return hours

    def __contains__(self, moment: time) -> bool:
        if self.start < self.stop:
            return self.start <= moment < self.stop
        return moment >= self.start or moment < self.stop

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.stop:%H:%M}"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the user lets pass as idle. Shares are from 0 to 1.

    In `quiet_hours` nothing runs that can wait: the machine stays quiet. `least_battery` counts only where `on_battery`
    allows sleep on a battery at all.
    """

    after_s: float = 20.0
    most_cpu_busy: float = 0.5
    most_io_pressure: float = 0.2
    on_battery: bool = False
    least_battery: float = 0.5
    quiet_hours: tuple[Hours, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.after_s <= 86_400:
            raise ValueError(f"after_s is {self.after_s:g}, but must be a number of seconds from 0 to 86400")
        for name in ("most_cpu_busy", "most_io_pressure", "least_battery"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share:g}, but must be a share from 0 to 1")


HoldKind = Literal["", "pause", "hours", "battery", "activity", "machine"]
"""What holds sleep awake, in a word; nothing does where it is empty."""


class Hold(NamedTuple):
    """What holds sleep awake: in a word, and as a sentence with its value and its threshold."""

    signal: HoldKind
    text: str


NOTHING = Hold("", "")


def find_hold(signals: MachineSignals, thresholds: Thresholds) -> Hold:
    """Say which signal keeps sleep from working; NOTHING where none does.

    Of several the one that the user has chosen is named first, and what passes soonest last.
    """
    if signals.paused:
        return Hold("pause", signals.paused)
    moment = signals.now.time()
    for hours in thresholds.quiet_hours:
        if moment in hours:
            return Hold("hours", f"waiting for the end of the quiet hours {hours} (now {signals.now:%H:%M})")
    for signal, text in (
        ("battery", _power(signals, thresholds)),
        ("activity", _activity(signals, thresholds)),
        ("machine", _machine(signals, thresholds)),
    ):
        if text:
            return Hold(cast("HoldKind", signal), text)
    return NOTHING


def _power(signals: MachineSignals, thresholds: Thresholds) -> str:
    if not signals.on_battery:
        return ""
    charge = "" if signals.battery is None else f" (battery at {_percent(signals.battery)})"
    if not thresholds.on_battery:
        return f"waiting for mains power{charge}"
    if signals.battery is not None and signals.battery < thresholds.least_battery:
        return f"waiting for mains power or a charge of {_percent(thresholds.least_battery)}{charge}"
    return ""


def _activity(signals: MachineSignals, thresholds: Thresholds) -> str:
    if signals.since_activity_s >= thresholds.after_s:
        return ""
    since, wanted = int(signals.since_activity_s), thresholds.after_s
    return f"waiting for {wanted:g} s without an edit or request (last one {since} s ago)"


def _machine(signals: MachineSignals, thresholds: Thresholds) -> str:
    busy, pressure = signals.cpu_busy, signals.io_pressure
    if busy is not None and busy > thresholds.most_cpu_busy:
        most = _percent(thresholds.most_cpu_busy)
        return f"waiting for idle CPU ({_percent(busy)} used, limit {most})"
    if pressure is not None and pressure > thresholds.most_io_pressure:
        most = _percent(thresholds.most_io_pressure)
        return f"waiting for an idle disk ({_percent(pressure)} busy, limit {most})"
    return ""


def _percent(share: float) -> str:
    return f"{share:.0%}"
