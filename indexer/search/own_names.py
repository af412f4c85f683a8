"""What a project calls itself, by its paths: a task that says so names no place in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

SHARE = 0.6
"""A folder that holds this share of the source files, at any depth, is named after the project or its layout."""
FEWEST_SOURCES = 5


def own_names(paths: Collection[str]) -> frozenset[str]:
    """Return the folders that most of the source files lie in, in lower case."""
    if len(paths) < FEWEST_SOURCES:
        return frozenset()
    counts = Counter(part for path in paths for part in set(path.lower().split("/")[:-1]))
    return frozenset(part for part, count in counts.items() if count >= SHARE * len(paths))
