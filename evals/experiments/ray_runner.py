"""Jobs of an evaluation as tasks of Ray: on this machine, or on the cluster that RAY_ADDRESS names.

Each job runs in one task, which hands over every row as it is ready. Where a worker or its machine is lost, nobody
knows at which answer it was: what is left of its job is cut until an answer stands alone. One that is lost twice then
is recorded as failed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from noctule.evals.experiments.runner import Desk, EvalJob, Make
from noctule.evals.run_folder import Row
from noctule.evals.solvers.named import make
from noctule.evals.tasks.trajectories import Recording
from noctule.indexer.fleet.ray_engine import open_ray

import ray  # isort: skip - the module above has turned its reports off
from ray import exceptions  # isort: skip

TRIES = 2
_Given = tuple[str, Mapping[str, Sequence[Recording]], Make]
"""What all jobs have in common: the folder of what is learned, recorded runs, and how to come by a solver."""


def answer_on_ray(
    jobs: Sequence[EvalJob],
    cache: Path,
    recordings: Mapping[str, Sequence[Recording]],
    processes: int,
    make: Make = make,
) -> Generator[Row]:
    """Yield the rows of all jobs as they are ready, of at most so many at once; closing the iterator ends them."""
    with open_ray():
        yield from _Answering(jobs, (str(cache.resolve()), recordings, make)).run(processes)


class _Answering:
    """The jobs that wait and those that run."""

    def __init__(self, jobs: Sequence[EvalJob], given: _Given) -> None:
        self._waiting = deque(jobs)
        self._running: dict[Any, _RayJob] = {}
        self._tries: Counter[tuple[str, str]] = Counter()
        self._given = ray.put(given)
        self._task = ray.remote(_work).options(
            num_cpus=1, max_retries=0, num_returns="streaming", scheduling_strategy="SPREAD"
        )

    def run(self, most: int) -> Generator[Row]:
        """Yield the rows of all jobs, of at most so many at once."""
        try:
            while self._waiting or self._running:
                while self._waiting and len(self._running) < most:
                    job = self._waiting.popleft()
                    self._running[self._task.remote(job, self._given)] = _RayJob(job)
                for stream in ray.wait(list(self._running), num_returns=1, fetch_local=False)[0]:
                    try:
                        yield self._running[stream].take(ray.get(next(stream)))
                    except StopIteration:
                        del self._running[stream]
                    except exceptions.RayError as error:
                        yield from self._lose(stream, f"its worker was lost ({type(error).__name__})")
        finally:
            for stream in self._running:
                with suppress(exceptions.RayError):
                    ray.cancel(stream, force=True)

    def _lose(self, stream: object, why: str) -> Iterator[Row]:
        """Have what is left of a lost job done elsewhere, in pieces; yield as failed what was lost alone, and again."""
        lost = self._running.pop(stream)
        rest = lost.job.without(lost.finished)
        if rest.size == 1:
            ((task, (solver,)),) = rest.tasks
            self._tries[task.id, solver] += 1
            if self._tries[task.id, solver] == TRIES:
                yield Row(task.id, solver, "failed", error=why)
                return
        self._waiting.extendleft(reversed(_cut(rest)))


def _cut(job: EvalJob) -> list[EvalJob]:
    """Cut off the first task, or cut the only one solver by solver."""
    if len(job.tasks) > 1:
        return [replace(job, tasks=job.tasks[:1]), replace(job, tasks=job.tasks[1:])]
    return [replace(job, tasks=((task, (solver,)),)) for task, solvers in job.tasks for solver in solvers]


@dataclass(slots=True)
class _RayJob:
    """A job at work, and what is finished of it."""

    job: EvalJob
    finished: set[tuple[str, str]] = field(default_factory=set)

    def take(self, row: Row) -> Row:
        """Count a row as finished, and return it."""
        self.finished.add((row.task, row.solver))
        return row


def _work(job: EvalJob, given: _Given) -> Iterator[Row]:
    """Answer a job in a worker of Ray."""
    cache, recordings, make = given
    with Desk(Path(cache), recordings, make) as desk:
        yield from desk.work(job, lambda _task, _solver: None)
