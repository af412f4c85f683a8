"""Whether another process runs or was stopped, how much it computed, what it started. Waits for none and ends none."""

from __future__ import annotations

import os
from pathlib import Path


def is_stopped(process: str) -> bool:
    """Tell whether a process is stopped, by a signal or a debugger; False where that cannot be told."""
    fields = _read_fields(process) if process.isdecimal() else []
    return bool(fields) and fields[0] in {b"T", b"t"}


def cpu_seconds(process: int) -> float | None:
    """Return the processor time that a process took so far; None where that cannot be told."""
    fields = _read_fields(str(process))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else None


def list_children(process: int) -> list[int]:
    """Return the processes that a process started and that still live. OSError where Linux does not say it."""
    # psutil looks at every process of the machine to find the children of one: 5 ms for 100 of them.
    told = [thread.joinpath("children").read_text("ascii") for thread in Path(f"/proc/{process}/task").iterdir()]
    return [int(child) for text in told for child in text.split()]


def _read_fields(process: str) -> list[bytes]:
    """Return what Linux says of a process after its name, the state first; nothing elsewhere, and of no process."""
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []
