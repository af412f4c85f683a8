"""Which commits somebody could have asked for, and in what words: the filter that makes tasks of a history.

Left out are merges and first commits; reverts and fixups; commits of bots; releases and version bumps; commits that
touch more than `MOST_FILES` files or change no existing source file (tests, documentation, configuration and data
alone); messages of fewer than `FEWEST_WORDS` words. Reads no file and runs no git.
"""

from __future__ import annotations

import re

from noctule.indexer.files.roles import classify_role
from noctule.indexer.history.history import BOT, MASS, MERGE, REVERT, commit_flags
from noctule.indexer.history.log import Commit
from noctule.indexer.parse.languages import detect_language

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


def unfit(commit: Commit, fewest_files: int = 1, most_files: int = MOST_FILES) -> str | None:
    """Say why a commit is no task; None where it is one."""
    flags = commit_flags(commit)
    subject = commit.message.partition("\n")[0]
    modified = changed_sources(commit)
    reasons = (
        ("a merge", bool(flags & MERGE)),
        ("the first commit", not commit.parents),
        ("a revert or fixup", bool(flags & REVERT) or _FIXUP.match(subject) is not None),
        ("by a bot", bool(flags & BOT)),
        ("a mass edit", bool(flags & MASS) or len(modified) > most_files),
        ("a version bump", _BUMP.match(subject) is not None),
        ("changes no existing source file", not modified),
        (f"modifies fewer than {fewest_files} source files", len(modified) < fewest_files),
        ("says too little", len(_WORD.findall(clean_message_text(commit))) < FEWEST_WORDS),
    )
    return next((reason for reason, holds in reasons if holds), None)


def clean_message_text(commit: Commit) -> str:
    """Return a commit's message without its trailers."""
    return _TRAILER.sub("", commit.message).strip()


def changed_sources(commit: Commit) -> list[str]:
    """Return the existing source files that a commit changes, under the names that they had before."""
    changed = (c.old_path or c.path for c in commit.changes if c.status in "MR")
    return [path for path in changed if is_source(path)]


def is_source(path: str) -> bool:
    """Tell whether a file is program text that is neither test, example, generated nor vendored."""
    return classify_role(path) == "source" and detect_language(path) is not None
