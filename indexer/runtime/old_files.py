"""Takes the files of earlier versions into the database of `indexer.runtime.state`, once, and removes them.

A file or folder is first renamed: an earlier version that still runs begins a new one, which is taken over later. That
name is written down in the transaction that takes the content over, so a crash anywhere loses nothing and counts
nothing twice. What a crash tore off in the old days is passed over, as it was then.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ASIDE = ".taken-over"
_NO_ROW = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, OverflowError)
"""What SQLite says of values that are of no use: they cost themselves alone."""
_UNSOUND = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
Row = tuple[str, tuple[Any, ...]]
"""An SQL statement and its parameters."""


def are_in(folder: Path) -> bool:
    """Tell whether there is anything to take over beside a database."""
    return bool(_names(folder))


def import_old(db: sqlite3.Connection, folder: Path) -> None:
    """Take over what there is; what cannot be read at this moment is left for the next time. sqlite3.Error."""
    for name in _names(folder):
        aside = folder / name
        with contextlib.suppress(OSError):  # another process was first, or the disk does not give it
            if not name.endswith(ASIDE):
                aside = folder / f"{name}.{time.time_ns()}{ASIDE}"
                (folder / name).rename(aside)
            _take(db, aside)
            if aside.is_dir():
                import shutil

                shutil.rmtree(aside, ignore_errors=True)
            else:
                aside.unlink(missing_ok=True)


def _take(db: sqlite3.Connection, aside: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        if not db.execute("SELECT 1 FROM migrated WHERE name = ?", (aside.name,)).fetchone():
            for statement, values in _rows(aside):
                with contextlib.suppress(*_NO_ROW):
                    db.execute(statement, values)
            db.execute("INSERT INTO migrated VALUES (?)", (aside.name,))
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if _is_old(path.name))
    except OSError:
        return []


def _is_old(name: str) -> bool:
    return name in _READERS or name.endswith(ASIDE) or (name.startswith("spent-") and name.endswith(".jsonl"))


def _rows(path: Path) -> Iterator[Row]:
    """Read what the old file or folder holds; a file where there was to be a folder holds nothing. OSError."""
    reader = next((read for name, read in _READERS.items() if path.name.startswith(name)), _spending)
    with contextlib.suppress(NotADirectoryError):
        yield from reader(path)


def _notes(folder: Path) -> Iterator[Row]:
    """`thoughts`: notes and dropped keys line by line, the gate's verdict, and the replay that was planned."""
    yield "DELETE FROM document WHERE name = 'index'", ()  # of the terms by which notes are found: made anew
    for entry in _lines(folder / "notes.jsonl"):
        with contextlib.suppress(*_UNSOUND):
            if "drop" in entry:
                yield "UPDATE note SET dropped = ? WHERE key = ?", (str(entry.get("why", "")), str(entry["drop"]))
            else:
                note = entry["note"]
                values = (_text(note["key"]), _text(note["subject"]), "", float(note["at"]), json.dumps(note))
                yield "INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?, ?, NULL)", values
    for name in ("gate", "replay"):
        content = _json(folder / f"{name}.json")
        if content is not None:
            yield "INSERT OR REPLACE INTO document VALUES (?, ?)", (name, json.dumps(content))


def _ledger(folder: Path) -> Iterator[Row]:
    """`ledger`: a file of records for each month, and sums of days that name the files that are in them."""
    folded = _json(folder / "folded.json")
    sums, taken = (folded["sums"], folded["files"]) if isinstance(folded, dict) and "sums" in folded else ({}, [])
    for period, content in sums.items():
        yield "INSERT OR REPLACE INTO ledger_sum VALUES (?, ?)", (_text(period), json.dumps(content))
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".jsonl", ".aside")):
        for record in _lines(path) if path.name not in taken else ():
            with contextlib.suppress(*_UNSOUND):
                yield "INSERT INTO ledger (at, content) VALUES (?, ?)", (float(record["at"]), json.dumps(record))


def _spending(path: Path) -> Iterator[Row]:
    """`spent-DAY.jsonl`: what each request may cost, and what it did."""
    day = path.name[len("spent-") : len("spent-2026-01-01")]
    for record in _lines(path):
        with contextlib.suppress(*_UNSOUND):
            dollars = None if record["dollars"] is None else float(record["dollars"])
            amounts = float(record["tokens"]), dollars
            if "reserve" in record:
                told = _text(record["repository"]), _text(record["job"]), *amounts, float(record["at"])
                yield "INSERT OR IGNORE INTO request VALUES (?, ?, ?, ?, ?, ?, ?, 0)", (record["reserve"], day, *told)
            else:
                values = (*amounts, record["settle"])
                yield "UPDATE request SET tokens = ?, dollars = ?, settled = 1 WHERE id = ? AND NOT settled", values


def _send(folder: Path) -> Iterator[Row]:
    """`sent`: a file for each month, a line for each request."""
    for path in sorted(folder.glob("*.jsonl")):
        for record in _lines(path):
            with contextlib.suppress(*_UNSOUND):
                yield "INSERT INTO sent (at, content) VALUES (?, ?)", (float(record["at"]), json.dumps(record))


def _replies(folder: Path) -> Iterator[Row]:
    """`replies`: a folder for each job, a file for each reply."""
    for path in sorted(folder.glob("*/*.json")):
        content = _json(path)
        if content is not None:
            values = path.parent.name, path.stem, path.stat().st_mtime, json.dumps(content)
            yield "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?)", values


def _import_shown(folder: Path) -> Iterator[Row]:
    """`told`: a file for each session of an agent."""
    for path in sorted(folder.glob("*.json")):
        said = _json(path)
        if isinstance(said, dict):
            hints = [json.dumps(hint) for hint in said.get("hints", ())] + ([""] if said.get("pack") else [])
            for hint in hints:
                yield "INSERT OR IGNORE INTO shown VALUES (?, ?, ?)", (path.stem, hint, path.stat().st_mtime)


def _import_dismissed(path: Path) -> Iterator[Row]:
    """`silenced.json`: one list of hints."""
    hints = _json(path)
    for hint in hints if isinstance(hints, list) else ():
        yield "INSERT OR IGNORE INTO dismissed VALUES (?)", (json.dumps(hint),)


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "thoughts": _notes,
    "ledger": _ledger,
    "sent": _send,
    "replies": _replies,
    "told": _import_shown,
    "silenced.json": _import_dismissed,
}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(line)
            if isinstance(found, dict):
                yield found


def _json(path: Path) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return None


def _text(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode()
