"""A repository's past replayed as a present: in which order should a cold repository be read?

At points in the past nothing is known yet, and the files of that commit are read one after the other. What counts is
how much of the next changes' files is ready after how many CPU seconds. Each order sees the commit and its ancestors
only; what comes next is read from the commits that are not among them, the oldest first.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.evals.errors import RunError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.snapshot import of_revision
from noctule.indexer.history import quick_churn as glance
from noctule.indexer.history.history import MASS, MERGE, History, commit_flags
from noctule.indexer.history.log import Commit, read
from noctule.indexer.parse.digest import Lexicon, digest
from noctule.indexer.results import Progress

NEXT = 50
"""How many of the following changes are looked at."""
SHUFFLES = 20
SEED = 20_250_417
NOCTULE, BREADTH, RECENT, RANDOM, LARGEST, ORACLE = (
    "value per cost",
    "breadth first",
    "most recent first",
    "random",
    "largest first",
    "what comes next",
)
ORDERS = (NOCTULE, BREADTH, RECENT, RANDOM, LARGEST, ORACLE)
GRID = 101
"""Each curve is told at so many points from nothing to all of the CPU seconds."""


@dataclass(frozen=True, slots=True)
class Curve:
    """How much is ready: `area` under the whole curve (0 to 1), `ready` at equal steps of time, `seconds` to shares.

    `seconds` are the CPU seconds after which a half, and four fifths, of what counts are ready.
    """

    area: float
    ready: tuple[float, ...]
    seconds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """One moment of the past: its commit, how much there was to read, and the curve of each order."""

    commit: str
    files: int
    cpu_s: float
    glance_s: float
    changes: int
    curves: Mapping[str, Curve]


@dataclass(frozen=True, slots=True)
class Cold:
    """A cold repository: what each file costs in CPU seconds, its size, and what there is to know of its past.

    `latest` lists the ancestors' files by commit, newest first, renames as git's log tells them.
    """

    cost: Mapping[str, float]
    sizes: Mapping[str, int]
    glanced: Sequence[Sequence[str]]
    latest: Sequence[Sequence[str]]


def replay(
    place: RepositoryPlace, head: str, last: int, progress: Callable[[Progress], None], changes: int = NEXT
) -> Iterator[Point]:
    """Yield the points at every `changes`-th of the last `last` changes. RunError where the past is too short."""
    git = Git(place)
    progress(Progress("reading history", 0, 0))
    commits = {commit.oid: commit for commit in read(git, head, exact_renames=place.partial)}
    history = History.of(commits.values())
    by_time = [commits[oid] for oid in history.oids]
    telling = [at for at, commit in enumerate(by_time) if _tells(commit)]
    bases = _bases(git, head, history.oids, telling[-last:], changes)
    if not bases:
        raise RunError(f"{place.root} has too short a past", f"more than {changes} changes are needed")
    meter = Meter(git)
    for number, base in enumerate(bases):
        progress(Progress("replaying", number, len(bases), "points"))
        seen = set(history.ancestors_only(base).oids)
        coming = [commit for commit in (by_time[at] for at in telling) if commit.oid not in seen][:changes]
        past = [tuple(c.path for c in commit.changes) for commit in reversed(by_time) if commit.oid in seen]
        point = _point(place, base, coming, [files for files in past if files], meter)
        if point is not None:
            yield point


def _tells(commit: Commit) -> bool:
    return not commit_flags(commit) & (MERGE | MASS) and bool(_commit_paths(commit))


def _commit_paths(commit: Commit) -> tuple[str, ...]:
    """The files of its parent that a commit touched."""
    return tuple(dict.fromkeys(c.old_path or c.path for c in commit.changes if c.status in "MDRT"))


def _bases(git: Git, head: str, oids: Sequence[str], telling: Sequence[int], changes: int) -> list[str]:
    """Return a commit of the main line before each stretch of changes; a branch has seen only a part of the past."""
    line = set(git.run("rev-list", "--first-parent", "--end-of-options", head, "--").decode().split())
    found = []
    for first in telling[: len(telling) - changes + 1 : changes]:
        at = first - 1
        while at >= 0 and oids[at] not in line:
            at -= 1
        if at >= 0:
            found.append(oids[at])
    return list(dict.fromkeys(found))


class Meter:
    """What it costs to read a file, in CPU seconds of this process; each content is measured once."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._known: dict[tuple[str, str], float] = {}
        self._lexicon = Lexicon()

    def costs(self, blobs: Mapping[str, str]) -> dict[str, float]:
        """Return the cost of each path, given its blob id."""
        todo = {path: blob for path, blob in blobs.items() if (blob, _ending(path)) not in self._known}
        for (path, blob), (_, text) in zip(todo.items(), self._git.blobs(todo.values()), strict=True):
            started = time.process_time()
            if text is not None:
                digest(text, path, self._lexicon)
            self._known[blob, _ending(path)] = time.process_time() - started
        return {path: self._known[blob, _ending(path)] for path, blob in blobs.items()}


