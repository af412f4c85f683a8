"""Reads a file of a repository that may be no file by now: a pipe is not waited for, a link is not followed."""

from __future__ import annotations

import os


def read_regular(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """Return the first bytes of a file; OSError where it is a link. A pipe is empty."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a Path cannot open what is open
        return file.read(most_bytes)
