"""Commits from git's log, one by one, also where the clone lacks some of what they were made of. Counts nothing.

What git cannot read costs the commits concerned as little as possible: first renames of files that were edited too,
then all renames, then their list of files. Nothing is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

from noctule.indexer.errors import GitError, GitStalled, UnknownRevision
from noctule.indexer.files.redaction import without_secrets

MESSAGE_CHARACTERS = 2_000

Gap = Literal["", "renames", "changes"]

LOG = (
    *("log", "--encoding=UTF-8", "--no-color", "--no-notes", "--no-show-signature"),
    *("--ignore-submodules=none", "-z"),
    # No field can be empty and none can hold NUL, so three NULs appear between commits and nowhere else.
    "--format=%x00%x00%H %P%x00%ct %ae%x00=%B",
)
"""The command whose output `records` cuts up, without what it is to tell of changes."""

_WALKED = ("--topo-order", "--reverse")
_FEW_FAILURES = 4  # in a row: one damaged tree costs the two commits beside it
_AT_ONCE = 500  # so many ids fit on any command line


class GitLog(Protocol):
    """What is asked of git."""

    def stream(self, *args: str) -> Iterator[bytes]:
        """Yield the command's output. GitError at its end where the command failed."""
        ...

    def objects(self, oids: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
        """Yield (id, kind, content) in the order asked; the kind is empty for what cannot be read."""
        ...

    def resolve(self, revision: str) -> str:
        """Return the id of the commit that a revision names."""
        ...


class Change(NamedTuple):
    """One file of one commit: `status` is git's letter, `old_path` the name before a rename."""

    path: str
    status: str
    old_path: str | None = None


class Commit(NamedTuple):
    """One commit: its first-parent difference, or no changes at all when it is a merge.

    `gap` says what could not be read of it: renames of files that were edited too, or all of its changes.
    """

    oid: str
    parents: tuple[str, ...]
    time: int
    author: str
    message: str
    changes: tuple[Change, ...]
    gap: Gap = ""


def read(git: GitLog, revision: str, exclude: Sequence[str] = (), *, exact_renames: bool = False) -> Iterator[Commit]:
    """Yield the commits reachable from `revision` and from none of `exclude`, parents before children.

    `exact_renames` compares object ids only: for partial clones, where the blobs that similarity needs are absent.
    What else cannot be read costs its commits as little as it can; GitError where the history itself cannot be walked.
    """
    which = ("--ignore-missing", "--end-of-options", revision, *(f"^{oid}" for oid in exclude), "--")
    seen: set[str] = set()
    try:
        for record in records(git.stream(*LOG, *_details(exact_renames)[0], *_WALKED, *which)):
            commit = parse_commit(record)
            seen.add(commit.oid)
            yield commit
    except GitStalled:
        raise
    except GitError:
        rest = [oid for oid in _reachable(git, revision, exclude) if oid not in seen]
        yield from _piece_by_piece(git, rest, exact_renames)


def these(git: GitLog, oids: Sequence[str], *, exact_renames: bool = False, clean: bool = True) -> Iterator[Commit]:
    """Yield commits in the order given, as `read` does; their messages without secrets where somebody is to read them.

    GitError where one of them is not there.
    """
    for commit in _these(git, oids, exact_renames):
        yield commit._replace(message=without_secrets(commit.message)) if clean else commit


def _these(git: GitLog, oids: Sequence[str], exact_renames: bool) -> Iterator[Commit]:
    count = 0
    try:
        for commit in _show(git, oids, _details(exact_renames)[0]):
            count += 1
            yield commit
    except GitStalled:
        raise
    except GitError:
        yield from _piece_by_piece(git, oids[count:], exact_renames)


def _details(exact_renames: bool) -> tuple[tuple[str, ...], ...]:
    """Return the ways to read what commits changed, each with fewer objects than the one before."""
    # Beyond 400 candidates on a side, exact renames are still found and the quadratic part is skipped.
    similar, exact = ("--name-status", "-M", "-l400"), ("--name-status", "-M100%")
    return (*(() if exact_renames else (similar,)), exact, ("--name-status", "--no-renames"), ("--no-patch",))


def _piece_by_piece(git: GitLog, oids: Sequence[str], exact_renames: bool) -> Iterator[Commit]:
    """Yield commits of which some cannot be read in full.

    A clone may lack the trees of all but one commit: the more commits in a row fail, the more of the next are read
    in the way that did not, before the better way is tried again.
    """
    details = _details(exact_renames)
    at = failures = 0
    while at < len(oids):
        before = at
        for commit in _until_failure(git, oids[at : at + _AT_ONCE], details[0]):
            at += 1
            yield commit
        if at in {len(oids), before + _AT_ONCE}:
            continue
        before = at
        for detail in details:
            width = 1 if detail is details[0] else max(1, min(2 ** (failures - _FEW_FAILURES), _AT_ONCE))
            for commit in _until_failure(git, oids[at : at + width], detail):
                at += 1
                yield commit._replace(gap=_find_gap(detail, details))
            if at > before:
                failures = 0 if detail is details[0] else failures + 1
                break
        else:
            raise GitError(f"git cannot read commit {oids[at]}", "run `git fsck` in the repository")


def _find_gap(detail: tuple[str, ...], details: tuple[tuple[str, ...], ...]) -> Gap:
    if detail is details[0]:
        return ""
    return "changes" if detail is details[-1] else "renames"


def _until_failure(git: GitLog, oids: Sequence[str], detail: tuple[str, ...]) -> Iterator[Commit]:
    try:
        yield from _show(git, oids, detail)
    except GitStalled:
        raise
    except GitError:
        return


def _show(git: GitLog, oids: Sequence[str], detail: tuple[str, ...]) -> Iterator[Commit]:
    for start in range(0, len(oids), _AT_ONCE):
        which = ("--no-walk=unsorted", "--end-of-options", *oids[start : start + _AT_ONCE], "--")
        yield from map(parse_commit, records(git.stream(*LOG, *detail, *which)))


def _reachable(git: GitLog, revision: str, exclude: Sequence[str]) -> list[str]:
    """Return the ids that `read` is to yield, parents before children; where a commit is damaged, those that are not.

    GitError where the newest commit itself is.
    """
    which = ("--ignore-missing", "--end-of-options", revision, *(f"^{oid}" for oid in exclude), "--")
    try:
        return b"".join(git.stream("rev-list", *_WALKED, *which)).decode("ascii").split()
    except GitError as error:
        parents = _parents(git)
        try:
            newest = git.resolve(revision)
        except UnknownRevision:
            raise error from None
        if newest not in parents:
            raise
    order: list[str] = []
    entered = set(exclude)
    stack = [(newest, False)]
    while stack:
        oid, is_left = stack.pop()
        if is_left:
            order.append(oid)
        elif oid not in entered and oid in parents:
            entered.add(oid)
            stack.append((oid, True))
            stack += [(parent, False) for parent in parents[oid]]
    return order


def _parents(git: GitLog) -> dict[str, list[str]]:
    """Return the parents of every commit that is there and can be read, reachable or not."""
    listed = ("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objecttype) %(objectname)")
    lines = b"".join(git.stream(*listed)).decode("ascii", "replace").splitlines()
    oids = [line[7:] for line in lines if line.startswith("commit ")]
    found: dict[str, list[str]] = {}
    for oid, kind, content in git.objects(oids):
        if kind == "commit":
            head = content.partition(b"\n\n")[0].decode("ascii", "replace")
            found[oid] = [line[7:] for line in head.split("\n") if line.startswith("parent ")]
    return found


def records(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut the output of `read`'s command into one record for each commit."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\0\0\0")
        yield from (record for record in whole if record)
    if rest.strip(b"\0"):
        yield rest


def parse_commit(record: bytes) -> Commit:
    """Parse one record of `read`'s format."""
    fields_ = record.strip(b"\0").split(b"\0")
    if len(fields_) < 3 or not fields_[2].startswith(b"="):
        raise GitError(f"git log wrote a commit that cannot be read: {record[:60]!r}")
    oid, *parents = fields_[0].decode("ascii", "replace").split()
    time, _, author = fields_[1].partition(b" ")
    return Commit(
        oid=oid,
        parents=tuple(parents),
        time=_time(time),
        author=author.decode("utf-8", "replace").lower(),
        message=fields_[2][1 : 4 * MESSAGE_CHARACTERS].decode("utf-8", "replace")[:MESSAGE_CHARACTERS].strip(),
        changes=_changes(fields_[3:]) if len(fields_) > 3 else (),
    )


def _time(digits: bytes) -> int:
    """Seconds since 1970; a commit whose date is nonsense counts as from 1970."""
    return min(int(digits), 2**40) if digits.isdigit() else 0


_path = lru_cache(maxsize=1 << 15)(os.fsdecode)


@lru_cache(maxsize=1 << 10)
def _status(token: bytes) -> str:
    return token.lstrip(b"\n")[:1].decode("ascii", "replace")


def _changes(tokens: list[bytes]) -> tuple[Change, ...]:
    found: list[Change] = []
    rest = iter(tokens)
    for token in rest:
        status = _status(token)
        path = _path(next(rest, b""))
        if status in "RC":
            found.append(Change(_path(next(rest, b"")), status, path))
        else:
            found.append(Change(path, status))
    return tuple(found)
