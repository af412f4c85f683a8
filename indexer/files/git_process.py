"""One git process: started, read, and ended when it stands still or when this process does. Knows no repository.

git waits for ever where a file that it reads is a named pipe, or where it was stopped itself. No time that a command
may take tells that from a large repository on a slow disk; that none of its threads has run or read anything does.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import select
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from noctule.indexer.errors import GitError, GitStalled, NotADirectory, RepositoryError
from noctule.indexer.runtime.process_state import list_children

LEAST_GIT = (2, 31)
LEAST_GIT_TEXT = ".".join(map(str, LEAST_GIT))
LOOKED_AT_EVERY_S = 0.5
STALLED_LOOKS = 8
"""A process that did nothing between so many looks in a row stands still."""
LONGEST_SILENCE_S = 600.0
"""No command says nothing for longer, whatever it does meanwhile."""

# The guard of one process: it ends that process when the pipe ends that this process alone can write to. Where the
# process ended by itself, a line is written first: its number may be another's by then.
_GUARD = "trap '' HUP INT QUIT TERM; read -r done || kill -s KILL \"$1\""
_READ_BY_GIT = frozenset({".gitignore", ".gitattributes", ".gitmodules", ".mailmap"})
_MOST_FOLDERS = 20_000


class GitOutcome(NamedTuple):
    """What became of one git command."""

    args: Sequence[str]
    returncode: int
    output: bytes
    complaint: bytes

    @property
    def reason(self) -> str:
        """git's first line of complaint, without its prefix."""
        lines = self.complaint.decode("utf-8", "replace").splitlines()
        told = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
        return re.sub(r"^(fatal|error): ", "", told[0]).strip() if told else f"exit status {self.returncode}"

    def checked(self) -> bytes:
        """Return the output, or raise what went wrong."""
        if self.returncode == 0:
            return self.output
        raise find_old_git() or GitError(
            f"git {_command_name(self.args)} failed: {self.reason}",
            "run `git fsck` in the repository to see what is missing",
        )


class Running:
    """A git command on its way; as a context it is ended on the way out."""

    def __init__(
        self,
        command: Sequence[str],
        args: Sequence[str],
        folder: Path,
        environment: dict[str, str],
        given: bytes | None,
    ) -> None:
        self._args = args
        stdin = subprocess.DEVNULL if given is None else subprocess.PIPE
        self._process = start(command, folder, environment, stdin)
        if given is not None:
            # `communicate` would lose what is not yet written when it is called again.
            pipe, self._process.stdin = self._process.stdin, None
            threading.Thread(target=_write, args=(pipe, given), daemon=True).start()
        self._patience = GitTimeouts(self._process.pid, args, folder)

    def outcome(self) -> GitOutcome:
        """Wait for the end of the command. GitStalled."""
        try:
            while True:
                try:
                    output, complaint = self._process.communicate(timeout=LOOKED_AT_EVERY_S)
                except subprocess.TimeoutExpired:
                    self._patience.look()
                else:
                    return GitOutcome(self._args, self._process.returncode, output, complaint)
        finally:
            self.end()

    def end(self) -> None:
        """End the command where it still runs."""
        if self._process.returncode is None:
            end_process(self._process)
        self._patience.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _write(pipe: IO[bytes] | None, given: bytes) -> None:
    assert pipe is not None
    with contextlib.suppress(OSError), pipe:  # a command may end before it has read all
        pipe.write(given)


class PatientPipe(io.RawIOBase):
    """The output of a process, read with patience for as long as it does anything."""

    def __init__(self, descriptor: int, patience: GitTimeouts) -> None:
        self._descriptor = descriptor
        self._patience = patience

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed wants any buffer
        """Fill a buffer with what has come. GitStalled."""
        self.wait()
        return os.readv(self._descriptor, [buffer])

    def wait(self) -> None:
        """Wait until there is something to read, or the end. GitStalled."""
        asked = select.poll()
        asked.register(self._descriptor, select.POLLIN)
        while not asked.poll(1000 * LOOKED_AT_EVERY_S):
            self._patience.look()
        self._patience.renew()


