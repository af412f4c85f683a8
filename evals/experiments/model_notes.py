"""What notes of a model add to later tasks, for what they cost: arms that differ in the notes and in nothing else.

All notes are written at one commit, the base, or before it; the changes that came after it are asked for at the base by
the code of the gate. The earlier half of them is what the gate judges by; arms are compared on the later half, paired.

    structural   no notes of a model: what code and history say alone
    notes        those of the kinds that the gate opens on the earlier half
    ungated      all of them
    k=2, k=5     all, each written in so many parallel thoughts
    effort=...   all, written with that effort of reasoning
    stale        those of a commit long before, served as if their evidence still stood
    shuffled     each subject with the claims of another one
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from noctule.evals.scorers.amount import PRICES, QUERIES, QueryCosts
from noctule.evals.scorers.paired import Comparison, compare
from noctule.indexer.errors import GitError, RepositoryError
from noctule.indexer.files.git import Git
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.files.text import line_hashes
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.settings import EFFORTS, Choice
from noctule.indexer.model_notes.store import KINDS, ModelNote, Proof, VerifiedClaim
from noctule.indexer.progress import Report, Work
from noctule.indexer.results import Progress
from noctule.indexer.runtime.scratch_file import replace_file
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think import evaluate as replay
from noctule.indexer.think.job import JobContext, write
from noctule.indexer.think.significance import FORMS, MEASURES, Run
from noctule.indexer.think.wiring import make_spending_limit

STRUCTURAL, GATED, UNGATED, STALE, SHUFFLED = "structural", "notes", "ungated", "stale", "shuffled"
EFFORT = "effort="
"""Begins the name of an arm. One that made the model reason no more than a lower effort did is not shown."""
ARMS = (
    *(STRUCTURAL, GATED, UNGATED, "k=2", "k=5"),
    *(f"{EFFORT}{effort}" for effort in EFFORTS if effort),
    *(STALE, SHUFFLED),
)
DEFAULT_ARMS = (STRUCTURAL, GATED, UNGATED, STALE, SHUFFLED)
LABELS = {
    "reciprocal": "mean reciprocal rank",
    "first_five": "wholly among the first five",
    "in_text": "right files named",
    "tokens": "tokens until the first",
}


def note_sets(arms: Iterable[str]) -> set[str]:
    """Return the different sets of notes that arms need: some share one."""
    own = {GATED: UNGATED, SHUFFLED: UNGATED}
    return {own.get(arm, arm) for arm in arms} - {STRUCTURAL}


@dataclass(frozen=True, slots=True)
class Bill:
    """What thinking took."""

    tokens: int = 0
    dollars: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.tokens + other.tokens, self.dollars + other.dollars, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: its notes and what they took, and what the later tasks came to, by task and form; `open` kinds of it."""

    name: str
    notes: int
    claims: int
    bill: Bill
    run: Run
    open: tuple[str, ...]
    reasoned: int = 0

    def values(self, measure: str, form: int | None = None) -> dict[str, float]:
        """Return a measure by task, of one form or the mean over all."""
        found = {}
        for number, outcomes in enumerate(self.run):
            some = outcomes if form is None else outcomes[form : form + 1]
            if some:
                found[str(number)] = float(np.mean([getattr(one, measure) for one in some]))
        return found

    def against(self, other: Arm, measure: str, form: int | None = None) -> Comparison | None:
        """Compare with another arm on the same tasks."""
        return compare(self.values(measure, form), other.values(measure, form))

    def costs(self, without: Arm) -> QueryCosts:
        """Return tokens of sleep, and of a task with these notes and without."""
        tokens = [float(np.mean(list(arm.values("tokens").values()))) for arm in (self, without)]
        return QueryCosts(self.bill.tokens, 0.0, *tokens)


@dataclass(frozen=True, slots=True)
class NotesResult:
    """A repository's arms; the first is the one that the others are held against."""

    name: str
    base: str
    judged: int
    later: int
    arms: tuple[Arm, ...]
    why: Mapping[str, str]


