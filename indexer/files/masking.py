"""Takes the answer out of a commit message: the names of what the commit changed. Text only."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST_NAME = 3
"""Shorter names are words of every message."""


def mask(text: str, paths: Iterable[str], symbols: Iterable[str]) -> str:
    """Remove paths, file names, module names and symbol names from a text, whole words only and in any case."""
    names: set[str] = set()
    for path in paths:
        names |= _names_of_path(path)
    for symbol in symbols:
        qualname = symbol.rpartition(":")[2]
        names |= {qualname, *qualname.split(".")}
    longest_first = sorted((n for n in names if len(n) >= SHORTEST_NAME), key=lambda n: (-len(n), n))
    if not longest_first:
        return text
    either = "|".join(re.escape(name) for name in longest_first)
    masked = re.sub(rf"(?<!\w)(?:{either})(?!\w)", "", text, flags=re.IGNORECASE)
    return re.sub(r"[ \t]{2,}", " ", masked).strip()


def _names_of_path(path: str) -> set[str]:
    parts = path.split("/")
    stem = parts[-1].partition(".")[0]
    if stem in {"__init__", "index", "mod", "main", "lib"} and len(parts) > 1:
        stem = parts[-2]  # such a file is called by its folder's name
    module = [*parts[:-1], parts[-1].rpartition(".")[0] or parts[-1]]
    endings = {"/".join(parts[at:]) for at in range(len(parts))}
    dotted = {".".join(module[at:]) for at in range(len(module) - 1)}
    return {stem, stem.replace("_", " "), stem.replace("_", "-"), *endings, *dotted}
