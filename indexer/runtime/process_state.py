"""Whether another process runs or was stopped, and how much it computed. Waits for none and ends none."""

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


def _read_fields(process: str) -> list[bytes]:
    """Return what Linux says of a process after its name, the state first; nothing elsewhere, and of no process."""
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []
