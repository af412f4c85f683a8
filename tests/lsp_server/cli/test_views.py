"""What people see of each answer, as whole texts."""

from __future__ import annotations

import io
import math
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
from noctule.indexer.results import (
    Claim,
    Evidence,
    Forecast,
    Freshness,
    LikelyChange,
    Note,
    Pack,
    Reason,
    SleepReport,
    Status,
)
from noctule.indexer.runtime.budget import Amounts
from noctule.lsp_server.cli import context, notes, predict, sleep, status
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
    prediction={"trials": 300, "hit_rate": {"recall@10": 0.61}},
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


def shown(renderable: object) -> str:
    out = io.StringIO()
    Terminal(out, None).show(renderable)  # type: ignore[arg-type]
    return out.getvalue()


def test_a_sleep_says_what_it_read_and_what_that_took() -> None:
    assert sleep.summary(REPORT) == (
        "Learned 0123456789: 1 file read, 2,300 already known; 12 commits read, 0 already known\n"
        "  in 1.5 s (parsing 1.2 s), at most 165 MB of memory\n"
    )


def test_a_sleep_names_the_files_that_failed_and_how_to_go_on() -> None:
    report = replace(REPORT, complete=False, failed={"b\n.py": "the parser stopped", "a.py": "gone"})

    assert sleep.summary(report).splitlines()[2:] == [
        "  2 files could not be parsed:",
        "    a.py: gone",
        "    b\\n.py: the parser stopped",
        "  Not everything is learned yet: the next 'noctule sleep' goes on from here.",
    ]


def test_a_sleep_with_nothing_to_do_says_so() -> None:
    idle = replace(REPORT, parsed_blobs=0, commits_read=0, commits_known=160, seconds={"total": 0.04})

    assert sleep.summary(idle).splitlines()[0] == "Nothing new at 0123456789: 2,300 files and 160 commits already known"
    assert sleep.summary(replace(idle, complete=False)).startswith("Stopped before anything was read at 0123456789\n")


def test_status_groups_its_lines_under_labels() -> None:
    assert shown(status.table(status.rows(STATUS, now=1300.0))) == (
        "repository   /home/ada/shop (work tree)\n"
        "revision     0123456789 with uncommitted changes, in the middle of a merge\n"
        "freshness    7 files changed since the last sleep (learned 5 min ago): "
        "a.py, b\\n.py, c.py, d.py, e.py and 2 more\n"
        "sleep        nobody sleeps on this work tree: 'noctule watch' does\n"
        "files        7, 100 kB of text\n"
        "languages    python 5, go 1\n"
        "symbols      1,234\n"
        "commits      160\n"
        "             shallow clone: older commits are missing\n"
        "left out     2 files: binary (logo.png, font.ttf)\n"
        "ranked down  test 3\n"
        "not parsed   bad.py: the parser stopped\n"
        "prediction   trials: 300\n"
        "             hit_rate: recall@10 61%\n"
        "cost         2 sleeps, 1.5 s, 2.5 s of processor time\n"
        "store        /home/ada/.cache/noctule/shop-1 (123 kB, 123% of the text, version 1)\n"
    )


def test_status_says_who_sleeps_and_what_holds_sleep_awake() -> None:
    awake = ASLEEP | {"state": "awake", "held_by": "the last edit was 2 s ago", "failing": {}, "job": ""}

    assert list(status.rows(replace(STATUS, sleep=ASLEEP), now=1300.0))[3:5] == [
        ("sleep", "sleeping: history commits (process 42, 5 min ago)"),
        ("failing", "fit change points: no room"),
    ]
    assert list(status.rows(replace(STATUS, sleep=awake), now=1000.0))[3] == (
        "sleep",
        "awake: the last edit was 2 s ago (process 42, just now)",
    )


def test_the_queue_tells_value_cost_and_reason() -> None:
    spent, left = Amounts(90, 100, 0, 0), Amounts(6000, math.inf, math.inf, 0.5)
    cost = Amounts(1.5, 2.0, 0, 0)
    job = QueuedJob("history", "commits", "3 commits were never read", cost, 4, 0.8, 2.0, 5.0, 53.3, False)
    left_out = LeftOutJob("fit", "change points", "brings 0.2 idle seconds for each that it costs", 0.2)

    assert list(status.queue_rows(QueueReport(REVISION, (job,), (left_out,), spent, left))) == [
        (
            "next",
            "history commits: 3 commits were never read; 80% that it is needed, saves 2.0 s 5 times, "
            "costs 1.5 s (from 4 jobs): worth 53",
        ),
        ("left out", "fit change points: brings 0.2 idle seconds for each that it costs"),
        (
            "today",
            "1 min 30 s of processor time, 0 tokens, $0.00 spent, 1 h 40 min of processor time, any tokens, $0.50 left",
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
        ("cost", "history: 3 jobs, 1 of them failed, 4.2 s of processor time"),
        (
            "served",
            "context: 4 requests, 8,000 tokens, 40 ms (p95 55 ms); 4,000 of these in 2 requests stood for files of "
            "30,000 tokens",
        ),
        ("predictability", "3 of 4 packs whose files were then changed or asked about"),
        ("predictability", "6 of 10 edits that were expected"),
        ("estimate", "26,000 tokens spared in 2 requests: as if each file had been read"),
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
        "",
        " chance   file or symbol           because",
        " ───────────────────────────────────────────────────────────",
        "    91%   tests/test_cart.py       changes with shop/cart.py",
        "    <1%   [b]odd[/b].py:Cart.add",
        "",
    ]
    assert predict.track_record(forecast) == (
        "On 312 held-out past commits: recall@10 60%\n  by recency alone: recall@10 40%"
    )


def test_a_withheld_forecast_says_why() -> None:
    forecast = Forecast(REVISION, False, (), (), {}, {}, 3, "only 3 past commits to learn from", FRESH)

    assert predict.track_record(forecast) == "No forecast: only 3 past commits to learn from"


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

    assert shown(notes.page(note)) == (
        "shop/cart.py  file\n"
        "\n"
        "tests\n"
        "  tests/test_cart.py exercises it.\n"
        "  It changes with its test.  [1111111111, 2222222222, 3333333333, 4444444444 and 2 more]\n"
        "\n"
        "dependents\n"
        "  shop/mail.py depends on it.  [shop/mail.py:3-9]\n"
        "\n"
        "Withheld, since their evidence has changed: 2 fixes\n"
    )


def test_a_pack_is_announced_in_one_line() -> None:
    pack = Pack(REVISION, True, 5, 2000, 1987, "estimate", False, {"total": 41.2}, FRESH, (), (), (), "text")

    assert context.header(pack) == (
        "0123456789 with uncommitted changes: 0 files, 0 symbols, 0 claims; 1,987 of 2,000 tokens (estimate), 41 ms"
    )
    assert "too little evidence to name places" in context.header(replace(pack, abstained=True))


def test_an_answer_says_what_it_does_not_know_yet() -> None:
    err = io.StringIO()

    remark_freshness(Freshness("pending", 3, ("a", "b", "c"), 1.0, 1), Terminal(None, err))

    assert err.getvalue() == (
        "3 files changed since the last sleep: 'noctule sleep' brings the answer up to date.\n"
        "1 claim withheld, since the lines they rest on have changed.\n"
    )
