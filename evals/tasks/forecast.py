"""A repository's own commits as questions to a forecast: which of the files that there were did each touch?

Nearly every commit counts, since a probability is about the next change, whatever it is. Left out are merges, first
commits, mass edits and commits that touch no file of their parent. Tests, documentation and configuration are gold too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from noctule.evals.tasks.history import Mined
from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.history.history import MASS, MERGE, commit_flags
from noctule.indexer.history.log import Commit, read
from noctule.indexer.results import Progress


def mine_forecasts(
    place: RepositoryPlace, name: str, revision: str, last: int, progress: Callable[[Progress], None] | None = None
) -> Mined:
    """Return the newest `last` commits up to a revision as tasks. UnknownRevision, GitError."""
    git = Git(place)
    commits = list(read(git, git.resolve(revision), exact_renames=place.partial))
    left_out: Counter[str] = Counter()
    tasks: list[Task] = []
    seen = 0
    for commit in reversed(commits):
        if len(tasks) == last:
            break
        seen += 1
        if progress is not None:
            progress(Progress("choosing commits", len(tasks), last, "commits"))
        if reason := _unfit(commit):
            left_out[reason] += 1
        else:
            tasks.append(_task(commit, name))
    return Mined(tuple(tasks), seen, dict(left_out.most_common()))


def _unfit(commit: Commit) -> str | None:
    flags = commit_flags(commit)
    reasons = (
        ("a merge", bool(flags & MERGE)),
        ("the first commit", not commit.parents),
        ("a mass edit", bool(flags & MASS)),
        ("touches no file of its parent", not _commit_paths(commit)),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _commit_paths(commit: Commit) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.old_path or c.path for c in commit.changes if c.status in "MDRT"))


def _task(commit: Commit, name: str) -> Task:
    return Task(
        id=commit.oid[:12],
        kind="forecast",
        repository=name,
        base=commit.parents[0],
        text=commit.message,
        patch="",
        pair=commit.oid[:12],
        created_at=str(commit.time),
        commit=commit.oid,
        gold_files=_commit_paths(commit),
    )