class GitTimeouts:
    """How long a process is waited for: as long as it does something."""

    def __init__(self, process: int, args: Sequence[str], root: Path) -> None:
        self._process = process
        self._args = args
        self._root = root
        self._done: object = None
        self._looks = 0
        self._silent_since = time.monotonic()
        self._guard: subprocess.Popen[bytes] | None = None

    def renew(self) -> None:
        """Take note that it said something."""
        self._looks = 0
        self._silent_since = time.monotonic()

    def look(self) -> None:
        """Look what it did since the last look. GitStalled."""
        if self._guard is None:
            self._guard = _guard(self._process)
        done = _deadline(self._process)
        self._looks = self._looks + 1 if done is not None and done == self._done else 0
        self._done = done
        if self._looks >= STALLED_LOOKS or time.monotonic() - self._silent_since > LONGEST_SILENCE_S:
            raise self._stall_error()

    def close(self) -> None:
        """Take note that the process has ended."""
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.write(b"\n")
                self._guard.stdin.close()
            self._guard.wait()
            self._guard = None

    def _stall_error(self) -> GitStalled:
        what = f"git {_command_name(self._args)} did not respond and was stopped"
        pipe = next(iter(find_pipes(self._root)), None)
        if pipe is None:
            return GitStalled(what, "check whether a file that git reads is a named pipe or on a lost disk")
        return GitStalled(f"{what}: it waits for the named pipe {pipe}", "remove the pipe")


def find_pipes(root: Path) -> list[Path]:
    """Return the named pipes that git may open: files with a meaning for it, and any below a git directory."""
    found: list[Path] = []
    for folder, names, files in islice(os.walk(root), _MOST_FOLDERS):
        in_git = ".git" in Path(folder).parts
        if in_git and Path(folder).name == "objects":
            names[:] = ["info"]
        found += [path for name in files if in_git or name in _READ_BY_GIT if (path := Path(folder, name)).is_fifo()]
    return found


def start(
    command: Sequence[str], folder: Path, environment: dict[str, str], stdin: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start git in a folder. NotADirectory, RepositoryError, GitError."""
    try:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise NotADirectory(f"{folder} is not a directory") from error
        raise git_is_missing() from error
    except PermissionError as error:
        raise RepositoryError(f"cannot open {folder}: permission denied") from error


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End git; what is in its pipes is not waited for, since who outlives it may hold them open for ever."""
    kill_tree(process)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait()


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill git with all that it has started: `git` may be a script that has the real one as a child."""
    for child in reversed(_find_below(process.pid)):
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
    process.kill()


def _find_below(process: int) -> list[int]:
    """Return the processes below a process, as far as the system says: parents before their children."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):
            found += list_children(parent)
    return found[1:]


def git_is_missing() -> GitError:
    """Return the error where there is no git."""
    return GitError("the git command is not installed", f"install git {LEAST_GIT_TEXT} or later")


@cache
def find_old_git() -> GitError | None:
    """Return the error where git is older than what its commands here need: it complains of anything but that.

    Asked only where a command has failed.
    """
    try:
        command = ["git", "--version"]
        told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(rb"(\d+)\.(\d+)[\w.]*", told.stdout)
    if found is None or (int(found[1]), int(found[2])) >= LEAST_GIT:
        return None
    return GitError(f"git {found[0].decode()} is too old", f"install git {LEAST_GIT_TEXT} or later")


def drain(pipe: IO[bytes], kept: bytearray, most: int) -> None:
    """Read a pipe to its end and keep the beginning of it."""
    while chunk := pipe.read(4096):
        if len(kept) < most:
            kept += chunk


def _guard(process: int) -> subprocess.Popen[bytes] | None:
    """Have a process killed when this one ends, however it ends."""
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", str(process)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
    except OSError:  # a container without a shell
        return None


def _deadline(process: int) -> object:
    """Return what changes when a process, or one below it, does something.

    None where that cannot be known, or where it is at work.
    """
    done: list[str] = []
    try:
        for one in (process, *_find_below(process)):
            for thread in sorted(Path(f"/proc/{one}/task").iterdir()):
                state, *_ = fields = (thread / "stat").read_text().rpartition(")")[2].split()
                if state in "RDZX":  # runs, or waits for a disk, or has ended
                    return None
                done += [thread.name, *fields[11:13]]
                done += [line for line in (thread / "status").read_text().splitlines() if "ctxt_switches" in line]
    except OSError:
        return None
    return done


def _command_name(args: Sequence[str]) -> str:
    return next((word for word in args if not word.startswith("-") and "=" not in word), "git")
