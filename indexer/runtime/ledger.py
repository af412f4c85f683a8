"""What sleep cost and what serving gave back, as records that are only ever added. Ranks nothing and waits for nobody.

Any number of processes write, each record in a transaction of its own. A folder that cannot be written, or a full disk,
costs the record and nothing else. What is old is folded into sums of days, and later of months.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast, get_type_hints

from noctule.indexer.errors import StoreError
from noctule.indexer.runtime import state
from noctule.indexer.runtime.budget import Amounts

MOST_RECORDS = 20_000
"""More records than these are folded at the next chance."""
FULL_RECORDS = 300_000
"""So many take no more until they are folded."""
WAIT_S = 2.0
"""A record waits so long at most for another process that writes; it is lost otherwise."""
WHOLE_DAYS = 60.0
"""Records are kept one by one for so long at least, unless they are too many; sums of days for as long again."""
DAY_S = 86_400.0
MOST_FILES = 50
MOST_TOLD = 300
ENDED_WELL = "done"
FAILED = ("failed", "lost")


class Spent(NamedTuple):
    """One job, when it began or when it ended.

    `outcome` is "began", "done", "stopped" (gave way, or had no room left; it goes on later), "failed" or "lost" (its
    process was gone). `key` names what was worked out: the same kind and key are never worked out twice. `size` is how
    large the subject was, in the kind's own unit.
    """

    kind: str
    subject: str
    outcome: str
    cpu_s: float = 0.0
    wall_s: float = 0.0
    tokens: int = 0
    dollars: float = 0.0
    size: float = 0.0
    key: str = ""
    why: str = ""
    pid: int = 0
    at: float = 0.0

    @property
    def amounts(self) -> Amounts:
        """What it cost."""
        return Amounts(self.cpu_s, self.wall_s, self.tokens, self.dollars)


class Served(NamedTuple):
    """One answer: how many tokens in how many milliseconds, with which files, about which.

    `stood_for` are the blob ids of the files of which it showed lines: whoever has the answer need not read them.
    `claims` counts those of a model in it.
    """

    kind: str
    tokens: int
    latency_ms: float
    files: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    stood_for: tuple[str, ...] = ()
    claims: int = 0
    at: float = 0.0


class Changed(NamedTuple):
    """Files that were edited."""

    files: tuple[str, ...]
    at: float = 0.0


class Predicted(NamedTuple):
    """Files that were expected to be asked about or changed next, the likeliest first."""

    files: tuple[str, ...]
    at: float = 0.0


class Counted(NamedTuple):
    """How many tokens files have, by blob id; -1 where the text was gone before it could be counted."""

    blobs: Mapping[str, int]
    at: float = 0.0


Record = Spent | Served | Changed | Predicted | Counted


class Records(NamedTuple):
    """What the ledger holds one by one, in order of time, and the sums of what it does not, by day or month."""

    spent: tuple[Spent, ...] = ()
    served: tuple[Served, ...] = ()
    changed: tuple[Changed, ...] = ()
    predicted: tuple[Predicted, ...] = ()
    counted: Mapping[str, int] = MappingProxyType({})
    sums: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


Sum = dict[str, Any]
Summed = Callable[[Records], dict[str, Sum]]


class Ledger:
    """The ledger of one repository; `folder` is that of its store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, record: Record) -> bool:
        """Write one record; whether it was written. Never raises for what the disk does."""
        at = round(record.at or time.time(), 3)
        content = _content(record._replace(at=at))
        try:
            with state.transaction(self._folder, durable=False, wait_s=WAIT_S) as db:
                if _count(db.execute(_SPAN).fetchall()) >= FULL_RECORDS:
                    return False
                db.execute("INSERT INTO ledger (at, content) VALUES (?, ?)", (at, content))
        except StoreError:
            return False
        return True

    def records(self) -> Records:
        """Read all that there is; what cannot be read is passed over."""
        # In one query, so that what is folded meanwhile is read once.
        found = state.rows(self._folder, f"SELECT NULL, content, at FROM ledger UNION ALL {_SUMS} ORDER BY at")
        records = [(content,) for period, content, _ in found if period is None]
        return collect(_read_records(records), _read_sums(row for row in found if row[0] is not None))

    def is_due(self, now: float) -> bool:
        """Tell whether there is anything to fold."""
        if _count(state.rows(self._folder, _SPAN)) > MOST_RECORDS or any(_is_old_day(day, now) for day in self._sums()):
            return True
        return bool(state.rows(self._folder, "SELECT 1 FROM ledger WHERE at < ? LIMIT 1", _oldest(now)))

    def fold(self, summed: Summed, now: float) -> int:
        """Turn old records into sums of days, all of them where there are too many; return how many records went.

        A record goes in the transaction that adds it up.
        """
        if not self.is_due(now):
            return 0
        try:
            with state.transaction(self._folder) as db:
                every = _count(db.execute(_SPAN).fetchall()) > MOST_RECORDS
                until = math.inf if every else _oldest(now)
                old = db.execute("SELECT content FROM ledger WHERE at < ? ORDER BY at, id", (until,)).fetchall()
                sums = _by_month(_merge(_read_sums(db.execute(_SUMS)), summed(collect(_read_records(old), {}))), now)
                db.execute("DELETE FROM ledger WHERE at < ?", (until,))
                db.execute("DELETE FROM ledger_sum")
                rows = ((period, json.dumps(values)) for period, values in sums.items())
                db.executemany("INSERT INTO ledger_sum VALUES (?, ?)", rows)
        except StoreError:
            return 0
        return len(old)

    def _sums(self) -> dict[str, Sum]:
        """Return the sums by day or month."""
        return _read_sums(state.rows(self._folder, _SUMS))


