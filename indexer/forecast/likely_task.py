"""What may be asked next of a work tree: told from its branch's name, its changed files and its latest commits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from noctule.indexer.errors import GitError, GitStalled, UnknownRevision
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.redaction import without_secrets
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.terms import split_terms

MOST_DIRTY = 200
"""More differences from the latest commit are line ends or a checkout in progress, not what somebody works on."""
TRUNKS = frozenset({"main", "master", "trunk", "develop", "dev", "HEAD", ""})
SUBJECTS = 2
LEAST_TERMS = 3
"""A commit that says less ("fix typo") leads nowhere."""


@dataclass(frozen=True, slots=True)
class LikelyTask:
    """A task in words, and what it was told from."""

    text: str
    source: str


def find_changed_files(place: RepositoryPlace | None, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the files that differ from the latest commit; git compares nothing itself, so that no filter runs."""
    if place is None or place.head is None or not snapshot.dirty:
        return ()
    try:
        committed = of_revision(place, place.head).files
    except GitStalled:
        raise
    except (GitError, UnknownRevision):  # it is damaged, or its tree is
        return ()
    now = {path: file.blob for path, file in snapshot.files.items()} | dict(snapshot.converted)
    differ = [path for path, blob in now.items() if path not in committed or committed[path].blob != blob]
    return tuple(differ) if len(differ) <= MOST_DIRTY else ()


def tasks(place: RepositoryPlace | None, head: str | None, dirty: Sequence[str]) -> tuple[LikelyTask, ...]:
    """Return what may be asked next, the likeliest first; nothing outside of git."""
    if place is None or head is None:
        return ()
    git = Git(place)
    found: list[LikelyTask] = []
    branch = git.try_run("symbolic-ref", "--quiet", "--short", "HEAD").output.decode("utf-8", "replace").strip()
    branch = without_secrets(branch)
    words = " ".join(re.findall(r"[^\W_]+", branch.rpartition("/")[2]))
    if branch not in TRUNKS and words:
        found.append(LikelyTask(words, f"the branch {branch}"))
    if dirty:
        names = [path.rpartition("/")[2] for path in dirty[:5]]
        others = " and others" if len(dirty) > 2 else ""
        found.append(LikelyTask(" ".join(names), f"changes in {', '.join(names[:2])}{others}"))
    asked = ("--format=%h %s", "--no-merges", f"--max-count={SUBJECTS}", "--end-of-options", head, "--")
    log = git.try_run("log", *asked).output  # as far as the past can be read
    for line in without_secrets(log.decode("utf-8", "replace")).splitlines():
        commit, _, subject = line.partition(" ")
        if len(set(split_terms(subject))) >= LEAST_TERMS:
            found.append(LikelyTask(subject.strip(), f"commit {commit}"))
    return tuple(found)
