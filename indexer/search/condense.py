"""A long definition in, the runs of its lines that a task is about out: its head, lines with the task's words, the
heads of the blocks around them. Text only: knows no ranking and no budget.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from noctule.indexer.terms import WORD, subterms

MOST_HEAD = 6
BESIDE = 1
"""So many lines before and after a line with the task's words are shown with it."""
NEAR = 3
"""Runs of lines that are no farther apart become one: a gap costs a line too."""
COMMENTS = ("//", "/*", "*", "#", "--", ";;", '"""')
"""Lines that begin so say what code is for; the lines asked for are those that do it."""
Run = tuple[int, int]
"""The first line and the one after the last, from zero."""


def condense(
    lines: Sequence[str], worth: Mapping[str, float], most: int, quoted: Collection[int] = frozenset()
) -> list[Run]:
    """Return the runs to show, in order, at most so many lines; `worth` says how much each term of the task says.

    `quoted` are lines that the task quotes: they come before all others.
    """
    kept = set(range(_head(lines)))
    documentation = _documentation(lines)
    scored = [
        (math.fsum(worth.get(term, 0.0) for term in _terms(line)), n)  # the same in any order
        for n, line in enumerate(lines)
        if n not in documentation and not line.lstrip().startswith(COMMENTS)
    ]
    for score, at in sorted(scored, key=lambda pair: (pair[1] not in quoted, -pair[0], pair[1])):
        if score <= 0 or len(kept) >= most:
            break
        more = {n for n in range(at - BESIDE, at + BESIDE + 1) if 0 <= n < len(lines) and lines[n].strip()}
        more = {n for n in more if n not in documentation} | blocks_around(lines, at)
        if len(kept | more) <= most:
            kept |= more
    return _runs(sorted(kept), lines)


def _terms(line: str) -> set[str]:
    return {term for word in WORD.findall(line) for term in subterms(word)}


def _head(lines: Sequence[str]) -> int:
    """Return how many lines the signature takes."""
    for n, line in enumerate(lines[:MOST_HEAD], 1):
        if line.rstrip().endswith((":", "{", ";", "=>")):
            return n
    return min(1, len(lines))


def _documentation(lines: Sequence[str]) -> range:
    """Return the lines of a documentation string, which only Python has inside of a definition."""
    for n, line in enumerate(lines[: 4 * MOST_HEAD]):
        opened = line.strip().lstrip("rRuUbB")[:3]
        if opened in ('"""', "'''"):
            closes = (m for m in range(n, len(lines)) if lines[m].count(opened) > (1 if m == n else 0))
            return range(n, next(closes, n) + 1)
    return range(0)


def blocks_around(lines: Sequence[str], at: int) -> set[int]:
    """Return the lines that open the blocks around a line: each stands less deep than the one after it."""
    found: set[int] = set()
    depth = _depth(lines[at])
    for n in range(at - 1, -1, -1):
        if not depth:
            break
        text = lines[n].lstrip()
        if text and len(lines[n]) - len(text) < depth:
            depth = len(lines[n]) - len(text)
            found.add(n)
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _runs(kept: Sequence[int], lines: Sequence[str]) -> list[Run]:
    runs: list[Run] = []
    for n in kept:
        if runs and n - runs[-1][1] < NEAR:
            runs[-1] = (runs[-1][0], n + 1)
        else:
            runs.append((n, n + 1))
    if runs and len(lines) - runs[-1][1] < NEAR:
        runs[-1] = (runs[-1][0], len(lines))
    return runs
