"""Whether another process runs or was stopped. Waits for none and ends none."""

from __future__ import annotations

from pathlib import Path


def is_stopped(process: str) -> bool:
    """Tell whether a process is stopped, by a signal or a debugger; False where that cannot be told."""
    if not process.isdecimal():
        return False
    try:
        stat = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[0] in {b"T", b"t"}
