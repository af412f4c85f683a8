"""A repository's own past as tasks for the ranking: what each commit's message finds just before it was made.

Learning the files of a dozen earlier revisions would make the store larger for good, so it is done in a copy of the
store beside it, which goes when the rehearsal ends. Fits nothing and judges nothing.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.masking import mask
from noctule.indexer.files.snapshot import of_revision
from noctule.indexer.history.history import History, Longs
from noctule.indexer.history.log import Commit, these
from noctule.indexer.history.task_text import message_of, modified_in, unfit
from noctule.indexer.learn.history_parts import commits_part
from noctule.indexer.learn.ingest import Intake, hint_of
from noctule.indexer.progress import Work
from noctule.indexer.results import Progress
from noctule.indexer.search import query as tasks
from noctule.indexer.search import ranking
from noctule.indexer.search.bm25 import Index
from noctule.indexer.search.fit import Choice
from noctule.indexer.store import store as stores
from noctule.indexer.store import view as views
from noctule.indexer.store.store import Store
from noctule.indexer.store.view import NOTHING, Files

TASKS_A_MOMENT = 25
"""So many tasks are asked at one revision, the nearest to them that knows none of them."""
MOST_SEEN = 4_000
LARGEST_MERGE = 50
"""A merge of more commits brings in another project, of which the revision before it knows nothing."""
CANDIDATES = 200
"""So many files are kept of each answer, with those that were right."""
FOLDER = "rehearsal"
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit of the main line, and commits that came in after it and that somebody could have asked for, in order."""

    base: str
    asked: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What one commit's message found at a moment (they count from 0, the oldest): as written, and masked."""

    commit: str
    moment: int
    forms: tuple[Choice, ...]


def signal_names() -> tuple[str, ...]:
    """Name the columns of the choices: the signals that have a weight."""
    return tuple(ranking.FILE_WEIGHTS)


def moments(
    place: RepositoryPlace, history: History, most: int, work: Work, a_moment: int = TASKS_A_MOMENT
) -> list[Moment]:
    """Return the newest `most` commits of a history that make a task, by moment, the oldest first. GitError."""
    git = Git(place)
    line, came_in = _main_line(history)
    brought = np.bincount(came_in, minlength=len(line))
    order = np.lexsort((np.arange(len(history)), came_in))[::-1]
    order = order[(brought[came_in[order]] <= LARGEST_MERGE) & (came_in[order] > 0)][:MOST_SEEN]
    found: list[tuple[int, Commit]] = []
    for start in range(0, len(order), _AT_ONCE):
        if len(found) >= most:
            break
        work.check()
        rows = order[start : start + _AT_ONCE].tolist()
        commits = these(git, [history.oids[row] for row in rows], exact_renames=place.partial)
        found += [(int(came_in[row]), c) for row, c in zip(rows, commits, strict=True) if unfit(c) is None]
    found = found[:most][::-1]
    grouped = [found[at : at + a_moment] for at in range(0, len(found), a_moment)]
    return [
        Moment(history.oids[line[min(at for at, _ in group) - 1]], tuple(commit for _, commit in group))
        for group in grouped
    ]


def _main_line(history: History) -> tuple[list[int], Longs]:
    """Return the line of first parents up to the newest commit, oldest first, and where on it each commit came in."""
    offsets, parents = history.parent_offsets.tolist(), history.parent_ids.tolist()
    line = [len(history) - 1]
    while offsets[line[-1]] < offsets[line[-1] + 1]:
        line.append(parents[offsets[line[-1]]])
    line.reverse()
    came_in = np.full(len(history), -1, np.int64)
    for place, merge in enumerate(line):
        stack = [merge]
        while stack:
            commit = stack.pop()
            if came_in[commit] < 0:
                came_in[commit] = place
                stack += parents[offsets[commit] : offsets[commit + 1]]
    return line, came_in


def rehearse(
    store: Store, place: RepositoryPlace, history: History, most: int, work: Work
) -> Iterator[list[Rehearsed]]:
    """Yield what the newest `most` tasks of a history find, moment by moment, without those whose files are not there.

    The last commit of `history` is the newest that is looked at. OutOfTime, GitError, StoreUnavailable.
    """
    started = time.monotonic()
    chosen = moments(place, history, most, work)
    total, done = sum(len(moment.asked) for moment in chosen), 0
    with _copy_of(store, work) as copy:
        for number, moment in enumerate(chosen):
            work.report(Progress("rehearsing", done, total, "tasks"))
            index = _index_at(copy, place, history, moment.base, work)
            found: list[Rehearsed] = []
            for commit in moment.asked:
                work.check()
                forms = _asked(index, commit)
                found += [Rehearsed(commit.oid, number, forms)] if forms else []
            done += len(moment.asked)
            yield found
    work.timed("rehearsing", started)


@contextlib.contextmanager
def _copy_of(store: Store, work: Work) -> Iterator[Store]:
    """Copy a store into a folder beside it, which one process has at a time and which goes in the end. OutOfTime."""
    folder: Path = store.folder / FOLDER
    with stores.lease(folder) as lease:
        while not lease.acquire():
            work.check()
            time.sleep(0.1)
        try:
            copy = store.copied_to(folder)
            try:
                yield copy
            finally:
                copy.close()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _index_at(store: Store, place: RepositoryPlace, history: History, revision: str, work: Work) -> Index:
    """Learn a revision and lay out what a search reads; nothing of it is stored as a view."""
    snapshot = of_revision(place, revision)
    # What is read here counts as nobody's reading: the copy goes.
    aside = Work(_say_nothing, work.deadline, work.pace)
    with Intake(store, snapshot, place.root, aside) as intake:
        ids = intake.run()
    blobs = {path: (f.blob, ids[f.blob, hint_of(path)]) for path, f in snapshot.files.items()}
    work.check()
    files = Files.of(store, blobs)
    parts = views.files_part(files, NOTHING) | views.graph_part(store, files, NOTHING)
    return Index(store, parts | commits_part(history.as_of(revision), files.paths))


def _say_nothing(_progress: Progress) -> None:
    pass


def _asked(index: Index, commit: Commit) -> tuple[Choice, ...]:
    """Ask what a commit's message asks, as written and masked; nothing where none of what it changed is there yet."""
    position = {path: at for at, path in enumerate(index.paths)}
    modified = modified_in(commit)
    right = [position[path] for path in modified if path in position]
    if not right:
        return ()
    message = message_of(commit)
    named = {path for change in commit.changes for path in (change.path, change.old_path) if path}
    texts = [text for text in (message, mask(message, sorted(named), ())) if text.strip()]
    return tuple(_choice(index, text, right, 1.0 / len(texts), len(right) < len(modified)) for text in texts)


def _choice(index: Index, text: str, right: Sequence[int], share: float, missing: bool) -> Choice:
    signals = index.signals(tasks.read(text))
    scores = ranking.scores(signals.names, signals.values, ranking.FILE_WEIGHTS)
    best = np.argsort(-scores, kind="stable")[:CANDIDATES]
    kept = np.union1d(best, right)
    rows = [signals.names.index(name) if name in signals.names else -1 for name in signal_names()]
    values = np.stack([signals.values[row, kept] if row >= 0 else np.zeros(len(kept), np.float32) for row in rows], 1)
    return Choice(values, np.isin(kept, right), share, missing)
