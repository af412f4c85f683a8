"""What could be thought about, as jobs with their value and cost. Pure: told what is known, it runs nothing.

refresh   bring the view up to date after an edit; urgent
parse     read files of a cold repository, those that are likeliest to matter for their cost first
history   read commits that were never seen
graph     lay out who refers to whom where that is not laid out yet
fit       fit the change points again after enough commits
pack      answer a task that is likely to be asked
gate      choose past tasks that a model's notes have to prove themselves on, and ask them with and without
think     have a model write a note; like `gate` only where the user has named one

Notes without a model have no job of their own: what they rest on is laid out for all files at once with history, and
each claim is held against its text whenever it is served.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import expm1, log1p

from noctule.indexer.background.cost import Costs, Estimate
from noctule.indexer.background.value import CHANGES_A_DAY, LOOKED_AT, TOKENS_PER_S, Chance, Demand, Savings
from noctule.indexer.history import quick_churn as glance

CHUNK_S = 4.0
"""A part of a cold repository that is read as one job."""
MOST_CHUNKS = 200
REFIT_AFTER = 50
IDLE_PER_WAITED = 10.0
"""A second that somebody waits is worth so many idle ones: t of DESIGN.md's break-even, N* = S / (t (B - b))."""
LASTS_DAYS = {
    "parse": 10.0,
    "fit": REFIT_AFTER / CHANGES_A_DAY,
    "think": 10.0,
    "gate": 10.0,
}
"""How long a result serves that is not outdated by the next change."""
SHARES = {
    "refresh": 0.5,
    "parse": 1.0,
    "history": 0.3,
    "graph": 0.2,
    "fit": 0.1,
    "think": 0.2,
    "gate": 0.2,
}
"""What an answer loses, as a share of what a pack saves, where that kind of work is not done. Judged, not measured."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `key` names its result: what was worked out under a key is never worked out again.

    Serving the result saves `saves_s` seconds of somebody's time, `reuse` times, if it comes to that, which it does
    with `probability`. `size` is in the unit of the kind's cost; `files` and `task` say what the work is on, and
    `revision` at which commit, if not in the work tree.
    """

    kind: str
    subject: str
    key: str
    reason: str
    size: float
    estimate: Estimate
    probability: float
    saves_s: float
    reuse: float
    urgent: bool = False
    files: tuple[str, ...] = ()
    task: str = ""
    revision: str = ""

    @property
    def worth(self) -> float:
        """Idle seconds that it is expected to bring for each second that it costs; tokens cost what they would save."""
        gain = IDLE_PER_WAITED * self.probability * self.saves_s * self.reuse
        cost = self.estimate.amounts
        return gain / max(cost.cpu_s + cost.tokens / TOKENS_PER_S, 1e-3)


