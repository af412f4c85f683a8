"""Attempts as tasks of Ray: on this machine, or on the cluster that RAY_ADDRESS names.

A task asks for one core and for the memory that its attempt may take. What the fleet shares is an actor on the machine
that starts it, so that it is lost only where the whole run is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, cast

from noctule.indexer.fleet.limits import SharedLimits
from noctule.indexer.fleet.messages import Attempt, AttemptOutcome
from noctule.indexer.fleet.supervise import run_attempt

# Ray reports its use to its makers unless this is set before it is imported; nothing leaves the machine unasked.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray import exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

ADDRESS = "RAY_ADDRESS"
QUEUED_PER_CORE = 2
"""So many tasks are handed to Ray ahead, for each core of the cluster: it is never idle, and never holds thousands."""
LOST = (
    exceptions.WorkerCrashedError,
    exceptions.NodeDiedError,
    exceptions.ActorDiedError,
    exceptions.ActorUnavailableError,
    exceptions.ObjectLostError,
)


@contextmanager
def open_ray() -> Iterator[None]:
    """Start Ray here, or join the cluster that RAY_ADDRESS names, until the context ends.

    What Ray says meanwhile goes to standard error: it prints lost workers to standard output, which is the command's.
    """
    with redirect_stdout(sys.stderr):
        if ray.is_initialized():
            yield
            return
        # Without an address Ray would join any cluster that somebody runs on this machine.
        ray.init(os.environ.get(ADDRESS) or "local", include_dashboard=False, log_to_driver=False)
        try:
            yield
        finally:
            ray.shutdown()


class _ActorLimits:
    """What the fleet shares, asked over Ray."""

    def __init__(self, actor: Any) -> None:  # noqa: ANN401 - Ray makes the type of a handle at run time
        self._actor = actor

    def wait_s(self, host: str) -> float:
        """Take the next turn to fetch from a server; return the seconds until then."""
        return cast("float", ray.get(self._actor.wait_s.remote(host))) if host else 0.0

    def reserve(self, dollars: float) -> str:
        """Set aside the most that a request can cost; an empty string where the budget does not allow it."""
        return cast("str", ray.get(self._actor.reserve.remote(dollars)))

    def settle(self, reservation: str, dollars: float) -> None:
        """Say what a request cost; a reservation is settled once."""
        ray.get(self._actor.settle.remote(reservation, dollars))

    def spent(self) -> float:
        """Return the dollars that are spent or reserved."""
        return cast("float", ray.get(self._actor.spent.remote()))


def _run_task(attempt: Attempt, actor: Any, cache: str) -> AttemptOutcome:  # noqa: ANN401 - see `_ActorLimits`
    return run_attempt(attempt, _ActorLimits(actor), Path(cache))


class RayEngine:
    """Runs each attempt as a task; an attempt whose worker or node is lost is reported so, and made again elsewhere."""

    def __init__(self, dollars: float, fetches_per_minute: float, book: Path, cache: Path, workers: int = 0) -> None:
        self._session = ExitStack()
        self._session.enter_context(open_ray())
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        shared = ray.remote(SharedLimits).options(num_cpus=0, scheduling_strategy=here)
        self._actor = shared.remote(dollars, fetches_per_minute, book)
        self.limits = _ActorLimits(self._actor)
        self._cache = str(cache)
        self._workers = workers
        self._task = ray.remote(_run_task)
        self._running: dict[Any, Attempt] = {}

    def can_start(self, attempt: Attempt) -> bool:  # noqa: ARG002 - Ray itself waits for memory
        """Say whether there is room for one more attempt."""
        most = self._workers or QUEUED_PER_CORE * int(ray.cluster_resources().get("CPU", 1))
        return len(self._running) < most

    def start(self, attempt: Attempt) -> None:
        """Start an attempt; its retries are ours, so that each is counted and gets what it needs."""
        # A task that asks for more than any node has would wait for ever.
        largest = max((node["Resources"].get("memory", 0) for node in ray.nodes() if node["Alive"]), default=0)
        memory = int(min(attempt.memory_bytes, largest or attempt.memory_bytes))
        options = self._task.options(num_cpus=1, memory=memory, max_retries=0, scheduling_strategy="SPREAD")
        self._running[options.remote(attempt, self._actor, self._cache)] = attempt

    def wait(self, timeout_s: float) -> list[tuple[Attempt, AttemptOutcome]]:
        """Return the attempts that are over, as soon as one is; none where none is after so long."""
        done, _ = ray.wait(list(self._running), num_returns=1, timeout=timeout_s)
        return [(attempt, _outcome(attempt, one)) for one in done if (attempt := self._running.pop(one))]

    def close(self) -> None:
        """End all that runs."""
        for one in self._running:
            ray.cancel(one, force=True)
        self._running.clear()
        self._session.close()


def _outcome(attempt: Attempt, reference: object) -> AttemptOutcome:
    """Return what came of a task, also where there is nobody left who could say."""
    try:
        return cast("AttemptOutcome", ray.get(reference))
    except exceptions.OutOfMemoryError:
        kind, why = "memory", "Ray ended it, since its machine ran out of memory"
    except LOST as error:
        kind, why = "lost", f"its worker or machine was lost ({type(error).__name__})"
    except exceptions.RayError as error:
        kind, why = "defect", f"Ray failed: {str(error).strip().splitlines()[-1][:200]}"
    return AttemptOutcome(
        attempt.name, "failed", kind, why, "run the same command again; see `ray status`", attempt.number
    )
