"""A repository's own weights for the ranking: fitted on its past while asleep, served only where they proved better.

Weights that were fitted on some commits are used for revisions that descend from the newest of them, and for no others.
Knows how to judge, to keep and to choose; what the past has to say comes from `indexer.learn.past_rankings`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from noctule.indexer.learn.past_rankings import Rehearsed
    from noctule.indexer.progress import Work
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.store.store import Store

PART = "weights"
"""The part of a view that holds the tuning it is served with, and the shared column that holds all of them."""
MOST_TASKS = 300
FEWEST_TASKS = 100
"""Fewer tasks say too little to judge by."""
MOST_KEPT = 8
"""So many tunings are kept, for work trees that stand at earlier commits."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What tuning at a commit came to.

    `weights` are the repository's own, fitted around `given`; they are empty where they did not prove better, and `why`
    says what stood against them. The figures are of `judged` tasks, each asked with weights fitted on older ones alone,
    as (with the given weights, with the repository's own): `acc5` the share of tasks with all files in the first five,
    `mrr` the mean reciprocal rank of the first. `gain` is what the mean log likelihood rose by, `least_gain` the lower
    bound of that, of which one may be 95% sure.
    """

    at: str
    commits: int
    fitted_at: float
    tasks: int
    judged: int
    why: str
    given: Mapping[str, float]
    weights: Mapping[str, float]
    gain: float = 0.0
    least_gain: float = 0.0
    acc5: tuple[float, float] = (0.0, 0.0)
    mrr: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Tuning:
        """Return the tuning whose fields these are."""
        pairs = {name: (float(values[name][0]), float(values[name][1])) for name in ("acc5", "mrr")}
        return cls(**{**values, **pairs})

    def told(self) -> dict[str, object]:
        """Return what there is to tell of it, in plain values."""
        told = {
            name: getattr(self, name) for name in ("at", "fitted_at", "tasks", "judged", "why", "gain", "least_gain")
        }
        pairs = {name: {"given": pair[0], "own": pair[1]} for name, pair in (("acc5", self.acc5), ("mrr", self.mrr))}
        return {"own": self.is_better, **told, **pairs}

    @property
    def is_better(self) -> bool:
        """Whether the repository's own weights proved better than the given ones."""
        return bool(self.weights)


def tune(repository: Repository, work: Work) -> Tuning:
    """Fit weights on the newest tasks of what is known of a repository's history, judge them, and keep the outcome.

    What is cut off or killed leaves everything as it was. OutOfTime, StoreError, GitError.
    """
    from noctule.indexer.history import (
        codec as commits,  # with numpy; who asks only whether to tune must not wait for it
    )
    from noctule.indexer.learn.past_rankings import rehearse

    store, revision = _known(repository)
    try:
        shared = store.shared("history")
        if repository.place is None or revision is None or shared is None:
            return kept_back("", 0, 0, "there is no history to learn from")
        history = commits.from_bytes(shared).as_of(revision)
        rehearsed = [r for found in rehearse(store, repository.place, history, MOST_TASKS, work) for r in found]
    finally:
        store.close()
    started = time.monotonic()
    tuning = tuned(rehearsed, revision, len(history), work.check)
    work.timed("tuning", started)
    _keep(repository, tuning, revision, work)
    return tuning


def _known(repository: Repository) -> tuple[Store, str | None]:
    """Open the store, and return it with the revision up to which history is known. StoreError."""
    from noctule.indexer.errors import StoreError

    store = repository.open_store()
    view = store.view(repository.view_name) if store is not None else None
    if store is None or view is None:
        raise StoreError(f"{repository.root} is not indexed yet", "run `noctule sleep` first")
    return store, view.revision


def _keep(repository: Repository, tuning: Tuning, revision: str, work: Work) -> None:
    """Store a tuning beside the earlier ones, and put it in force where history is still what it was."""
    from noctule.indexer.store import store as stores

    with stores.lease(repository.folder) as lease:
        while not lease.acquire():
            work.check()
            time.sleep(0.05)
        store = stores.open_for_sleep(repository.folder)
        try:
            known = [t for t in _all(store.shared(PART)) if t.at != tuning.at]
            text = json.dumps([asdict(t) for t in [*known, tuning][-MOST_KEPT:]]).encode()
            view = store.view(repository.view_name)
            with store.transaction():
                store.put_shared(PART, text)
                if view is not None and view.revision == revision:
                    store.put_part(view.id, PART, json.dumps(asdict(tuning)).encode())
        finally:
            store.close()


def _all(shared: bytes | None) -> list[Tuning]:
    return [Tuning.of_json(values) for values in json.loads(shared)] if shared is not None else []


def part_of(shared: bytes | None, seen: Sequence[str]) -> dict[str, bytes]:
    """Choose the newest tuning that a history of these commits, oldest first, can know of: the part of its view."""
    tunings = {tuning.at: tuning for tuning in _all(shared)}
    newest = next((tunings[oid] for oid in reversed(seen) if oid in tunings), None) if tunings else None
    return {PART: json.dumps(asdict(newest)).encode() if newest is not None else b""}


def read(part: bytes | None) -> Tuning | None:
    """Return the tuning that a view has."""
    return Tuning.of_json(json.loads(part)) if part else None


def in_force(tuning: Tuning | None, given: Mapping[str, float]) -> Mapping[str, float]:
    """Return the weights to rank with: the repository's own, where they were fitted around the ones given here."""
    return tuning.weights if tuning is not None and tuning.weights and tuning.given == given else given


def kept_back(at: str, commits: int, tasks: int, why: str) -> Tuning:
    """Return the tuning of a repository that says too little to judge by."""
    from noctule.indexer.search.ranking import FILE_WEIGHTS

    return Tuning(at, commits, time.time(), tasks, 0, why, dict(FILE_WEIGHTS), {})


def tuned(rehearsed: Sequence[Rehearsed], at: str, commits: int, check: Callable[[], None]) -> Tuning:
    """Judge on the later tasks what the earlier ones say, and where that proves better fit on all."""
    if len(rehearsed) < FEWEST_TASKS:
        why = f"needs {FEWEST_TASKS} past changes with a usable message, this repository has {len(rehearsed)}"
        return kept_back(at, commits, len(rehearsed), why)
    from noctule.indexer.learn import validate as judging  # with numpy
    from noctule.indexer.search.ranking import FILE_WEIGHTS

    verdict = judging.verdict(judging.judged(rehearsed, check))
    own = [] if verdict.why else judging.fit(rehearsed, check).tolist()
    weights = {name: round(weight, 4) for name, weight in zip(FILE_WEIGHTS, own, strict=False)}
    given, now = dict(FILE_WEIGHTS), time.time()
    return Tuning(at, commits, now, len(rehearsed), given=given, weights=weights, **asdict(verdict))
