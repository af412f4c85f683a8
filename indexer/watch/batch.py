"""Events gathered until they are worth telling, and the moment when they are. Asks no clock and no file."""

from __future__ import annotations

from dataclasses import dataclass, field

from noctule.indexer.watch.event_source import Kind

MOST_PATHS = 50_000

# git at work: how long it may be silent while it holds a lock, what may follow its last sign (HEAD is written after
# the index), for how long after that sign it counts as at work, and how long a batch waits for it at most.
PATIENCE_S = 2.0
FOLLOW_UP_S = 0.1
AFTERGLOW_S = 0.2
HOLD_S = 60.0


@dataclass(slots=True)
class Batch:
    """What happened since the last batch; times are of the monotonic clock.

    `files` maps a path to whether it came into being within the batch. `came` are folders that are not laid out yet,
    `went` folders that are to be dropped. `rules` says that other files may count, `lost` that events are missing.
    """

    first: float | None = None
    last: float = 0.0
    git_last: float | None = None
    files: dict[str, bool] = field(default_factory=dict)
    came: set[str] = field(default_factory=set)
    went: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    head: bool = False
    index: bool = False
    rules: bool = False
    lost: bool = False

    def record_event(self, now: float) -> bool:
        """Note that something happened; True when it is the first."""
        self.last = now
        if self.first is not None:
            return False
        self.first = now
        return True

    def file(self, path: str, kind: Kind) -> None:
        """Take an event of a file."""
        if path not in self.files:
            self.files[path] = kind == "came"
            if len(self.files) > MOST_PATHS:
                self.files.clear()
                self.lost = True

    def folder(self, path: str, kind: Kind, is_watched: bool) -> bool:
        """Take an event of a folder; False when it tells nothing."""
        if kind == "went":
            self.came.discard(path)
            if is_watched:
                self.went.add(path)
            return is_watched
        if kind == "changed" and is_watched:
            return False
        self.came.add(path)  # also one whose permissions changed: it may be readable from here on
        return True


def due_time(batch: Batch, is_locked: bool, now: float, settle_s: float, longest_s: float) -> float:
    """Return when a batch that has begun is to be told, if nothing more happens.

    It is told when nothing happened for `settle_s`, at the latest `longest_s` after its start; but a checkout, a rebase
    or a commit is waited for, so that it is one batch.
    """
    first = batch.first if batch.first is not None else now
    last = max(batch.last, batch.git_last or 0.0)
    if is_locked:
        at = last + PATIENCE_S
    elif batch.git_last is not None and now - batch.git_last < AFTERGLOW_S:
        at = max(batch.last + settle_s, batch.git_last + FOLLOW_UP_S)
    else:
        at = min(batch.last + settle_s, first + longest_s)
    return min(at, first + HOLD_S)
