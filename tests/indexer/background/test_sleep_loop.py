"""A sleeper in this process, on real repositories with real children: what it does, when, and what is left of it."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from noctule.indexer.background.events import Event
from noctule.indexer.background.planner import queue_report
from noctule.indexer.background.sleep_loop import Sleeper
from noctule.indexer.runtime import notify, pause, state
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.idle import Thresholds
from noctule.indexer.runtime.leader import LeaderLock
from noctule.indexer.runtime.ledger import Ledger
from noctule.indexer.serve.repository import Repository, forget
from noctule.indexer.store.lease import lease
from tests.indexer.runtime.processes import is_stopped, lives
from tests.patience import PATIENCE_S, soon
from tests.repositories import Repository as Made

AT_ONCE = Thresholds(after_s=0.3, most_cpu_busy=1.0, most_io_pressure=1.0, on_battery=True, least_battery=0.0)
NEVER = Thresholds(after_s=3600)


@dataclass
class Watched:
    """A sleeper and what it told."""

    sleeper: Sleeper
    repository: Repository
    events: SimpleQueue[Event]
    told: list[Event] = field(default_factory=list)

    def until(self, holds: Callable[[Event], bool]) -> Event:
        """Wait for an event."""
        deadline = time.monotonic() + PATIENCE_S
        with contextlib.suppress(Empty):
            while (left := deadline - time.monotonic()) > 0:
                event = self.events.get(timeout=left)
                self.told.append(event)
                if holds(event):
                    return event
        raise AssertionError([(e.event, e.text) for e in self.told])

    def fresh(self) -> Event:
        return self.until(lambda e: e.event == "fresh")

    def state(self, state: str, job: str = "") -> Event:
        return self.until(lambda e: e.event == "state" and e.state == state and job in e.text)

    def children(self) -> set[int]:
        return set(self.sleeper.status.pids) - {os.getpid()}


@contextlib.contextmanager
def sleeping(
    made: Made,
    cache: Path,
    thresholds: Thresholds = AT_ONCE,
    limits: Limits | None = None,
    rests_after_s: float | None = None,
) -> Iterator[Watched]:
    repository = Repository.open(made.root, cache=cache)
    events: SimpleQueue[Event] = SimpleQueue()
    sleeper = Sleeper(repository, thresholds, limits or Limits(), 0.5, events.put, rests_after_s)
    sleeper.start()
    watched = Watched(sleeper, repository, events)
    try:
        yield watched
    finally:
        sleeper.close()


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    made.commit("Money", {"money.py": "def round_money(amount):\n    return amount\n"})
    made.commit(
        "Tax", {"tax.py": "from money import round_money\n\n\ndef tax_of(price):\n    return round_money(price)\n"}
    )
    return made


@pytest.fixture
def known(made: Made, tmp_path: Path) -> Made:
    Repository.open(made.root, cache=tmp_path / "cache").sleep()
    return made


def asked(made: Made, cache: Path, task: str) -> list[str]:
    repository = Repository.open(made.root, cache=cache)
    try:
        return [s.symbol for s in repository.context(task).symbols]
    finally:
        repository.refresh()


def wide(tmp_path: Path, files: int = 300, functions: int = 80) -> Made:
    """A repository that takes some seconds to learn."""
    made = Made(tmp_path / "wide")
    for n in range(files):
        body = "".join(f"def step_{n}_{i}(value):\n    return scale_{i}(value) * {i}\n\n\n" for i in range(functions))
        made.write(f"package_{n % 5}/module_{n}.py", body)
    made.commit("Steps")
    return made


@dataclass(frozen=True)
class KnownWide:
    """A wide repository whose present is known, and the store that knows it."""

    made: Made
    cache: Path


@pytest.fixture(scope="module")
def _known_wide(tmp_path_factory: pytest.TempPathFactory) -> KnownWide:
    folder = tmp_path_factory.mktemp("known")
    return KnownWide(wide(folder), folder / "cache")


@pytest.fixture
def known_wide(_known_wide: KnownWide) -> KnownWide:
    """Learn it for the first of the tests that change it, and for each later one what the last has changed."""
    Repository.open(_known_wide.made.root, cache=_known_wide.cache).sleep()
    return _known_wide


@contextlib.contextmanager
def repeatedly(do: Callable[[], object], every_s: float) -> Iterator[None]:
    """Do something again and again in another thread."""
    over = threading.Event()

    def run() -> None:
        do()
        while not over.wait(every_s):
            do()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_an_edit_is_served_fresh_without_waiting_for_a_quiet_moment(known: Made, tmp_path: Path) -> None:
    with sleeping(known, tmp_path / "cache", NEVER) as watched:
        watched.fresh()
        known.write("tax.py", "def duty_of(price):\n    return price\n")
        event = watched.fresh()

        assert event.files == 1
        assert event.ms is not None
        assert asked(known, tmp_path / "cache", "duty_of price")[:1] == ["duty_of"]


def test_what_is_not_known_is_learned_and_then_what_can_wait_is_done(made: Made, tmp_path: Path) -> None:
    with sleeping(made, tmp_path / "cache") as watched:
        watched.until(lambda e: e.event == "pending")
        watched.fresh()
        made.commit("Tips", {"tip.py": "def tip_of(price):\n    return price\n"})
        watched.until(lambda e: e.event == "job" and e.text == "history commits: done")
        watched.state("resting")
        held = watched.sleeper.status.held_by

        freshness = Repository.open(made.root, cache=tmp_path / "cache").context("tip_of").freshness
        assert (freshness.state, freshness.history) == ("fresh", made.git("rev-parse", "HEAD"))
        assert held == ""
    totals = Ledger(watched.repository.folder).records().spent
    assert {(s.kind, s.outcome) for s in totals} >= {("parse", "done"), ("refresh", "done"), ("history", "done")}
    assert all(s.cpu_s > 0 for s in totals if s.outcome == "done" and s.kind in ("parse", "history"))


def test_at_rest_the_worker_is_gone_and_nothing_is_written(known: Made, tmp_path: Path) -> None:
    with sleeping(known, tmp_path / "cache") as watched:
        watched.state("resting")
        assert soon(lambda: len(watched.children()) == 1)
        before = {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*") if p.is_file()}
        time.sleep(1.5)

        assert len(watched.children()) == 1
        assert {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*") if p.is_file()} == before


def test_a_request_of_another_process_stops_what_can_wait(known_wide: KnownWide) -> None:
    made, cache = known_wide.made, known_wide.cache
    thresholds = Thresholds(after_s=2.0, most_cpu_busy=1.0, most_io_pressure=1.0)
    with sleeping(made, cache, thresholds) as watched:
        stopped = False
        for n in range(20):  # a job may be done before anybody asks
            made.write("package_0/module_0.py", f"def other_{n}(): ...\n")
            watched.state("sleeping", "pack changes")
            with repeatedly(lambda: asked(made, cache, "step_3_4 scales"), 1.0):
                event = watched.state("awake")
                until = time.monotonic() + 1.0
                while not stopped and time.monotonic() < until:
                    stopped = any(map(is_stopped, watched.children()))
            if stopped:
                break

        assert stopped
        assert "without an edit or request" in event.text


def test_a_pause_stops_what_can_wait_and_its_end_lets_it_go_on(known: Made, tmp_path: Path) -> None:
    folder = Repository.open(known.root, cache=tmp_path / "cache").folder
    pause.pause(folder)
    with sleeping(known, tmp_path / "cache") as watched:
        watched.fresh()
        known.commit("Tips", {"tip.py": "def tip_of(price):\n    return price\n"})
        watched.fresh()
        assert soon(lambda: "noctule resume" in watched.sleeper.status.held_by)
        pause.resume(folder)

        watched.until(lambda e: e.event == "job" and e.text == "history commits: done")


def test_who_asks_for_sleep_at_once_need_not_wait_for_an_idle_machine(known: Made, tmp_path: Path) -> None:
    folder = Repository.open(known.root, cache=tmp_path / "cache").folder
    with sleeping(known, tmp_path / "cache", NEVER) as watched:
        watched.fresh()
        known.commit("Tips", {"tip.py": "def tip_of(price):\n    return price\n"})
        watched.fresh()
        assert soon(lambda: watched.sleeper.status.signal == "activity")
        notify.send(folder, "now")

        watched.until(lambda e: e.event == "job" and e.text == "history commits: done")
        watched.state("resting")


def test_a_pause_holds_though_somebody_asks_for_sleep_at_once(known: Made, tmp_path: Path) -> None:
    folder = Repository.open(known.root, cache=tmp_path / "cache").folder
    pause.pause(folder)
    with sleeping(known, tmp_path / "cache", NEVER) as watched:
        watched.fresh()
        notify.send(folder, "now")

        assert soon(lambda: watched.sleeper.status.signal == "pause")


def test_a_long_lesson_goes_on_while_somebody_works(tmp_path: Path) -> None:
    made = wide(tmp_path, 60)
    with sleeping(made, tmp_path / "cache", NEVER) as watched:
        watched.state("reading")
        for n in range(5):
            watched.sleeper.note_activity()
            made.write("package_0/module_0.py", f"def other_{n}(): ...\n")
            time.sleep(0.2)
        watched.fresh()

        assert asked(made, tmp_path / "cache", "other_4")[:1] == ["other_4"]


def test_questions_without_a_pause_do_not_keep_a_repository_from_being_learned(tmp_path: Path) -> None:
    made = wide(tmp_path, 30, functions=10)
    with sleeping(made, tmp_path / "cache", NEVER) as watched, repeatedly(watched.sleeper.note_activity, 0.05):
        watched.fresh()

    assert asked(made, tmp_path / "cache", "step_29_7")[:1] == ["step_29_7"]


def test_files_that_count_and_change_without_a_pause_do_not_keep_others_from_being_learned(tmp_path: Path) -> None:
    made = wide(tmp_path, 30, functions=10)
    numbers = itertools.count()
    with (
        sleeping(made, tmp_path / "cache", NEVER) as watched,
        repeatedly(lambda: made.write("clock.py", f"NOW = {next(numbers)}\n"), 0.2),
    ):
        watched.fresh()

    assert asked(made, tmp_path / "cache", "step_29_7")[:1] == ["step_29_7"]


def test_a_refresh_does_not_wait_for_a_job_that_was_stopped(known_wide: KnownWide) -> None:
    made, cache = known_wide.made, known_wide.cache
    made.commit("More", {"more.py": "def more(): ...\n"})
    with sleeping(made, cache) as watched:
        watched.state("sleeping", "history")
        watched.sleeper.note_activity()
        made.write("package_0/module_0.py", "def another_one(): ...\n")
        watched.until(lambda e: e.event == "fresh" and e.files == 1)

        assert asked(made, cache, "another_one")[:1] == ["another_one"]


def test_a_file_that_is_saved_does_not_wait_until_many_others_are_read(known_wide: KnownWide) -> None:
    made, cache = known_wide.made, known_wide.cache
    with sleeping(made, cache, NEVER) as watched:
        watched.fresh()
        for n in range(200):
            made.write(f"tail/module_{n}.py", f"def later_{n}(value):\n    return value * {n}\n\n\n" * 80)
        watched.state("reading")
        made.write("package_0/module_0.py", "def saved_meanwhile(): ...\n")
        watched.until(lambda e: e.event == "pending")
        with Repository.open(made.root, cache=cache) as repository:
            pending = repository.context("saved_meanwhile").freshness.pending
        watched.fresh()

    assert pending  # the first 50, in the order of paths
    assert "package_0/module_0.py" not in pending
    assert asked(made, cache, "later_199")[:1] == ["later_199"]


def test_what_reads_a_repository_for_the_first_time_is_not_ended_for_a_file_that_is_saved(tmp_path: Path) -> None:
    made = wide(tmp_path, 400)
    with sleeping(made, tmp_path / "cache", NEVER) as watched:
        watched.until(lambda e: e.event == "progress" and (e.done or 0) > 40)
        made.write("package_0/module_0.py", "def saved_meanwhile(): ...\n")
        watched.fresh()

    done = [e.done for e in watched.told if e.event == "progress" and e.text.startswith("reading") and e.total]
    assert done == sorted(done)
    assert asked(made, tmp_path / "cache", "saved_meanwhile")[:1] == ["saved_meanwhile"]


def test_what_has_learned_many_files_ends_when_they_are_known(made: Made, tmp_path: Path) -> None:
    with sleeping(made, tmp_path / "cache", NEVER) as watched:
        watched.state("reading")
        both = len(watched.children())
        watched.fresh()

        assert both == 2
        assert soon(lambda: len(watched.children()) == 1)


@pytest.mark.parametrize("role", ["refresh", "jobs"])
def test_a_child_that_is_killed_costs_the_piece_in_hand(role: str, tmp_path: Path) -> None:
    made = wide(tmp_path, 60)
    if role == "refresh":
        Repository.open(made.root, cache=tmp_path / "cache").sleep()
    with sleeping(made, tmp_path / "cache", NEVER) as watched:
        if role == "refresh":
            watched.fresh()
            made.write("package_0/module_0.py", "def first(): ...\n")
        else:
            watched.state("reading")
        for pid in watched.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        made.write("package_1/module_1.py", "def second(): ...\n")
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            watched.fresh()
            if asked(made, tmp_path / "cache", "def second")[:1] == ["second"]:
                break

        assert watched.sleeper.failure is None
        assert asked(made, tmp_path / "cache", "def second")[:1] == ["second"]


def test_a_job_that_is_lost_is_booked_without_what_its_process_used_before(tmp_path: Path) -> None:
    made = wide(tmp_path, 150)
    Repository.open(made.root, cache=tmp_path / "cache").sleep()
    made.commit("More", {"more.py": "def more(): ...\n"})
    with sleeping(made, tmp_path / "cache") as watched:
        watched.state("sleeping", "history")
        for pid in watched.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        watched.until(lambda e: e.event == "failed" and "history" in e.text)
        records = Ledger(watched.repository.folder).records().spent
        (lost,) = [r for r in records if r.outcome == "lost" and r.kind == "history"]

    assert lost.cpu_s <= lost.wall_s * (os.cpu_count() or 1) + 0.1


def test_one_sleeper_leads_on_a_work_tree_and_the_next_takes_over(known: Made, tmp_path: Path) -> None:
    with sleeping(known, tmp_path / "cache", NEVER) as first:
        first.fresh()
        with sleeping(known, tmp_path / "cache", NEVER) as second:
            waiting = second.until(lambda e: e.event == "waiting")
            owner = LeaderLock(second.repository.folder, second.repository.view_name).owner()
            first.sleeper.close()
            second.fresh()

            assert f"process {os.getpid()}" in waiting.text
            assert owner is not None
            assert owner.root == str(known.root)
    assert LeaderLock(second.repository.folder, second.repository.view_name).owner() is None


def test_two_work_trees_of_a_repository_are_both_kept_fresh(known: Made, tmp_path: Path) -> None:
    known.git("worktree", "add", "-q", str(tmp_path / "other"), "-b", "other")
    other = Made.__new__(Made)
    other.root, other.clock = tmp_path / "other", known.clock
    with (
        sleeping(known, tmp_path / "cache", NEVER) as here,
        sleeping(other, tmp_path / "cache", NEVER) as there,
    ):
        here.fresh()
        there.fresh()
        known.write("here.py", "def only_here(): ...\n")
        other.write("there.py", "def only_there(): ...\n")
        here.fresh()
        there.fresh()

        assert asked(known, tmp_path / "cache", "only_here only_there")[:1] == ["only_here"]
        assert asked(other, tmp_path / "cache", "only_here only_there")[:1] == ["only_there"]


def test_who_waits_for_the_store_does_not_wait_for_what_can_wait(known_wide: KnownWide) -> None:
    made, cache = known_wide.made, known_wide.cache
    made.commit("Wait", {"wait.py": "def wait(): ...\n"})
    with sleeping(made, cache) as watched:
        watched.state("sleeping", "history")
        watched.sleeper.give_way()  # it is stopped, and may hold the store
        report = Repository.open(made.root, cache=cache).sleep()

        assert report.complete


def test_the_store_that_another_process_holds_is_waited_for(known: Made, tmp_path: Path) -> None:
    folder = Repository.open(known.root, cache=tmp_path / "cache").folder
    with sleeping(known, tmp_path / "cache", NEVER) as watched:
        watched.fresh()
        with lease(folder) as held:
            assert soon(held.acquire)  # what tells of freshness may still be tidying up
            known.write("late.py", "def late(): ...\n")
            time.sleep(0.7)
        watched.until(lambda e: e.event == "fresh" and e.files == 1)

        assert asked(known, tmp_path / "cache", "late")[:1] == ["late"]


def test_nothing_is_done_beyond_the_budget_and_that_is_told(known: Made, tmp_path: Path) -> None:
    with sleeping(known, tmp_path / "cache", limits=Limits(cpu_s_per_day=0.0)) as watched:
        known.write("late.py", "def late(): ...\n")

        assert soon(lambda: "0" in watched.sleeper.status.failing.get("refresh", ""))
        assert Repository.open(known.root, cache=tmp_path / "cache").context("late").freshness.pending == ("late.py",)


def test_that_a_budget_forbids_to_learn_is_told_until_another_process_has_learned(tmp_path: Path) -> None:
    made = wide(tmp_path, 150)
    with sleeping(made, tmp_path / "cache", NEVER, Limits(cpu_s_per_job=0.7)) as watched:
        told = soon(lambda: "a job may take 0.7" in watched.sleeper.status.failing.get("learn all files", ""))
        Repository.open(made.root, cache=tmp_path / "cache").sleep()
        made.write("package_0/module_0.py", "def money(): ...\n")
        watched.fresh()

        assert told
        assert soon(lambda: watched.sleeper.status.failing == {})


def test_what_the_queue_says_of_a_cold_repository_is_what_is_done_and_booked(tmp_path: Path) -> None:
    made = wide(tmp_path, 60)
    planned = queue_report(Repository.open(made.root, cache=tmp_path / "cache"), Limits()).next
    with sleeping(made, tmp_path / "cache", NEVER) as watched:
        watched.fresh()
        watched.state("awake")
        spent = Ledger(watched.repository.folder).records().spent

    booked = [(s.kind, s.subject) for s in spent if s.outcome == "done" and s.kind != "refresh"]
    assert booked == [(job.kind, job.subject) for job in planned if job.urgent]
    assert [kind for kind, _ in booked] == ["parse", "history"]
    assert all(s.size > 0 and s.cpu_s > 0 for s in spent if s.outcome == "done" and s.kind != "refresh")


def test_replies_that_no_job_came_back_for_go_though_no_model_is_named_any_more(known: Made, tmp_path: Path) -> None:
    folder = Repository.open(known.root, cache=tmp_path / "cache").folder
    with state.transaction(folder) as db:
        for job, age_days in (("left", 3), ("kept", 1)):
            db.execute("INSERT INTO reply VALUES (?, 'name', ?, '{}')", (job, time.time() - age_days * 86_400))

    with sleeping(known, tmp_path / "cache") as watched:
        watched.state("resting")

    assert state.rows(folder, "SELECT job FROM reply") == [("kept",)]


def test_a_store_that_is_forgotten_meanwhile_is_learned_anew(known: Made, tmp_path: Path) -> None:
    with sleeping(known, tmp_path / "cache", NEVER) as watched:
        watched.fresh()
        forget(known.root, tmp_path / "cache")
        known.write("late.py", "def late(): ...\n")
        watched.until(lambda e: e.event == "pending")
        watched.fresh()
        lock = LeaderLock(watched.repository.folder, watched.repository.view_name)

        assert asked(known, tmp_path / "cache", "late")[:1] == ["late"]
        assert not lock.acquire(wait=False)
        assert soon(lambda: bool(list(notify.pipes_folder(watched.repository.folder).iterdir())))


def test_a_repository_that_is_moved_away_ends_its_sleeper(known: Made, tmp_path: Path) -> None:
    with sleeping(known, tmp_path / "cache", NEVER) as watched:
        watched.fresh()
        children = watched.children()
        known.root.rename(tmp_path / "moved")
        watched.until(lambda e: e.event == "ended")

        assert "was moved or deleted" in str(watched.sleeper.failure)
        assert soon(lambda: not any(map(lives, children)))


def test_processes_without_work_end_and_the_next_save_starts_them_again(known: Made, tmp_path: Path) -> None:
    with sleeping(known, tmp_path / "cache", rests_after_s=0.2) as watched:
        watched.fresh()
        assert soon(lambda: not watched.children() and watched.sleeper.status.state == "resting")

        known.write("tax.py", "def levy_of(price):\n    return price\n")
        watched.fresh()

        assert asked(known, tmp_path / "cache", "levy_of is wrong")[0] == "levy_of"
        assert soon(lambda: not watched.children())
