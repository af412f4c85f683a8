"""Paths of a repository: from bytes to names, and how near one is to another. Looks at no file."""

from __future__ import annotations

import os
from collections.abc import Sequence


def decode_paths(paths: Sequence[bytes]) -> list[str]:
    """Return paths as `os.fsdecode` gives them, decoded all at once: none of them holds a zero byte."""
    return os.fsdecode(b"\0".join(paths)).split("\0") if paths else []


def count_common_folders(one: str, other: str) -> int:
    """Return how many folders two paths have in common from the top; of one path, all of its parts."""
    parts, others = one.split("/"), other.split("/")
    return next((n for n, pair in enumerate(zip(parts, others, strict=False)) if pair[0] != pair[1]), len(parts))
