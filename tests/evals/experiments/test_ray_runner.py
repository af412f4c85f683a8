"""An evaluation on Ray answers what it answers here, also where a worker is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from noctule.evals.experiments.runner import EvalJob, answer_all, make_jobs
from noctule.evals.run_folder import SLEEP, Row
from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import RepositoryPlace

pytest.importorskip("ray")  # there is no wheel for every platform

import ray

from noctule.evals.experiments.ray_runner import answer_on_ray

# What Ray itself leaves open is not ours to close.
# Ray takes ten seconds to start, and a minute where the machine is busy.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.true_start]


@pytest.fixture
def two_cores() -> Iterator[None]:
    ray.init("local", num_cpus=2, object_store_memory=80_000_000, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@dataclass(frozen=True)
class Deadly(dict[str, object]):
    """Recorded runs that kill whoever looks up a certain task, so many times."""

    victim: str
    note: Path
    times: int

    def get(self, key: str, default: object = None) -> object:
        if key == self.victim:
            known = self.note.read_text() if self.note.exists() else ""
            if len(known) < self.times:
                self.note.write_text(f"{known}x")
                os.kill(os.getpid(), signal.SIGKILL)
        return ()


def told(rows: Iterator[Row]) -> list[Row]:
    """Return the last answer of each task and solver, without what depends on the clock."""
    last = {(row.task, row.solver): row for row in rows if row.solver != SLEEP}
    return [replace(row, seconds=0.0, answer={**(row.answer or {}), "measures": {}}) for _, row in sorted(last.items())]


@pytest.mark.usefixtures("two_cores")
def test_ray_answers_what_this_machine_does_and_a_lost_worker_costs_nothing(
    place: RepositoryPlace, task: Task, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tasks = [replace(task, id=f"t{n}", pair=f"t{n}") for n in range(4)]
    wanted = [(place, t, ("recorded", "pack", "bm25")) for t in tasks]
    here = told(answer_all(make_jobs(wanted, 2), tmp_path / "here", {}, 1))

    once = Deadly("t1", tmp_path / "once", 1)
    on_ray = told(answer_on_ray(make_jobs(wanted, 2), tmp_path / "ray", once, 2))  # type: ignore[arg-type]
    for_ever = Deadly("t1", tmp_path / "for ever", 99)
    job = EvalJob(place, tuple((t, ("recorded", "bm25")) for t in tasks[:3]))
    fallen = list(answer_on_ray([job], tmp_path / "ray", for_ever, 2))  # type: ignore[arg-type]

    assert once.note.read_text() == "x"
    assert on_ray == here
    assert {(r.task, r.solver, r.status) for r in fallen if r.solver in ("recorded", "bm25")} == {
        ("t0", "bm25", "ok"),
        ("t0", "recorded", "none"),
        ("t1", "bm25", "ok"),
        ("t1", "recorded", "failed"),
        ("t2", "bm25", "ok"),
        ("t2", "recorded", "none"),
    }
    assert [r.error for r in fallen if r.status == "failed"] == ["its worker was lost (WorkerCrashedError)"]
    assert capfd.readouterr().out == ""  # it is the command's
