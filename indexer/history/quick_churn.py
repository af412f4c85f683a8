"""Which files of a repository matter soonest, from a glance at its latest commits. Reads no text and learns nothing.

For a repository of which nothing is known yet: the full history takes seconds to read and the models of
`indexer.forecast.training` more, while names alone of some thousand commits take a tenth of one. `noctule eval
schedule` holds the order against others; docs/decisions/scheduling.md has the figures.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from noctule.indexer.files.git import Git
from noctule.indexer.history.counts import churn
from noctule.indexer.history.history import MASS_FILES
from noctule.indexer.parse.languages import detect_language

MOST_COMMITS = 2_000
LEAST_COMMITS = 100
BYTES_PER_COMMIT = 12_000
"""A commit is glanced at for so many bytes that there are to read: the glance takes one or two hundredths of that."""
HALF_LIVES = (100, 1_000)
"""Commits after which a change counts half, one for work that is going on and one for what changes at all times."""
FOLDER_SHARE = 0.1
"""How much of what a folder's files were changed, on average, is expected of each of them."""
FIXED_S = 0.0002
CODE_BYTES_PER_S = 3e6
PROSE_BYTES_PER_S = 9e6
"""What reading a file costs, with a grammar and without: the slopes lay between 2 and 6, and 7 and 17 million."""
_LEAST = 1e-9


def commits_worth(size: int) -> int:
    """Return how many commits are worth a glance before so many bytes are read."""
    return min(max(size // BYTES_PER_COMMIT, LEAST_COMMITS), MOST_COMMITS)


def latest_changes(git: Git, revision: str, most: int = MOST_COMMITS) -> list[tuple[str, ...]]:
    """Return the files of the latest commits that have any, newest first, merges left out.

    They end at the first commit of which the clone lacks something, or which is damaged. GitStalled.
    """
    log = git.try_run(
        *("log", "-z", "--format=%x00", "--name-only", "--no-renames", "--no-merges", "--no-color", "--no-notes"),
        *("--no-show-signature", f"--max-count={most}", "--end-of-options", revision, "--"),
    ).output
    commits: list[list[str]] = []
    for name in os.fsdecode(log).split("\0"):
        if name.startswith("\n"):  # the first file of a commit
            commits.append([name[1:]])
        elif name and commits:
            commits[-1].append(name)
    return [tuple(files) for files in commits]


def expected_touches(paths: Iterable[str], commits: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return how many times the next commit is expected to touch each path; `commits` are newest first.

    Mass commits count for nothing. Names are taken as they stand: a file that was renamed lately has its folder's part.
    """
    plain = [(age, files) for age, files in enumerate(commits) if len(files) <= MASS_FILES]
    known: dict[str, int] = {}
    numbers = np.array([known.setdefault(file, len(known)) for _, files in plain for file in files], np.int32)
    ages = np.array([age for age, _ in plain], np.int64)
    each = np.repeat(ages, np.array([len(files) for _, files in plain], np.int64))
    total = sum(float(np.exp2(-ages / half_life).sum()) / half_life for half_life in HALF_LIVES) or 1.0
    counts = sum(churn(numbers, each, half_life, len(known)) / (half_life * total) for half_life in HALF_LIVES)
    changed: dict[str, float] = dict(zip(known, np.asarray(counts).tolist(), strict=True)) if known else {}
    listed = list(paths)
    sizes = Counter(map(_folder, listed))
    folders: dict[str, float] = {}
    for file, weight in changed.items():
        folders[_folder(file)] = folders.get(_folder(file), 0.0) + weight
    shares = {folder: FOLDER_SHARE * folders.get(folder, 0.0) / count for folder, count in sizes.items()}
    return {path: changed.get(path, 0.0) + shares[_folder(path)] + _LEAST for path in listed}


def cost_s(path: str, size: int) -> float:
    """Return about how many CPU seconds it takes to read a file of so many bytes."""
    return FIXED_S + size / (CODE_BYTES_PER_S if detect_language(path) is not None else PROSE_BYTES_PER_S)


def order(sizes: Mapping[str, int], worth: Mapping[str, float]) -> list[str]:
    """Put files in the order in which reading pays most for its time: worth for the second, best first."""
    return sorted(sizes, key=lambda path: (-worth.get(path, 0.0) / cost_s(path, sizes[path]), path))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
