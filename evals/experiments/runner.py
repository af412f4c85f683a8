"""Tasks in, rows out: asks the solvers, one repository after another, in several processes. Writes no file of a run.

A process keeps what it knows of a repository while it works through that repository's tasks. One that dies takes the
answer in hand with it, which is recorded as failed; another process goes on with the rest.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Self

import psutil

from noctule.evals.run_folder import GOLD, SLEEP, Row
from noctule.evals.solvers.answer import Closing, Solver
from noctule.evals.solvers.named import make, needs_sleep
from noctule.evals.tasks import patch as patches
from noctule.evals.tasks.checkout import BaseCheckout, Contents
from noctule.evals.tasks.gold import Gold, make_gold
from noctule.evals.tasks.task import Task
from noctule.evals.tasks.trajectories import Recording
from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.parse.pool import Parsers
from noctule.indexer.results import Json

Make = Callable[[str, Mapping[str, Sequence[Recording]]], Solver]
"""How a process comes by a solver of some name; has to be picklable."""


@dataclass(frozen=True, slots=True)
class EvalJob:
    """Tasks of one repository, each with the solvers that have to answer it."""

    place: RepositoryPlace
    tasks: tuple[tuple[Task, tuple[str, ...]], ...]

    @property
    def size(self) -> int:
        """How many answers are wanted."""
        return sum(len(solvers) for _, solvers in self.tasks)

    def without(self, finished: Collection[tuple[str, str]]) -> EvalJob:
        """Return what is left of the job."""
        left = [(task, tuple(s for s in solvers if (task.id, s) not in finished)) for task, solvers in self.tasks]
        return replace(self, tasks=tuple((task, solvers) for task, solvers in left if solvers))


def make_jobs(wanted: Iterable[tuple[RepositoryPlace, Task, tuple[str, ...]]], processes: int) -> list[EvalJob]:
    """Cut the work by repository and, where one is too large a share, by time; the largest first."""
    by_place: dict[Path, list[tuple[Task, tuple[str, ...]]]] = {}
    places: dict[Path, RepositoryPlace] = {}
    for place, task, solvers in wanted:
        places[place.common_dir] = place
        by_place.setdefault(place.common_dir, []).append((task, solvers))
    total = sum(map(len, by_place.values()))
    most = max(1, -(-total // (2 * processes))) if processes > 1 else max(total, 1)
    jobs: list[EvalJob] = []
    for folder, tasks in by_place.items():
        # Neighbours in time share most of their files; forms of one task share their base.
        tasks.sort(key=lambda pair: (pair[0].created_at, pair[0].pair, pair[0].id))
        pieces = -(-len(tasks) // most)
        size = -(-len(tasks) // pieces)
        jobs += [EvalJob(places[folder], tuple(piece)) for piece in _cut(tasks, size)]
    return sorted(jobs, key=lambda job: -job.size)


def _cut(tasks: Sequence[tuple[Task, tuple[str, ...]]], size: int) -> Iterator[Sequence[tuple[Task, tuple[str, ...]]]]:
    """Cut tasks into pieces of a size, the forms of one task together: they share what is learned of their base."""
    start = 0
    for at in range(1, len(tasks)):
        (before, _), (task, _) = tasks[at - 1], tasks[at]
        if at - start >= size and (task.pair or task.id) != (before.pair or before.id):
            yield tasks[start:at]
            start = at
    if tasks:
        yield tasks[start:]


class Desk:
    """One process's solvers and what they keep about the repository in hand."""

    def __init__(
        self,
        cache: Path,
        recordings: Mapping[str, Sequence[Recording]],
        make: Callable[[str, Mapping[str, Sequence[Recording]]], Solver] = make,
    ) -> None:
        self._cache = cache
        self._recordings = recordings
        self._make = make
        self._solvers: dict[str, Solver] = {}
        self._contents = Contents()
        self._folder: Path | None = None
        self._parsers: Parsers | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what the solvers hold, and end the parsers."""
        for solver in self._solvers.values():
            if isinstance(solver, Closing):
                solver.close()
        self._end_parsers()

    def _warm(self, root: Path) -> Parsers:
        if self._parsers is None:
            self._parsers = Parsers(root, revision=True, nice=0)
        return self._parsers

    def _end_parsers(self) -> None:
        if self._parsers is not None:
            self._parsers.close()
            self._parsers = None

    def work(self, job: EvalJob, begin: Callable[[str, str], None]) -> Iterator[Row]:
        """Answer a job; `begin` is told which answer comes next."""
        if job.place.common_dir != self._folder:
            self.close()
            self._folder, self._solvers, self._contents = job.place.common_dir, {}, Contents()
        ground: BaseCheckout | None = None
        for task, solvers in job.tasks:
            if ground is None or ground.base != task.base:
                if ground is not None:
                    ground.close()
                warm = partial(self._warm, job.place.root)
                ground = BaseCheckout(job.place, task.base, self._cache, self._contents, warm)
            yield from self._task(task, ground, solvers, begin)
        if ground is not None:
            ground.close()

    def _task(
        self, task: Task, ground: BaseCheckout, solvers: Sequence[str], begin: Callable[[str, str], None]
    ) -> Iterator[Row]:
        begin(task.id, GOLD)
        row, gold = _gold(task, ground)
        yield row
        if gold is None or not gold.files:
            yield from (Row(task.id, s, "none", error=row.error or "no gold file exists at the base") for s in solvers)
            return
        if any(map(needs_sleep, solvers)):
            begin(task.id, SLEEP)
            slept = run_one(task.id, SLEEP, lambda: self._sleep(ground))
            if slept.status == "failed":
                self._end_parsers()  # they may still be at what was given up
            yield slept
        for name in solvers:
            begin(task.id, name)
            yield run_one(task.id, name, lambda name=name: self._answer(name, task, ground, gold))  # type: ignore[misc]

    def _sleep(self, ground: BaseCheckout) -> Json:
        """Learn the base, and say what it cost: processor seconds of this process and its children. Asks no model."""
        if "learned" in ground.__dict__:
            return {"seconds": 0.0, "cpu_seconds": 0.0, "parsed": 0, "known": 0, "commits": 0, "shared": 1}
        before, started = self._cpu_s(), time.perf_counter()
        _, report = ground.learned
        seconds = time.perf_counter() - started
        return {
            "seconds": round(seconds, 4),
            "cpu_seconds": round(max(self._cpu_s() - before, 0.0), 4),
            "parsed": report.parsed_blobs,
            "known": report.known_blobs,
            "commits": report.commits_read,
            "shared": 0,
        }

    def _cpu_s(self) -> float:
        """Return the processor seconds spent so far, those of the live parsers too, which nobody has waited for yet."""
        spent = sum(os.times()[:4])
        for pid in self._parsers.process_ids if self._parsers is not None else ():
            with suppress(psutil.Error):  # it has ended: its seconds are among those of the children
                spent += sum(psutil.Process(pid).cpu_times()[:2])
        return spent

    def _answer(self, name: str, task: Task, ground: BaseCheckout, gold: Gold) -> Json | None:
        if name not in self._solvers:
            self._solvers[name] = self._make(name, self._recordings)
        answer = self._solvers[name].solve(task, ground, gold)
        return None if answer is None else answer.to_json()


def _gold(task: Task, ground: BaseCheckout) -> tuple[Row, Gold | None]:
    found: list[Gold] = []

    def work() -> Json:
        parsed = patches.read(task.patch)
        found.append(make_gold(parsed, task.gold_files, task.gold_symbols, ground.read, task.text))
        return found[0].to_json()

    row = run_one(task.id, GOLD, work)
    return row, found[0] if found else None


def run_one(task: str, solver: str, work: Callable[[], Json | None]) -> Row:
    """Run one piece of work; whatever goes wrong in it is its result."""
    started = time.perf_counter()
    try:
        answer = work()
    except NoctuleError as error:
        return Row(task, solver, "failed", time.perf_counter() - started, error=f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - the outermost loop of a worker: a failed task is a recorded result
        at = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {error} ({Path(at.filename).name}, line {at.lineno})"
        return Row(task, solver, "failed", time.perf_counter() - started, error=why)
    return Row(task, solver, "none" if answer is None else "ok", round(time.perf_counter() - started, 4), answer)


# Processes


@dataclass(slots=True)
class _Worker:
    """A process at work: its job, what is in hand, and what it has finished of the job."""

    process: SpawnProcess
    pipe: connection.Connection
    job: EvalJob | None = None
    in_hand: tuple[str, str] | None = None
    finished: set[tuple[str, str]] = field(default_factory=set)


def answer_all(
    jobs: Sequence[EvalJob],
    cache: Path,
    recordings: Mapping[str, Sequence[Recording]],
    processes: int,
    make: Make = make,
) -> Generator[Row]:
    """Yield the rows of all jobs as they are ready; closing the iterator ends the processes."""
    if processes == 1:
        with Desk(cache, recordings, make) as desk:
            for job in jobs:
                yield from desk.work(job, lambda _task, _solver: None)
        return
    context = multiprocessing.get_context("spawn")  # a fork would share this process's open stores and git pipes
    waiting = deque(jobs)
    workers: list[_Worker] = []

    def start() -> None:
        mine, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, cache, recordings, make))
        process.start()
        theirs.close()
        workers.append(_Worker(process, mine))

    try:
        while waiting or workers:
            while waiting and len(workers) < processes:
                start()
            for worker in workers:
                if worker.job is None and waiting:
                    worker.job, worker.finished = waiting.popleft(), set()
                    worker.pipe.send(worker.job)
            busy = [w for w in workers if w.job is not None]
            if not busy:
                break
            for pipe in connection.wait([w.pipe for w in busy]):
                worker = next(w for w in busy if w.pipe is pipe)
                yield from _receive(worker, workers, waiting)
    finally:
        for worker in workers:
            _end(worker)


def _receive(worker: _Worker, workers: list[_Worker], waiting: deque[EvalJob]) -> Iterator[Row]:
    """Take one message of a worker, or bury it."""
    try:
        message = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        workers.remove(worker)
        _end(worker)
        assert worker.job is not None
        if worker.in_hand is not None:
            code = worker.process.exitcode
            task, solver = worker.in_hand
            why = f"its process died (exit status {code})"
            yield Row(task, solver, "failed", error=why)
            # Without its gold or its base nothing of the task can be answered.
            lost = next(s for t, s in worker.job.tasks if t.id == task) if solver in {GOLD, SLEEP} else ()
            yield from (Row(task, s, "failed", error=f"at its {solver}, {why}") for s in lost)
            worker.finished |= {(task, s) for s in (solver, *lost)}
        rest = worker.job.without(worker.finished)
        if rest.tasks:
            waiting.appendleft(rest)
        return
    if isinstance(message, Row):
        worker.in_hand = None
        worker.finished.add((message.task, message.solver))
        yield message
    elif message is None:
        worker.job = None
    else:
        worker.in_hand = message


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    if worker.job is None:
        worker.process.join(5)  # idle: it ends by itself, and its solvers clear up behind them
    if worker.process.is_alive():
        worker.process.terminate()
    worker.process.join(5)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _work(
    pipe: connection.Connection,
    cache: Path,
    recordings: Mapping[str, Sequence[Recording]],
    make: Make,
) -> None:
    """Answer jobs until the pipe is closed."""
    with Desk(cache, recordings, make) as desk, suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            job = pipe.recv()
            for row in desk.work(job, lambda task, solver: pipe.send((task, solver))):
                pipe.send(row)
            pipe.send(None)
