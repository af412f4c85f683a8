"""Names as they are written on disk, where the file system takes another case for the same name."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

NamesIn = Callable[[str], Collection[str]]


def folds_case(folder: str) -> bool:
    """Tell whether a folder answers to names in another case than it holds; what cannot be told counts as no."""
    names = read_names(folder)
    for name in sorted(names):
        other = name.swapcase()
        if other != name and other not in names:
            return os.path.lexists(os.path.join(folder, other))  # noqa: PTH118
    return False


def read_names(folder: str) -> frozenset[str]:
    """Return the names in a folder; none where it cannot be read."""
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return frozenset()


def disk_spelling(path: str, root: str, names: NamesIn = read_names) -> str:
    """Return a relative path as it is written on disk; what is not there stays as it is."""
    folder, found = root, []
    for part in path.split("/"):
        there = names(folder)
        same = part if part in there else next((n for n in sorted(there) if n.casefold() == part.casefold()), part)
        found.append(same)
        folder = os.path.join(folder, same)  # noqa: PTH118
    return "/".join(found)
