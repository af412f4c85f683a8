"""A socket between processes of one user, for one repository: where it lies, and who is at its other end.

Knows no message. Commands wait for this module, so it imports next to nothing.
"""

from __future__ import annotations

# `socket` makes enumerations of all its constants, which takes longer than to ask and be answered.
import _socket
import os
import stat
import sys
import time

try:
    from _blake2 import blake2b  # `hashlib` loads OpenSSL
except ImportError:  # a Python without it
    from hashlib import blake2b

TAKEN_WITHIN_S, LATEST_TAKEN_S = 0.02, 0.2
"""Who asks does not wait longer until somebody says that the question is taken; the second where all is slow."""
ANSWERED_WITHIN_S = 5.0
"""A question that is taken and not answered by then is answered by who asked."""
LONGEST_QUESTION = 4 << 20
LONGEST_ANSWER = 64 << 20
LONGEST_PATH = 100
"""Bytes of an address: systems take 104 or 108."""

_TELLING = ("HOME", "TZ", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""Variables that an answer depends on beside those of git and noctule."""


def find_repository(folder: str) -> tuple[str, str]:
    """Return the top of the work tree around a folder, and the git directory that its worktrees share.

    A folder that no work tree holds is both. It reads what git writes and checks nothing: who answers does that.
    """
    top = real = os.path.realpath(folder)
    while True:
        git = os.path.join(top, ".git")
        if os.path.isdir(git):
            return top, os.path.realpath(git)
        if os.path.isfile(git):
            return top, _find_common_dir(top, git)
        if top == os.path.dirname(top):
            return real, real
        top = os.path.dirname(top)


def _find_common_dir(top: str, git: str) -> str:
    pointed = os.path.join(top, _read(git).removeprefix("gitdir:").strip())
    return os.path.realpath(os.path.join(pointed, _read(os.path.join(pointed, "commondir")).strip()))


def _read(path: str) -> str:
    """Return the beginning of a small file; nothing of one that is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.fsdecode(os.read(descriptor, 8192))
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def socket_path(common_dir: str) -> str:
    """Return the address for a repository and for where its store lies, in a folder of this user's own."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    temporary = os.environ.get("TMPDIR") or "/tmp"
    folder = os.path.join(runtime, "noctule") if os.path.isabs(runtime) else f"{temporary}/noctule-{os.geteuid()}"
    chosen = os.environ.get("NOCTULE_CACHE_DIR")
    return os.path.join(folder, _digest([common_dir, os.path.normpath(chosen) if chosen else ""]))


def environment_key(*, settings: bool) -> str:
    """Return one hash of what an answer depends on: variables, noctule's `settings` among them, and git's path."""
    names = ("GIT_CONFIG", "GIT_EXEC_PATH", "NOCTULE_") if settings else ("GIT_CONFIG", "GIT_EXEC_PATH")
    told = sorted(name for name in os.environ if name in _TELLING or name.startswith(names))
    parts = [part for name in told for part in (name, os.environ[name])]
    return _digest([*parts, _find_git(), sys.getfilesystemencoding(), str(os.getegid())])


def _find_git() -> str:
    """Return the git command that the PATH leads to."""
    for folder in os.get_exec_path():
        path = os.path.join(folder, "git")
        if os.access(path, os.X_OK):
            return path
    return ""


def _digest(parts: list[str]) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def identify(folder: str) -> tuple[int, int]:
    """Return what tells a folder from all others of this system. OSError."""
    seen = os.stat(folder)
    return seen.st_dev, seen.st_ino


def is_private(folder: str) -> bool:
    """Tell whether a folder is this user's alone: no link, and closed to all others."""
    try:
        seen = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid() and not seen.st_mode & 0o077


def is_own_socket(path: str) -> bool:
    """Tell whether there is a socket of this user's in a folder that is this user's alone; a link is none."""
    if not is_private(os.path.dirname(path)) or len(os.fsencode(path)) > LONGEST_PATH:
        return False
    try:
        seen = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISSOCK(seen.st_mode) and seen.st_uid == os.geteuid()


def peer_is_user(connection: _socket.socket) -> bool:
    """Tell whether the process at the other end is this user's, as the kernel says."""
    try:
        if sys.platform == "linux":
            said = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)  # pid, uid, gid
        else:
            said = connection.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED: a version, the uid, groups
    except OSError:
        return False
    return int.from_bytes(said[4:8], sys.byteorder) == os.geteuid()


def patience_s(idle_s: float = 0.0) -> float:
    """Return how long to wait for a word: longer where this process itself had to wait for the processor.

    On a machine so busy that a process takes four times as long as it works, so does the one that is asked. `idle_s`
    is what this process has waited for something else.
    """
    try:
        ticks = int(_read("/proc/self/stat").rpartition(")")[2].split()[19])
        taken_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK") - idle_s
    except (AttributeError, IndexError, OSError, ValueError):  # not on this system
        return TAKEN_WITHIN_S
    return min(max(taken_s / max(time.process_time(), 0.01), 1.0) * TAKEN_WITHIN_S, LATEST_TAKEN_S)


def ask(path: str, question: bytes, taken_within_s: float) -> bytes | None:
    """Put a line to who listens, and return the line that answers it; None where nobody takes or answers it in time.

    Two lines come back: the first says that the question is taken.
    """
    if not is_own_socket(path):
        return None
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        now = time.monotonic()
        connection.settimeout(taken_within_s)
        connection.connect(path)
        if not peer_is_user(connection):
            return None
        connection.sendall(question)
        lines = read_lines(connection, 1, LONGEST_ANSWER, now + taken_within_s)
        if b"CommandTaken" not in lines[0]:
            return None
        lines = read_lines(connection, 2, LONGEST_ANSWER, now + ANSWERED_WITHIN_S, b"\n".join(lines))
        return lines[1]
    except (OSError, IndexError):
        return None
    finally:
        connection.close()


def read_lines(connection: _socket.socket, count: int, most: int, until: float, known: bytes = b"") -> list[bytes]:
    """Read so many lines, and return them and what came after. TimeoutError, OSError where it ends too early."""
    parts, size, lines = [known], len(known), known.count(b"\n")
    while lines < count:
        left = until - time.monotonic()
        if left <= 0 or size > most:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(1 << 16)
        if not part:
            raise ConnectionResetError
        parts.append(part)
        size += len(part)
        lines += part.count(b"\n")
    return b"".join(parts).split(b"\n")
