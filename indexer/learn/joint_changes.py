"""Joint changes of a workspace, learned from what its repositories' stores know of their commits."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

from noctule.indexer.errors import NoctuleError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.history.codec import from_bytes
from noctule.indexer.history.joint_changes import DatedCommit, date_commits, find_joint_rules, find_tickets
from noctule.indexer.history.joint_file import JointFile, read_joint_file, write_joint_file
from noctule.indexer.store.reference import RepositoryRef

MOST_COMMITS = 5_000
"""The latest of each repository; older ones say little of what belongs together today."""
TICKET = r"[A-Z][A-Z0-9]+-[0-9]|#[0-9]|/(issues|pull|merge_requests)/[0-9]"
"""What git looks for, so that messages without any ticket are not read."""


def learn_joint_changes(workspace: Path, members: Mapping[str, Path]) -> JointFile:
    """Learn which files change together across repositories, unless that is known already. StoreUnavailable."""
    known = read_joint_file(workspace)
    refs: dict[str, RepositoryRef] = {}
    heads: dict[str, str] = {}
    for name, root in members.items():
        try:
            ref = RepositoryRef.find(root)
        except NoctuleError:
            continue
        if ref.place is not None and ref.place.head is not None:
            refs[name], heads[name] = ref, ref.place.head
    roots = {name: str(ref.root) for name, ref in refs.items()}
    if (roots, heads) == (known.roots, known.commits):
        return known
    read = {name: found for name, ref in refs.items() if (found := _read_commits(ref)) is not None}
    rules = {
        (of, to): joint
        for of, to in permutations(read, 2)
        if (joint := find_joint_rules(read[of][1], read[to][1])).trials
    }
    learned = JointFile({name: revision for name, (revision, _) in read.items()}, roots, rules)
    write_joint_file(workspace, learned)
    return learned


def _read_commits(ref: RepositoryRef) -> tuple[str, list[DatedCommit]] | None:
    """Return the latest commits that a repository's store knows, and up to which one; None where it knows none."""
    try:
        store = ref.open_store()
        if store is None or ref.place is None:
            return None
        try:
            view, kept = store.view(ref.view_name), store.shared("history")
        finally:
            store.close()
        if view is None or kept is None or view.revision is None:
            return None
        history = from_bytes(kept).ancestors_only(view.revision)
        commits = date_commits(history, _read_tickets(ref.place, view.revision))
        return view.revision, commits[-MOST_COMMITS:]
    except (NoctuleError, KeyError):  # it has no part in this, as it has none in answers
        return None


def _read_tickets(place: RepositoryPlace, revision: str) -> dict[str, frozenset[str]]:
    log = ("log", "--encoding=UTF-8", "--no-color", "--no-notes", "--no-show-signature", "--no-merges", "-z")
    chosen = (f"--max-count={MOST_COMMITS}", "--extended-regexp", f"--grep={TICKET}", "--format=%H %B")
    written = Git(place).run(*log, *chosen, "--end-of-options", revision, "--").decode("utf-8", "replace")
    messages = (entry.partition(" ") for entry in written.split("\0") if entry)
    return {oid: find_tickets(message) for oid, _, message in messages}
