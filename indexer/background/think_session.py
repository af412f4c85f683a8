"""Thinking in the foreground, or a look at its price: the subjects of the agenda, one after the other, at once.

Does what sleep would do, under the same limits and in the same books, but asks neither for a quiet machine nor whether
it pays. It can be interrupted at any moment: notes that are written stay, and what was paid for is not paid again.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event

from noctule.indexer.background.cost import Costs
from noctule.indexer.background.planner import living, recent_thoughts, survey
from noctule.indexer.background.queue import read_past
from noctule.indexer.background.value import chances
from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.llm.client import THOUGHT_TOKENS
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.errors import (
    BudgetSpent,
    NoModel,
    NotSendable,
    Rejected,
    Stopped,
    ThinkingError,
    UnnamedModel,
    Unreachable,
)
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.messages import ModelFault
from noctule.indexer.llm.reports import DryRun, ThinkReport, ThoughtOf, WouldSend
from noctule.indexer.llm.settings import Choice, Prices
from noctule.indexer.llm.worker_client import WorkerClient
from noctule.indexer.model_notes import gate
from noctule.indexer.progress import OutOfTime, Report, Work
from noctule.indexer.results import Progress
from noctule.indexer.runtime.budget import Amounts, forbids
from noctule.indexer.runtime.ledger import Ledger, Records, Spent, today
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think import evaluate as replay
from noctule.indexer.think.brief import PromptContext, write_brief
from noctule.indexer.think.job import JobContext, describe_note, write
from noctule.indexer.think.plan import ABOUT_TOKENS, Agenda, DueSubject, likely_tokens, make_agenda, writer_name
from noctule.indexer.think.wiring import make_spending_limit

HOPELESS = (BudgetSpent, NoModel, Rejected, Unreachable)
"""What ends all thinking, and not one subject's alone."""
UNNAMED = "no model is configured (docs/models.md)"
ANSWER_SHARE = 0.1
"""What of a job's tokens is likely written, and not read."""
MOST_SUBJECTS = 12


