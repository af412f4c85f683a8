"""What was pulled, held against the receiver's files and commits: one difference refuses the whole. Writes nothing."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.history.history import History
from noctule.indexer.history.log import these
from noctule.indexer.parse.pool import Parsed, ParseJob, Parsers
from noctule.indexer.resolve.relations import NONE, Relations
from noctule.indexer.share.digests import Key, SharedBlob, encode
from noctule.indexer.share.objects import ShareError
from noctule.indexer.store.store import Store
from noctule.indexer.store.view import ViewFiles, make_program, resolve_relations

T = TypeVar("T")
SHARE = 0.01
"""So many of the blobs, commits and files are worked out again, drawn anew at each pull."""
LEAST = 10
MOST_COMMITS = 200
MOST_DIFFERENT = 0.05
"""So many of the uses in the drawn files may differ: where types hang on each other in a circle, what is found of them
depends on the file that is resolved first. In sympy these are a dozen of 2,000 files, with a few uses each."""
_DRAW = random.SystemRandom()


def refuse(what: str) -> ShareError:
    """Return the error for something that is not as it is worked out here."""
    return ShareError(f"what is shared is wrong: {what} is not what this clone says", "nothing was taken over")


def draw(all_: Sequence[T], most: int | None = None) -> list[T]:
    """Draw those that are to be worked out again."""
    count = max(LEAST, round(SHARE * len(all_)))
    return _DRAW.sample(all_, min(count, len(all_), most or count))


def digest_again(root: Path, snapshot: Snapshot, paths: Mapping[Key, str]) -> dict[Key, Parsed]:
    """Read blobs of a revision here, as a sleep does."""
    keys = list(paths)
    jobs = [ParseJob(at, paths[key], key[0], snapshot.files[paths[key]].size) for at, key in enumerate(keys)]
    with Parsers(root, revision=True) as parsers:
        return {keys[parsed.job.position]: parsed for parsed in parsers.digest(jobs)}


def check_blob(pulled: SharedBlob, parsed: Parsed, path: str) -> None:
    """Raise where a blob is known otherwise than this machine reads it. ShareError."""
    if parsed.digest is None or parsed.failure:
        return  # this machine cannot read it at all
    if encode([pulled]) != encode([SharedBlob(pulled.key, parsed.job.size, parsed.digest)]):
        raise refuse(path)


def check_history(history: History, place: RepositoryPlace, commit: str) -> int:
    """Raise where a history is not that of a commit; return how many commits were read again. ShareError."""
    git = Git(place)
    parents = {}
    for line in git.run("rev-list", "--parents", "--end-of-options", commit, "--").decode("ascii").splitlines():
        oid, *others = line.split()
        parents[oid] = others
    if len(history) != len(parents) or set(history.oids) != parents.keys():
        raise refuse("the list of commits")
    offsets, ids = history.parent_offsets.tolist(), history.parent_ids.tolist()
    keys, times = history.keys.tolist(), history.times.tolist()
    for at, oid in enumerate(history.oids):
        mine = ids[offsets[at] : offsets[at + 1]]
        if [history.oids[parent] for parent in mine] != parents[oid]:
            raise refuse(f"the list of parents of commit {oid[:10]}")
        if keys[at] != max([times[at], *[keys[parent] + 1 for parent in mine]]):
            raise refuse(f"the place of commit {oid[:10]}")
    if list(zip(keys, history.oids, strict=True)) != sorted(zip(keys, history.oids, strict=True)):
        raise refuse("the order of commits")
    if place.partial:
        return 0  # renames cannot be found again without the contents
    drawn = draw(range(len(history)), MOST_COMMITS)
    for at, read in zip(drawn, these(git, [history.oids[at] for at in drawn], clean=False), strict=True):
        if _facts(history, at) != _facts(History.of([read]), 0):
            raise refuse(f"commit {read.oid[:10]}")
    return len(drawn)


def _facts(history: History, at: int) -> tuple[object, ...]:
    start, stop = int(history.offsets[at]), int(history.offsets[at + 1])
    renames = history.renames[(history.renames[:, 0] >= start) & (history.renames[:, 0] < stop)]
    return (
        history.oids[at],
        int(history.times[at]),
        history.author_names[history.authors[at]],
        int(history.flags[at]),
        [history.paths[n] for n in history.path_ids[start:stop].tolist()],
        history.statuses[start:stop].tolist(),
        [(place - start, history.paths[old]) for place, old in renames.tolist()],
        history.message_terms(at),
    )


def check_relations(store: Store, files: ViewFiles, relations: Relations, definitions: Sequence[int]) -> bool:
    """Tell whether the uses of some files are those that are resolved here; raise where too many differ. ShareError.

    `definitions` counts those of each file.
    """
    count, limits = len(files.paths), np.asarray(definitions)
    columns = relations.targets, relations.definitions, relations.users, relations.how
    sound = all(len(column) == len(relations.ends) for column in columns)
    ends = np.concatenate([[0], relations.ends])
    sound = sound and bool((np.diff(ends) >= 0).all()) and int(ends[-1]) == len(relations.lines)
    sound = sound and all(((column >= 0) & (column < count)).all() for column in columns[::2])
    sound = sound and bool(((columns[1] >= -1) & (columns[1] < limits[columns[0]])).all())
    if not sound:
        raise refuse("the list of uses")
    drawn = draw(range(count))
    looked = set(drawn)
    packages = store.packages(sorted(set(files.rows)))
    here = resolve_relations(store, files, make_program(store, files, packages), drawn)
    others = [user for user in range(count) if user not in looked]
    mine, theirs = (
        {(*heads, tuple(lines)) for *heads, lines in uses.entries()} for uses in (here, relations.replace(others, NONE))
    )
    if len(mine ^ theirs) > MOST_DIFFERENT * (len(mine) + len(theirs)):
        raise refuse("a list of uses")
    return mine == theirs
