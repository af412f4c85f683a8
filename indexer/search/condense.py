"""A long definition in, the runs of its lines that a task is about out: its head, lines with the task's words, the
heads of the blocks around them. Text only: knows no ranking and no budget.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from noctule.indexer.terms import WORD, subterms

MOST_HEAD = 6
BESIDE = 4
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
    """Return the runs of lines to show, in order, within a number of lines; `worth` weighs the task's terms.

    `quoted` are lines that the task quotes: they are chosen before all others.
    """
    kept = set(range(_head(lines)))
    documentation = _documentation(lines)
    opened_by = find_openers(lines)
    for score, at in _score(lines, worth, quoted, documentation):
        if score <= 0 or len(kept) >= most:
            break
        more = {n for n in range(at - BESIDE, at + BESIDE + 1) if 0 <= n < len(lines) and lines[n].strip()}
        more = {n for n in more if n not in documentation} | blocks_around(opened_by, at)
        if len(kept | more) <= most:
            kept |= more
    return _runs(sorted(kept), lines)


def _score(
    lines: Sequence[str], worth: Mapping[str, float], quoted: Collection[int], documentation: Collection[int]
) -> list[tuple[float, int]]:
    """Return what lines of code are worth, with their numbers, the best first; without those worth nothing."""
    scored: list[tuple[float, int]] = []
    wanted: dict[str, list[str]] = {}  # what each word says of the task: few say anything
    for n, line in enumerate(lines):
        if n in documentation or line.lstrip().startswith(COMMENTS):
            continue
        terms: set[str] = set()
        for word in WORD.findall(line):
            if word not in wanted:
                wanted[word] = [term for term in subterms(word) if term in worth]
            if said := wanted[word]:
                terms.update(said)
        if terms or n in quoted:
            scored.append((math.fsum([worth[term] for term in terms]), n))  # the same in any order
    scored.sort(key=lambda pair: (pair[1] not in quoted, -pair[0], pair[1]))
    return scored


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


def find_openers(lines: Sequence[str]) -> list[int]:
    """Return for each line the last one before it that stands less deep and is not empty; -1 where there is none."""
    openers: list[int] = []
    depths, open_at = [-1], [-1]
    """How deep the blocks stand that are open, each deeper than the one before it, and where they begin."""
    for n, line in enumerate(lines):
        text = line.lstrip()
        depth = len(line) - len(text)
        if not text:
            openers.append(open_at[bisect_left(depths, depth) - 1])
            continue
        while depths[-1] >= depth:
            depths.pop()
            open_at.pop()
        openers.append(open_at[-1])
        depths.append(depth)
        open_at.append(n)
    return openers


def blocks_around(openers: Sequence[int], at: int) -> set[int]:
    """Return the lines that open the blocks around a line, from `find_openers`."""
    found: set[int] = set()
    while (at := openers[at]) >= 0:
        found.add(at)
    return found


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
