"""What a model is to think about next for one repository, and in what order: first what the gate needs, then the rest.

Nothing is thought about at the present before a replay has let some kind of claim through: notes that would not be
served cost money. Asks no model and decides on no budget.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import prod

from noctule.indexer.errors import GitError, NoctuleError
from noctule.indexer.files.git import Git
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.history.task_text import is_source
from noctule.indexer.llm import prompts
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.settings import Choice
from noctule.indexer.model_notes import gate
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.evaluate import ReplayPlan, read_plan

TASKS, REPLAY = "past tasks", "replay of past tasks"
"""What of the gate is due, as a job's subject."""
AGAIN_AFTER = 100
"""So many commits after a replay, another one is due."""
MOST_SUBJECTS = 24
MOST_FOLDERS = 3
BYTES_A_TOKEN = 4
MOST_SHOWN_TOKENS = 3_000
"""What of a file is shown before the model asks for more; with ABOUT_TOKENS of what is around it."""
ABOUT_TOKENS = 2_500
LIKELY_TURNS = 7
TURN_TOKENS = 700
"""What a turn adds: a span that was asked for, and the model's own words. Both as a capable model's twelve notes took:
45,000 tokens in the median, 31,000 to 83,000."""


@dataclass(frozen=True, slots=True)
class DueSubject:
    """A subject to think about, at a commit (`revision`; empty: the work tree), and the tokens that this likely takes.

    `key` names the work in the ledger: what was thought under it is not thought again.
    """

    subject: str
    revision: str
    key: str
    reason: str
    chance: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is due: `plan` and `replay` say why the gate's tasks are to be chosen, or to be asked; empty: they are not.

    `idle` says why there is nothing to think about, where there is nothing.
    """

    subjects: tuple[DueSubject, ...] = ()
    plan: str = ""
    replay: str = ""
    key: str = ""
    idle: str = ""


def writer_name(choice: Choice) -> str:
    """Say who writes notes as the user has it at this moment: what a verdict holds for."""
    return gate.author_name(choice.think, choice.checker, prompts.VERSION, choice.effort, choice.thoughts)


def make_agenda(
    repository: Repository,
    choice: Choice,
    chances: Mapping[str, float],
    snapshot: Snapshot,
    done: Collection[str],
    tried: Collection[str],
) -> Agenda:
    """Return what is due; `chances` are by file for a day, `done` and `tried` the keys that were thought about.

    The replay does not wait for what was tried without success, once there is any note at all.
    """
    author = writer_name(choice)
    verdict, plan = gate.read_verdict(repository.folder), read_plan(repository.folder)
    why = _why_again(repository, verdict, author, snapshot.revision)
    if why:
        fresh = plan if plan is not None and plan.made_by == author and plan.at > verdict.at else None
        if fresh is None or not _is_known(repository, fresh):
            return Agenda(
                plan=why,
                key=_digest(author, snapshot.revision or "", "plan", str(verdict.at), str(plan.at if plan else 0)),
            )
        wanted = _of_plan(repository, choice, fresh, author)
        missing = tuple(m for m in wanted if m.key not in done)
        if missing and (len(missing) == len(wanted) or not {m.key for m in missing} <= set(tried)):
            return Agenda(missing)
        return Agenda(replay=why, key=_digest(author, fresh.base, "replay", str(fresh.at)))
    if not verdict.open:
        return Agenda(idle=closed_reason(verdict))
    return Agenda(_of_present(choice, chances, snapshot, author, verdict, done))


def closed_reason(verdict: gate.Verdict) -> str:
    """Say why no kind of claim is served."""
    reasons = list(dict.fromkeys(verdict.why.values()))
    return reasons[0] if len(reasons) == 1 else "no kind of claim passed the latest replay"


def _why_again(repository: Repository, verdict: gate.Verdict, author: str, head: str | None) -> str:
    if not verdict.was_given:
        return "the notes of a model were not tested by a replay yet"
    if verdict.made_by != author:
        return "the model or its prompts changed since the latest replay"
    if repository.place is None or head is None or not verdict.upto:
        return ""
    try:
        told = Git(repository.place).run("rev-list", "--count", "--end-of-options", head, f"^{verdict.upto}", "--")
    except GitError:
        return "the commits of the latest replay are gone"
    return f"{int(told):,} commits since the latest replay" if int(told) >= AGAIN_AFTER else ""


def _is_known(repository: Repository, plan: ReplayPlan) -> bool:
    """Tell whether the base of a plan is still there and learned: revisions that nobody asks about make room."""
    try:
        return Repository.open(repository.root, at=plan.base, cache=repository.folder.parent).knows()
    except NoctuleError:
        return False


def _of_plan(repository: Repository, choice: Choice, plan: ReplayPlan, author: str) -> list[DueSubject]:
    assert repository.place is not None
    snapshot = of_revision(repository.place, plan.base)
    kept = EgressPolicy.of(choice, snapshot)
    return [
        _matter(path, plan.base, f"needed by the replay at {plan.base[:10]}", 1.0, snapshot, choice, author)
        for path in plan.subjects
        if path in snapshot.files and not kept.why_not(path)
    ]


def _of_present(
    choice: Choice,
    chances: Mapping[str, float],
    snapshot: Snapshot,
    author: str,
    verdict: gate.Verdict,
    done: Collection[str],
) -> tuple[DueSubject, ...]:
    """Return the subjects that are likeliest to be asked about or changed: files, and the folders they lie in."""
    egress = EgressPolicy.of(choice, snapshot)
    may = {p: c for p, c in chances.items() if p in snapshot.files and is_source(p) and not egress.why_not(p)}
    best = sorted(may, key=lambda path: (-may[path], path))[:MOST_SUBJECTS]
    folders: dict[str, float] = {}
    for folder in {path.rpartition("/")[0] for path in best} - {""}:
        folders[folder] = 1 - prod(1 - chance for path, chance in may.items() if path.rpartition("/")[0] == folder)
    wide = sorted(folders, key=lambda folder: (-folders[folder], folder))[:MOST_FOLDERS]
    found = (
        *(
            _matter(path, "", "likely to be asked about or changed", may[path], snapshot, choice, author)
            for path in best
        ),
        *(
            _matter(path, "", "its files will probably change", folders[path], snapshot, choice, author)
            for path in wide
        ),
    )
    # A note of the replay's base on a file that has not changed since is served as it is.
    still = {_key(author, verdict.base, matter.subject, snapshot): matter.key for matter in found}
    noted = {key for then, key in still.items() if then in done} | set(done)
    return tuple(m for m in found if m.key not in noted)


def _matter(
    subject: str, revision: str, reason: str, chance: float, snapshot: Snapshot, choice: Choice, author: str
) -> DueSubject:
    size = sum(snapshot.files[path].size for path in _files(subject, snapshot))
    tokens = likely_tokens(size / BYTES_A_TOKEN, choice.thoughts)
    return DueSubject(subject, revision, _key(author, revision, subject, snapshot), reason, chance, tokens)


def _key(author: str, revision: str, subject: str, snapshot: Snapshot) -> str:
    blobs = sorted(f"{path} {snapshot.files[path].blob}" for path in _files(subject, snapshot))
    return _digest(author, revision, subject, *blobs)


def likely_tokens(shown: float, thoughts: int) -> float:
    """Guess what thinking takes where the model is shown so many tokens of its subject first."""
    brief = min(shown, MOST_SHOWN_TOKENS) + ABOUT_TOKENS
    turns = sum(brief + turn * TURN_TOKENS for turn in range(1, LIKELY_TURNS + 1))
    return thoughts * turns + brief


def _files(subject: str, snapshot: Snapshot) -> Iterable[str]:
    if subject in snapshot.files:
        return (subject,)
    return [path for path in snapshot.files if path.startswith(f"{subject}/")] if subject else list(snapshot.files)


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
