"""The ledger on a real disk: many writers, torn lines, full disks, and sums that survive a crash."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from noctule.indexer.background.totals import report, sums_by_day
from noctule.indexer.runtime import state
from noctule.indexer.runtime.budget import Amounts
from noctule.indexer.runtime.ledger import (
    DAY_S,
    FULL_RECORDS,
    MOST_RECORDS,
    Changed,
    Counted,
    Ledger,
    Predicted,
    Served,
    Spent,
    add_sums,
    today,
)

NOW = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))


def write(folder: Path, *contents: str, number: int | None = None) -> None:
    """Write what is no record, or one of another version."""
    with state.transaction(folder) as db:
        db.executemany("INSERT INTO ledger VALUES (?, ?, ?)", ((number, NOW, content) for content in contents))


def test_what_is_written_is_read_back_whole(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "store")
    spent = Spent("refresh", "work tree", "done", 0.25, 0.5, 3, 0.01, 7.0, "k", "why", 12, NOW)
    served = Served("context", 900, 12.5, ("a.py", "b\udcff.py"), ("c.py",), ("ab" * 20,), at=NOW + 1)

    assert all(
        ledger.add(record)
        for record in (spent, served, Changed(("a.py",), NOW + 2), Predicted(("a.py",), NOW + 3), Counted({"x": 5}))
    )

    records = ledger.records()
    assert (records.spent, records.served) == ((spent,), (served,))
    assert (records.changed, records.predicted) == ((Changed(("a.py",), NOW + 2),), (Predicted(("a.py",), NOW + 3),))
    assert records.counted == {"x": 5}


def test_an_answer_that_had_nothing_to_say_is_a_record_too(tmp_path: Path) -> None:
    Ledger(tmp_path).add(Served("notes", 0, 0.0, at=NOW))

    assert Ledger(tmp_path).records().served == (Served("notes", 0, 0.0, at=NOW),)


def test_processes_that_write_at_once_lose_no_record(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from noctule.indexer.runtime.ledger import Ledger, Spent\n"
        "for n in range(200): assert Ledger(Path(sys.argv[1])).add(Spent('parse', f'{sys.argv[2]} {n}', 'done', 1.0))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)]) for n in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4

    subjects = {spent.subject for spent in Ledger(tmp_path).records().spent}

    assert subjects == {f"{writer} {n}" for writer in range(4) for n in range(200)}


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", "{}", '{"record":"odd"}', '{"record":"spent","kind":1}', '{"record":"spent"}', "\x00"]
)
def test_what_is_no_record_is_passed_over(tmp_path: Path, line: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Spent("parse", "sound", "done", at=NOW))
    write(tmp_path, line)

    assert [spent.subject for spent in ledger.records().spent] == ["sound"]


def test_a_field_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    record = {"record": "spent", "kind": "parse", "subject": "s", "outcome": "done", "at": NOW, "colour": "blue"}
    write(tmp_path, json.dumps(record))

    assert ledger.records().spent == (Spent("parse", "s", "done", at=NOW),)


def test_a_disk_that_takes_nothing_costs_the_record_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / state.FILE).mkdir()
    ledger = Ledger(tmp_path)

    assert not ledger.add(Spent("parse", "s", "done"))
    assert ledger.records().spent == ()
    assert ledger.fold(sums_by_day, NOW) == 0


def test_a_write_that_a_full_disk_cuts_off_is_no_record(tmp_path: Path) -> None:
    assert Ledger(tmp_path).add(Spent("parse", "before", "done"))
    size = max(path.stat().st_size for path in tmp_path.iterdir()) + 200_000
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from noctule.indexer.runtime.ledger import Counted, Ledger\n"
        f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "blobs = [{f'{n} {blob}': 1 for blob in range(5_000)} for n in range(9)]\n"
        "print([Ledger(Path(sys.argv[1])).add(Counted(counted)) for counted in blobs])"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    written = [word == "True" for word in done.stdout.strip("[]\n").split(", ")]

    records = Ledger(tmp_path).records()

    assert 0 < sum(written) < 9
    assert len(records.counted) == 5_000 * sum(written)
    assert Ledger(tmp_path).add(Spent("parse", "after", "done"))


def _busy_months(ledger: Ledger) -> None:
    for days in (200, 130, 100, 40, 1, 0):
        at = NOW - days * DAY_S
        ledger.add(Spent("parse", f"{days} days ago", "done", 2.0, 3.0, at=at))
        ledger.add(Served("context", 500, 20.0, ("a.py",), at=at))
        ledger.add(Changed(("a.py",), at + 60))


def _figures(ledger: Ledger) -> Mapping[str, object]:
    """Return all figures, those of days by month: so they are kept."""
    said = report(ledger.records(), NOW).to_json()
    months: dict[str, dict[str, Any]] = {}
    for day in cast("list[dict[str, Any]]", said["days"]):
        month = day.pop("day")[:7]
        months[month] = add_sums(months.get(month, {}), day)
    return {**said, "days": months}


def test_folding_keeps_every_figure_and_bounds_the_records(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    _busy_months(ledger)
    before = _figures(ledger)

    folded = ledger.fold(sums_by_day, NOW)

    assert folded == 9
    assert _figures(ledger) == before
    assert [s.subject for s in ledger.records().spent] == ["40 days ago", "1 days ago", "0 days ago"]
    assert ledger.fold(sums_by_day, NOW) == 0
    assert {len(period) for period in ledger.records().sums} == {len("2026-05"), len("2026-08-15")}
    ledger.fold(sums_by_day, NOW + 400 * DAY_S)
    assert {len(period) for period in ledger.records().sums} == {len("2026-05")}
    assert report(ledger.records(), NOW).cost["parse"].jobs == 6


def test_records_that_are_too_many_are_folded_though_their_month_goes_on(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Spent("parse", "s", "done", 2.0, at=NOW))
    write(tmp_path, "nonsense", number=MOST_RECORDS + 1)

    assert ledger.fold(sums_by_day, NOW) == 2
    ledger.add(Spent("parse", "s", "done", 3.0, at=NOW))

    assert today(ledger.records(), NOW) == Amounts(cpu_s=5.0)


@pytest.mark.parametrize("killed_at", ["collect", "json.dumps"])  # before and behind what it deletes
def test_a_fold_that_is_killed_half_way_counts_nothing_twice_and_loses_nothing(tmp_path: Path, killed_at: str) -> None:
    ledger = Ledger(tmp_path)
    _busy_months(ledger)
    before = _figures(ledger)
    script = (
        "import os, sys; from pathlib import Path; from noctule.indexer.runtime import ledger\n"
        "from noctule.indexer.background.totals import sums_by_day\n"
        f"ledger.{killed_at} = lambda *a, **k: os.kill(os.getpid(), 9)\n"
        "ledger.Ledger(Path(sys.argv[1])).fold(sums_by_day, float(sys.argv[2]))"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path), str(NOW)], check=False)
    assert killed.returncode == -9

    assert _figures(ledger) == before
    ledger.fold(sums_by_day, NOW)
    assert _figures(ledger) == before


def test_records_that_nobody_folds_become_no_more(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.add(Spent("parse", "s", "done", at=NOW))
    write(tmp_path, "nonsense", number=FULL_RECORDS)

    assert not ledger.add(Spent("parse", "s", "done", at=NOW))


def test_only_requests_whose_files_were_all_counted_enter_the_saving(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Served("context", 500, 10.0, stood_for=("aa", "bb"), at=NOW))
    ledger.add(Served("context", 400, 30.0, stood_for=("aa", "cc"), at=NOW))
    ledger.add(Served("notes", 100, 5.0, at=NOW))
    ledger.add(Counted({"aa": 3_000, "bb": 1_000, "cc": -1}))

    said = report(ledger.records(), NOW)

    context = said.served["context"]
    assert (context.requests, context.tokens, context.p50_ms, context.p95_ms) == (2, 900, 10.0, 30.0)
    assert (context.counted, context.counted_tokens, context.stood_for_tokens) == (1, 500, 4_000)
    assert (said.estimated_saving.tokens, said.estimated_saving.requests) == (3_500, 1)


def test_hits_and_misses_are_read_from_what_came_afterwards(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Predicted(("a.py", "b.py"), NOW))
    ledger.add(Served("context", 500, 10.0, ("a.py", "x.py"), at=NOW + 1))
    ledger.add(Served("context", 500, 10.0, ("y.py",), at=NOW + 2))
    ledger.add(Changed(("a.py",), NOW + 3))
    ledger.add(Changed(("a.py", "c.py"), NOW + 4))  # saved again: one piece of news
    ledger.add(Served("notes", 50, 1.0, ("b.py",), ("b.py",), at=NOW + 5))
    ledger.add(Served("context", 500, 10.0, ("z.py",), at=NOW + 6))  # nothing came after it: not judged

    found = report(ledger.records(), NOW).predictability

    assert (found.packs, found.used_packs) == (2, 1)
    assert (found.edits, found.expected_edits) == (2, 1)
    assert (found.asks, found.expected_asks) == (1, 1)


def test_each_day_has_its_own_sums_and_together_they_are_the_report(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    _busy_months(ledger)
    ledger.add(Spent("history", "commits", "failed", 0.5, 1.0, 700, 0.25, at=NOW))

    said = report(ledger.records(), NOW)

    assert [day.day for day in said.days] == sorted(day.day for day in said.days)
    assert (len(said.days), said.days[-1].day) == (6, time.strftime("%Y-%m-%d", time.localtime(NOW)))
    latest = said.days[-1]
    assert (latest.jobs, latest.cpu_s, latest.wall_s, latest.tokens, latest.dollars) == (2, 2.5, 4.0, 700, 0.25)
    assert (latest.requests, latest.served_tokens, latest.packs, latest.used_packs) == (1, 500, 1, 1)
    assert sum(day.jobs for day in said.days) == sum(cost.jobs for cost in said.cost.values())
    assert sum(day.requests for day in said.days) == said.served["context"].requests
