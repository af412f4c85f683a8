from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from noctule.evals.experiments.runner import Desk, EvalJob, answer_all, make_jobs
from noctule.evals.run_folder import GOLD, SLEEP, Row
from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import RepositoryPlace


def worked(cache: Path, job: EvalJob) -> list[Row]:
    with Desk(cache, {}) as desk:
        return list(desk.work(job, lambda *_: None))


def answered(rows: Iterator[Row]) -> list[tuple[str, str, str]]:
    return [(r.task, r.solver, r.status) for r in rows]


def test_a_job_gives_the_gold_the_sleep_and_every_answer(place: RepositoryPlace, task: Task, tmp_path: Path) -> None:
    begun: list[tuple[str, str]] = []

    with Desk(tmp_path, {}) as desk:
        rows = list(
            desk.work(EvalJob(place, ((task, ("path", "pack", "recorded")),)), lambda *what: begun.append(what))
        )

    assert answered(iter(rows)) == [
        ("t1", GOLD, "ok"),
        ("t1", SLEEP, "ok"),
        ("t1", "path", "ok"),
        ("t1", "pack", "ok"),
        ("t1", "recorded", "none"),
    ]
    assert begun == [(r.task, r.solver) for r in rows]


def test_nothing_is_learned_for_solvers_that_do_not_ask(place: RepositoryPlace, task: Task, tmp_path: Path) -> None:
    rows = worked(tmp_path / "cache", EvalJob(place, ((task, ("bm25", "recency")),)))

    assert SLEEP not in {r.solver for r in rows}
    assert not (tmp_path / "cache").exists()


def test_forms_of_one_task_learn_their_base_once(place: RepositoryPlace, task: Task, tmp_path: Path) -> None:
    masked = replace(task, id="t1-masked", masked=True)

    rows = worked(tmp_path, EvalJob(place, ((task, ("pack",)), (masked, ("pack",)))))

    slept = [r.answer for r in rows if r.solver == SLEEP and r.answer is not None]
    assert [bool(s["parsed"]) for s in slept] == [True, False]


def test_a_task_whose_gold_does_not_exist_at_its_base_is_not_asked(
    place: RepositoryPlace, task: Task, tmp_path: Path
) -> None:
    absent = replace(task, gold_files=("absent.py",))

    rows = worked(tmp_path, EvalJob(place, ((absent, ("bm25",)),)))

    assert [(r.solver, r.status) for r in rows] == [(GOLD, "ok"), ("bm25", "none")]


def test_what_goes_wrong_in_one_answer_is_its_result_and_the_rest_goes_on(
    place: RepositoryPlace, task: Task, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way of the store")

    rows = worked(tmp_path / "cache", EvalJob(place, ((task, ("pack", "bm25")),)))

    assert [(r.solver, r.status) for r in rows] == [(GOLD, "ok"), (SLEEP, "failed"), ("pack", "failed"), ("bm25", "ok")]
    assert "StoreUnavailable" in (rows[2].error or "")


def test_work_is_cut_so_that_both_processes_have_some(place: RepositoryPlace, task: Task) -> None:
    tasks = [replace(task, id=f"t{n}", pair=f"t{n}", created_at=f"{n:03}") for n in range(10)]

    one = make_jobs([(place, t, ("bm25",)) for t in reversed(tasks)], 1)
    two = make_jobs([(place, t, ("bm25",)) for t in reversed(tasks)], 2)

    assert [len(j.tasks) for j in one] == [10]
    assert sorted(len(j.tasks) for j in two) == [3, 3, 4] or [len(j.tasks) for j in two] == [3, 3, 3, 1]
    assert sorted(t.id for j in two for t, _ in j.tasks) == sorted(t.id for t in tasks)
    assert [t.id for t, _ in one[0].tasks] == [t.id for t in tasks]


def test_forms_of_one_task_are_never_cut_apart(place: RepositoryPlace, task: Task) -> None:
    tasks = [
        replace(task, id=f"t{n}{form}", pair=f"t{n}", created_at=f"{n:03}")
        for n in range(5)
        for form in ("", "-masked")
    ]

    jobs = make_jobs([(place, t, ("bm25",)) for t in tasks], 2)

    assert sorted(len(j.tasks) for j in jobs) == [2, 4, 4]


def test_two_processes_answer_what_one_does(place: RepositoryPlace, task: Task, tmp_path: Path) -> None:
    tasks = [replace(task, id=f"t{n}", pair=f"t{n}") for n in range(4)]
    wanted = [(place, t, ("bm25", "path")) for t in tasks]

    alone = answered(answer_all(make_jobs(wanted, 1), tmp_path, {}, 1))
    together = answered(answer_all(make_jobs(wanted, 2), tmp_path, {}, 2))

    assert sorted(together) == sorted(alone)


@dataclass(frozen=True)
class Deadly(dict[str, object]):
    """Recorded runs that kill whoever looks up a certain task."""

    victim: str

    def get(self, key: str, default: object = None) -> object:
        if key == self.victim:
            os.kill(os.getpid(), signal.SIGKILL)
        return ()


def test_a_process_that_dies_costs_the_answer_in_hand_and_no_other(
    place: RepositoryPlace, task: Task, tmp_path: Path
) -> None:
    tasks = [replace(task, id=f"t{n}") for n in range(3)]
    job = EvalJob(place, tuple((t, ("recorded", "bm25")) for t in tasks))

    rows = list(answer_all([job], tmp_path, Deadly("t1"), 2))  # type: ignore[arg-type]

    assert sorted((r.task, r.solver, r.status) for r in rows if r.solver in ("recorded", "bm25")) == [
        ("t0", "bm25", "ok"),
        ("t0", "recorded", "none"),
        ("t1", "bm25", "ok"),
        ("t1", "recorded", "failed"),
        ("t2", "bm25", "ok"),
        ("t2", "recorded", "none"),
    ]
    assert [r.error for r in rows if r.status == "failed"] == ["its process died (exit status -9)"]
