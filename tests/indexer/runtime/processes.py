"""Real processes for the tests: Python programs that say what they do on standard output."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def program(text: str, *args: str, **settings: object) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program in a process group of its own, and end all of the group at last."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text), *args],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
        **settings,  # type: ignore[call-overload] # what a test adds
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)


def told(process: subprocess.Popen[str]) -> list[int]:
    """Return the numbers on the next line that a program prints."""
    assert process.stdout is not None
    return [int(word) for word in process.stdout.readline().split()]


def lives(pid: int) -> bool:
    """Say whether a process runs or is stopped; one that only waits to be awaited has ended."""
    return status_of(pid) not in {None, psutil.STATUS_ZOMBIE}


def is_stopped(pid: int) -> bool:
    """Say whether a process waits for a signal to go on."""
    return status_of(pid) == psutil.STATUS_STOPPED


def status_of(pid: int) -> str | None:
    """Return the state of a process as psutil names it, and nothing for one that has ended."""
    try:
        return str(psutil.Process(pid).status())
    except psutil.NoSuchProcess:
        return None


def runs(pid: int, module: str) -> bool:
    """Say whether a process is one of a module, such as `think.worker`; one that was forked is called by its name."""
    try:
        process = psutil.Process(pid)
        return process.name() == module[:15] or any(f"{module} " in word for word in process.cmdline())
    except psutil.Error:
        return False
