"""A repository's own past as the test of a model's notes: tasks that came after a commit, asked at it with and without.

The notes were written at that commit or at one before it, so nothing in them knows what came. A claim counts as shown
where its text is in the pack. What it is good for is to name what the change then touched, and it has to do so better
than nonsense. What a pack is worth to its reader must not fall: where the right files are ranked, and whether its text
names them. Each task is asked as written and without the names of what it changed.

Asks no model. The verdict goes to `indexer.model_notes.gate`.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from noctule.indexer.defaults import BUDGET_TOKENS, PACK_TOKENS, RANKED_FILES
from noctule.indexer.errors import StoreError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.masking import mask
from noctule.indexer.files.snapshot import of_revision
from noctule.indexer.files.text import as_utf8
from noctule.indexer.history import codec as commits
from noctule.indexer.history import quick_churn as glance
from noctule.indexer.history.log import Commit, these
from noctule.indexer.history.task_text import changed_sources, clean_message_text, is_source
from noctule.indexer.learn.past_tasks import PastTasks, newest_tasks
from noctule.indexer.model_notes import gate
from noctule.indexer.model_notes.gate import EXPECTED, Verdict
from noctule.indexer.model_notes.store import KINDS, ModelNote, NoteStore
from noctule.indexer.progress import OutOfTime, Work
from noctule.indexer.results import Claim, Pack, Progress
from noctule.indexer.runtime import state
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.claim_policy import is_scrambled
from noctule.indexer.think.significance import (
    FEWEST_SHOWN,
    FEWEST_TASKS,
    FIRST,
    Naming,
    Run,
    TaskOutcome,
    against,
    figures,
    surely_gains,
    weigh,
)
from noctule.indexer.tokens import count

MOST_TASKS = 40
SUBJECTS = 8
"""So many notes are written for the replay: of the files that were likeliest to change next."""
AMONG = 40
WINDOW_TOKENS = 2_000
"""What one call of a tool shows of a file."""
_QUOTED = re.compile(r"`([^`\s]+)`")
_LAST = re.compile(r"\.|::|#")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
MOST_DIFF = 2_000_000
_WORD = re.compile(r"[^\s`'\"(),;<>\[\]{}]+")
_LINES = re.compile(r":\d+(?:-\d+)?$")
"""Lines behind a path, as a pack names them."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """A replay that is to be: the commits `asked` for, all later than `base`, and the subjects to note there."""

    base: str
    upto: str
    asked: tuple[str, ...]
    subjects: tuple[str, ...]
    made_by: str
    at: float


def read_plan(folder: Path) -> ReplayPlan | None:
    """Return the replay that was planned last; None where none was."""
    try:
        ((content,),) = state.rows(folder, "SELECT content FROM document WHERE name = 'replay'")
        written = json.loads(content)
        asked, subjects = (tuple(map(str, written[name])) for name in ("asked", "subjects"))
        base, upto, made_by = (str(written[name]) for name in ("base", "upto", "made_by"))
        return ReplayPlan(base, upto, asked, subjects, made_by, float(written["at"]))
    except (ValueError, KeyError, TypeError):
        return None


def prepare(repository: Repository, made_by: str, may_send: Callable[[str], bool], work: Work) -> ReplayPlan | None:
    """Choose the tasks and their base, learn the base, and say what to note there; None where there are too few tasks.

    What is learned of the base is a revision's view in the store like any other. OutOfTime, StoreError, GitError.
    """
    place, upto, chosen = past_tasks(repository, MOST_TASKS, work)
    there = (
        frozenset(of_revision(place, chosen.base).files) if place is not None and chosen is not None else frozenset()
    )
    asked = [c.oid for c in chosen.asked if there.intersection(changed_sources(c))] if chosen is not None else []
    if chosen is None or len(asked) < FEWEST_TASKS:
        why = f"needs {FEWEST_TASKS} past changes with a usable message, this repository has {len(asked)}"
        closed = dict.fromkeys(KINDS, why)
        gate.keep(repository.folder, Verdict(why=closed, tasks=len(asked), at=time.time(), upto=upto, made_by=made_by))
        return None
    past = at_base(repository, chosen.base, work)
    try:
        subjects = tuple(path for path in likeliest(past) if may_send(path))[:SUBJECTS]
    finally:
        past.refresh()
    plan = ReplayPlan(chosen.base, upto, tuple(asked), subjects, made_by, time.time())
    gate.write_document(repository.folder, "replay", asdict(plan))
    return plan


def past_tasks(repository: Repository, most: int, work: Work) -> tuple[RepositoryPlace | None, str, PastTasks | None]:
    """Return the newest tasks of what is known of the history. OutOfTime, StoreError, GitError."""
    store = repository.open_store()
    view = store.view(repository.view_name) if store is not None else None
    if store is None or view is None:
        raise StoreError(f"{repository.root} is not indexed yet", "run `noctule sleep` first")
    try:
        shared = store.shared("history")
    finally:
        store.close()
    if repository.place is None or view.revision is None or shared is None:
        return None, "", None
    history = commits.from_bytes(shared).ancestors_only(view.revision)
    return repository.place, view.revision, newest_tasks(repository.place, history, most, work)


def at_base(repository: Repository, base: str, work: Work) -> Repository:
    """Open a repository at a commit, learned. OutOfTime, StoreError, GitError."""
    past = Repository.open(repository.root, at=base, cache=repository.folder.parent)
    if not past.knows():
        left = None if work.deadline is None else max(work.deadline - time.monotonic(), 0.1)
        if not past.sleep(work.report, left, work.pace).complete:
            raise OutOfTime
    return past


def likeliest(repository: Repository) -> list[str]:
    """Return the source files that are likeliest to change next, as far as what is looked at can tell."""
    reader = repository.reader
    forecast = reader.predict((), "", AMONG)
    paths = [point.path for point in forecast.change_points if point.symbol is None]
    if not paths and repository.place is not None and repository.at is not None:  # with too few commits to fit it on
        touches = glance.expected_touches(
            reader.index.paths, glance.latest_changes(Git(repository.place), repository.at)
        )
        paths = sorted(touches, key=lambda path: (-touches[path], path))[:AMONG]
    return [path for path in paths if is_source(path)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A past change as a task: its forms (as written, masked), and the files that were right and there already."""

    commit: str
    forms: tuple[str, ...]
    right: frozenset[str]


