"""`noctule watch` in the background: started, found again and stopped. Only what was started here is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.errors import NoctuleError, RepositoryError, StoreUnavailable
from noctule.indexer.runtime.leader import LeaderLock, SleeperStatus
from noctule.indexer.runtime.python_child import start_python
from noctule.lsp_server.cli.exit_codes import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.indexer.serve.repository import Repository

STARTED_WITHIN_S = STOPPED_WITHIN_S = 30.0
_LOOK_S = 0.02
COMPLAINT = "noctule: "


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
            raise _failure(child.communicate()[1].decode("utf-8", "replace"), child.returncode)
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


def _failure(said: str, code: int) -> NoctuleError:
    """Return the error that a process in the background has ended with, from its one line and its exit code."""
    lines = [line for line in said.splitlines() if line.startswith(COMPLAINT)]
    if not lines:
        return NoctuleError("the process in the background ended at once", "run `noctule watch` to see why")
    kinds: dict[int, type[NoctuleError]] = {Exit.BAD_INPUT: RepositoryError, Exit.STORE_UNUSABLE: StoreUnavailable}
    return kinds.get(code, NoctuleError)(lines[-1].removeprefix(COMPLAINT))


def main() -> None:
    """Watch the work tree that the arguments begin with, until stopped."""
    from noctule.lsp_server.cli.main import explain
    from noctule.lsp_server.cli.terminal import Terminal

    root, *options = sys.argv[1:]
    try:
        code = _watch(root, options)
    except Exception as error:  # noqa: BLE001 - the outermost loop of a process: whoever started it is told
        code = explain(Terminal.of_process(), error)
    sys.exit(code)


def _watch(root: str, options: Sequence[str]) -> int:
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.cli import main as command

    repository = Repository.open(Path(root))
    lock = _lock(repository)
    if not lock.acquire(wait=False):
        raise NoctuleError("another process has just begun to watch in the background")
    lock.publish(SleeperStatus("awake", time.time(), root, os.getpid()))
    try:
        return command.main(["watch", root, "--quiet", *options])
    finally:
        lock.release()
