"""What sleep cost and what serving gave back, as records that are only ever added. Ranks nothing and waits for nobody.

One JSON object a line, one file a month below the store's folder. Each record is one write to the end of the file, so
that any number of processes write without a lock and a reader needs none. What a crash tore off is skipped; a folder
that cannot be written, or a full disk, costs the record and nothing else. What is old is folded into sums of days, and
later of months.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from noctule.indexer.runtime.budget import Amounts

FOLDER = "ledger"
FOLDED = "folded.json"
MOST_BYTES = 4 << 20
"""A month's file that is larger is folded at the next chance."""
FULL_BYTES = 64 << 20
"""A file that is larger takes no more records until it is folded."""
WHOLE_DAYS = 60.0
"""Records are kept one by one for so long at least, unless they are too many; sums of days for as long again."""
DAY_S = 86_400.0
MOST_FILES = 50
MOST_TOLD = 300
ENDED_WELL = "done"
FAILED = ("failed", "lost")


@dataclass(frozen=True, slots=True)
class Spent:
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


@dataclass(frozen=True, slots=True)
class Served:
    """One answer: how many tokens in how many milliseconds, with which files, about which.

    `stood_for` are the blob ids of the files of which it showed lines: whoever has the answer need not read them.
    """

    kind: str
    tokens: int
    latency_ms: float
    files: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    stood_for: tuple[str, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Changed:
    """Files that were edited."""

    files: tuple[str, ...]
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Predicted:
    """Files that were expected to be asked about or changed next, the likeliest first."""

    files: tuple[str, ...]
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Counted:
    """How many tokens files have, by blob id; -1 where the text was gone before it could be counted."""

    blobs: Mapping[str, int]
    at: float = 0.0


Record = Spent | Served | Changed | Predicted | Counted


@dataclass(frozen=True, slots=True)
class Records:
    """What the ledger holds one by one, in order of time, and the sums of what it does not, by day or month."""

    spent: tuple[Spent, ...] = ()
    served: tuple[Served, ...] = ()
    changed: tuple[Changed, ...] = ()
    predicted: tuple[Predicted, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


Sum = dict[str, Any]
Summed = Callable[[Records], dict[str, Sum]]


class Ledger:
    """The ledger of one repository; `folder` is that of its store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER

    def add(self, record: Record) -> bool:
        """Write one record; whether it was written. Never raises for what the disk does."""
        at = record.at or time.time()
        line = _line(replace(record, at=round(at, 3)))
        path = self.folder / f"{month_of(at)}.jsonl"
        try:
            return _append(path, line)
        except FileNotFoundError:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                return _append(path, line)
            except OSError:
                return False
        except OSError:
            return False

    def records(self) -> Records:
        """Read all that there is; what cannot be read is passed over."""
        sums, taken = self._folded()
        found: list[Record] = []
        for path in self._files():
            if path.name not in taken:
                found.extend(_records_in(path))
        found.sort(key=lambda record: record.at)
        return collected(found, sums)

    def is_due(self, now: float) -> bool:
        """Tell whether there is anything to fold."""
        try:
            return bool(self._aside() or self._old(now)) or any(_is_old_day(day, now) for day in self._folded()[0])
        except OSError:
            return False

    def fold(self, summed: Summed, now: float) -> int:
        """Turn old records into sums of days; return how many files went. One process at a time, under a lease.

        A file is put aside under a name of its own first: whoever writes meanwhile begins another one. It goes only
        when its sums are on disk, and a name that the sums know is not read again; so a crash anywhere loses nothing
        and counts nothing twice.
        """
        if not self.is_due(now):
            return 0
        try:
            for path in self._old(now):
                path.rename(path.with_suffix(f".{time.time_ns()}.aside"))
            aside = self._aside()
            sums, taken = self._folded()
            records = collected([r for path in aside if path.name not in taken for r in _records_in(path)], {})
            self._write_sums(_by_month(_merged(sums, summed(records)), now), [path.name for path in aside])
            for path in aside:
                path.unlink(missing_ok=True)
        except OSError:
            return 0
        return len(aside)

    def _old(self, now: float) -> list[Path]:
        oldest = month_of(now - WHOLE_DAYS * DAY_S)
        whole = [path for path in self._files() if path.suffix == ".jsonl"]
        return [path for path in whole if path.stem < oldest or path.stat().st_size > MOST_BYTES]

    def _aside(self) -> list[Path]:
        return [path for path in self._files() if path.suffix == ".aside"]

    def _files(self) -> list[Path]:
        try:
            return sorted(p for p in self.folder.iterdir() if p.suffix in (".jsonl", ".aside"))
        except OSError:
            return []

    def _folded(self) -> tuple[dict[str, Sum], frozenset[str]]:
        """Return the sums by day or month, and the names of the files that are in them."""
        try:
            data = json.loads((self.folder / FOLDED).read_bytes())
            return dict(data["sums"]), frozenset(data["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}, frozenset()

    def _write_sums(self, sums: Mapping[str, Sum], files: list[str]) -> None:
        scratch = self.folder / f"{FOLDED}.{os.getpid()}"
        with scratch.open("w", encoding="utf-8") as file:
            json.dump({"files": files, "sums": sums}, file)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.folder / FOLDED)


def month_of(at: float) -> str:
    """Return the month of a moment, as the user's clock has it."""
    return time.strftime("%Y-%m", time.localtime(at))


def day_of(at: float) -> str:
    """Return the day of a moment, as the user's clock has it."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def today(records: Records, now: float) -> Amounts:
    """Return what was spent on this day."""
    day = day_of(now)
    spent = [s.amounts for s in records.spent if day_of(s.at) == day]
    for cost in records.sums.get(day, {}).get("spent", {}).values():
        spent.append(Amounts(*(float(cost[name]) for name in ("cpu_s", "wall_s", "tokens", "dollars"))))
    total = Amounts()
    for amounts in spent:
        total += amounts
    return total


def collected(found: Iterable[Record], sums: Mapping[str, Mapping[str, Any]]) -> Records:
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


def _line(record: Record) -> bytes:
    values: Sum = {"record": _NAME_OF[type(record)]}
    for name, described in record.__dataclass_fields__.items():
        value = getattr(record, name)
        if isinstance(value, tuple):
            value = value[:MOST_FILES]
        elif isinstance(value, str):
            value = value[:MOST_TOLD]
        elif isinstance(value, float):
            value = round(value, 6)
        if value or name == "at" or described.default is MISSING:
            values[name] = value
    # The line end in front parts it from what a full disk or a crash cut off.
    return f"\n{json.dumps(values, separators=(',', ':'))}\n".encode()


def _append(path: Path, line: bytes) -> bool:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        return os.fstat(descriptor).st_size < FULL_BYTES and os.write(descriptor, line) == len(line)
    finally:
        os.close(descriptor)


def _records_in(path: Path) -> Iterator[Record]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        if line:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                yield _record(json.loads(line))


def _record(values: Sum) -> Record:
    """Read what `_line` wrote; what a later version added is passed over. ValueError, TypeError, KeyError."""
    kind = _NAMES[values["record"]]
    known: Sum = {}
    for name, described in kind.__dataclass_fields__.items():
        if name in values:
            known[name] = _READERS[described.type](values[name])
    return cast("Record", kind(**known))


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


_READERS: dict[str, Any] = {
    "str": _text,
    "float": float,
    "int": int,
    "tuple[str, ...]": _texts,
    "Mapping[str, int]": _blobs,
}


def _merged(first: Mapping[str, Sum], second: Mapping[str, Sum]) -> dict[str, Sum]:
    return {period: added(first.get(period, {}), second.get(period, {})) for period in sorted({*first, *second})}


def added(first: Mapping[str, Any], second: Mapping[str, Any]) -> Sum:
    """Add two trees of numbers."""
    total: Sum = dict(first)
    for name, value in second.items():
        if isinstance(value, Mapping):
            total[name] = added(total.get(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
    return total


def _is_old_day(period: str, now: float) -> bool:
    return len(period) > len("2026-01") and period < day_of(now - 2 * WHOLE_DAYS * DAY_S)


def _by_month(sums: Mapping[str, Sum], now: float) -> dict[str, Sum]:
    """Add old days up to months."""
    total: dict[str, Sum] = {}
    for period, values in sums.items():
        name = period[: len("2026-01")] if _is_old_day(period, now) else period
        total[name] = added(total.get(name, {}), values)
    return total