@dataclass
class Session:
    """Lets a model think about one repository; `tell` gets the progress, `told` each subject that has ended.

    `fault` is what ended all thinking, if anything did. Where it is told to stop it raises KeyboardInterrupt.
    """

    repository: Repository
    means: JobContext
    tell: Report
    told: Callable[[ThoughtOf], None] = lambda _thought: None
    fault: Exception | None = None

    def run(self, deadline: float | None, most: int | None = None) -> ThinkReport:
        """Think until nothing is due, `most` subjects are over, or the deadline (monotonic). ThinkingError, NoModel.

        A failure of one subject is reported; a failure of all ends the run, after what was done is reported.
        """
        if not self.means.choice.named:
            raise UnnamedModel("no model is configured", "docs/models.md explains how to configure one")
        thoughts: list[ThoughtOf] = []
        ended = "nothing is left to think about"
        attempted: set[str] = set()
        while True:
            if deadline is not None and time.monotonic() > deadline:
                ended = "the time is up"
                break
            due = self._prepare_gate(deadline)
            if due is None:
                ended = "the time is up"
                break
            busy = self._under_way()
            matter = next((m for m in due.subjects if m.key not in attempted and _label(m) not in busy), None)
            if matter is None:
                ended = due.idle or ended
                break
            if most is not None and len(thoughts) >= most:
                ended = "the number of subjects that --most allows is done"
                break
            attempted.add(matter.key)
            if why := self._forbidden(matter):
                ended = why
                break
            self._tell(Progress(f"thinking about {matter.subject}", len(thoughts), 0, "subjects"))
            thought, error = self._on_thought_end(matter, deadline)
            thoughts.append(thought)
            self.told(thought)
            if isinstance(error, HOPELESS):
                self.fault, ended = error, str(error)
                break
        verdict = gate.read_verdict(self.repository.folder)
        tokens, dollars = sum(t.tokens for t in thoughts), math.fsum(t.dollars for t in thoughts)
        root, model = str(self.repository.root), self.means.choice.think
        return ThinkReport(root, model, tuple(thoughts), ended, verdict.told(), tokens, dollars)

    def _tell(self, progress: Progress) -> None:
        if self.means.stop.is_set():
            raise KeyboardInterrupt
        self.tell(progress)

    def _prepare_gate(self, deadline: float | None) -> Agenda | None:
        """Return the agenda when what of the gate can be done without a model is done; None where the time is over."""
        work = Work(self._tell, deadline)
        for _ in range(3):
            due = agenda_now(self.repository, self.means.choice)[0]
            try:
                if due.plan:
                    plan_gate(self.repository, self.means.choice, work)
                elif due.replay and (plan := replay.read_plan(self.repository.folder)) is not None:
                    replay.run(self.repository, plan, work)
                else:
                    return due
            except OutOfTime:
                return None
        return due

    def _under_way(self) -> frozenset[str]:
        """Return what another process thinks about at this moment."""
        records = Ledger(self.repository.folder).records()
        living_ = living(records) - {os.getpid()}
        return frozenset(subject for kind, subject in read_past(records.spent, living_).under_way if kind == "think")

    def _forbidden(self, matter: DueSubject) -> str:
        records = Ledger(self.repository.folder).records()
        likely = Costs(records.spent).of("think", matter.tokens).amounts
        cost = Amounts(tokens=likely.tokens, dollars=likely.dollars)
        left = make_spending_limit(self.repository, self.means.choice, self.means.limits).left()
        if cost.tokens > left.tokens or cost.dollars > left.dollars:
            return f"{matter.subject} would take {cost.tokens:,.0f} tokens, but {left.tokens:,.0f} are left today"
        return forbids(self.means.limits, today(records, time.time()), cost)

    def _on_thought_end(self, matter: DueSubject, deadline: float | None) -> tuple[ThoughtOf, Exception | None]:
        ledger = Ledger(self.repository.folder)
        spending = make_spending_limit(self.repository, self.means.choice, self.means.limits)
        before, started, cpu = spending.job_spending(matter.key), time.monotonic(), time.process_time()
        until = min(started + self.means.limits.wall_s_per_job, deadline or math.inf)
        label = _label(matter)
        ledger.add(Spent("think", label, "began", key=matter.key, pid=os.getpid()))
        outcome, why, claims, refused = "stopped", "interrupted", 0, {}
        error: Exception | None = None
        try:
            there = _at(self.repository, matter.revision)
            try:
                note = write(there, matter.subject, matter.key, self.means, until)
            finally:
                if there is not self.repository:
                    there.refresh()
            said = describe_note(note)
            outcome, why, claims, refused = "done", "", int(said["claims"]), dict(said.get("refused", {}))
        except Stopped as stopped:
            error, why = stopped, str(stopped)
            raise KeyboardInterrupt from stopped
        except (NoctuleError, OSError) as failed:
            error, outcome, why = failed, "failed", str(failed)
        finally:
            after, seconds = spending.job_spending(matter.key), time.monotonic() - started
            tokens, dollars = int(after.tokens - before.tokens), max(after.dollars - before.dollars, 0.0)
            spent = time.process_time() - cpu, seconds, tokens, dollars
            ledger.add(Spent("think", label, outcome, *spent, matter.tokens, matter.key, why, os.getpid()))
        revision = matter.revision or None
        return ThoughtOf(matter.subject, revision, outcome, claims, refused, tokens, dollars, seconds, why), error


def _label(matter: DueSubject) -> str:
    """Return the subject as the ledger names it."""
    return f"{matter.subject} at {matter.revision[:10]}" if matter.revision else matter.subject


def _at(repository: Repository, revision: str) -> Repository:
    if not revision:
        repository.refresh()
        return repository
    return Repository.open(repository.root, at=revision, cache=repository.folder.parent)


def agenda_now(repository: Repository, choice: Choice) -> tuple[Agenda, Snapshot, Records]:
    """Return the subjects that are due now, with the state they were read from. NoctuleError."""
    records, now = Ledger(repository.folder).records(), time.time()
    snapshot = repository.look()
    known = survey(repository, snapshot)
    likely = {path: c.probability for path, c in chances(known.chances, known.dirty, records, now).items()}
    return make_agenda(repository, choice, likely, snapshot, *recent_thoughts(records)), snapshot, records


def plan_gate(repository: Repository, choice: Choice, work: Work) -> None:
    """Choose the past tasks of the gate and learn their base. OutOfTime, StoreError, GitError."""
    egress = EgressPolicy.of(choice, repository.look())
    replay.prepare(repository, writer_name(choice), lambda path: not egress.why_not(path), work)


