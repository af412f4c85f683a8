"""What sleep may spend on a day and on one job, and what is left of it. Knows no job, no ledger and no clock.

A limit is hard: what is expected to pass one does not start, and what runs gets only the room that is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from noctule.indexer.results import Value


@dataclass(frozen=True, slots=True)
class Amounts(Value):
    """What was spent, or may be: processor seconds, seconds on the wall, tokens of a model, and dollars."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    tokens: float = 0.0
    dollars: float = 0.0

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Limits(Value):
    """What the user allows; infinity allows anything, zero nothing."""

    cpu_s_per_day: float = 7_200.0
    wall_s_per_day: float = 14_400.0
    tokens_per_day: float = 500_000.0
    dollars_per_day: float = 1.0
    cpu_s_per_job: float = 600.0
    wall_s_per_job: float = 900.0
    tokens_per_job: float = 150_000.0
    dollars_per_job: float = 0.5

    def __post_init__(self) -> None:
        for field in fields(self):
            limit = getattr(self, field.name)
            if math.isnan(limit) or limit < 0:
                raise ValueError(f"{field.name} is {limit}, but a limit must be 0 or more")

    @property
    def a_day(self) -> Amounts:
        """What one day may cost."""
        return Amounts(self.cpu_s_per_day, self.wall_s_per_day, self.tokens_per_day, self.dollars_per_day)

    @property
    def a_job(self) -> Amounts:
        """What one job may cost."""
        return Amounts(self.cpu_s_per_job, self.wall_s_per_job, self.tokens_per_job, self.dollars_per_job)


_UNITS = {"cpu_s": "s of CPU time", "wall_s": "s", "tokens": "tokens", "dollars": "dollars"}


def remaining(limits: Limits, today: Amounts) -> Amounts:
    """Return what is left of the day, never below zero."""
    day = limits.a_day
    return Amounts(*(max(getattr(day, name) - getattr(today, name), 0.0) for name in _UNITS))


def room(limits: Limits, today: Amounts) -> Amounts:
    """Return where a job that starts at this moment has to stop: its own limit, or what is left of the day."""
    rest, job = remaining(limits, today), limits.a_job
    return Amounts(*(min(getattr(rest, name), getattr(job, name)) for name in _UNITS))


def forbids(limits: Limits, today: Amounts, estimate: Amounts) -> str:
    """Return why a job of this estimate must not start; an empty string where it may."""
    day, rest, job = limits.a_day, remaining(limits, today), limits.a_job
    for name, unit in _UNITS.items():
        cost = getattr(estimate, name)
        if cost > getattr(job, name):
            return f"would take {_format_amount(cost)} {unit}, but a job may take {_format_amount(getattr(job, name))}"
        if cost > getattr(rest, name):
            allowed = f"{_format_amount(getattr(rest, name))} of {_format_amount(getattr(day, name))}"
            return f"would take {_format_amount(cost)} {unit}, but {allowed} are left today"
    return ""


def exhausted_limits(limits: Limits, today: Amounts) -> tuple[str, ...]:
    """Name what the day has none left of, of what it was given any of; less than a second is none."""
    rest, day = remaining(limits, today), limits.a_day
    least = {"cpu_s": 1.0, "wall_s": 1.0, "tokens": 1.0, "dollars": 0.0}
    return tuple(
        name
        for name in _UNITS
        if getattr(day, name) > 0 and (getattr(rest, name) < least[name] or getattr(rest, name) == 0)
    )


def _format_amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 or amount == int(amount) else f"{amount:.2g}"
