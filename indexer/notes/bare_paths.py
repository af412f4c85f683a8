"""Paths without what naming habits differ in, searched at once. Knows nothing but paths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class BarePaths:
    """The paths of a view, without capitals, underscores and hyphens."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._size = len(paths)
        self._text = "".join(f"{path}\0" for path in paths).lower().replace("_", "").replace("-", "")
        lengths = np.fromiter(map(len, self._text.split("\0")[:-1]), np.int64, self._size)
        self._ends = np.cumsum(lengths + 1)

    def find_text(self, bare: str) -> list[int]:
        """Return the positions of the paths in which some text stands."""
        if not bare:
            return list(range(self._size))
        found: list[int] = []
        at = self._text.find(bare)
        while at >= 0:
            found.append(int(np.searchsorted(self._ends, at, "right")))
            at = self._text.find(bare, int(self._ends[found[-1]]))
        return found
