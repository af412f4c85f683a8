"""A repository's own commits as tasks: the message asks, the parent is the base, what the commit changed is gold.

Which commits make a task, `indexer.history.task_text` says. Each task comes in two forms: as written, and masked,
without the names of the files and symbols that the commit changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from noctule.evals.errors import BadPatch
from noctule.evals.tasks import patch as patches
from noctule.evals.tasks.gold import Gold, make_gold
from noctule.evals.tasks.task import Task
from noctule.indexer.errors import GitError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.masking import mask
from noctule.indexer.history.log import Commit, read
from noctule.indexer.history.task_text import MOST_FILES, clean_message_text, is_source, unfit
from noctule.indexer.results import Progress

FEWEST_WORDS_BELOW = 8
"""A paragraph of so many words says something in a sentence."""
_PLAIN_NAMES = frozenset(
    {"bare", "checkout", "clone", "code", "git", "mirror", "project", "repo", "repository", "source", "src", "worktree"}
)
"""Folders that say what they are, and not whose."""
_LIST = re.compile(r"\s*(?:[*+-]|\d+[.)])\s")
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
    since: int = 0,
    explained: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Mined:
    """Return the newest `last` commits up to a revision that make a task, none older than `since` (seconds of UTC).

    With `explained` only those whose message goes on in sentences below its subject. UnknownRevision, GitError.
    """
    git = Git(place)
    commits = list(read(git, git.resolve(revision), exact_renames=place.partial))
    left_out: Counter[str] = Counter()
    tasks: list[Task] = []
    seen = found = 0
    for commit in reversed(commits):
        if found == last or commit.time < since:
            break
        seen += 1
        if progress is not None:
            progress(Progress("choosing commits", found, last, "commits"))
        reason = unfit(commit, fewest_files, most_files)
        if explained and not reason and not has_sentence(clean_message_text(commit)):
            reason = "explains nothing below its subject"
        forms = [] if reason else list(_forms(git, commit, name, kind))
        if forms:
            tasks += forms
            found += 1
        else:
            left_out[reason or "its difference cannot be read"] += 1
    return Mined(tuple(tasks), seen, dict(left_out.most_common()))


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
    text = clean_message_text(commit)
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


def has_sentence(message: str) -> bool:
    """Tell whether a message goes on in words below its subject, and not only in a list, as a squash leaves it."""
    paragraphs = re.split(r"\n\s*\n", message.partition("\n")[2])
    return any(len(_WORD.findall(p)) >= FEWEST_WORDS_BELOW for p in paragraphs if not _LIST.match(p))


def _gold(git: Git, base: str, patch: str) -> Gold:
    files = {p.old_path for p in patches.read(patch) if p.old_path}
    source = sorted(f for f in files if is_source(f))
    return make_gold(patches.read(patch), None, None, lambda path: _blob(git, base, path) if path in source else None)


def _blob(git: Git, base: str, path: str) -> bytes | None:
    found = git.try_run("cat-file", "blob", f"{base}:{path}")
    return found.output if found.returncode == 0 else None


def repository_name(path: Path) -> str:
    """Return what to call a user's repository: the name of its folder, as the user gives it.

    A folder that is named for what lies in it is called by the one around it: `shop/repo`, `shop/.git`.
    """
    for name in (path.absolute().name, *(folder.name for folder in path.absolute().parents)):
        if (called := name.removesuffix(".git")) and called not in _PLAIN_NAMES:
            return called
    return path.absolute().name.removesuffix(".git") or "repository"
