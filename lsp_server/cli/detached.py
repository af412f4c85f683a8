"""`noctule watch` in the background: started, found again and stopped. Only what was started here is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.errors import NoctuleError
from noctule.indexer.runtime.leader import LeaderLock, SleeperStatus
from noctule.indexer.runtime.python_child import start_python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.indexer.serve.repository import Repository

STARTED_WITHIN_S = STOPPED_WITHIN_S = 30.0
_LOOK_S = 0.02


def find(repository: Repository) -> int | None:
    """Return the process that watches a work tree in the background; None where there is none."""
    owner = _lock(repository).owner()
    return owner.pid if owner is not None else None


def start(repository: Repository, options: Sequence[str]) -> int:
    """Start `noctule watch` with these options in a session of its own; return its process. NoctuleError."""
    arguments = [os.fspath(repository.root), *options]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    child = start_python(__name__, *arguments, options={**streams, "start_new_session": True})
    until = time.monotonic() + STARTED_WITHIN_S
    while find(repository) != child.pid:
        if child.poll() is not None or time.monotonic() > until:
            child.kill()
            said = child.communicate()[1].decode("utf-8", "replace").strip().removeprefix("noctule: ")
            raise NoctuleError(said or "the process in the background ended at once", "run `noctule watch` to see why")
        time.sleep(_LOOK_S)
    return child.pid


def stop(repository: Repository) -> int | None:
    """End what watches a work tree in the background, and return its process; None where there is none."""
    process = find(repository)
    if process is None:
        return None
    os.kill(process, signal.SIGTERM)
    until = time.monotonic() + STOPPED_WITHIN_S
    while find(repository) == process:
        if time.monotonic() > until:
            raise NoctuleError(f"process {process} does not end", f"run `kill -9 {process}`")
        time.sleep(_LOOK_S)
    return process


def _lock(repository: Repository) -> LeaderLock:
    return LeaderLock(repository.folder, f"detached {repository.view_name}")


def main() -> None:
    """Watch the work tree that the arguments begin with, until stopped."""
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.cli import main as command

    root, *options = sys.argv[1:]
    repository = Repository.open(Path(root))
    lock = _lock(repository)
    if not lock.acquire(wait=False):
        sys.exit("another process has just begun to watch in the background")
    lock.publish(SleeperStatus("awake", time.time(), root, os.getpid()))
    try:
        code = command.main(["watch", root, "--quiet", *options])
    finally:
        lock.release()
    sys.exit(code)
