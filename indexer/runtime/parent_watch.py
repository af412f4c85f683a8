"""A process that ends with the process it works for, however that ends. Knows no work and cleans nothing up.

Nothing runs after a `kill -9`, so the one that is left has to learn of it: from the kernel where that tells
(`PR_SET_PDEATHSIG` and pidfds on Linux), else by asking.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from threading import Thread

ASKED_EVERY_S = 1.0
ALONE = 75
"""The exit code of a process that ended because what it worked for is gone."""
_PR_SET_PDEATHSIG = 1
# The guard of a process group: a shell of 1 MB outside of it, which is not stopped when the group is. On Linux it waits
# for the end of a pipe that only the leader of the group writes to; elsewhere a stopped leader survives its parent.
_UNTIL_PIPE_ENDS = "read -r _"
_UNTIL_EITHER_ENDS = 'while kill -0 "$1" && kill -0 "$2"; do sleep 2; done'
_GUARD = "trap '' HUP INT QUIT TERM; {}; kill -s KILL -- \"-$1\""


def die_with_parent(parent_pid: int) -> None:
    """End this process as soon as `parent_pid`, which started it, is gone, even while this process is stopped.

    For processes that noctule starts itself, first thing in their main thread. On Linux the kernel kills it when the
    *thread* that started it ends, so that thread has to live as long as the work. A process that leads its process
    group (`process_group=0`) takes with it all that it started, however it ends.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a server under nohup hands down that it is ignored
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it ended before the kernel was asked
            os._exit(ALONE)
    else:
        exit_with_parent(parent_pid)
    if os.getpgrp() == os.getpid():
        _guard_group(parent_pid)


def _guard_group(parent_pid: int) -> None:
    """Have the process group killed when its leader ends: what it started may be stopped, and notices nothing."""
    until = _UNTIL_PIPE_ENDS if sys.platform == "linux" else _UNTIL_EITHER_ENDS
    reading, _ = os.pipe()  # the other end stays open as long as this process lives, and no child inherits it
    with contextlib.suppress(FileNotFoundError):  # a container without a shell
        subprocess.Popen(
            ["/bin/sh", "-c", _GUARD.format(until), "guard", str(os.getpid()), str(parent_pid)],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
    os.close(reading)


def exit_with_parent(pid: int) -> None:
    """End this process as soon as another one is gone: the editor or agent that it serves, its parent or not."""
    Thread(target=_exit_with_parent, args=(pid, os.getppid() == pid), name="lifeline", daemon=True).start()


def _exit_with_parent(pid: int, is_parent: bool) -> None:
    if not _await_exit(pid):
        while _lives(pid, is_parent):
            time.sleep(ASKED_EVERY_S)
    os._exit(ALONE)


def _await_exit(pid: int) -> bool:
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
