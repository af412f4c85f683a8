"""Commands that an agent gives, run in a folder with a time limit and none of the user's secrets. Knows no model.

This is no sandbox: a command may do what the user may do. Variables of the environment are kept from it unless they are
on the list, since they hold the keys of model providers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

KEPT_VARIABLES = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME", "SHELL"),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "JAVA_HOME", "GOROOT", "GOPATH", "CARGO_HOME", "RUSTUP_HOME"),
)
QUIET = {"PAGER": "cat", "MANPAGER": "cat", "GIT_PAGER": "cat", "TERM": "dumb", "PIP_PROGRESS_BAR": "off"}
END_SHOWN_BYTES = 5_000  # of each end, as mini-swe-agent shows
DRAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class ShellOutcome:
    """What a command printed, cut in the middle, and its exit status; None where it ran out of time."""

    output: str
    status: int | None
    left_out_bytes: int = 0


class Shell:
    """A folder in which commands run, each in a shell of its own."""

    def __init__(self, folder: Path, home: Path, commands: Path, timeout_s: float, keep: Sequence[str] = ()) -> None:
        """`home` and `commands` are folders: what stands for the user's home, and what is put before PATH."""
        self._folder = folder
        self._timeout_s = timeout_s
        self.environment = environment(os.environ, home, commands, keep)

    def run(self, command: str, timeout_s: float | None = None) -> ShellOutcome:
        """Run a command; what it has started and left behind ends with it."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self._folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None
        ends = _Ends()
        reader = threading.Thread(target=ends.read, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            status: int | None = process.wait(timeout_s or self._timeout_s)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing of its group is left
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            # A process that has left the group may hold the pipe open for ever.
            reader.join(DRAIN_S)
        return ShellOutcome(ends.text, status, ends.left_out)


class Commands(Protocol):
    """What runs commands."""

    def run(self, command: str, timeout_s: float | None = None) -> ShellOutcome:
        """Run one."""
        ...


class Changing(Protocol):
    """A folder that says which of its files were modified since it was made, and which created."""

    def changes(self) -> tuple[list[str], list[str]]:
        """Return their paths."""
        ...


class EditWatch:
    """A shell that notes with which command a right file was changed first; it counts from one."""

    def __init__(self, shell: Shell, folder: Changing, right: Collection[str]) -> None:
        self._shell = shell
        self._folder = folder
        self._right = frozenset(right)
        self._commands = 0
        self.first_right_edit: int | None = None

    def run(self, command: str, timeout_s: float | None = None) -> ShellOutcome:
        """Run a command."""
        outcome = self._shell.run(command, timeout_s)
        self._commands += 1
        if self.first_right_edit is None and not self._right.isdisjoint(self._folder.changes()[0]):
            self.first_right_edit = self._commands
        return outcome


def environment(outer: Mapping[str, str], home: Path, commands: Path, keep: Sequence[str] = ()) -> dict[str, str]:
    """Return the variables that commands see."""
    kept = {name: outer[name] for name in (*KEPT_VARIABLES, *keep) if name in outer}
    path = os.pathsep.join([str(commands), kept.get("PATH", os.defpath)])
    return {**kept, **QUIET, "PATH": path, "HOME": str(home), "TMPDIR": str(home)}


class _Ends:
    """The first and the last bytes of a stream, so that endless output costs no memory."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self.left_out = 0

    def read(self, stream: IO[bytes]) -> None:
        with stream:
            while chunk := os.read(stream.fileno(), 65_536):
                room = END_SHOWN_BYTES - len(self._head)
                self._head += chunk[:room]
                self._tail += chunk[room:]
                surplus = len(self._tail) - END_SHOWN_BYTES
                if surplus > 0:
                    del self._tail[:surplus]
                    self.left_out += surplus

    @property
    def text(self) -> str:
        gap = f"\n[{self.left_out:,} bytes left out]\n".encode() if self.left_out else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode("utf-8", "replace")
