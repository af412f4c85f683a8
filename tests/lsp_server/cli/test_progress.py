from __future__ import annotations

import io

from noctule.indexer.results import Progress
from noctule.lsp_server.cli.progress import ProgressLine, sentence
from noctule.lsp_server.cli.terminal import Terminal


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_progress_says_rate_and_remaining_time_once_they_can_be_known() -> None:
    assert sentence(Progress("Parsing", 0, 0), 9.0) == "Parsing"
    assert sentence(Progress("Parsing", 200, 1000), 0.1) == "Parsing: 200 of 1,000 files"
    assert sentence(Progress("Parsing", 200, 1000), 2.0) == "Parsing: 200 of 1,000 files (100/s) about 8.0 s left"
    assert sentence(Progress("Reading", 5000, 0, "commits"), 2.0) == "Reading: 5,000 commits (2,500/s)"
    assert sentence(Progress("Fitting", 1, 4, "trials"), 10.0) == "Fitting: 1 of 4 trials (0.10/s) about 30.0 s left"


def test_a_pipe_gets_a_plain_line_now_and_then() -> None:
    err, clock = io.StringIO(), Clock()
    with ProgressLine(Terminal(None, err), clock) as show:
        for done in range(0, 120, 10):
            show(Progress("Parsing", done, 120))
            clock.now += 1.0

    assert err.getvalue().splitlines() == [
        "Parsing: 50 of 120 files (10/s) about 7.0 s left",
        "Parsing: 100 of 120 files (10/s) about 2.0 s left",
    ]


def test_long_work_in_a_pipe_gets_a_line_for_each_tenth() -> None:
    err, clock = io.StringIO(), Clock()
    with ProgressLine(Terminal(None, err), clock) as show:
        for done in range(1, 201):
            show(Progress("asking", done, 200, "answers"))
            clock.now += 2.0

    found = [int(line.split()[1]) for line in err.getvalue().splitlines()]
    assert found == [20, 40, 60, 80, 100, 120, 140, 160, 180, 200]


def test_short_work_shows_nothing() -> None:
    err = io.StringIO()
    with ProgressLine(Terminal(None, err), Clock()) as show:
        show(Progress("Parsing", 1, 2))

    assert err.getvalue() == ""


def test_each_stage_has_its_own_rate() -> None:
    err, clock = io.StringIO(), Clock()
    with ProgressLine(Terminal(None, err), clock) as show:
        show(Progress("Parsing", 0, 100))
        clock.now += 4.0
        show(Progress("Reading", 0, 1000, "commits"))
        clock.now += 2.0
        show(Progress("Reading", 500, 1000, "commits"))

    assert err.getvalue() == "Reading: 500 of 1,000 commits (250/s) about 2.0 s left\n"