class Bench:
    """One repository at one base, where notes are written in several ways; what was paid for is kept in its store."""

    def __init__(self, repository: Repository, means: JobContext, last: int, subjects: int, report: Report) -> None:
        self.repository = repository
        self._means = means
        self._report = report
        self._work = Work(report, None)
        place, self.upto, newest = replay.past_tasks(repository, last, self._work)
        if place is None or newest is None or len(newest.asked) < 2:
            raise RepositoryError(f"{repository.root} has too few past changes that make a task", "name another one")
        self._place = place
        self.base = newest.base
        self.asked = tuple(commit.oid for commit in newest.asked)
        past = replay.at_base(repository, self.base, self._work)
        egress = EgressPolicy.of(means.choice, of_revision(place, self.base))
        self.subjects = tuple(path for path in replay.likeliest(past) if not egress.why_not(path))[:subjects]
        past.refresh()

    @property
    def half(self) -> int:
        """How many of the tasks the gate judges by."""
        return len(self.asked) // 2

    def before(self, commits: int) -> str:
        """Return the commit of the main line so many before the base, or the first one there is."""
        git = Git(self._place)
        try:
            line = git.run(
                "rev-list", "--first-parent", f"--max-count={commits + 1}", "--end-of-options", self.base, "--"
            )
        except GitError as error:
            raise RepositoryError(str(error), "name a whole clone") from error
        return line.decode().split()[-1]

    def written(self, revision: str, choice: Choice) -> tuple[list[ModelNote], Bill]:
        """Have notes written at a commit; those that are there already are taken. ThinkingError."""
        past = replay.at_base(self.repository, revision, self._work)
        there = of_revision(self._place, revision).files
        notes: list[ModelNote] = []
        bill = Bill()
        try:
            for number, subject in enumerate(path for path in self.subjects if path in there):
                self._report(Progress(f"thinking about {subject}", number, len(self.subjects), "subjects"))
                note, took = self._note(past, subject, revision, choice)
                bill += took
                notes += [note] if note is not None else []
        finally:
            past.refresh()
        return notes, bill

    def _note(self, past: Repository, subject: str, revision: str, choice: Choice) -> tuple[ModelNote | None, Bill]:
        job = hashlib.blake2b(repr((subject, revision, choice)).encode(), digest_size=12).hexdigest()
        bills = self._bills()
        paid, said = bills.get(job, (Bill(), True))
        if not said:
            return None, paid  # it was asked, and had nothing to say
        spending = make_spending_limit(self.repository, choice, self._means.limits)
        before, started = spending.job_spending(job), time.monotonic()
        note: ModelNote | None = None
        ended = False
        try:
            means = replace(self._means, choice=choice)
            note = write(past, subject, job, means, started + means.limits.wall_s_per_job)
            ended = True
        finally:
            after = spending.job_spending(job)
            tokens, dollars = int(after.tokens - before.tokens), after.dollars - before.dollars
            paid += Bill(tokens, dollars, time.monotonic() - started)
            self._keep(bills | {job: (paid, note is not None or not ended)})
        return note, paid

    def _bills(self) -> dict[str, tuple[Bill, bool]]:
        """Return what each job has cost, and whether anything came of it or may come yet."""
        try:
            written = json.loads(self._path.read_bytes())
            return {job: (Bill(*values["bill"]), bool(values["said"])) for job, values in written.items()}
        except (OSError, ValueError, TypeError, KeyError):
            return {}

    def _keep(self, bills: Mapping[str, tuple[Bill, bool]]) -> None:
        values = {
            job: {"bill": [bill.tokens, bill.dollars, bill.seconds], "said": said}
            for job, (bill, said) in bills.items()
        }
        replace_file(self._path, json.dumps(values).encode())

    @property
    def _path(self) -> Path:
        return self.repository.folder / "eval-bills.json"

    # Arms

    def arm(self, name: str, stale_by: int, later: replay.Replay, earlier: replay.Replay) -> tuple[Arm, dict[str, str]]:
        """Return one arm over the later tasks, and why kinds are closed in it. ThinkingError."""
        choice = self._means.choice
        why: dict[str, str] = {}
        opened: tuple[str, ...] = KINDS
        if name == STRUCTURAL:
            notes, bill, opened = list[ModelNote](), Bill(), ()
        elif name == STALE:
            old = self.before(stale_by)
            notes, bill = self.written(old, choice)
            notes = trust_all(notes, of_revision(self._place, self.base))
        elif name.startswith("k="):
            notes, bill = self.written(self.base, replace(choice, thoughts=int(name[2:])))
        elif name.startswith(EFFORT):
            notes, bill = self.written(self.base, replace(choice, effort=name.removeprefix(EFFORT)))
        else:
            notes, bill = self.written(self.base, choice)
            if name == SHUFFLED:
                notes = shuffle(notes)
            elif name == GATED:
                notes, why = apply_gate(notes, earlier)
                opened = tuple(kind for kind in KINDS if kind not in why)
        claims = sum(len(note.claims) for note in notes)
        reasoned = sum(note.reasoned for note in notes)
        return Arm(name, len(notes), claims, bill, later(notes).run, opened, reasoned), why

    def replays(self) -> tuple[replay.Replay, replay.Replay]:
        """Return the tasks of the gate and the later ones, at the base."""
        earlier, later = self.asked[: self.half], self.asked[self.half :]
        made = [replay.Replay(self.repository, self.base, asked, self._work) for asked in (earlier, later)]
        return made[0], made[1]


def apply_gate(notes: Sequence[ModelNote], earlier: replay.Replay) -> tuple[list[ModelNote], dict[str, str]]:
    """Return notes with the claims of the kinds that pass, and why the others do not."""
    verdict = replay.judge(earlier, notes)
    return replay.only(notes, verdict.open), {kind: why for kind, why in verdict.why.items() if kind in KINDS}


