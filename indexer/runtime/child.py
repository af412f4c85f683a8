"""A process that works for the sleeper, as its parent sees it: asked, stopped, continued, killed. Knows no job.

The child leads a process group of its own, so that it and all that it starts stop and end together, and a Ctrl-C at
the terminal does not reach them. It ends with its parent, however that ends (`indexer.runtime.parent_watch`).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Literal

from noctule.indexer.defaults import DEBUG_VARIABLE
from noctule.indexer.runtime.python_child import python_command

Message = Mapping[str, Any]
Role = Literal["refresh", "learn", "jobs", "think"]
_MODULES = {"think": "noctule.indexer.think.worker"}
_WORKER = "noctule.indexer.background.worker"
"""What a child runs: the worker, but for roles that have a module of their own."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a child said: `of` is the child, `said` its words; None: it has ended, after `cpu_s` of processor time."""

    of: Child
    said: Message | None
    cpu_s: float = 0.0
    code: int = 0


class Child:
    """One child; create it in a thread that lives as long as it is to: on Linux the kernel ends it with that thread."""

    def __init__(self, role: Role, root: Path, cache: Path, cores_share: float, told: Callable[[Reply], None]) -> None:
        self.role = role
        self.asked: Message | None = None
        self.asked_at = 0.0
        self.stopped_at: float | None = None
        self._told = told
        self._gone = False
        self._lock = Lock()
        arguments = [str(os.getpid()), role, os.fspath(root), os.fspath(cache), repr(cores_share)]
        self._process = subprocess.Popen(
            [*python_command(_MODULES.get(role, _WORKER)), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get(DEBUG_VARIABLE) else subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            process_group=0,
        )
        self._listener = Thread(target=self._listen, name=f"{role} child", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process id, which is that of its process group too."""
        return self._process.pid

    @property
    def busy(self) -> bool:
        """Whether it has been asked for something and has not answered yet."""
        return self.asked is not None

    def ask(self, message: Message) -> None:
        """Ask for one thing; the answer comes to `told`."""
        self.asked, self.asked_at = message, time.monotonic()
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(BrokenPipeError):  # its end is told of by the listener
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()

    def stop(self) -> None:
        """Stop the child and all that it started, at once; it keeps what it holds."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it was stopped."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the child and all that it started, stopped or not; `told` hears of it."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End the child if it is still there, and wait until it and its listener are gone."""
        self.kill()
        self._listener.join()

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:  # once it has been waited for, its number may be another process's
            if self._gone or (number == signal.SIGSTOP and self.stopped_at is not None):
                return
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            self.stopped_at = time.monotonic() if number == signal.SIGSTOP else None

    def _listen(self) -> None:
        stdout, stdin = self._process.stdout, self._process.stdin
        assert stdout is not None
        assert stdin is not None
        for line in stdout:
            with contextlib.suppress(ValueError):  # torn by its end
                self._told(Reply(self, json.loads(line)))
        # It leads its group until it is waited for: what it started and left goes first.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with self._lock:
            _, status, used = os.wait4(self._process.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._gone = True
        stdout.close()
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
        self._told(Reply(self, None, used.ru_utime + used.ru_stime, self._process.returncode))
