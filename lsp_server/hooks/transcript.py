"""The last prompt in an agent's transcript: lines of JSON, of which those of the user are marked. Knows no event."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from pathlib import Path

MOST_READ = 1 << 20
_FRAME = re.compile(r"</?USER_REQUEST>")


def read_last_prompt(path: Path) -> str:
    """Return what the user said last, empty where that is not among the last megabyte. OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - opened so that a pipe keeps nobody waiting
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode):
            return ""
        file.seek(max(seen.st_size - MOST_READ, 0))
        lines = file.read(MOST_READ).splitlines()
    for line in reversed(lines):
        with contextlib.suppress(ValueError, AttributeError, RecursionError):
            said = json.loads(line)
            if said.get("type") == "USER_INPUT" or said.get("source") == "USER_EXPLICIT":
                return _FRAME.sub("", str(said.get("content", ""))).strip()
    return ""
