"""Dates of commits, with those that a wrong clock wrote held between their neighbours'. Knows no clock of its own.

A clock without a battery writes 1970 or 2038, and one such commit must not make all others look old or young. Which
dates are right, the longest row of them on the line of first parents says that never goes back; of the others, each is
held between the latest right date of its ancestors and the earliest of its descendants.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

SKEW_S = 86_400
"""Clocks may differ by so much without anybody noticing."""
YEAR_S = 31_557_600
JUMP_S = 10 * YEAR_S
"""The newest commit has nothing after it that bears its date out: a jump of more than this is not believed."""


def plausible_times(times: Longs, parent_offsets: Longs, parent_ids: Ints) -> Longs:
    """Return the times of commits, parents before children and the newest one last, without those that cannot be."""
    count = len(times)
    if not _has_doubt(times, parent_offsets, parent_ids):
        return times
    offsets, parents = parent_offsets.tolist(), parent_ids.tolist()
    raw = times.tolist()
    right = _right_ones(raw, _main_line(offsets, parents))
    lowest, highest = [-1] * count, [-1] * count
    for commit in range(count):
        known = [lowest[parent] for parent in parents[offsets[commit] : offsets[commit + 1]]]
        lowest[commit] = max([*known, raw[commit] if commit in right else -1])
    for commit in range(count - 1, -1, -1):
        if commit in right:
            highest[commit] = raw[commit]
        for parent in parents[offsets[commit] : offsets[commit + 1]]:
            if highest[commit] >= 0 and (highest[parent] < 0 or highest[commit] < highest[parent]):
                highest[parent] = highest[commit]
    latest = max((raw[commit] for commit in right), default=-1)
    return np.array([_bound(raw[c], lowest[c], highest[c], latest) for c in range(count)], np.int64)


def _has_doubt(times: Longs, parent_offsets: Longs, parent_ids: Ints) -> bool:
    """Tell whether any date goes back by more than a day, lies in the first year, or is a jump of the newest commit."""
    if not len(times):
        return False
    children = np.repeat(np.arange(len(times)), np.diff(parent_offsets))
    goes_back = times[parent_ids] > times[children] + SKEW_S
    newest = parent_ids[parent_offsets[-2] :]
    jumps = len(newest) and times[-1] > times[newest].max() + JUMP_S
    return bool(goes_back.any() or (times < YEAR_S).any() or jumps)


def _main_line(offsets: list[int], parents: list[int]) -> list[int]:
    """Return the newest commit and its first parents, the oldest first."""
    line = [len(offsets) - 2]
    while offsets[line[-1]] < offsets[line[-1] + 1]:
        line.append(parents[offsets[line[-1]]])
    return line[::-1]


def _right_ones(times: list[int], line: list[int]) -> frozenset[int]:
    """Return the longest row of commits on a line whose dates never go back."""
    ends: list[int] = []  # the smallest last date of a row of each length
    last: list[int] = []
    before: dict[int, int] = {}
    for commit in line:
        if times[commit] < YEAR_S:
            continue  # no date at all
        length = bisect_right(ends, times[commit])
        if length:
            before[commit] = last[length - 1]
        ends[length : length + 1] = [times[commit]]
        last[length : length + 1] = [commit]
    row: list[int] = []
    commit = last[-1] if last else -1
    while commit >= 0:
        row.append(commit)
        commit = before.get(commit, -1)
    if len(row) > 1 and row[0] == line[-1] and times[row[0]] > times[row[1]] + JUMP_S:
        del row[0]
    return frozenset(row)


def _bound(time: int, lowest: int, highest: int, latest: int) -> int:
    """Hold a time between two others; each of them is -1 where there is none, and `latest` stands for all."""
    if time < YEAR_S:
        return next((bound for bound in (lowest, highest) if bound >= 0), time)
    if highest < 0 and latest >= 0 and time > latest + JUMP_S:
        highest = latest
    if lowest >= 0 and time < lowest - SKEW_S:
        return lowest
    return highest if highest >= 0 and time > highest + SKEW_S else time