def make_tasks(changes: Iterable[Commit], there: Collection[str]) -> list[Asked]:
    """Return the tasks that changes make where these files are there."""
    found = []
    for commit in changes:
        right = frozenset(changed_sources(commit)).intersection(there)
        named = {path for change in commit.changes for path in (change.path, change.old_path) if path}
        message = clean_message_text(commit)
        forms = tuple(text for text in (message, mask(message, sorted(named), ())) if text.strip())
        if right and forms:
            found.append(Asked(commit.oid, forms, right))
    return found


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What tasks came to with some notes: outcomes by task and form, and which claims of a model each was shown.

    `answers` are what each was told, to be compared with another run's.
    """

    run: Run
    answers: Sequence[object]
    shown: Sequence[Sequence[Claim]]


class Replay:
    """Tasks that are asked at one commit, with whichever notes. Close it in the end."""

    def __init__(self, repository: Repository, base: str, asked: Sequence[str], work: Work) -> None:
        assert repository.place is not None
        self._past = at_base(repository, base, work)
        self._snapshot = of_revision(repository.place, base)
        self._work = work
        self._tokens: dict[str, int] = {}
        self._git = git = Git(repository.place)
        changes = these(git, asked, exact_renames=repository.place.partial)
        self.tasks = make_tasks(changes, self._snapshot.files)
        self.base = base

    def close(self) -> None:
        """Close what was opened."""
        self._past.refresh()

    def __call__(self, notes: Iterable[ModelNote]) -> ReplayResult:
        """Ask all tasks with these notes and no others. OutOfTime."""
        run: list[tuple[TaskOutcome, ...]] = []
        shown: list[list[Claim]] = []
        answers: list[object] = []
        with tempfile.TemporaryDirectory(prefix="noctule-") as folder:
            NoteStore(Path(folder)).put(*notes)
            self._past.reader.serve("all", Path(folder))
            for number, task in enumerate(self.tasks):
                self._work.check()
                self._work.report(Progress("replaying", number, len(self.tasks), "tasks"))
                packs = [self._past.reader.context(form, BUDGET_TOKENS, RANKED_FILES) for form in task.forms]
                run.append(tuple(self.outcome(pack, task.right) for pack in packs))
                answers.append([(pack.text, [file.path for file in pack.files]) for pack in packs])
                told = {c.text: c for pack in packs for c in pack.claims if c.by and c.text in pack.text}
                shown.append(list(told.values()))
        return ReplayResult(run, answers, shown)

    def touched(self, task: Asked) -> frozenset[str]:
        """Return the files that a change touched, and the names in its lines and in those around them."""
        shown = self._git.run(
            *("show", "-p", "-U3", "--format=", "--no-color", "--no-renames", "--end-of-options", task.commit, "--"),
            *sorted(task.right),
        )
        return task.right | frozenset(_IDENTIFIER.findall(shown[:MOST_DIFF].decode("utf-8", "replace")))

    def outcome(self, pack: Pack, right: Collection[str]) -> TaskOutcome:
        """Say what a pack is worth to the reader of this module's first words."""
        ranked = [file.path for file in pack.files]
        named = list(dict.fromkeys(self._find_paths(pack.text)))
        led = next((at for at, path in enumerate(named) if path in right), None)
        tokens = pack.tokens + sum(map(self._file_tokens, named[:led]))
        rank = next((at for at, path in enumerate(ranked, 1) if path in right), None)
        return TaskOutcome(
            reciprocal=1 / rank if rank else 0.0,
            first_five=float(set(right) <= set(ranked[:FIRST])),
            in_text=len(set(right) & set(named)) / len(right) if right else 0.0,
            tokens=float(tokens if led is not None else tokens + PACK_TOKENS),
        )

    def _find_paths(self, text: str) -> list[str]:
        words = (_LINES.sub("", word.rstrip(".:")) for word in _WORD.findall(text))
        return [word for word in words if word in self._snapshot.files]

    def _file_tokens(self, path: str) -> int:
        if path not in self._tokens:
            content = as_utf8(self._snapshot.read(path))
            text = content.decode("utf-8", "replace") if content is not None else ""
            # A token has one character at least, so what is cut off would not count anyhow.
            self._tokens[path] = min(count(text[: 16 * WINDOW_TOKENS]), WINDOW_TOKENS)
        return self._tokens[path]


