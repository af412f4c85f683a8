"""Mined tasks in SWE-bench form, at one base for all: a repository is then learned once. Writes no file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from noctule.evals.tasks import patch as patches
from noctule.evals.tasks.gold import make_gold
from noctule.evals.tasks.task import Task
from noctule.indexer.errors import GitError
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.results import Json

FEWEST_WORDS = 6
"""With fewer words left, a message without its names asks for nothing."""
_WORD = re.compile(r"[^\W\d_]{2,}")


def rows_at_one_base(place: RepositoryPlace, tasks: Sequence[Task], *, masked: bool = True) -> list[Json]:
    """Return the masked ones of mined tasks, newest first, as rows; asked before the oldest of them, which knows none.

    Or those as they were written, where they are not to be `masked`.

    Left out are those that say too little, and those with a file that is not there at that base. The
    functions are those around the changed lines at a task's own parent, by name.
    """
    git = Git(place)
    asked = [task for task in tasks if task.masked == masked and len(_WORD.findall(task.text)) >= FEWEST_WORDS]
    if not asked:
        return []
    base = asked[-1].base
    there = set(git.run("ls-tree", "-r", "-z", "--name-only", base).decode("utf-8", "surrogateescape").split("\0"))
    return [_row(git, task, base) for task in asked if task.gold_files and there.issuperset(task.gold_files)]


def _row(git: Git, task: Task, base: str) -> Json:
    def read(path: str) -> bytes | None:
        try:
            return git.run("cat-file", "blob", f"{task.base}:{path}")
        except GitError:
            return None

    files = list(task.gold_files or ())
    gold = make_gold(patches.read(task.patch), files, None, read)
    language = detect_language(files[0])
    return {
        "instance_id": f"{task.repository}-{task.pair}".replace("/", "__"),
        "repo": task.repository,
        "base_commit": base,
        "created_at": task.created_at,
        "language": language.name if language is not None else "",
        "problem_statement": task.text,
        "patch": task.patch,
        "gold_files": files,
        "gold_functions": [f"{symbol.path}:{symbol.symbol}" for symbol in gold.functions],
    }
