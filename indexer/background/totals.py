"""The ledger's records in, sums and figures out: costs, latencies, hits and misses. Measured, never extrapolated.

Estimates are kept apart, with their method. Pure: no file, no clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from noctule.indexer.background.reports import (
    EstimatedSaving,
    GivenBack,
    JobCost,
    LedgerDay,
    LedgerReport,
    Predictability,
)
from noctule.indexer.runtime.ledger import DAY_S, FAILED, Records, Sum, add_sums, format_day, today

EXPECTED_FOR_S = 7 * DAY_S
"""An older expectation is not held against what comes."""
METHOD = (
    "tokens of the files that answers showed lines of, minus the tokens of the answers; "
    "assumes that each file would have been read once without the answer, and not at all with it"
)
HITS = tuple(Predictability.__dataclass_fields__)


def sums_by_day(records: Records) -> dict[str, Sum]:
    """Sum up records by the day on which they were made: what stays when the records themselves are folded."""
    days: dict[str, Sum] = {}

    def book(at: float, values: Mapping[str, Any]) -> None:
        day = format_day(at)
        days[day] = add_sums(days.get(day, {}), values)

    for spent in records.spent:
        if spent.outcome != "began":
            cost = {"jobs": 1, "failed": int(spent.outcome in FAILED), **spent.amounts.to_json()}
            book(spent.at, {"spent": {spent.kind: cost}})
    for served in records.served:
        counts = [records.counted.get(blob, -1) for blob in served.stood_for]
        whole = bool(counts) and min(counts) >= 0
        given = {
            "requests": 1,
            "tokens": served.tokens,
            "counted": int(whole),
            "counted_tokens": served.tokens if whole else 0,
            "stood_for_tokens": sum(counts) if whole else 0,
            "ms": {f"{served.latency_ms:.2g}": 1},
        }
        book(served.at, {"served": {served.kind: given}})
    for at, hits in judge_servings(records):
        book(at, {"hits": hits})
    return days


def report(records: Records, now: float) -> LedgerReport:
    """Say what sleep cost and what serving gave back."""
    total: Sum = {}
    periods: dict[str, Mapping[str, Any]] = {**records.sums}
    for day, booked in sums_by_day(records).items():
        periods[day] = add_sums(periods.get(day, {}), booked)
    ordered = sorted(periods.items())
    for _, values in ordered:
        total = add_sums(total, values)
    served = {kind: _sum_savings(values) for kind, values in sorted(total.get("served", {}).items())}
    hits = total.get("hits", {})
    return LedgerReport(
        since=None,
        cost={kind: _job_cost(values) for kind, values in sorted(total.get("spent", {}).items())},
        today=today(records, now),
        served=served,
        predictability=Predictability(*(int(hits.get(name, 0)) for name in HITS)),
        estimated_saving=EstimatedSaving(
            sum(given.stood_for_tokens - given.counted_tokens for given in served.values()),
            sum(given.counted for given in served.values()),
            METHOD,
        ),
        days=tuple(_day(period, values) for period, values in ordered),
    )


def _day(day: str, values: Mapping[str, Any]) -> LedgerDay:
    """Sum one day up over all kinds of jobs and answers."""
    spent: Sum = {}
    for cost in values.get("spent", {}).values():
        spent = add_sums(spent, cost)
    served: Sum = {}
    for given in values.get("served", {}).values():
        served = add_sums(served, given)
    hits = values.get("hits", {})
    return LedgerDay(
        day=day,
        jobs=int(spent.get("jobs", 0)),
        cpu_s=float(spent.get("cpu_s", 0)),
        wall_s=float(spent.get("wall_s", 0)),
        tokens=int(spent.get("tokens", 0)),
        dollars=float(spent.get("dollars", 0)),
        requests=int(served.get("requests", 0)),
        served_tokens=int(served.get("tokens", 0)),
        spared_tokens=int(served.get("stood_for_tokens", 0)) - int(served.get("counted_tokens", 0)),
        **{name: int(hits.get(name, 0)) for name in HITS},
    )


def _job_cost(values: Mapping[str, Any]) -> JobCost:
    return JobCost(
        jobs=int(values["jobs"]),
        failed=int(values["failed"]),
        cpu_s=float(values["cpu_s"]),
        wall_s=float(values["wall_s"]),
        tokens=int(values["tokens"]),
        dollars=float(values["dollars"]),
    )


def _sum_savings(values: Mapping[str, Any]) -> GivenBack:
    latencies = sorted((float(ms), int(count)) for ms, count in values["ms"].items())
    return GivenBack(
        requests=int(values["requests"]),
        tokens=int(values["tokens"]),
        p50_ms=quantile(latencies, 0.5),
        p95_ms=quantile(latencies, 0.95),
        counted=int(values["counted"]),
        counted_tokens=int(values["counted_tokens"]),
        stood_for_tokens=int(values["stood_for_tokens"]),
    )


def quantile(values: list[tuple[float, int]], share: float) -> float | None:
    """Return the least of (value, count) pairs in ascending order that `share` of all do not exceed."""
    total = sum(count for _, count in values)
    seen = 0
    for value, count in values:
        seen += count
        if seen >= share * total:
            return value
    return None


def events(records: Records) -> list[tuple[float, str, str]]:
    """Return edits and questions in order of time: (when, "edits" or "asks", file)."""
    found = [(c.at, "edits", file) for c in records.changed for file in c.files]
    found += [(s.at, "asks", file) for s in records.served for file in s.asked]
    return sorted(found)


def judge_servings(records: Records) -> Iterator[tuple[float, dict[str, int]]]:
    """Compare what was served and expected with what happened: yield the time and the counts."""
    came = events(records)
    times = [at for at, _, _ in came]
    for pack in records.served:
        if pack.kind == "context" and pack.files:
            later = came[bisect_right(times, pack.at) : bisect_right(times, pack.at + DAY_S)]
            if later:
                used = not {file for _, _, file in later}.isdisjoint(pack.files)
                yield pack.at, {"packs": 1, "used_packs": int(used)}
    expected = [(p.at, frozenset(p.files)) for p in records.predicted]
    since = [at for at, _ in expected]
    seen: set[tuple[int, str, str]] = set()
    for at, kind, file in came:
        latest = bisect_left(since, at) - 1
        # A file that is saved ten times is one piece of news.
        if latest < 0 or at - since[latest] > EXPECTED_FOR_S or (latest, kind, file) in seen:
            continue
        seen.add((latest, kind, file))
        yield at, {kind: 1, f"expected_{kind}": int(file in expected[latest][1])}
