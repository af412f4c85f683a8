"""The exit codes of the command line, as docs/cli.md documents them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the command's exit code means. An answer that abstains is still an answer: `OK`."""

    OK = 0
    FAILED = 1  # git, the file system or noctule itself failed; or doctor found a fault
    BAD_INPUT = 2  # wrong usage, or a path, revision, subject, task or setting that cannot be used
    STORE_UNUSABLE = 3  # no place, room or permission for the store, or a later version wrote it
    FOUND = 4  # `review --fail-on` found something of that level
    INTERRUPTED = 130  # as shells report SIGINT
    READER_GONE = 141  # as shells report SIGPIPE
