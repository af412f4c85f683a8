"""The jobs that a sleeper could do, with their value and cost. Pure: a repository's state in, jobs out; runs nothing.

refresh   bring the view up to date after an edit; urgent
parse     read a part of the files that were never read, the likeliest files for their cost first; urgent
history   read commits that were never read, and fit the change points again after enough of them
pack      answer a task that is likely to be asked
gate      choose past tasks that a model's notes have to prove themselves on, and ask them with and without
think     have a model write a note; like `gate` only where the user has named one

Each is exactly what `indexer.background.runners` does for it. Notes without a model have no job of their own: what they
rest on is laid out for all files at once with history, and each claim is held against its text whenever it is served.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import expm1, log1p
from typing import TYPE_CHECKING

from noctule.indexer.background.cost import Costs, Estimate
from noctule.indexer.background.value import LOOKED_AT, TOKENS_PER_S, Chance, Demand, Savings
from noctule.indexer.history import quick_churn as glance
from noctule.indexer.learn.history_parts import REFIT_AFTER
from noctule.indexer.learn.ingest import FEW

if TYPE_CHECKING:
    from noctule.indexer.think.plan import DueSubject

LEAST_PART_S = 4.0
"""Seconds for the first part of a repository that was never indexed; each part takes as long as all before it..."""
MOST_PART_S = 120.0
"""...up to this. After each part the view is laid out, so that few parts cost little."""
LAST_TURN = 1_000_000
"""That of the first look at history: its files come first."""
LAYOUT_S = 0.0001
"""What laying out a file costs, in seconds of parsing."""
FIT_COMMITS, FIT_SHARE = 8_000, 0.3
"""Fitting the forecast costs as much as reading this many commits, plus this share of all commits."""
IDLE_PER_WAITED = 10.0
"""One second that somebody waits is worth this many idle seconds: t in the break-even N* = S / (t (B - b))."""
LASTS_DAYS = {
    "parse": 10.0,
    "think": 10.0,
    "gate": 10.0,
}
"""How long a result is useful if the next change does not make it outdated."""
SHARES = {
    "refresh": 0.5,
    "parse": 1.0,
    "history": 0.3,
    "think": 0.2,
    "gate": 0.2,
}
"""The share of a pack's saving that an answer loses if that kind of work is not done. Estimated, not measured."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `key` names its result: a job whose key has a result is never run again.

    Serving the result saves `saves_s` seconds of somebody's time, `reuse` times, if it comes to that, which it does
    with `probability`. `size` is in the unit of the kind's cost; `files` and `task` say what the work is on, and
    `revision` at which commit, if not in the work tree. A job without a key is due until the store says otherwise.
    An `urgent` job is done while somebody works too, those of a lower `turn` first.
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
    turn: int = 0
    files: tuple[str, ...] = ()
    task: str = ""
    revision: str = ""

    @property
    def worth(self) -> float:
        """Expected saving in idle seconds for each second of cost; tokens cost what they would save."""
        gain = IDLE_PER_WAITED * self.probability * self.saves_s * self.reuse
        cost = self.estimate.amounts
        return gain / max(cost.cpu_s + cost.tokens / TOKENS_PER_S, 1e-3)