# What it would cost


def dry_run(repository: Repository, means: JobContext, tell: Report) -> DryRun:
    """Return what thinking would send now, to whom and at what cost; nothing is sent, and no key is needed.

    Past tasks for the gate are chosen, and their base is learned, where that is due: it takes no model.
    """
    choice = means.choice
    if not choice.named:
        return DryRun(str(repository.root), "", "", "", UNNAMED, (), 0, 0, 0, 0.0, 0.0, None, None)
    due, _, records = agenda_now(repository, choice)
    if due.plan:
        plan_gate(repository, choice, Work(tell, None))
        due = agenda_now(repository, choice)[0]
    to, prices = receiver(repository, choice)
    why = due.idle or ("a replay of past tasks comes first; it sends nothing" if due.replay else "")
    found = list(_would_send(repository, means, due, prices, Costs(records.spent)))
    left = make_spending_limit(repository, choice, means.limits).left()
    most = min(sum(one.tokens_most for one in found), left.tokens)
    dollars_most = None if prices is None else min(math.fsum(one.dollars_most or 0.0 for one in found), left.dollars)
    return DryRun(
        root=str(repository.root),
        model=choice.think,
        checker=choice.checker,
        to=to,
        why=why,
        subjects=tuple(found),
        bytes=sum(one.bytes for one in found),
        tokens_likely=sum(one.tokens_likely for one in found),
        tokens_most=int(most),
        dollars_likely=None if prices is None else math.fsum(one.dollars_likely or 0.0 for one in found),
        dollars_most=dollars_most,
        tokens_left=left.tokens if math.isfinite(left.tokens) else None,
        dollars_left=left.dollars if math.isfinite(left.dollars) else None,
    )


def _would_send(
    repository: Repository, means: JobContext, due: Agenda, prices: Prices | None, costs: Costs
) -> Iterator[WouldSend]:
    choice, limits = means.choice, means.limits
    for matter in due.subjects[:MOST_SUBJECTS]:
        there = _at(repository, matter.revision)
        try:
            brief = write_brief(matter.subject, there, EgressPolicy.of(choice, there.look()), choice)
        except (NotSendable, NoctuleError):
            continue
        finally:
            if there is not repository:
                there.refresh()
        size = len(json.dumps(brief.messages).encode())
        most = min(_most_tokens(brief, size, choice), limits.tokens_per_job)
        likely = min(
            costs.of("think", likely_tokens(brief.tokens - ABOUT_TOKENS, choice.thoughts)).amounts.tokens, most
        )
        yield WouldSend(
            subject=matter.subject,
            revision=matter.revision or None,
            reason=matter.reason,
            paths=tuple(brief.paths),
            bytes=size,
            tokens=brief.tokens,
            tokens_likely=int(likely),
            tokens_most=int(most),
            dollars_likely=_dollars(prices, likely),
            dollars_most=None if prices is None else min(_dollars(prices, most) or 0.0, limits.dollars_per_job),
        )


def _most_tokens(brief: PromptContext, size: int, choice: Choice) -> float:
    """Return the tokens of a job if every thought uses all its turns and each answer has full length."""
    written = 1_500 + THOUGHT_TOKENS[choice.effort]
    turns = sum(size / 3 + turn * 2 * written for turn in range(1, choice.turns + 1))
    return choice.thoughts * turns + 2 * (size / 3 + written) + brief.tokens


def _dollars(prices: Prices | None, tokens: float) -> float | None:
    if prices is None:
        return None
    return ((1 - ANSWER_SHARE) * tokens * prices.read + ANSWER_SHARE * tokens * prices.written) / 1e6


def receiver(repository: Repository, choice: Choice) -> tuple[str, Prices | None]:
    """Return who would be asked and for which prices, as far as is known without asking anybody."""
    told = choice.user_prices("think")
    worker = WorkerClient(choice, Key(), repository.folder)
    try:
        facts = worker.facts(choice.think, Event())
    except ThinkingError:
        return choice.address or choice.think.partition("/")[0], told
    finally:
        worker.close()
    if isinstance(facts, ModelFault):
        return choice.address or choice.think.partition("/")[0], told
    return facts.to, told or facts.prices
