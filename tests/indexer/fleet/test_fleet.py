"""A fleet on an engine that is played: what is tried again, with what, and that none is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from noctule.indexer.fleet.fleet import FleetPlan, run
from noctule.indexer.fleet.journal import FleetJournal
from noctule.indexer.fleet.limits import SharedLimits
from noctule.indexer.fleet.messages import Attempt, AttemptOutcome
from noctule.indexer.fleet.sources import Source
from noctule.indexer.results import Progress

MOST = 800_000_000


class PlayedEngine:
    """Ends each attempt at once, as the script of its repository says; what no script names is published."""

    def __init__(self, script: dict[str, Sequence[str]]) -> None:
        self.limits = SharedLimits()
        self.script = script
        self.started: list[Attempt] = []
        self._running: list[Attempt] = []

    def can_start(self, attempt: Attempt) -> bool:
        return not self._running

    def start(self, attempt: Attempt) -> None:
        self.started.append(attempt)
        self._running.append(attempt)

    def wait(self, timeout_s: float) -> list[tuple[Attempt, AttemptOutcome]]:
        attempt = self._running.pop(0)
        kinds = self.script.get(attempt.name, ())
        kind = kinds[attempt.number - 1] if attempt.number <= len(kinds) else ""
        if kind == "interrupt":
            raise KeyboardInterrupt
        return [(attempt, AttemptOutcome(attempt.name, "failed" if kind else "published", kind))]

    def close(self) -> None:
        pass


def plan(*names: str) -> FleetPlan:
    return FleetPlan([Source(name, f"/{name}") for name in names], Attempt("", ""), MOST, pause_s=0.001)


def learn(tmp_path: Path, engine: PlayedEngine, *names: str) -> list[AttemptOutcome]:
    journal = FleetJournal(tmp_path / "journal.jsonl")
    return run(plan(*names), engine, journal, journal.read("key"), lambda _progress: None)


@pytest.mark.parametrize(
    ("kinds", "attempts", "state"),
    [
        (["network"] * 4, 5, "published"),
        (["network"] * 9, 5, "failed"),
        (["lost", "lost"], 3, "published"),
        (["damaged"], 2, "published"),
        (["damaged", "damaged"], 2, "failed"),
        (["denied"], 1, "failed"),
        (["corrupt"], 1, "failed"),
        (["memory"], 2, "published"),
        (["memory", "memory"], 2, "failed"),
        (["network", "memory", "lost", "memory"], 4, "failed"),
    ],
)
def test_a_failure_is_tried_again_as_its_kind_asks(tmp_path: Path, kinds: list[str], attempts: int, state: str) -> None:
    engine = PlayedEngine({"b": kinds})

    outcomes = learn(tmp_path, engine, "a", "b", "c")

    assert [(one.name, one.state) for one in outcomes] == [("a", "published"), ("b", state), ("c", "published")]
    assert Counter(one.name for one in engine.started) == {"a": 1, "b": attempts, "c": 1}
    tries = [one for one in engine.started if one.name == "b"]
    assert [one.number for one in tries] == list(range(1, attempts + 1))
    assert tries[0].memory_bytes == MOST // 2
    for before, kind, after in zip(tries, kinds, tries[1:], strict=False):
        assert after.memory_bytes == (MOST if kind in ("memory", "lost") else before.memory_bytes)
        assert after.fresh == (kind == "damaged")


def test_a_run_that_was_stopped_goes_on_and_does_nothing_twice(tmp_path: Path) -> None:
    first = PlayedEngine({"a": ["denied"], "c": ["interrupt"]})
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path, first, "a", "b", "c", "d")
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"message": "Outc')

    second = PlayedEngine({})
    outcomes = learn(tmp_path, second, "a", "b", "c", "d")

    assert [one.state for one in outcomes] == ["published"] * 4
    assert [one.name for one in second.started] == ["a", "c", "d"]  # what failed is tried once more

    third = PlayedEngine({})
    learn(tmp_path, third, "a", "b", "c", "d")  # the run had ended: the next one begins anew
    assert len(third.started) == 4


def test_progress_counts_what_a_run_does_itself_and_how_much_failed(tmp_path: Path) -> None:
    """A stage that changed with each failure, or began with what a stopped run had done, would tell a wrong rate."""
    journal = FleetJournal(tmp_path / "journal.jsonl")
    finished = {"a": AttemptOutcome("a", "published")}
    seen: list[Progress] = []

    run(plan("a", "b", "c"), PlayedEngine({"b": ["corrupt"]}), journal, finished, seen.append)

    assert {one.stage for one in seen} == {"learning"}
    assert [(one.done, one.total, one.unit) for one in (seen[0], seen[-1])] == [
        (0, 2, "repositories"),
        (2, 2, "repositories, 1 failed"),
    ]