def run(repository: Repository, plan: ReplayPlan, work: Work) -> Verdict:
    """Replay a plan with the notes of its time, and put the verdict in force.

    OutOfTime, StoreError, GitError: the verdict that was in force then stays so.
    """
    replay = Replay(repository, plan.base, plan.asked, work)
    try:
        verdict = judge(replay, notes_at_commit(repository, NoteStore(repository.folder).notes(), plan.base))
    finally:
        replay.close()
    verdict = replace(verdict, at=time.time(), base=plan.base, upto=plan.upto, made_by=plan.made_by)
    gate.keep(repository.folder, verdict)
    return verdict


def judge(replay: Replay, notes: Sequence[ModelNote]) -> Verdict:
    """Return the verdict on notes. OutOfTime."""
    tasks = len(replay.tasks)
    sound = _without_nonsense(notes)
    if tasks < FEWEST_TASKS or not sound:
        few = f"needs {FEWEST_TASKS} past changes with a usable message, this repository has {tasks}"
        none = "none of the notes is in sentences" if notes else "there are no notes to replay"
        return Verdict(why=dict.fromkeys(KINDS, none if not sound else few), tasks=tasks, notes=len(notes))
    whole, without = replay(only(sound, KINDS)), replay(())

    def harm(kinds: Collection[str]) -> str:
        run = whole if set(kinds) == set(KINDS) else replay(only(sound, kinds))
        return against(run.run, without.run)

    found = weigh(_namings(replay, whole, sound), harm)
    opened, why = set(found.open), dict(found.why)
    asked = replay(sound)
    led = sum(mine != theirs for mine, theirs in zip(asked.answers, whole.answers, strict=True))
    if led >= FEWEST_SHOWN and surely_gains(asked.run, whole.run, "reciprocal"):
        opened.add(EXPECTED)
    else:
        why[EXPECTED] = f"they changed {led} of {tasks} packs, and did not surely rank what was right higher"
    return Verdict(
        open=frozenset(opened),
        why=why,
        tasks=tasks,
        figures=figures(whole.run, without.run),
        kinds=found.kinds,
        notes=len(notes),
        authors=tuple(sorted({note.author for note in notes})),
    )


