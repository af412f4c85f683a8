"""What may be asked next of a work tree: told from its branch's name, its changed files and its latest commits.

`sleep` answers the likeliest ahead of time, so that whoever begins without a task gets the answer at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.results import Pack, revived
from noctule.indexer.store.store import Store
from noctule.indexer.terms import terms_of

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

MOST_DIRTY = 200
"""More differences from the latest commit are line ends or a checkout in progress, not what somebody works on."""
TRUNKS = frozenset({"main", "master", "trunk", "develop", "dev", "HEAD", ""})
SUBJECTS = 2
LEAST_TERMS = 3
"""A commit that says less ("fix typo") leads nowhere."""
PART = "likely"


@dataclass(frozen=True, slots=True)
class LikelyTask:
    """A task in words, and what it was told from."""

    text: str
    source: str


def changed(place: RepositoryPlace | None, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the files that differ from the latest commit; git compares nothing itself, so that no filter runs."""
    if place is None or place.head is None or not snapshot.dirty:
        return ()
    committed = of_revision(place, place.head).files
    files = snapshot.files
    differ = [path for path, file in files.items() if path not in committed or committed[path].blob != file.blob]
    return tuple(differ) if len(differ) <= MOST_DIRTY else ()


def tasks(place: RepositoryPlace | None, head: str | None, dirty: Sequence[str]) -> tuple[LikelyTask, ...]:
    """Return what may be asked next, the likeliest first; nothing outside of git."""
    if place is None or head is None:
        return ()
    git = Git(place)
    found: list[LikelyTask] = []
    branch = git.try_run("symbolic-ref", "--quiet", "--short", "HEAD").output.decode("utf-8", "replace").strip()
    words = " ".join(re.findall(r"[^\W_]+", branch.rpartition("/")[2]))
    if branch not in TRUNKS and words:
        found.append(LikelyTask(words, f"from the branch {branch}"))
    if dirty:
        names = [path.rpartition("/")[2] for path in dirty[:5]]
        others = " and others" if len(dirty) > 2 else ""
        found.append(LikelyTask(" ".join(names), f"from changes in {', '.join(names[:2])}{others}"))
    log = git.run("log", "--format=%h %s", "--no-merges", f"--max-count={SUBJECTS}", "--end-of-options", head, "--")
    for line in log.decode("utf-8", "replace").splitlines():
        commit, _, subject = line.partition(" ")
        if len(set(terms_of(subject))) >= LEAST_TERMS:
            found.append(LikelyTask(subject.strip(), f"from commit {commit}"))
    return tuple(found)


def answer(repository: Repository, budget_tokens: int, files: int) -> Pack | None:
    """Answer the likeliest task, from what sleep has kept or at once; None where nothing hints at one."""
    store = repository.open_store()
    if store is None:
        return None
    try:
        snapshot = repository.snapshot(store)
        likely = tasks(repository.place, snapshot.revision, changed(repository.place, snapshot))
        if not likely:
            return None
        kept = _kept(store, repository.view_name, _key(snapshot, likely[0].text, budget_tokens, files))
    finally:
        store.close()
    return kept or _answered(repository, likely[0], budget_tokens, files)


def keep(repository: Repository, text: str, source: str, budget_tokens: int, files: int) -> None:
    """Answer a task and keep the answer with the view, for as long as no file changes."""
    pack = _answered(repository, LikelyTask(text, source), budget_tokens, files)
    if pack.freshness.state != "fresh":
        return  # an answer that is to be given again later must not be behind already
    looked_at = repository.reader.live
    store = Store(repository.folder)
    try:
        view = store.view(repository.view_name)
        # The files may have changed since they were looked at for the answer.
        key = _key(looked_at or repository.snapshot(store), text, budget_tokens, files)
        if view is not None:
            with store.transaction():
                store.put_part(view.id, PART, json.dumps({"key": key, "pack": pack.to_json()}).encode())
    finally:
        store.close()


def _answered(repository: Repository, task: LikelyTask, budget_tokens: int, files: int) -> Pack:
    pack = repository.context(task.text, budget_tokens, files)
    return replace(pack, assumed=f"{task.text} ({task.source})")


def _kept(store: Store, view_name: str, key: str) -> Pack | None:
    view = store.view(view_name)
    data = store.parts(view.id, (PART,)).get(PART) if view is not None else None
    if data is None:
        return None
    found = json.loads(data)
    return revived(Pack, found["pack"]) if found["key"] == key else None


def _key(snapshot: Snapshot, text: str, budget_tokens: int, files: int) -> str:
    said = f"{snapshot.key} {snapshot.revision} {budget_tokens} {files} {text}"
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
