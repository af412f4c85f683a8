"""Paths of a repository as bytes in, as names out. Looks at no file."""

from __future__ import annotations

import os
from collections.abc import Sequence


def decode_paths(paths: Sequence[bytes]) -> list[str]:
    """Return paths as `os.fsdecode` gives them, decoded all at once: none of them holds a zero byte."""
    return os.fsdecode(b"\0".join(paths)).split("\0") if paths else []