@dataclass(frozen=True, slots=True)
class Thought:
    """A subject that a model could write a note about, at a commit or in the work tree (`revision` empty).

    `chance` is that of its being asked about or changed within a day, `tokens` what thinking is likely to take.
    """

    subject: str
    revision: str
    key: str
    reason: str
    chance: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Known:
    """How a repository stands: what is known of it, and what has happened since.

    `unread` are files whose content no view has; `chances` are by file for the next change, from a fitted forecast
    where `forecast` is true. Numbers of commits that nobody can tell are zero. `tasks` are what is likely to be asked,
    the likeliest first, each with where that comes from. `behind`: history is laid out for an earlier list of files.
    `thoughts` are a model's, and `gate` (what is due of it, key, reason) says how far they are from being served.
    """

    revision: str | None
    snapshot: str
    state: str  # "unknown", "partial", "complete"
    files: Mapping[str, int]
    unread: tuple[str, ...] = ()
    dirty: tuple[str, ...] = ()
    chances: Mapping[str, float] = field(default_factory=dict)
    forecast: bool = False
    commits: int = 0
    commits_unread: int = 0
    behind: bool = False
    commits_since_fit: int | None = None
    tasks: tuple[tuple[str, str], ...] = ()
    thoughts: tuple[Thought, ...] = ()
    gate: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of the next day: by file, of questions in general, and what answers save."""

    files: Mapping[str, Chance]
    demand: Demand
    savings: Savings


def candidates(known: Known, outlook: Outlook, costs: Costs) -> list[Job]:
    """Return all that could be done for a repository that stands like this."""
    makers = (_refresh, _parse, _history, _graph, _fit, _packs, _gate, _thoughts)
    return [job for maker in makers for job in maker(known, outlook, costs)]


def _general(kind: str, subject: str, key: str, reason: str, size: float, outlook: Outlook, costs: Costs) -> Job:
    """Make a job that every question profits from, until its result is worked out anew."""
    return Job(
        kind,
        subject,
        key,
        reason,
        size,
        costs.of(kind, size),
        outlook.demand.probability,
        SHARES[kind] * outlook.savings.pack_s,
        outlook.demand.a_day * LASTS_DAYS.get(kind, 1.0),
    )


def _refresh(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    if known.state == "complete" and known.unread:
        count = len(known.unread)
        chance = max((outlook.files[path].probability for path in known.unread if path in outlook.files), default=0.5)
        yield Job(
            "refresh",
            "work tree",
            known.snapshot,
            f"{count} file{'s' * (count != 1)} changed since the last index",
            count,
            costs.of("refresh", count),
            max(chance, outlook.demand.probability),
            SHARES["refresh"] * outlook.savings.pack_s,
            outlook.demand.a_day,
            urgent=True,
            files=known.unread,
        )


def _parse(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    """Cut what is unread of a cold repository into parts, what pays most for its time first.

    Beside what speaks for a file, each question may lead to any file, to a large one rather than to a small one; that
    puts no file before another, and makes the rest worth reading too.
    """
    if known.state == "complete" or not known.unread:
        return
    sizes = {path: known.files.get(path, 0) for path in known.unread}
    expected = {path: _touches(outlook.files[path].probability) if path in outlook.files else 0.0 for path in sizes}
    cost = {path: glance.cost_s(path, size) for path, size in sizes.items()}
    looks = outlook.demand.probability * outlook.demand.a_day * LASTS_DAYS["parse"] / sum(cost.values())
    for number, files in enumerate(_chunks(glance.order(sizes, expected), cost, costs)):
        seconds = sum(cost[path] for path in files)
        needs = sum(expected[path] for path in files) + looks * seconds
        likely = -expm1(-needs)
        best = max(files, key=expected.__getitem__)
        yield Job(
            "parse",
            f"part {number + 1}: {len(files):,} files, {best} and others" if len(files) > 1 else best,
            _digest(*files, known.snapshot),
            f"expected to be needed {needs:.1f} times",
            seconds,
            costs.of("parse", seconds),
            likely,
            SHARES["parse"] * outlook.savings.pack_s,
            needs / max(likely, 1e-9),
            files=tuple(files),
        )


def _touches(chance: float) -> float:
    """Return how many touches a chance stands for, beyond those that any file may get."""
    return max(log1p(-LOOKED_AT) - log1p(-min(chance, 1 - 1e-9)), 0.0)


def _chunks(ordered: Sequence[str], cost: Mapping[str, float], costs: Costs) -> Iterator[list[str]]:
    """Cut files into runs of about CHUNK_S each; more of them than MOST_CHUNKS are cut larger."""
    total = sum(cost.values())
    share = total / min(max(costs.of("parse", total).amounts.cpu_s / CHUNK_S, 1), MOST_CHUNKS)
    chunk: list[str] = []
    seconds = 0.0
    for path in ordered:
        chunk.append(path)
        seconds += cost[path]
        if seconds >= share:
            yield chunk
            chunk, seconds = [], 0.0
    if chunk:
        yield chunk


def _history(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    if known.revision and (known.commits_unread or known.behind):
        reason = f"{known.commits_unread:,} commit{'s' * (known.commits_unread != 1)} not read yet"
        if not known.commits_unread:
            reason = "files were added or removed"
        key = _digest(known.revision, known.snapshot)
        yield _general("history", "commits", key, reason, known.commits_unread, outlook, costs)


def _graph(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    if known.state != "complete" and known.files:
        reason = (
            "only part of the files have their references indexed"
            if known.state == "partial"
            else ("nothing is indexed yet")
        )
        yield _general("graph", "all files", known.snapshot, reason, len(known.files), outlook, costs)


def _fit(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    since = known.commits_since_fit
    if known.revision and (since is None or since >= REFIT_AFTER) and known.commits:
        reason = "there is no forecast yet" if since is None else f"{since:,} commits since the last fit"
        yield _general("fit", "change points", known.revision, reason, known.commits, outlook, costs)


def _packs(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    if known.state == "unknown":
        return
    for place, (task, source) in enumerate(known.tasks):
        yield Job(
            "pack",
            source,
            _digest(known.snapshot, task),
            f"a task about {task[:60]!r} may come next",
            1,
            costs.of("pack", 1),
            outlook.demand.probability / (place + 2),
            outlook.savings.first_s,
            1.0,
            task=task,
        )


def _gate(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    if known.gate is not None:
        what, key, reason = known.gate
        yield _general("gate", what, key, reason, len(known.files), outlook, costs)


def _thoughts(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    """What the gate asks for is worth what passing it is: each note of it serves whatever is asked."""
    for thought in known.thoughts:
        at = f" at {thought.revision[:10]}" if thought.revision else ""
        for_all = bool(thought.revision)
        yield Job(
            "think",
            f"{thought.subject}{at}",
            thought.key,
            thought.reason,
            thought.tokens,
            costs.of("think", thought.tokens),
            outlook.demand.probability if for_all else thought.chance,
            SHARES["think"] * outlook.savings.pack_s,
            LASTS_DAYS["think"] * (outlook.demand.a_day if for_all else 1.0),
            files=(thought.subject,),
            revision=thought.revision,
        )


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
