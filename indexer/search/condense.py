"""A long definition in, the runs of its lines that a task is about out. Text only: knows no ranking and no budget.

These are its head, and whole blocks in which words of the task meet.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.search.blocks import EMPTY, Blocks, Run
from noctule.indexer.search.query import ALL_FIELDS, TaskQuery
from noctule.indexer.terms import WORD, subterms

MOST_HEAD = 6
BESIDE = 4
"""So many lines before and after a line are shown with it where its statement is too long."""
NEAR = 5
"""Runs of lines that are no farther apart become one: a reader has to look again for what is left out."""
SHORT = 16
"""A block of so few lines is shown whole in any case."""
WHOLE = 0.8
"""A longer one is shown whole where its lines are worth this share of its best one, in the mean."""
LEAST = 0.25
"""Lines that are worth a smaller share of the best one's are not chosen for themselves."""
REST = 0.2
"""What is left of a block or of the definition is shown too where it is no more than this share of what is shown."""
REACH = 8.0
"""At this distance in lines a word says a third of what it says in its own line."""
FARTHEST = 32
OPENER = 12
"""The line that opens the block around what is shown is shown with it where it is no farther above."""


def weigh_terms(task: TaskQuery, rarity: Mapping[str, float]) -> dict[str, float]:
    """Return what each term of a task is worth: by where it stands there, and how rare it is in the repository."""
    found: dict[str, float] = {}
    for field, weight in ALL_FIELDS.items():
        for term in task.terms[field]:
            found[term] = max(found.get(term, 0.0), weight * math.sqrt(max(rarity.get(term, 0.0), 0.0)))
    return found


class LongDefinition:
    """A definition that is too long to be shown whole."""

    def __init__(
        self,
        lines: Sequence[str],
        worth: Mapping[str, float],
        quoted: Collection[int] = frozenset(),
        named: Sequence[Run] = (),
    ) -> None:
        """Take its lines; `worth` weighs the task's terms.

        `quoted` are lines that the task quotes: these come first. Then come `named`, inner definitions that it names.
        """
        self._lines = lines
        self._worth = worth
        self._quoted = quoted
        self._named = named
        self._head = _head(lines)

    @cached_property
    def _blocks(self) -> Blocks:
        return Blocks(self._lines, self._head)

    def choose(self, most: int) -> list[Run]:
        """Return the runs of lines to show, in order: about `most` lines, more only to end where a block ends."""
        kept = set(range(self._head))
        for at in self._order:
            if len(kept) >= most:
                break
            if at in kept:
                continue
            best: set[int] = set()
            for start, stop in self._blocks.around(at):
                opener = self._blocks.opener(start)
                part = {*range(start, stop), opener if start - opener <= OPENER else start}
                if len(kept | part) > most:
                    break
                if not best or stop - start <= SHORT or self._mean(start, stop) >= WHOLE * self._scores[at]:
                    best = part
            if not best and at in self._quoted:
                best = set(range(max(at - BESIDE, 0), min(at + BESIDE + 1, len(self._lines))))
                best = best if len(kept | best) <= most else set()
            kept |= best
        return self._close(_join(sorted(kept), NEAR), int(REST * len(kept)))

    def _close(self, runs: list[Run], rest: int) -> list[Run]:
        """Let each run go on to the end of the block that it stops in, if that is near; then join what is close."""
        closed: set[int] = set()
        for start, stop in runs:
            ends = [end for _, end in self._blocks.around(stop - 1) if stop < end <= stop + rest]
            ends += [len(self._lines)] if len(self._lines) - stop <= rest else []
            longer = max(ends, default=stop) if stop > self._head else stop
            rest -= longer - stop
            closed.update(range(start, longer))
        return _join(sorted(closed), NEAR)

    @cached_property
    def _order(self) -> list[int]:
        """The lines that are quoted or worth something, the best first."""
        scores = self._scores
        least = LEAST * scores.max(initial=0.0)
        there = [n for n in np.flatnonzero((scores >= least) & (scores > 0)).tolist() if n not in self._quoted]
        there += [n for n in self._quoted if 0 <= n < len(self._lines)]
        found = [n for n in there if self._blocks.depths[n] != EMPTY]
        return sorted(found, key=lambda n: (n not in self._quoted, -scores[n], n))

    def _mean(self, start: int, stop: int) -> float:
        return (self._sums[stop] - self._sums[start]) / (stop - start)

    @cached_property
    def _sums(self) -> list[float]:
        return [0.0, *accumulate(self._scores.tolist())]

    @cached_property
    def _scores(self) -> Floats:
        """How much each line has to do with the task: the sum over its words of how near and how rare each one is.

        A word is as rare as it is among the lines of this definition: what stands in every branch tells none apart.
        """
        lines, count = self._lines, len(self._lines)
        skipped = _documentation(lines)
        wanted: dict[str, list[str]] = {}  # what each word says of the task: few say anything
        places: dict[str, list[int]] = defaultdict(list)
        for n, line in enumerate(lines):
            if n in skipped:
                continue
            terms: set[str] = set()
            for word in WORD.findall(line):
                if word not in wanted:
                    wanted[word] = [term for term in subterms(word) if term in self._worth]
                terms.update(wanted[word])
            for term in terms:
                places[term].append(n)
        scores = np.zeros(count + 2 * FARTHEST, np.float64)
        for term in sorted(places):
            near = np.zeros(count + 2 * FARTHEST)
            for n in places[term]:
                window = near[n : n + len(_NEARNESS)]
                np.maximum(window, _NEARNESS, out=window)
            scores += self._worth[term] * math.log1p(count / len(places[term])) * near
        scores = scores[FARTHEST : FARTHEST + count]
        scores[skipped.start : skipped.stop] = 0.0
        best = scores.max(initial=0.0) or 1.0
        for start, stop in self._named:
            scores[start:stop] += best
        return scores


_NEARNESS = np.exp(-np.abs(np.arange(-FARTHEST, FARTHEST + 1)) / REACH)


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


def _join(kept: Sequence[int], near: int) -> list[Run]:
    """Return lines as runs, those that are close as one."""
    runs: list[Run] = []
    for n in kept:
        if runs and n - runs[-1][1] < near:
            runs[-1] = (runs[-1][0], n + 1)
        else:
            runs.append((n, n + 1))
    return runs
