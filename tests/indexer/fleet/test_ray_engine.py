"""The same fleet on Ray: two nodes of one machine, a worker killed, a repository that is corrupt."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from noctule.indexer.fleet.engine import Engine, LocalEngine
from noctule.indexer.fleet.fleet import FleetPlan, run
from noctule.indexer.fleet.journal import FleetJournal
from noctule.indexer.fleet.limits import SharedLimits
from noctule.indexer.fleet.messages import Attempt, AttemptOutcome
from noctule.indexer.fleet.sources import find_in
from tests.patience import PATIENCE_S
from tests.repositories import Repository as Made

pytest.importorskip("ray")  # there is no wheel for every platform

import ray
from ray.cluster_utils import Cluster

from noctule.indexer.fleet.ray_engine import RayEngine

# What Ray itself leaves open is not ours to close.
# A node of Ray takes ten seconds to start, and a minute where the machine is busy.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.true_start]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    nodes = Cluster()
    for _ in range(2):
        nodes.add_node(num_cpus=1, memory=1_000_000_000, object_store_memory=80_000_000, include_dashboard=False)
    ray.init(nodes.address, include_dashboard=False, log_to_driver=False)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def learn(engine: Engine, tmp_path: Path, journal: str) -> list[AttemptOutcome]:
    sources = find_in(tmp_path / "repos")
    plan = FleetPlan(sources, Attempt("", ""), 600_000_000, pause_s=0.01)
    try:
        return run(plan, engine, FleetJournal(tmp_path / journal), {}, lambda _progress: None)
    finally:
        engine.close()


def kill_first_worker(seen: list[int]) -> None:
    """Kill the Ray worker that first starts to learn: what it started ends with it."""
    until = time.monotonic() + PATIENCE_S
    while not seen and time.monotonic() < until:
        for process in psutil.process_iter(["cmdline"]):
            if any("noctule.indexer.fleet.worker" in word for word in process.info["cmdline"] or ()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    parent = process.parent()
                    if parent is not None and "ray" in " ".join(parent.cmdline()):
                        parent.kill()
                        seen.append(parent.pid)
                        return
        time.sleep(0.01)


def test_a_cluster_learns_the_same_as_this_machine_though_a_worker_is_killed(tmp_path: Path, cluster: Cluster) -> None:
    for name in ("a", "b", "c"):
        Made(tmp_path / "repos" / name).commit("Start", {f"{name}.py": f"def {name}():\n    return 1\n"})
    head = Made(tmp_path / "repos/bad").commit("Start", {"x.py": "x = 1\n"})
    (tmp_path / "repos/bad/.git/objects" / head[:2] / head[2:]).unlink()
    killed: list[int] = []
    killer = threading.Thread(target=kill_first_worker, args=(killed,))
    killer.start()

    on_ray = learn(RayEngine(0.0, 60, tmp_path / "book", tmp_path / "cache-ray"), tmp_path, "ray.jsonl")
    killer.join()
    here = learn(LocalEngine(SharedLimits(), tmp_path / "cache", 1), tmp_path, "local.jsonl")

    assert len(killed) == 1
    assert sorted(one.attempts for one in on_ray) == [1, 1, 1, 2]

    def results(outcomes: list[AttemptOutcome]) -> list[AttemptOutcome]:
        return [
            replace(one, attempts=1, seconds=0.0, cpu_seconds=0.0, memory_bytes=0, store_bytes=0) for one in outcomes
        ]

    assert results(on_ray) == results(here)
    assert [one.state for one in here] == ["learned", "learned", "failed", "learned"]  # a, b, bad, c


def test_what_the_fleet_shares_is_one_actor(tmp_path: Path) -> None:
    engine = RayEngine(1.0, 60, tmp_path / "book", tmp_path / "cache")
    try:
        reservation = engine.limits.reserve(0.75)
        assert engine.limits.reserve(0.75) == ""
        engine.limits.settle(reservation, 0.25)
        assert engine.limits.spent() == 0.25
        assert engine.limits.wait_s("") == 0.0
    finally:
        engine.close()
