"""The SWE-Features set of Sleep-time Compute: pull requests, their related ones, and the files that they modify.

The paper gives an agent the related pull requests as context, also those that came later. A later one may tell what the
task will do, so each arm with related pull requests also has a form with those alone that are older than the base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from noctule.evals.errors import BadPatch, BadTaskFile
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks import patch as patches
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.swebench import read_rows
from noctule.evals.tasks.task import Task
from noctule.indexer.tokens import count

RELATED, RELATED_PAST = "related", "related-past"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as a task, and what it is related to; `related` are ids of the same file."""

    id: str
    title: str
    body: str
    patch: str
    modified: tuple[str, ...]
    began: datetime | None
    ended: datetime | None
    task: Task | None
    related: tuple[str, ...]

    @property
    def text(self) -> str:
        """What somebody reads of it."""
        return f"{self.title}\n\n{self.body}\n\n{self.patch}".strip()


@dataclass(frozen=True)
class PullRequests:
    """All of a file; `skipped` are those that are no task, with the reason."""

    by_id: Mapping[str, PullRequest]
    skipped: Mapping[str, str]

    @property
    def tasks(self) -> list[Task]:
        """Those that can be asked."""
        return [pr.task for pr in self.by_id.values() if pr.task is not None]

    def related(self, task: str, *, past_only: bool) -> list[PullRequest]:
        """Return the pull requests related to a task; those alone that are older than its base, where that is asked."""
        mine = self.by_id[task]
        found = [pr for name in mine.related if (pr := self.by_id.get(name)) is not None and pr.task is not None]
        return (
            [pr for pr in found if pr.ended is not None and mine.began is not None and pr.ended <= mine.began]
            if past_only
            else found
        )


def load_pull_requests(file: Path) -> PullRequests:
    """Read a file of pull requests. BadTaskFile, which names the row."""
    found: dict[str, PullRequest] = {}
    skipped: dict[str, str] = {}
    rows = list(read_rows(file))
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping) or not _is_pull_request(row):
            raise BadTaskFile(
                f"{file}, row {number}: it is not a pull request",
                "a row needs repo, pr, title, body, base_commit and changed_files",
            )
        pr = _read(row)
        if pr.task is None:
            skipped[pr.id] = "its base commit or its change is not known"
        found[pr.id] = pr
    if not found:
        raise BadTaskFile(f"{file} holds no pull request")
    return PullRequests(found, skipped)


def _is_pull_request(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is one; of some it is not known what they change."""
    return {"repo", "pr", "changed_files"} <= row.keys() and isinstance(row["changed_files"], list | None)


def _read(row: Mapping[str, Any]) -> PullRequest:
    repository = str(row.get("repo") or "")
    short = repository.rpartition("/")[2]
    name = str(row.get("id") or f"{short}-{row['pr']}")
    files = [f for f in row["changed_files"] or () if isinstance(f, Mapping)]
    patch = "\n".join(filter(None, map(_patch_of, files)))
    modified = tuple(str(f.get("filename")) for f in files if f.get("status") == "modified")
    base = str(row.get("base_commit") or "")
    title, body = str(row.get("title") or ""), str(row.get("body") or "")
    task = None
    if base and modified and (title or body):
        text = f"{title}\n\n{body}".strip()
        gold = tuple(str(path) for path in row.get("gold_modified") or modified)
        date = str(row.get("base_date") or "")
        task = Task(
            name, "features", repository, base, text, _readable_patch(patch), name, created_at=date, gold_files=gold
        )
    prefix = name.removesuffix(str(row["pr"]))
    related = tuple(f"{prefix}{other}" for other in row.get("related") or ())
    began, ended = (_date(row.get(field)) for field in ("base_date", "head_date"))
    return PullRequest(name, title, body, patch, modified, began, ended, task, related)


def _date(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None


def _patch_of(file: Mapping[str, Any]) -> str:
    """Return the patch of one file, with the head that GitHub leaves out."""
    patch, path = str(file.get("patch") or "").strip("\n"), str(file.get("filename"))
    if not patch.startswith("@@"):
        return patch
    is_new = file.get("status") in {"new", "added"}
    return f"diff --git a/{path} b/{path}\n--- {'/dev/null' if is_new else f'a/{path}'}\n+++ b/{path}\n{patch}"


def _readable_patch(patch: str) -> str:
    """Return a patch that can be read; of one that breaks off, nothing: which files were modified is told beside it."""
    whole = patch + "\n" if patch else ""
    try:
        patches.read(whole)
    except BadPatch:
        return ""
    return whole


class RelatedFiles:
    """The files that related pull requests modified, the most frequent first: what their titles point to unread."""

    def __init__(self, known: PullRequests, *, past_only: bool) -> None:
        self._known = known
        self._past_only = past_only

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        related = self._known.related(task.id, past_only=self._past_only)
        counts = Counter(path for pr in related for path in pr.modified if path in ground.snapshot.files)
        tokens = sum(count(pr.text) for pr in related)
        return SolverAnswer(files=tuple(path for path, _ in counts.most_common()), tokens=tokens, abstained=not counts)


def related_solvers(known: PullRequests) -> dict[str, RelatedFiles]:
    """Return the solvers that need no model and know the related pull requests."""
    return {
        RELATED: RelatedFiles(known, past_only=False),
        RELATED_PAST: RelatedFiles(known, past_only=True),
    }


def count_look_ahead(known: PullRequests) -> tuple[int, int]:
    """Return how many pairs of a task and a related pull request look ahead in time, and how many there are."""
    tasks: Sequence[Task] = known.tasks
    both = sum(len(known.related(t.id, past_only=False)) for t in tasks)
    return both - sum(len(known.related(t.id, past_only=True)) for t in tasks), both
