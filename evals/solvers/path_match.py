"""Files by their paths and names alone: what a task quotes as a path, and the words that it shares with a path.

A quoted path or file name counts far more than shared words; a shared word counts by its rarity among the paths, one
of the file's own name twice. No content is read.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task

QUOTED = 100.0

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PATH = re.compile(r"[\w@+-][\w./@+-]*\.[A-Za-z]\w{0,7}")


def path_parts(text: str) -> set[str]:
    """Return the parts of the words of a text, cut where case and underscores cut them, in lower case."""
    return {part.lower() for part in _PART.findall(text) if len(part) > 1}


def rank_paths(text: str, paths: Sequence[str]) -> list[str]:
    """Return the paths that a text quotes or shares words with, best first."""
    asked = path_parts(text)
    quoted = [q.strip("/") for q in _PATH.findall(text)]
    known = {path: path_parts(path) for path in paths}
    spread = Counter(part for parts in known.values() for part in parts)
    scores: dict[str, float] = {}
    for path, parts in known.items():
        own = path_parts(path.rpartition("/")[2].rpartition(".")[0])
        shared = sum(
            math.log1p(len(known) / spread[part]) * (2 if part in own else 1) for part in sorted(parts & asked)
        )
        scores[path] = shared / math.sqrt(len(parts) or 1) + _quotation_paths(path, quoted)
    return sorted((p for p in scores if scores[p] > 0), key=lambda p: (-scores[p], p))


def _quotation_paths(path: str, quoted: Sequence[str]) -> float:
    """Return how much of the path is quoted: whole segments from its end."""
    ending = f"/{path}"
    return max((QUOTED * (q.count("/") + 1) for q in quoted if ending.endswith(f"/{q}")), default=0.0)


class PathMatch:
    """Needs the list of files and nothing else."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files."""
        return SolverAnswer(files=tuple(rank_paths(task.text, ground.code)[:MOST_FILES]))
