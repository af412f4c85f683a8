"""A repository's own commits as tasks: the message asks, the parent is the base, what the commit changed is gold.

Left out, so that a task is a change that somebody could have asked for: merges and first commits; reverts and fixups;
commits of bots; releases and version bumps; commits that touch more than `MOST_FILES` files or change no existing
source file (tests, documentation, configuration and data alone); messages of fewer than `FEWEST_WORDS` words. Each task
comes in two forms: as written, and masked, without the names of the files and symbols that the commit changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evals import patch as patches
from evals.errors import BadPatch
from evals.gold import Gold, gold_of
from evals.tasks.masking import mask
from evals.tasks.task import Task
from indexer.answers import Progress
from indexer.errors import GitError
from indexer.git import Git, RepositoryPlace
from indexer.history import BOT, MASS, MERGE, REVERT, Commit, flags_of, read
from indexer.languages import language_of
from indexer.roles import role_of

MOST_FILES = 10
FEWEST_WORDS = 4

_BUMP = re.compile(
    r"\A(?:(?:chore|build|ci)\b.{0,12}:\s*)?(?:bump|v?\d+\.\d+"
    r"|(?:prepare|set|update|begin|start)\b.{0,20}\b(?:version|release)|(?:release|version)\b(?=\W*(?:v?\d|version|candidate|notes|\Z))"
    r"|back to development|start(?:ing)? development)\b",
    re.IGNORECASE,
)
_FIXUP = re.compile(r"\A(?:fixup!|squash!|amend!|wip\b)", re.IGNORECASE)
_TRAILER = re.compile(
    r"^(?:[A-Z][A-Za-z-]+-by|cc|change-id|git-svn-id|differential revision|\(?cherry[- ]picked from).*$",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Mined:
    """Tasks, newest first and unmasked before masked, and how many commits were looked at and left out, by reason."""

    tasks: tuple[Task, ...]
    seen: int
    left_out: dict[str, int]


def mine(
    place: RepositoryPlace,
    name: str,
    revision: str,
    last: int,
    *,
    kind: str = "history",
    fewest_files: int = 1,
    most_files: int = MOST_FILES,
    progress: Callable[[Progress], None] | None = None,
) -> Mined:
    """Return the newest `last` commits up to a revision that make a task. UnknownRevision, GitError."""
    git = Git(place)
    commits = list(read(git, git.resolve(revision), exact_renames=place.partial))
    left_out: Counter[str] = Counter()
    tasks: list[Task] = []
    seen = found = 0
    for commit in reversed(commits):
        if found == last:
            break
        seen += 1
        if progress is not None:
            progress(Progress("choosing commits", found, last, "commits"))
        reason = unfit(commit, fewest_files, most_files)
        forms = [] if reason else list(_forms(git, commit, name, kind))
        if forms:
            tasks += forms
            found += 1
        else:
            left_out[reason or "its difference cannot be read"] += 1
    return Mined(tuple(tasks), seen, dict(left_out.most_common()))


def unfit(commit: Commit, fewest_files: int = 1, most_files: int = MOST_FILES) -> str | None:
    """Say why a commit is no task; None where it is one."""
    flags = flags_of(commit)
    subject = commit.message.partition("\n")[0]
    modified = [c for c in commit.changes if c.status in "MR" and _is_source(c.old_path or c.path)]
    reasons = (
        ("a merge", bool(flags & MERGE)),
        ("the first commit", not commit.parents),
        ("a revert or fixup", bool(flags & REVERT) or _FIXUP.match(subject) is not None),
        ("by a bot", bool(flags & BOT)),
        ("a mass edit", bool(flags & MASS) or len(modified) > most_files),
        ("a version bump", _BUMP.match(subject) is not None),
        ("changes no existing source file", not modified),
        (f"modifies fewer than {fewest_files} source files", len(modified) < fewest_files),
        ("says too little", len(_WORD.findall(message_of(commit))) < FEWEST_WORDS),
    )
    return next((reason for reason, holds in reasons if holds), None)


def message_of(commit: Commit) -> str:
    """Return a commit's message without its trailers."""
    return _TRAILER.sub("", commit.message).strip()


def _forms(git: Git, commit: Commit, name: str, kind: str) -> Iterator[Task]:
    """Yield a commit as a task, as written and masked; nothing where its difference is not in the clone."""
    base = commit.parents[0]
    try:
        diff = git.run("diff-tree", "-p", "-M", "--no-color", "--full-index", base, commit.oid)
        patch = diff.decode("utf-8", "replace")
        gold = _gold(git, base, patch)
    except (GitError, BadPatch):
        return
    if not gold.files:
        return
    text = message_of(commit)
    masked = mask(text, [*gold.files, *gold.created], [f"{s.path}:{s.symbol}" for s in gold.symbols])
    for is_masked, words in ((False, text), (True, masked)):
        if not words.strip():
            continue
        yield Task(
            id=f"{commit.oid[:12]}{'-masked' if is_masked else ''}",
            kind=kind,
            repository=name,
            base=base,
            text=words,
            patch=patch,
            pair=commit.oid[:12],
            masked=is_masked,
            created_at=str(commit.time),
            commit=commit.oid,
            gold_files=gold.files,
        )


def _gold(git: Git, base: str, patch: str) -> Gold:
    files = {p.old_path for p in patches.read(patch) if p.old_path}
    source = sorted(f for f in files if _is_source(f))
    return gold_of(patches.read(patch), None, None, lambda path: _blob(git, base, path) if path in source else None)


def _is_source(path: str) -> bool:
    """Tell whether a file is program text that is neither test, example, generated nor vendored."""
    return role_of(path) == "source" and language_of(path) is not None


def _blob(git: Git, base: str, path: str) -> bytes | None:
    found = git.try_run("cat-file", "blob", f"{base}:{path}")
    return found.output if found.returncode == 0 else None


def repository_name(path: Path) -> str:
    """Return what to call a user's repository: the name of its folder, as the user gives it."""
    return path.absolute().name.removesuffix(".git") or "repository"