def _ending(path: str) -> str:
    return path.rpartition(".")[2]


def _point(
    place: RepositoryPlace, base: str, coming: Sequence[Commit], past: Sequence[Sequence[str]], meter: Meter
) -> Point | None:
    """Follow every order at one moment; None where nothing that comes touches a file of that commit."""
    files = of_revision(place, base).files
    weight = weights(coming, files)
    if not weight:
        return None
    cost = meter.costs({path: file.blob for path, file in files.items()})
    sizes = {path: file.size for path, file in files.items()}
    started = _cpu()
    glanced = glance.latest_changes(Git(place), base, glance.commits_worth(sum(sizes.values())))
    glance.order(sizes, glance.expected_touches(sizes, glanced))
    glance_s = _cpu() - started
    cold = Cold(cost, sizes, glanced, past)
    curves = {}
    for name in ORDERS:
        found = [
            curve(order, cost, weight, glance_s if name == NOCTULE else 0.0) for order in orders(name, cold, weight)
        ]
        curves[name] = mean_curve(found)
    return Point(base, len(files), sum(cost.values()), glance_s, len(coming), curves)


def _cpu() -> float:
    """CPU seconds of this process and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def weights(coming: Iterable[Commit], there: Mapping[str, object]) -> dict[str, float]:
    """Return what each file is worth: every change counts the same, shared among those of its files that there are."""
    worth: dict[str, float] = {}
    for commit in coming:
        files = [path for path in _commit_paths(commit) if path in there]
        for path in files:
            worth[path] = worth.get(path, 0.0) + 1 / len(files)
    return worth


def orders(name: str, cold: Cold, weight: Mapping[str, float]) -> Iterator[list[str]]:
    """Yield the order of that name; those that are drawn by chance are several."""
    paths = sorted(cold.sizes)
    match name:
        case "value per cost":
            yield glance.order(cold.sizes, glance.expected_touches(paths, cold.glanced))
        case "breadth first":
            yield sorted(paths, key=lambda path: (path.count("/"), path))
        case "most recent first":
            at = {path: age for age, files in reversed(list(enumerate(cold.latest))) for path in files}
            yield sorted(paths, key=lambda path: (at.get(path, len(cold.latest)), path))
        case "random":
            for seed in range(SHUFFLES):
                shuffled = list(paths)
                random.Random(SEED + seed).shuffle(shuffled)
                yield shuffled
        case "largest first":
            yield sorted(paths, key=lambda path: (-cold.sizes[path], path))
        case _:
            yield sorted(paths, key=lambda path: (-weight.get(path, 0.0) / max(cold.cost[path], 1e-9), path))


def curve(order: Sequence[str], cost: Mapping[str, float], weight: Mapping[str, float], before_s: float = 0.0) -> Curve:
    """Follow an order: what is ready by when, if work begins after `before_s` CPU seconds of finding the order out.

    Time ends when all files could have been read without that; what is not ready by then counts for nothing.
    """
    total, whole = sum(cost.values()), sum(weight.values()) or 1.0
    ready_at = before_s + np.cumsum([cost[path] for path in order])
    gain = np.array([weight.get(path, 0.0) for path in order]) / whole
    share = np.cumsum(gain)
    at = np.linspace(0.0, total, GRID)
    done = np.searchsorted(ready_at, at, side="right")
    ready = np.where(done > 0, share[np.maximum(done - 1, 0)], 0.0)
    reached = np.searchsorted(share, [0.5 - 1e-9, 0.8 - 1e-9]).tolist()
    seconds = [float(ready_at[min(n, len(ready_at) - 1)]) for n in reached]
    area = float((gain * np.maximum(total - ready_at, 0.0)).sum() / total)
    return Curve(area, tuple(ready.tolist()), (seconds[0], seconds[1]))


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Return the mean of some curves."""
    seconds = np.mean([c.seconds for c in curves], axis=0).tolist()
    return Curve(
        float(np.mean([c.area for c in curves])),
        tuple(np.mean([c.ready for c in curves], axis=0).tolist()),
        (seconds[0], seconds[1]),
    )