_SPAN = "SELECT min(id), max(id) FROM ledger"
_SUMS = "SELECT period, content, 0 FROM ledger_sum"


def _count(span: Iterable[Any]) -> int:
    """Return about how many records there are, without counting them."""
    return sum(last - first + 1 for first, last in span if first is not None)


def _oldest(now: float) -> float:
    """Return since when records are kept one by one: the beginning of a month."""
    then = time.localtime(now - WHOLE_DAYS * DAY_S)
    return time.mktime((then.tm_year, then.tm_mon, 1, 0, 0, 0, 0, 0, -1))


def _read_sums(found: Iterable[Any]) -> dict[str, Sum]:
    return {period: json.loads(content) for period, content, _ in found}


def format_day(at: float) -> str:
    """Return the day of a moment, as the user's clock has it."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def today(records: Records, now: float) -> Amounts:
    """Return what was spent on this day."""
    day = format_day(now)
    spent = [s.amounts for s in records.spent if format_day(s.at) == day]
    for cost in records.sums.get(day, {}).get("spent", {}).values():
        spent.append(Amounts(*(float(cost[name]) for name in ("cpu_s", "wall_s", "tokens", "dollars"))))
    total = Amounts()
    for amounts in spent:
        total += amounts
    return total


def collect(found: Iterable[Record], sums: Mapping[str, Mapping[str, Any]]) -> Records:
    """Sort records out by what they are."""
    kinds: dict[type, list[Any]] = {Spent: [], Served: [], Changed: [], Predicted: []}
    counted: dict[str, int] = {}
    for record in found:
        if isinstance(record, Counted):
            counted.update(record.blobs)
        else:
            kinds[type(record)].append(record)
    spent, served, changed, predicted = (tuple(records) for records in kinds.values())
    return Records(spent, served, changed, predicted, counted, sums)


_NAMES: dict[str, Any] = {
    "spent": Spent,
    "served": Served,
    "changed": Changed,
    "predicted": Predicted,
    "counted": Counted,
}
_NAME_OF = {kind: name for name, kind in _NAMES.items()}


def _content(record: Record) -> str:
    values: Sum = {"record": _NAME_OF[type(record)]}
    for name in record._fields:
        value = getattr(record, name)
        if isinstance(value, tuple):
            value = value[:MOST_FILES]
        elif isinstance(value, str):
            value = value[:MOST_TOLD]
        elif isinstance(value, float):
            value = round(value, 6)
        if value or name == "at" or name not in record._field_defaults:
            values[name] = value
    return json.dumps(values, separators=(",", ":"))


def _read_records(found: Iterable[tuple[str]]) -> Iterator[Record]:
    for (content,) in found:
        with contextlib.suppress(ValueError, TypeError, KeyError):
            yield _record(json.loads(content))


def _record(values: Sum) -> Record:
    """Read what `_content` wrote; what a later version added is passed over. ValueError, TypeError, KeyError."""
    kind = _NAMES[values["record"]]
    return cast("Record", kind(**{name: read(values[name]) for name, read in _readers(kind).items() if name in values}))


@cache
def _readers(kind: type[Record]) -> dict[str, Any]:
    return {name: _READERS[hint] for name, hint in get_type_hints(kind).items()}


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _blobs(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        raise TypeError
    return {_text(blob): int(tokens) for blob, tokens in value.items()}


_READERS: dict[object, Any] = {
    str: _text,
    float: float,
    int: int,
    tuple[str, ...]: _texts,
    Mapping[str, int]: _blobs,
}


def _merge(first: Mapping[str, Sum], second: Mapping[str, Sum]) -> dict[str, Sum]:
    return {period: add_sums(first.get(period, {}), second.get(period, {})) for period in sorted({*first, *second})}


def add_sums(first: Mapping[str, Any], second: Mapping[str, Any]) -> Sum:
    """Add two trees of numbers."""
    total: Sum = dict(first)
    for name, value in second.items():
        if isinstance(value, Mapping):
            total[name] = add_sums(total.get(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
    return total


def _is_old_day(period: str, now: float) -> bool:
    return len(period) > len("2026-01") and period < format_day(now - 2 * WHOLE_DAYS * DAY_S)


def _by_month(sums: Mapping[str, Sum], now: float) -> dict[str, Sum]:
    """Add old days up to months."""
    total: dict[str, Sum] = {}
    for period, values in sums.items():
        name = period[: len("2026-01")] if _is_old_day(period, now) else period
        total[name] = add_sums(total.get(name, {}), values)
    return total