def shuffle(notes: Sequence[ModelNote]) -> list[ModelNote]:
    """Return each note with the claims of the next one, and its own subject and queries."""
    others = [*notes[1:], *notes[:1]]
    return [replace(note, claims=other.claims) for note, other in zip(notes, others, strict=True)]


def trust_all(notes: Iterable[ModelNote], now: Snapshot) -> list[ModelNote]:
    """Return notes whose evidence is taken to stand wherever it stood, whatever is there by now."""
    hashes: dict[str, array[int]] = {}

    def restamp(proof: Proof) -> Proof | None:
        if proof.commit:
            return proof
        if proof.path not in now.files:
            return None
        if proof.path not in hashes:
            hashes[proof.path] = line_hashes(now.read(proof.path))
        lines = hashes[proof.path]
        start = max(min(proof.start, len(lines) - len(proof.lines)), 0)
        return replace(proof, start=start, lines=tuple(lines[start : start + len(proof.lines)]))

    def keep_claim(claim: VerifiedClaim) -> VerifiedClaim | None:
        proofs = tuple(p for proof in claim.proofs if (p := restamp(proof)) is not None)
        return replace(claim, proofs=proofs) if proofs else None

    made = [
        replace(note, claims=tuple(c for claim in note.claims if (c := keep_claim(claim)) is not None))
        for note in notes
    ]
    return [note for note in made if note.claims]


def measure_notes(bench: Bench, name: str, arms: Sequence[str], stale_by: int) -> NotesResult:
    """Have notes written for all arms, and measure them. ThinkingError."""
    earlier, later = bench.replays()
    found: list[Arm] = []
    closed: dict[str, str] = {}
    try:
        for arm in dict.fromkeys((STRUCTURAL, *arms)):
            made, why = bench.arm(arm, stale_by, later, earlier)
            closed |= why
            lower = max((other.reasoned for other in found if other.name.startswith(EFFORT)), default=0)
            if arm.startswith(EFFORT) and made.reasoned <= lower:
                closed[arm] = "the effort was dropped on the way: it did not raise the tokens of reasoning"
            else:
                found.append(made)
        return NotesResult(name, bench.base, len(earlier.tasks), len(later.tasks), tuple(found), closed)
    finally:
        earlier.close()
        later.close()


def lines(thought: NotesResult) -> Iterator[str]:
    """Say what it came to: costs first, then each measure beside the first arm, paired, with 95% intervals."""
    yield (
        f"{thought.name} at {thought.base[:10]}: {thought.judged} later changes for the gate, "
        f"{thought.later} more to measure on"
    )
    for kind, why in thought.why.items():
        yield f"  gate, {kind} closed: {why}"
    first, *others = thought.arms
    yield f"  {'arm':<16}{'notes':>6}{'claims':>8}{'sleep tokens':>14}{'dollars':>9}{'tokens a task':>15}"
    for arm in thought.arms:
        tokens = float(np.mean(list(arm.values("tokens").values()))) if arm.run else math.nan
        spent = f"{arm.bill.tokens:>14,}{arm.bill.dollars:>9.4f}"
        yield f"  {arm.name:<16}{arm.notes:>6}{arm.claims:>8}{spent}{tokens:>15,.0f}"
    for arm in others:
        yield f"  {arm.name} beside {first.name}:"
        for measure in MEASURES:
            for at, form in ((None, "both forms"), *enumerate(FORMS)):
                if (compared := arm.against(first, measure, at)) is not None:
                    yield f"    {LABELS[measure]}, {form}: {_format_comparison(compared, measure)}"
        yield from _economy(arm, first)


def _format_comparison(compared: Comparison, measure: str) -> str:
    about = compared.difference
    digits = 0 if measure == "tokens" else 3
    bounds = f" [{about.low:+,.{digits}f}, {about.high:+,.{digits}f}]" if about.low is not None else ""
    better, worse = (compared.lost, compared.won) if measure == "tokens" else (compared.won, compared.lost)
    return f"{about.mean:+,.{digits}f}{bounds}, {len(better)} better, {len(worse)} worse, n = {compared.n}"


def _economy(arm: Arm, without: Arm) -> Iterator[str]:
    """Say what a query costs with sleep ahead and without, and how many pay for it: arXiv 2504.13171, section 5.3."""
    costs = arm.costs(without)
    for price in PRICES:
        even = costs.break_even(price)
        pays = "never pays" if even is None else f"pays from {even:,.1f} queries on"
        each = ", ".join(f"N={n} {costs.per_query(n, price)[0]:,.0f}" for n in QUERIES)
        yield f"    t = {price}: {pays}; a query costs {each}, without sleep {costs.per_query(1, price)[1]:,.0f}"
