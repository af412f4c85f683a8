"""What can go wrong, as one tree.

NoctuleError                 every error below; its text is one line that says what is wrong
├── RepositoryError          the path or repository cannot be read; nothing was stored
│   ├── NotADirectory        the path is absent or a file
│   └── UnknownRevision      git knows no such commit
├── GitError                 git failed on something that should have worked; the store is as it was
│   └── GitStalled           git stood still, as it does before a named pipe, and was ended
├── ParserLost               no process that parses files stays alive; what was stored before is kept
├── UnknownSubject           no file, symbol or directory of that name in the snapshot
├── BadTask                  the task or the budget cannot be used
├── MissingSetting           what was asked for needs a setting that has no value, or was turned off by one
└── StoreError               the store cannot be used
    ├── NotIndexed           nothing was learned of the repository, or it was forgotten meanwhile
    ├── StoreUnavailable     no place to write, no room, or no permission; nothing was lost
    ├── StoreOutdated        written by an earlier version; the next sleep learns it anew
    ├── StoreTooNew          written by a later version of Noctule; left untouched
    └── StoreDamaged         not a sound database; it is set aside and rebuilt
        └── StoreEmpty       nothing is in it yet
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False  # as `typing` has it, whose import the command line does not wait for
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class NoctuleError(Exception):
    """An error that a user can act on: one line of what is wrong, one of what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class RepositoryError(NoctuleError):
    """The path or the repository cannot be read; nothing was stored."""


class NotADirectory(RepositoryError):
    """The path is absent, or is not a directory."""

    @classmethod
    def at(cls, path: Path | str) -> NotADirectory:
        """Return the error for a path."""
        return cls(f"{path} is not a directory" if os.path.lexists(path) else f"no such directory: {path}")


class UnknownRevision(RepositoryError):
    """git knows no such commit here."""


class GitError(NoctuleError):
    """git failed on something that should have worked; the store is as it was."""


class GitStalled(GitError):
    """git stood still, as it does before a named pipe, and was ended."""


class ParserLost(NoctuleError):
    """No process that parses files stays alive; what was stored before is kept."""


class UnknownSubject(NoctuleError):
    """The snapshot has no file, symbol or directory of that name."""


class BadTask(NoctuleError):
    """The task or its budget cannot be used."""


class MissingSetting(NoctuleError):
    """What was asked for needs a setting that has no value, or was turned off by one."""


class StoreError(NoctuleError):
    """The store cannot be used."""


class NotIndexed(StoreError):
    """Nothing was learned of a repository yet, or it was forgotten meanwhile."""


class StoreUnavailable(StoreError):
    """There is no place, no room or no permission to write; nothing was lost."""


class StoreTooNew(StoreError):
    """A later version of Noctule wrote the store; it is left untouched."""


class StoreOutdated(StoreError):
    """An earlier version of Noctule wrote the store; the next sleep brings it up to date, or learns anew."""


class StoreDamaged(StoreError):
    """The file is not a sound database; it is set aside and rebuilt."""


class StoreEmpty(StoreDamaged):
    """The file is empty: another process is about to fill it, or was killed before it could. Nothing is lost."""


def find_shortage(error: BaseException) -> str:
    """Say in one sentence what the machine ran out of where an error comes from that; empty where it does not."""
    for one in _causes(error):
        text = str(one)
        if isinstance(one, MemoryError) or (isinstance(one, OSError) and one.errno == errno.ENOMEM):
            return "not enough memory"
        if isinstance(one, OSError) and one.errno in (errno.EMFILE, errno.ENFILE):
            return "too many open files"
        if isinstance(one, RuntimeError) and "can't start new thread" in text:
            return "not enough memory, or too many threads"
        if isinstance(one, BlockingIOError) and one.errno == errno.EAGAIN and one.filename is not None:
            return "too many processes, or not enough memory"
        if isinstance(one, ImportError) and ("annot allocate memory" in text or "failed to map segment" in text):
            return "not enough memory"
        if type(one).__name__ == "OperationalError" and "out of memory" in text:
            return "not enough memory"
    return ""


def advise_store(why: str) -> str:
    """Say what helps where a place for what is kept cannot be used, by what the system or SQLite says of it."""
    is_full = any(sign in why for sign in ("No space left", "quota", "full", "too large", "disk I/O error"))
    return f"{'free some space, or ' if is_full else ''}choose another folder with NOCTULE_CACHE_DIR"


SHORTAGE_ADVICE = "end other programs or raise the limit, and run the command again; what was finished is kept"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it was made of, and what came before it."""
    left, seen = [error], set()
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [before for before in (one.__cause__, one.__context__) if before is not None]
        left += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