def _without_nonsense(notes: Iterable[ModelNote]) -> list[ModelNote]:
    """Return notes without what is no sentence: words in a wrong order name as much as those in the right one."""
    kept = [replace(note, claims=tuple(c for c in note.claims if not is_scrambled(c.text))) for note in notes]
    return [note for note in kept if note.claims]


def _namings(replay: Replay, result: ReplayResult, notes: Sequence[ModelNote]) -> dict[str, dict[int, Naming]]:
    """Return by kind and task how well the claims that were shown name what the change touched, beside nonsense."""
    every = [name for note in notes for claim in note.claims for name in _QUOTED.findall(claim.text)]
    found: dict[str, dict[int, Naming]] = {kind: {} for kind in KINDS}
    for at, (task, shown) in enumerate(zip(replay.tasks, result.shown, strict=True)):
        by_kind: dict[str, list[Claim]] = {}
        for claim in shown:
            by_kind.setdefault(claim.kind, []).append(claim)
        touched = replay.touched(task) if shown else frozenset()
        for kind, claims in by_kind.items():
            subjects = {claim.subject for claim in claims}
            others = [
                _naming_share(claim.text, {proof.path for proof in claim.proofs}, touched)
                for note in notes
                if note.subject not in subjects
                for claim in note.claims
            ]
            mine = [_naming_share(c.text, {e.path for e in c.evidence if e.path is not None}, touched) for c in claims]
            found[kind][at] = Naming(_mean(mine), (_share(every, touched), _mean(others)))
    return found


def _naming_share(text: str, paths: Collection[str], touched: Collection[str]) -> float:
    """Return which share of the names that a claim quotes a change touched; none where it rests on other files."""
    return _share(_QUOTED.findall(text), touched) if any(path in touched for path in paths) else 0.0


def _share(names: Sequence[str], touched: Collection[str]) -> float:
    """Return which share of names a change touched, whole or by their last part."""
    return _mean([float(name in touched or _LAST.split(name.strip("()"))[-1] in touched) for name in names])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def only(notes: Iterable[ModelNote], kinds: Collection[str]) -> list[ModelNote]:
    """Return notes with claims of these kinds alone, and no expected queries."""
    kept = [
        replace(
            note,
            claims=tuple(claim for claim in note.claims if claim.kind in kinds),
            queries=(),
        )
        for note in notes
    ]
    return [note for note in kept if note.claims]


def notes_at_commit(repository: Repository, notes: Iterable[ModelNote], base: str) -> list[ModelNote]:
    """Return the notes that were written at a commit or at an ancestor of it: what is later knows what came."""
    assert repository.place is not None
    git = Git(repository.place)
    revisions = {note.revision for note in notes if note.revision}
    earlier = {base} | {
        revision
        for revision in revisions - {base}
        if git.try_run("merge-base", "--is-ancestor", "--end-of-options", revision, base).returncode == 0
    }
    return [note for note in notes if note.revision in earlier]
