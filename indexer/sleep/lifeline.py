"""A process that ends with the process it works for, however that ends. Knows no work and cleans nothing up.

Nothing runs after a `kill -9`, so the one that is left has to learn of it: from the kernel where that tells
(`PR_SET_PDEATHSIG` and pidfds on Linux), else by asking every second.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from threading import Thread

ASKED_EVERY_S = 1.0
ALONE = 75
"""The exit code of a process that ended because what it worked for is gone."""
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """End this process as soon as `parent_pid`, which started it, is gone, even while this process is stopped.

    For processes that noctule starts itself, first thing in their main thread. On Linux the kernel kills it when the
    *thread* that started it ends, so that thread has to live as long as the work. What this process starts in turn is
    not killed by that; in the same process group and session it is continued and hung up, also where it was stopped,
    because its group is orphaned then (POSIX.1-2017, `_exit`). So start it with `process_group=0`, not in a session.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a server under nohup hands down that it is ignored
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it ended before the kernel was asked
            os._exit(ALONE)
    else:
        end_with(parent_pid)


def end_with(pid: int) -> None:
    """End this process as soon as another one is gone: the editor or agent that it serves, its parent or not."""
    Thread(target=_end_with, args=(pid, os.getppid() == pid), name="lifeline", daemon=True).start()


def _end_with(pid: int, is_parent: bool) -> None:
    if not _awaited(pid):
        while _lives(pid, is_parent):
            time.sleep(ASKED_EVERY_S)
    os._exit(ALONE)


def _awaited(pid: int) -> bool:
    """Wait for the end of a process without asking; False where the platform cannot."""
    if sys.platform != "linux":
        return False
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except OSError:  # Linux before 5.3, or a sandbox that forbids it
        return False
    try:
        ended = select.poll()
        ended.register(process, select.POLLIN)
        ended.poll()
    finally:
        os.close(process)
    return True


def _lives(pid: int, is_parent: bool) -> bool:
    if is_parent:  # a dead parent whose own parent does not care stays in the table
        return os.getppid() == pid
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
