"""What people see of each answer, as whole texts."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import replace

from noctule.indexer.background.reports import (
    EstimatedSaving,
    GivenBack,
    JobCost,
    LedgerReport,
    LeftOutJob,
    Predictability,
    QueuedJob,
    QueueReport,
)
from noctule.indexer.reports import SleepReport, Status
from noctule.indexer.results import Claim, Evidence, Forecast, Freshness, LikelyChange, Note, Pack, Reason
from noctule.indexer.runtime.budget import Amounts
from noctule.lsp_server.cli import context, notes, predict, sleep, status
from noctule.lsp_server.cli.layout import LabelledRow, table
from noctule.lsp_server.cli.target import remark_freshness
from noctule.lsp_server.cli.terminal import Terminal

REVISION = "0123456789abcdef0123456789abcdef01234567"
FRESH = Freshness("fresh", learned_at=1000.0)

REPORT = SleepReport(
    revision=REVISION,
    dirty=False,
    complete=True,
    parsed_blobs=1,
    known_blobs=2300,
    commits_read=12,
    commits_known=0,
    seconds={"listing": 0.01, "parsing": 1.25, "total": 1.5},
    failed={},
    peak_memory_bytes=165_000_000,
)
STATUS = Status(
    root="/home/ada/shop",
    kind="work tree",
    revision=REVISION,
    dirty=True,
    state="merge",
    freshness=Freshness("pending", 7, ("a.py", "b\n.py", "c.py", "d.py", "e.py", "f.py"), 1000.0),
    files=7,
    languages={"go": 1, "python": 5},
    symbols=1234,
    commits=160,
    history_gaps=("shallow clone: older commits are missing",),
    left_out={"binary": 2},
    left_out_examples={"binary": ("logo.png", "font.ttf")},
    ranked_down={"test": 3},
    failed={"bad.py": "the parser stopped"},
    prediction={
        "alone": {"trials": 300, "recall@10": 0.61},
        "task": {"withheld": "needs 50 recent commits with a message to be tested on, this repository has 3"},
    },
    cost={"sleeps": 2, "seconds": 1.5, "cpu_seconds": 2.5},
    store_path="/home/ada/.cache/noctule/shop-1",
    store_bytes=123_456,
    source_bytes=100_000,
    store_version=1,
    sleep={},
)
ASLEEP: dict[str, object] = {
    "state": "sleeping",
    "since": 1000.0,
    "held_by": "",
    "job": "history commits",
    "pid": 42,
    "failing": {"fit change points": "no room"},
    "fault": "",
    "fix": "",
}


def shown(lines: Iterable[LabelledRow]) -> str:
    out = io.StringIO()
    Terminal(out, None).show(lines)
    return out.getvalue()


def test_a_sleep_says_what_it_read_and_what_that_took() -> None:
    assert shown(sleep.summary(REPORT)) == (
        "Indexed 0123456789: 1 file read, 2,300 unchanged; 12 commits read, 0 unchanged\n"
        "  in 1.5 s (parsing 1.2 s), 165 MB of memory\n"
    )


def test_a_sleep_names_the_files_that_failed_and_how_to_go_on() -> None:
    report = replace(REPORT, complete=False, failed={"b\n.py": "the parser stopped", "a.py": "gone"})

    assert shown(sleep.summary(report)).splitlines()[2:] == [
        "  2 files could not be parsed:",
        "    a.py: gone",
        "    b\\n.py: the parser stopped",
        "  Not finished; the next `noctule sleep` continues.",
    ]


def test_a_sleep_with_nothing_to_do_says_so() -> None:
    idle = replace(REPORT, parsed_blobs=0, commits_read=0, commits_known=160, seconds={"total": 0.04})

    stopped = replace(idle, complete=False)

    assert sleep.summary(idle)[0].text == "Nothing new at 0123456789: 2,300 files and 160 commits are up to date"
    assert sleep.summary(stopped)[0].text == "Stopped before anything was read at 0123456789"


def test_status_says_what_a_scip_index_added() -> None:
    added = {"name": "index.scip", "uses": 1234, "documents": 56, "changed": 3}
    fits = {**added, "documents": 1, "changed": 0}

    assert dict(status.rows(replace(STATUS, scip=added), 0.0))["precise"] == (
        "index.scip: 1,234 uses from 56 documents, 3 documents changed since"
    )
    assert dict(status.rows(replace(STATUS, scip=fits), 0.0))["precise"] == "index.scip: 1,234 uses from 1 document"
    assert "precise" not in dict(status.rows(STATUS, 0.0))


def test_status_groups_its_lines_under_labels() -> None:
    assert shown(table(status.rows(STATUS, now=1300.0))) == (
        "repository   /home/ada/shop (work tree)\n"
        "revision     0123456789 with uncommitted changes, in the middle of a merge\n"
        "index        7 files changed since the last run (indexed 5 min ago): "
        "a.py, b\\n.py, c.py, d.py, e.py and 2 more\n"
        "watch        background indexing is off (start it with `noctule watch`)\n"
        "files        7 (100 kB)\n"
        "languages    python 5, go 1\n"
        "symbols      1,234\n"
        "commits      160\n"
        "             shallow clone: older commits are missing\n"
        "left out     2 files: binary (logo.png, font.ttf)\n"
        "ranked down  test 3\n"
        "not parsed   bad.py: the parser stopped\n"
        "forecast     from history alone: 61% of the changed files in the top 10 (300 past commits)\n"
        "             with a task: needs 50 recent commits with a message to be tested on, this repository has 3\n"
        "cost         2 runs, 1.5 s (2.5 s of CPU time)\n"
        "store        /home/ada/.cache/noctule/shop-1 (123 kB, 123% of the files' size, version 1)\n"
    )


def test_a_store_that_is_not_there_or_large_beside_the_files_is_said_so() -> None:
    absent = replace(STATUS, store_version=0, store_bytes=0)
    large = replace(STATUS, source_bytes=200)

    assert dict(status.rows(absent, 0.0))["store"] == "/home/ada/.cache/noctule/shop-1 (nothing is stored yet)"
    assert "(123 kB, 617 times the files' size, version 1)" in dict(status.rows(large, 0.0))["store"]


def test_status_names_files_that_were_read_in_part() -> None:
    reason = "in part: only the first 200 kB are searched"
    said = replace(STATUS, left_out={reason: 1}, left_out_examples={reason: ("api.yaml",)})

    assert dict(status.rows(said, 0.0))["in part"] == "1 file: only the first 200 kB are searched (api.yaml)"


def test_status_says_once_why_there_is_no_forecast() -> None:
    record = {"withheld": "needs 50 commits"}
    young = replace(STATUS, prediction={"alone": record, "given": record})

    assert [text for label, text in status.rows(young, now=1300.0) if label == "forecast"] == ["needs 50 commits"]


def test_status_says_what_the_background_process_does_or_waits_for() -> None:
    awake = ASLEEP | {"state": "awake", "held_by": "waiting for idle CPU", "failing": {}, "job": ""}

    assert list(status.rows(replace(STATUS, sleep=ASLEEP), now=1300.0))[3:5] == [
        ("watch", "working: history commits (process 42, 5 min ago)"),
        ("failing", "fit change points: no room"),
    ]
    assert list(status.rows(replace(STATUS, sleep=awake), now=1000.0))[3] == (
        "watch",
        "waiting for idle CPU (process 42, just now)",
    )


def test_the_queue_tells_value_cost_and_reason() -> None:
    spent, left = Amounts(90, 100, 0, 0), Amounts(6000, math.inf, math.inf, 0.5)
    cost = Amounts(1.5, 2.0, 0, 0)
    job = QueuedJob("history", "commits", "3 commits not read yet", cost, 4, 0.8, 2.0, 5.0, 53.3, False)
    left_out = LeftOutJob("fit", "change points", "saves 0.2 idle seconds for each second that it takes", 0.2)

    assert list(status.queue_rows(QueueReport(REVISION, (job,), (left_out,), spent, left))) == [
        (
            "next",
            "history commits: 3 commits not read yet; 80% likely to be needed, saves 2.0 s 5 times, "
            "costs 1.5 s (measured on 4 jobs); value 53",
        ),
        ("left out", "fit change points: saves 0.2 idle seconds for each second that it takes"),
        (
            "today",
            "spent 1 min 30 s of CPU time, 0 tokens, $0.00; left 1 h 40 min of CPU time, unlimited tokens, $0.50",
        ),
    ]


def test_the_ledger_tells_what_was_measured_and_calls_an_estimate_one() -> None:
    report = LedgerReport(
        since=None,
        cost={"history": JobCost(3, 1, 4.2, 5.0, 0, 0.0)},
        today=Amounts(),
        served={"context": GivenBack(4, 8000, 40.0, 55.0, 2, 4000, 30000)},
        predictability=Predictability(4, 3, 10, 6, 0, 0),
        estimated_saving=EstimatedSaving(26000, 2, "as if each file had been read"),
    )

    assert list(status.ledger_rows(report)) == [
        ("cost", "history: 3 jobs, 1 of them failed, 4.2 s of CPU time"),
        (
            "served",
            "context: 4 requests, 8,000 tokens, median 40 ms (p95 55 ms); 4,000 of these (2 requests) replaced "
            "files of 30,000 tokens",
        ),
        ("predictability", "3 of 4 answers whose files were then changed or asked about"),
        ("predictability", "6 of 10 edits that were predicted"),
        ("estimate", "saved 26,000 tokens in 2 requests (as if each file had been read)"),
    ]


def test_a_forecast_lists_chances_and_its_record() -> None:
    points = (
        LikelyChange("tests/test_cart.py", None, 0.91, (Reason("co-change", "changes with shop/cart.py", 2.0),)),
        LikelyChange("[b]odd[/b].py", "Cart.add", 0.001, ()),
    )
    forecast = Forecast(
        REVISION, False, (), points, {"recall@10": 0.6}, {"recency": {"recall@10": 0.4}}, 312, None, FRESH
    )

    assert shown(predict.table(points)).splitlines() == [
        "Files:",
        " 91%  tests/test_cart.py",
        "      changes with shop/cart.py",
        "Symbols:",
        " <1%  [b]odd[/b].py:Cart.add",
    ]
    assert predict.track_record(forecast) == (
        "Tested on 312 commits it had not seen: 60% of the changed files were in its top 10 "
        "(most recently changed files: 40%)."
    )


def test_a_withheld_forecast_says_why() -> None:
    forecast = Forecast(REVISION, False, (), (), {}, {}, 3, "needs 50 commits, this repository has 3", FRESH)

    assert predict.track_record(forecast) == "No forecast: needs 50 commits, this repository has 3"


def test_a_note_groups_claims_by_kind_in_the_order_of_their_first() -> None:
    def claim(kind: str, text: str, *evidence: Evidence) -> Claim:
        return Claim(text, "shop/cart.py", kind, evidence)

    lines = Evidence("shop/mail.py", 3, 9, "abc")
    commits = Evidence(None, None, None, None, tuple(f"{n}" * 40 for n in range(1, 7)))
    note = Note(
        REVISION,
        False,
        "shop/cart.py",
        "file",
        (
            claim("tests", "tests/test_cart.py exercises it."),
            claim("dependents", "shop/mail.py depends on it.", lines, lines),
            claim("tests", "It changes with its test.", commits),
        ),
        {"fixes": 2},
        FRESH,
    )

    assert shown(notes.page(note, "/home/ada/shop")) == (
        "shop/cart.py  (file)\n"
        "\n"
        "tests\n"
        "  tests/test_cart.py exercises it.\n"
        "  It changes with its test.\n"
        "    1111111111, 2222222222, 3333333333, 4444444444 and 2 more\n"
        "\n"
        "dependents\n"
        "  shop/mail.py depends on it.\n"
        "    shop/mail.py:3-9\n"
        "\n"
        "Left out, because their evidence has changed: 2 fixes\n"
    )


def test_a_pack_is_announced_in_one_line() -> None:
    pack = Pack(REVISION, True, 5, 2000, 1987, "estimate", False, {"total": 41.2}, FRESH, (), (), (), "text")

    assert context.header(pack) == (
        "0123456789 with uncommitted changes: 0 files, 0 symbols, 0 facts; 1,987 of 2,000 tokens (estimate), 41 ms"
    )
    assert "too little in this repository fits the task" in context.header(replace(pack, abstained=True))


def test_an_answer_says_what_it_does_not_know_yet() -> None:
    err = io.StringIO()

    remark_freshness(Freshness("pending", 3, ("a", "b", "c"), 1.0, 1), Terminal(None, err))

    assert err.getvalue() == (
        "3 files changed since the last run; `noctule sleep` updates the index.\n"
        "1 fact left out, because the evidence has changed.\n"
    )