@dataclass(frozen=True, slots=True)
class Known:
    """The state of a repository: what is indexed, and what has happened since.

    `unread` are files whose content was never read, `changed` those of a complete view whose content is another one
    now; `chances` are by file for the next change, from a fitted forecast where `forecast` is true. Numbers of commits
    that nobody can tell are zero. `tasks` are what is likely to be asked, the likeliest first, each with where that
    comes from. `behind`: history is laid out for an earlier list of files; `past_known`: some of it is laid out.
    `thoughts` are a model's, and `gate` (what is due of it, key, reason) says how far they are from being served.
    """

    revision: str | None
    snapshot: str
    state: str  # "unknown", "partial", "complete"
    files: Mapping[str, int]
    unread: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    dirty: tuple[str, ...] = ()
    chances: Mapping[str, float] = field(default_factory=dict)
    forecast: bool = False
    commits: int = 0
    commits_unread: int = 0
    behind: bool = False
    past_known: bool = True
    commits_since_fit: int | None = None
    tasks: tuple[tuple[str, str], ...] = ()
    thoughts: tuple[DueSubject, ...] = ()
    gate: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of the next day: by file, of questions in general, and what answers save."""

    files: Mapping[str, Chance]
    demand: Demand
    savings: Savings


def candidates(known: Known, outlook: Outlook, costs: Costs) -> list[Job]:
    """Return all that could be done for a repository that stands like this."""
    makers = (_refresh, _parse, _history, _packs, _gate, _thoughts)
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
    if known.state == "complete" and known.changed and len(known.unread) <= FEW:
        count = len(known.changed)
        chance = max((outlook.files[path].probability for path in known.changed if path in outlook.files), default=0.5)
        yield Job(
            "refresh",
            "work tree",
            known.snapshot,
            f"{count} file{'s' * (count != 1)} changed since the last index",
            len(known.unread),
            costs.of("refresh", len(known.unread)),
            max(chance, outlook.demand.probability),
            SHARES["refresh"] * outlook.savings.pack_s,
            outlook.demand.a_day,
            urgent=True,
            files=known.changed,
        )


def _parse(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    """Split the unread files into parts, those with the best value for their time first.

    Beside what speaks for a file, each question may lead to any file, to a large one rather than to a small one; that
    puts no file before another, and makes the rest worth reading too.
    """
    if known.state == "complete" and len(known.unread) <= FEW:
        return
    sizes = {path: known.files.get(path, 0) for path in known.unread}
    expected = {path: _touches(outlook.files[path].probability) if path in outlook.files else 0.0 for path in sizes}
    cost = {path: glance.cost_s(path, size) for path, size in known.files.items()}
    looks = outlook.demand.probability * outlook.demand.a_day * LASTS_DAYS["parse"] / max(sum(cost.values()), 1e-9)
    parts = list(_parts(glance.order(sizes, expected), cost, costs)) or [[]]
    read = len(known.files) - len(sizes)
    for number, files in enumerate(parts, 1):
        seconds = sum(cost[path] for path in files)
        read += len(files)
        needs = sum(expected[path] for path in files) + looks * seconds
        likely = -expm1(-needs)
        size = seconds + LAYOUT_S * read
        yield Job(
            "parse",
            _part_name(number, len(parts), sorted(files, key=lambda path: -expected[path])),
            "",
            f"expected to be needed {needs:.1f} times" if files else "all files are read, but not yet indexed together",
            size,
            costs.of("parse", size),
            likely if files else outlook.demand.probability,
            SHARES["parse"] * outlook.savings.pack_s,
            needs / max(likely, 1e-9) if files else outlook.demand.a_day,
            urgent=True,
            turn=number,
            files=tuple(files),
        )


def _part_name(number: int, parts: int, files: Sequence[str]) -> str:
    if not files:
        return "layout"
    part = f"part {number} of {parts}: " if parts > 1 else ""
    return f"{part}{len(files):,} files, {files[0]} and others" if len(files) > 1 else f"{part}{files[0]}"


def _touches(chance: float) -> float:
    """Return how many touches a chance stands for, beyond those that any file may get."""
    return max(log1p(-LOOKED_AT) - log1p(-min(chance, 1 - 1e-9)), 0.0)


def _parts(ordered: Sequence[str], cost: Mapping[str, float], costs: Costs) -> Iterator[list[str]]:
    """Cut the unread files into parts; `cost` has all files of the snapshot."""
    unread = sum(cost[path] for path in ordered)
    if not ordered:
        return
    rate = costs.of("parse", unread).amounts.cpu_s / max(unread, 1e-9)
    read = sum(cost.values()) - unread
    part: list[str] = []
    seconds = 0.0
    for path in ordered:
        part.append(path)
        seconds += cost[path]
        if seconds * rate >= min(max(read * rate, LEAST_PART_S), MOST_PART_S):
            yield part
            part, read, seconds = [], read + seconds, 0.0
    if part:
        yield part


def _history(known: Known, outlook: Outlook, costs: Costs) -> Iterator[Job]:
    if not known.revision or not (known.commits_unread or known.behind or not known.past_known):
        return
    unread, since = known.commits_unread, known.commits_since_fit
    fits = bool(known.commits) and (since is None or since >= REFIT_AFTER)
    reason = f"{unread:,} commit{'s' * (unread != 1)} not read yet"
    if not unread:
        reason = "files were added or removed"
    if fits:
        reason += "; the forecast is updated" + ("" if since is None else f" again after {since:,} commits")
    yield Job(
        "history",
        "commits",
        "",
        reason,
        size := unread + (FIT_COMMITS + FIT_SHARE * known.commits if fits else 0),
        costs.of("history", size),
        outlook.demand.probability,
        SHARES["history"] * outlook.savings.pack_s,
        outlook.demand.a_day,
        urgent=not known.past_known,
        turn=LAST_TURN if not known.past_known else 0,
    )


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
    """A note that the gate needs is worth as much as passing the gate, since all later questions profit from that."""
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
