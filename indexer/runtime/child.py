"""A process that works for the sleeper, as its parent sees it: asked, stopped, continued, killed. Knows no job.

The child leads a process group of its own, so that it and all that it starts stop and end together, and a Ctrl-C at
the terminal does not reach them. It ends with its parent, however that ends (`indexer.runtime.parent_watch`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.machine import family, process_usage
from noctule.indexer.runtime.messages import Decoder, Message, encode
from noctule.indexer.runtime.python_child import start_python

log = Log(__name__)


@dataclass(frozen=True, slots=True)
class ChildProgram:
    """What a child runs: a module with a `main`, and the messages that it answers with."""

    module: str
    replies: tuple[type[Message], ...]


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a child works: the repository's root, the folder of all stores, and its share of the cores (0 to 1)."""

    root: Path
    cache: Path
    cores_share: float


@dataclass(frozen=True, slots=True)
class ChildReply:
    """What a child answered."""

    child: Child
    message: Message


@dataclass(frozen=True, slots=True)
class ChildExit:
    """A child has ended, with this code, after `cpu_s` of processor time."""

    child: Child
    cpu_s: float
    code: int


class Child:
    """One child; create it in a thread that lives as long as it is to: on Linux the kernel ends it with that thread."""

    def __init__(
        self, program: ChildProgram, role: str, place: Workplace, on_event: Callable[[ChildReply | ChildExit], None]
    ) -> None:
        self.role = role
        self.request: str | None = None
        """What it was asked for and has not answered yet."""
        self.requested_at = 0.0
        self.stopped_at: float | None = None
        self.running_since = float("-inf")
        """Since when it runs without a stop."""
        self._on_event = on_event
        self._gone = False
        self._lock = Lock()
        self._decoder = Decoder(*program.replies)
        arguments = [str(os.getpid()), role, os.fspath(place.root), os.fspath(place.cache), repr(place.cores_share)]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        self._process = start_python(program.module, *arguments, options={"env": environment, "process_group": 0})
        log.info("child started", role=role, child=self.pid)
        self._listener = Thread(target=self._listen, name=f"{role} child", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process id, which is that of its process group too."""
        return self._process.pid

    def cpu_s(self) -> float:
        """Return how much processor time it and all that it started have used."""
        return process_usage(family([self.pid]))[0]

    @property
    def busy(self) -> bool:
        """Whether it has been asked for something and has not answered yet."""
        return self.request is not None

    def ask(self, message: Message) -> None:
        """Ask for one thing; the answer comes to `on_event`. The message is not kept: it may hold a key."""
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):  # the listener tells of its end, and closes the pipe
            stdin.write(encode(message))
            stdin.flush()
        # Only what is busy is stopped from other threads, and what is stopped would not read a long message to its end.
        self.request, self.requested_at = type(message).__name__, time.monotonic()

    def stop(self) -> None:
        """Stop the child and all that it started, at once; it keeps what it holds."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on where it was stopped."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the child and all that it started, stopped or not; `on_event` hears of it."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End the child if it is still there, and wait until it and its listener are gone."""
        self.kill()
        self._listener.join()

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:  # once it has been waited for, its number may be another process's
            was_stopped = self.stopped_at is not None
            if self._gone or (number == signal.SIGSTOP and was_stopped):
                return
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            self.stopped_at = time.monotonic() if number == signal.SIGSTOP else None
            if was_stopped and number == signal.SIGCONT:
                self.running_since = time.monotonic()
        if number != signal.SIGCONT or was_stopped:
            log.debug("child signalled", role=self.role, child=self.pid, signal=number.name)

    def _listen(self) -> None:
        stdout, stdin = self._process.stdout, self._process.stdin
        assert stdout is not None
        assert stdin is not None
        for line in stdout:
            with contextlib.suppress(ValueError):  # torn by its end
                self._on_event(ChildReply(self, self._decoder.decode(line)))
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
        log.info("child ended", role=self.role, child=self.pid, code=self._process.returncode)
        self._on_event(ChildExit(self, used.ru_utime + used.ru_stime, self._process.returncode))
