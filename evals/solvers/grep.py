"""Grep-style search: the task's names, one after the other, as whole words in all program files. Needs no index.

What is searched, and in which order, is what a reader would try: names that look like code first, the longer the
better, then the words of the title, then the others, `MOST_NAMES` in all. A file is worth the names that it holds, rare
ones more, and less where it is a test. `tokens` is what the searches print: each hit with its line, or where there are
more than `MOST_HITS_SHOWN` the files with their counts. The deterministic explorer searches so too, and reads on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from noctule.evals.solvers.answer import MOST_FILES, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.files.roles import classify_role
from noctule.indexer.search import query as tasks
from noctule.indexer.terms import STOP_WORDS
from noctule.indexer.tokens import count

MOST_NAMES = 12
MOST_HITS_SHOWN = 40
LONGEST_LINE = 200
TEST_SHARE = 0.3
"""A hit in a test counts this much: who looks for the cause looks at the source first."""

_WORD = re.compile(r"[A-Za-z_]\w{3,}")

Hits = Mapping[str, Sequence[int]]
"""The lines that hold a name, by path."""


class Grep:
    """Searches and ranks."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:  # noqa: ARG002 - every solver is asked alike
        """Rank the files by the names that they hold."""
        worth: dict[str, float] = {}
        tokens = 0
        names = names_to_search(task.text)
        for name in names:
            hits = ground.search(name)
            action, result = print_line(name, hits, ground.lines)
            tokens += count(action) + count(result)
            for path, lines in hits.items():
                worth[path] = worth.get(path, 0.0) + name_weight(path, lines, hits)
        ranked = sorted(worth, key=lambda path: (-worth[path], path))
        return SolverAnswer(files=tuple(ranked[:MOST_FILES]), tokens=tokens, measures={"searches": len(names)})


def names_to_search(text: str) -> list[str]:
    """Return what to search for a task: its identifiers, the words of its title, then its other words."""
    asked = tasks.read(text)
    names = [n for n in asked.names if n.lower() not in STOP_WORDS and len(n) > 2]
    ranked = sorted(names, key=lambda n: (-looks_like_code(n), -asked.names[n], -len(n), n))
    coded = [n for n in ranked if looks_like_code(n)]
    title = [w for w in _WORD.findall(asked.title) if w.lower() not in STOP_WORDS]
    return list(dict.fromkeys([*coded, *title, *ranked]))[:MOST_NAMES]


def looks_like_code(name: str) -> bool:
    """Tell whether a name holds an underscore or a capital inside."""
    return "_" in name or (not name.islower() and not name[1:].islower())


def print_line(name: str, hits: Hits, lines_of: Callable[[str], Sequence[str]]) -> tuple[str, str]:
    """Return the search as it is typed, and what it prints."""
    if are_shown(hits):
        shown = [f"{path}:{at}:{lines_of(path)[at - 1][:LONGEST_LINE]}" for path, lines in hits.items() for at in lines]
    else:
        most_first = sorted(hits, key=lambda p: (-len(hits[p]), p))
        shown = [f"{path}: {len(hits[path])}" for path in most_first[:MOST_HITS_SHOWN]]
    return f'grep -rnw "{name}"', "\n".join(shown) or "no match"


def are_shown(hits: Hits) -> bool:
    """Tell whether the hits are few enough to be printed with their lines."""
    return sum(map(len, hits.values())) <= MOST_HITS_SHOWN


def name_weight(path: str, lines: Sequence[int], hits: Hits) -> float:
    """Return what a file gains by a name: more where few files hold it, a little more where the file says it often."""
    return rarity(hits) * role_share(path) * (1 + math.log1p(len(lines)) / 4)


def rarity(hits: Hits) -> float:
    """Return what a hit of a name is worth."""
    return 1.0 / math.log2(2 + len(hits))


def role_share(path: str) -> float:
    """Return how much a hit in a file counts."""
    return TEST_SHARE if classify_role(path) == "test" else 1.0
