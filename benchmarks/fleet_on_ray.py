"""A fleet on three Ray nodes of this machine, while a worker is killed and a node is lost; and the same without Ray.

    python -m benchmarks.fleet_on_ray REPOSITORY ... [--count 40] [--work DIR]

Makes small repositories from the histories of these, and two more: one is corrupt, one too large for its memory. Prints
what came of both fleets. Exits with 1 if their results or the published pieces differ, or one is over twice. Needs the
extra `fleet`.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import ray
from ray.cluster_utils import Cluster

from noctule.indexer.fleet.engine import Engine, LocalEngine
from noctule.indexer.fleet.fleet import FleetPlan, run
from noctule.indexer.fleet.journal import FleetJournal
from noctule.indexer.fleet.limits import SharedLimits
from noctule.indexer.fleet.messages import MEGABYTE, Attempt, AttemptOutcome
from noctule.indexer.fleet.ray_engine import RayEngine
from noctule.indexer.fleet.sources import find_in

MOST_MEMORY = 360 * MEGABYTE
NODE_MEMORY = 400 * MEGABYTE
MOST_STARTS = 5
STEP = 5
"""So many commits of the history lie between one repository and the next."""


def git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(["git", *who, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make(sources: Sequence[Path], folder: Path, count: int) -> None:
    """Make repositories that end at different commits of some histories, and two that cannot be learned."""
    folder.mkdir(parents=True)
    histories = [git(one, "rev-list", "--first-parent", "--reverse", "HEAD").splitlines() for one in sources]
    for number in range(count - 2):
        round_, at = divmod(number, len(sources))
        source, commits = sources[at], histories[at]
        made = folder / f"r{number:02}"
        made.mkdir()
        git(made, "init", "-q", "-b", "main", "--bare")
        last = commits[min(STEP * (round_ + 2), len(commits) - 1)]
        git(made, "fetch", "-q", str(source), f"{last}:refs/heads/main")
    for name in ("corrupt", "large"):
        (folder / name).mkdir()
        git(folder / name, "init", "-q", "-b", "main")
    draw = random.Random(1)
    for number in range(60):
        lines = (f"def f{draw.getrandbits(60):x}(a{draw.getrandbits(40):x}):\n    return g{draw.getrandbits(60):x}()\n"
                 for _ in range(9_000))  # fmt: skip
        (folder / f"large/m{number}.py").write_text("".join(lines))
    (folder / "corrupt/x.py").write_text("x = 1\n")
    for name in ("corrupt", "large"):
        git(folder / name, "add", "-A")
        git(folder / name, "commit", "-q", "-m", "Start")
    head = git(folder / "corrupt", "rev-parse", "HEAD")
    (folder / "corrupt/.git/objects" / head[:2] / head[2:]).unlink()


def kill_worker(told: list[str]) -> None:
    """Kill the next Ray worker that learns a repository, with what it started."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        for process in psutil.process_iter(["cmdline"]):
            if not any("noctule.indexer.fleet.worker" in word for word in process.info["cmdline"] or ()):
                continue
            parent = process.parent()
            if parent is not None and "ray::" in " ".join(parent.cmdline()):
                os.kill(parent.pid, signal.SIGKILL)
                told.append(f"killed the worker {parent.pid}")
                return
        time.sleep(0.05)


def learn(engine: Engine, repositories: Path, work: Path, hear: object = None) -> list[AttemptOutcome]:
    plan = FleetPlan(find_in(repositories), Attempt("", "", to=(work / "place").as_uri()), MOST_MEMORY, pause_s=0.5)
    counted = [0]

    def tell(attempt: Attempt, outcome: AttemptOutcome, again: bool) -> None:
        counted[0] += 1
        if not outcome.is_over:
            print(f"  {attempt.name}, try {attempt.number}: {outcome.why}{'; again' if again else ''}", flush=True)
        if callable(hear):
            hear(counted[0])

    try:
        return run(plan, engine, FleetJournal(work / "journal"), {}, lambda _: None, tell)
    finally:
        engine.close()


def add_node(cluster: Cluster, size: dict[str, object]) -> object:
    """Start a node. On a busy machine it may take longer than the 30 s that Ray waits for it."""
    for _ in range(MOST_STARTS - 1):
        with contextlib.suppress(Exception):  # Ray raises no other kind
            return cluster.add_node(**size)
    return cluster.add_node(**size)


def on_ray(repositories: Path, work: Path) -> list[AttemptOutcome]:
    cluster = Cluster()
    size = {"num_cpus": 1, "memory": NODE_MEMORY, "object_store_memory": 80 * MEGABYTE, "include_dashboard": False}
    nodes = [add_node(cluster, size) for _ in range(3)]
    ray.init(cluster.address, include_dashboard=False, log_to_driver=False)
    said: list[str] = []

    def hear(count: int) -> None:
        if count == 5:
            threading.Thread(target=kill_worker, args=(said,)).start()
        if count == 12:
            cluster.remove_node(nodes[2], allow_graceful=False)
            said.append("removed the third node")

    try:
        return learn(RayEngine(0.0, 1e6, work / "book", work / "cache"), repositories, work, hear)
    finally:
        ray.shutdown()
        cluster.shutdown()
        print(f"  {', '.join(said)}")


def results(outcomes: list[AttemptOutcome]) -> list[AttemptOutcome]:
    """Return what does not depend on the machine, or on what happened to it."""
    measured = {"attempts": 1, "seconds": 0.0, "cpu_seconds": 0.0, "memory_bytes": 0, "store_bytes": 0, "parsed": 0}
    return [dataclasses.replace(one, **measured) for one in outcomes]


def published_pieces(place: Path) -> dict[str, bytes]:
    """Return the published pieces by their names, without the refs: these list commits in the order of publishing."""
    return {str(one.relative_to(place)): one.read_bytes() for one in place.glob("*/objects/*/*")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", metavar="REPOSITORY", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    work = args.work or Path(tempfile.mkdtemp(prefix="fleet-"))
    make([one.resolve() for one in args.repositories], work / "repositories", args.count)
    found = {}
    for name in ("ray", "local"):
        print(f"{name}:", flush=True)
        (work / name).mkdir()
        started = time.monotonic()
        if name == "ray":
            found[name] = on_ray(work / "repositories", work / name)
        else:
            engine = LocalEngine(SharedLimits(), work / name / "cache", 2)
            found[name] = learn(engine, work / "repositories", work / name)
        published = [one for one in found[name] if one.state == "published"]
        failed = [f"{one.name} ({one.kind})" for one in found[name] if one.state == "failed"]
        cpu_s = sum(one.cpu_seconds for one in found[name])
        print(f"  {len(published)} published, {len(failed)} reported: {', '.join(failed)}")
        print(f"  {time.monotonic() - started:.0f} s, {cpu_s:.0f} s of processor time in the last tries", flush=True)
    lines = [line for line in (work / "ray/journal").read_text().splitlines() if line != "end"]
    names = {json.loads(line)["name"] for line in lines}
    same = results(found["ray"]) == results(found["local"])
    once = len(lines) == len(names) == args.count
    print(f"results equal: {same}; each repository is over once: {once}")
    pieces = [published_pieces(work / name / "place") for name in ("ray", "local")]
    print(f"published pieces: {len(pieces[0])} and {len(pieces[1])}; equal: {pieces[0] == pieces[1]}")
    if args.work is None:
        shutil.rmtree(work)
    return 0 if same and once and pieces[0] == pieces[1] else 1


if __name__ == "__main__":
    raise SystemExit(main())
