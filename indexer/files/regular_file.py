"""Reads a file of a repository that may be no file by now: a pipe is not waited for, a link is not followed."""

from __future__ import annotations

import os

_LEAST = 1 << 16


def read_regular(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """Return the first bytes of a file; OSError where it is a link. A pipe is empty."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        size, found = os.fstat(descriptor).st_size, b""
        while len(found) < most_bytes:
            part = os.read(descriptor, min(max(size + 1, _LEAST), most_bytes - len(found)))
            if not part:
                break
            found = found + part if found else part
        return found
    except BlockingIOError:
        return b""
    finally:
        os.close(descriptor)
