"""Who uses which definition, over all files of a snapshot, as columns. Pure: facts in, arrays out."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from noctule.indexer.arrays import Array, Floats, Ints, unique
from noctule.indexer.errors import NoctuleError
from noctule.indexer.resolve.confidence import confidence_of
from noctule.indexer.resolve.types import PRECISE
from noctule.indexer.runtime.collections import no_collections
from noctule.indexer.runtime.log import Log

if TYPE_CHECKING:
    from noctule.indexer.resolve.edges import FileEdges, Names
    from noctule.indexer.resolve.program import Program

_LOG = Log(__name__)
FILE = -1
"""The definition of a relation that says no more than that something of a file is used."""
Entry = tuple[int, int, int, int, list[int]]
"""(target, definition, user, how, lines)"""


@dataclass(frozen=True, eq=False)
class Relations:
    """Uses by ascending (target, definition, user); `how` says how the surest was resolved, `ends` where lines end."""

    targets: Ints
    definitions: Ints
    users: Ints
    how: Array
    ends: Array
    lines: Array

    def __len__(self) -> int:
        return len(self.users)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Relations:
        """Lay out entries in any order."""
        heads, lines, counts = array("i"), array("i"), array("i")
        for target, definition, user, how, at in entries:
            heads.extend((target, definition, user, how))
            lines.extend(at)
            counts.append(len(at))
        columns = np.frombuffer(heads, np.int32).reshape(-1, 4)
        sizes = np.frombuffer(counts, np.int32).astype(np.int64)
        return cls._lay_out(columns, sizes, np.frombuffer(lines, np.int32))

    @classmethod
    def _lay_out(cls, heads: Array, sizes: Array, lines: Array) -> Relations:
        """Put rows (target, definition, user, how) in order, each with the number of its lines."""
        order = np.lexsort((heads[:, 2], heads[:, 1], heads[:, 0]))
        heads = heads[order]
        ends = np.cumsum(sizes[order])
        moved = np.repeat((np.cumsum(sizes) - sizes)[order] - (ends - sizes[order]), sizes[order])
        targets, definitions, users = (np.ascontiguousarray(heads[:, at]) for at in range(3))
        how = heads[:, 3].astype(np.int8)
        return cls(targets, definitions, users, how, ends, lines[np.arange(len(lines)) + moved])

    def _heads(self) -> Array:
        return np.stack([self.targets, self.definitions, self.users, self.how], axis=1)

    def replace(self, users: Sequence[int], by: Relations) -> Relations:
        """Return these relations, but of some users only those that are given for them."""
        kept = ~np.isin(self.users, np.asarray(users, np.int32))
        sizes, others = np.diff(self.ends, prepend=0), np.diff(by.ends, prepend=0)
        lines = self.lines[np.repeat(kept, sizes)]
        sizes = sizes[kept]
        files = 1 + max(int(part.max(initial=0)) for one in (self, by) for part in (one.targets, one.users))
        if files > _MOST_FILES_OF_KEYS:
            heads = np.concatenate([self._heads()[kept], by._heads()])
            return self._lay_out(heads, np.concatenate([sizes, others]), np.concatenate([lines, by.lines]))
        # Both are in order: what is given is put between what is kept, and nothing is sorted.
        at = np.searchsorted((self._keys * files + self.users)[kept], by._keys * files + by.users)
        starts = np.concatenate([[0], np.cumsum(sizes)])[at]
        columns = ((self.targets, by.targets), (self.definitions, by.definitions), (self.users, by.users))
        targets, definitions, found = (np.insert(mine[kept], at, theirs) for mine, theirs in columns)
        how = np.insert(self.how[kept], at, by.how)
        ends = np.cumsum(np.insert(sizes, at, others))
        return type(self)(targets, definitions, found, how, ends, np.insert(lines, np.repeat(starts, others), by.lines))

    def move(self, target: int, definitions: Mapping[int, int]) -> tuple[Relations, list[int]]:
        """Return these relations with new positions of a file's definitions, and who uses one that has none."""
        low, high = np.searchsorted(self.targets, np.array([target, target + 1], self.targets.dtype)).tolist()
        known = self.definitions[low:high]
        places = [FILE if known_at == FILE else definitions.get(known_at, FILE) for known_at in known.tolist()]
        if known.tolist() == places:
            return self, []
        heads = self._heads()[low:high]
        heads[:, 1] = places
        lost = np.unique(self.users[low:high][(heads[:, 1] == FILE) & (known != FILE)]).tolist()
        start = int(self.ends[low - 1]) if low else 0
        end = int(self.ends[high - 1])
        moved = self._lay_out(heads, np.diff(self.ends[low:high], prepend=start), self.lines[start:end])
        whole = {
            name: np.concatenate([mine[:low], getattr(moved, name), mine[high:]])
            for name, mine in self.columns().items()
            if name not in {"ends", "lines"}
        }
        ends = np.concatenate([self.ends[:low], moved.ends + start, self.ends[high:]])
        lines = np.concatenate([self.lines[:start], moved.lines, self.lines[end:]])
        return type(self)(**whole, ends=ends, lines=lines), lost

    def renumber(self, places: Ints) -> Relations:
        """Return these relations with each file at its new place; what is of one without a place (-1) is dropped."""
        heads, sizes = self._heads(), np.diff(self.ends, prepend=0)
        heads[:, 0], heads[:, 2] = places[self.targets], places[self.users]
        kept = (heads[:, 0] >= 0) & (heads[:, 2] >= 0)
        return self._lay_out(heads[kept], sizes[kept], self.lines[np.repeat(kept, sizes)])

    def users_of(self, targets: Sequence[int]) -> list[int]:
        """Return the files that use anything of some files."""
        found = self.users[np.isin(self.targets, targets) & (self.definitions == FILE)]
        return sorted(set(found.tolist()))

    def find_all_users(self, targets: Iterable[int]) -> set[int]:
        """Return the files that use anything of some files, or of those that do, and so on."""
        found, latest = set[int](), set(targets)
        while latest:
            latest = set(self.users_of(sorted(latest))) - found
            found |= latest
        return found

    @classmethod
    def of_precise(cls, rows: Ints) -> Relations:
        """Lay out (target, definition, user, line) of a SCIP index; each pair of files becomes a relation too."""
        if not len(rows):
            return NONE
        whole = rows.copy()
        whole[:, 1] = FILE
        every = np.unique(np.concatenate([rows, whole]), axis=0)
        firsts = np.flatnonzero(np.any(np.diff(every[:, :3], axis=0, prepend=every[:1, :3] - 1), axis=1))
        heads = every[firsts]
        ends = np.append(firsts[1:], len(every)).astype(np.int64)
        how = np.full(len(heads), PRECISE, np.int8)
        targets, definitions, users = (np.ascontiguousarray(heads[:, at]) for at in range(3))
        return cls(targets, definitions, users, how, ends, np.ascontiguousarray(every[:, 3]))

    def columns(self) -> dict[str, Array]:
        """Return the relations as columns to store."""
        names = ("targets", "definitions", "users", "how", "ends", "lines")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def of_columns(cls, columns: Mapping[str, Array]) -> Relations:
        """Return the relations that `columns` laid out."""
        return cls(**{name: columns[name] for name in ("targets", "definitions", "users", "how", "ends", "lines")})

    def entries(self) -> Iterator[Entry]:
        """Yield all relations."""
        start = 0
        columns = (self.targets, self.definitions, self.users, self.how, self.ends)
        for target, definition, user, how, end in zip(*(c.tolist() for c in columns), strict=True):
            yield target, definition, user, how, self.lines[start:end].tolist()
            start = end

    def uses(self, file: int, definition: int) -> dict[int, array[int]]:
        """Return which files use a definition, in which lines (from zero)."""
        low, high = np.searchsorted(self._keys, [_key(file, definition), _key(file, definition) + 1]).tolist()
        if low == high:
            return {}
        first = int(self.ends[low - 1]) if low else 0
        lines = self.lines[first : int(self.ends[high - 1])].tolist()
        found: dict[int, array[int]] = {}
        start = 0
        for user, end in zip(self.users[low:high].tolist(), self.ends[low:high].tolist(), strict=True):
            found[user] = array("i", lines[start : end - first])
            start = end - first
        return found

    def ways(self, file: int, definition: int) -> dict[int, int]:
        """Return which files use a definition, and how the surest of these uses was resolved."""
        low, high = np.searchsorted(self._keys, [_key(file, definition), _key(file, definition) + 1])
        return dict(zip(self.users[low:high].tolist(), self.how[low:high].tolist(), strict=True))

    def used_in(self, user: int, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield (file, definition) of what some lines of a file use, in order."""
        order, users = self._by_user
        # Numbers of another type would have all users copied into theirs.
        low, high = np.searchsorted(users, np.array([user, user + 1], users.dtype))
        entries = order[low:high]
        entries = entries[self.definitions[entries] != FILE]
        stops = self.ends[entries].astype(np.int64)
        counts = stops - np.where(entries > 0, self.ends[entries - 1], 0)
        # All lines of all entries at once: a file uses hundreds of definitions.
        owners = np.repeat(np.arange(len(entries)), counts)
        firsts = np.cumsum(counts) - counts
        lines = self.lines[np.arange(len(owners)) - firsts[owners] + (stops - counts)[owners]]
        found = entries[unique(owners[(lines >= start) & (lines < stop)])]
        yield from zip(self.targets[found].tolist(), self.definitions[found].tolist(), strict=True)

    def find_lines(self, file: int, user: int) -> set[int]:
        """Return the lines (from zero) on which a file uses anything of another one."""
        found: set[int] = set()
        for at in np.flatnonzero((self.targets == file) & (self.users == user)).tolist():
            start = int(self.ends[at - 1]) if at else 0
            found.update(self.lines[start : int(self.ends[at])].tolist())
        return found

    @cached_property
    def _by_user(self) -> tuple[Array, Array]:
        order = np.argsort(self.users, kind="stable").astype(np.int32)
        return order, self.users[order]

    @cached_property
    def _keys(self) -> Array:
        return self.targets.astype(np.int64) * _WIDTH + self.definitions + 1

    def pairs(self) -> tuple[Ints, Floats]:
        """Return the distinct (user, target) pairs of files, and how sure the surest use in each is."""
        at = self.definitions == FILE
        return np.stack([self.users[at], self.targets[at]], axis=1), confidence_of(self.how[at])


_WIDTH = 1 << 24
_MOST_FILES_OF_KEYS = 1 << 19
"""Of more files, a number of 64 bits cannot say target, definition and user."""


def _key(file: int, definition: int) -> int:
    return file * _WIDTH + definition + 1


NONE = Relations.of(())


def resolve(program: Program, names: Names, files: Sequence[int]) -> Iterator[Entry]:
    """Resolve what some files use of others and of themselves; `program.failed` gets those where that failed."""
    from noctule.indexer.resolve.edges import Resolver  # answers read what was resolved

    resolver = Resolver(program, names)
    with no_collections():  # what is made while resolving stays until its end
        for file in files:
            if program.heads[file] is None:
                continue
            try:
                edges = resolver.edges(file)
            except (NoctuleError, MemoryError):
                raise
            # A fault in the resolver costs what one file uses, and not the repository.
            except Exception as error:  # noqa: BLE001
                program.failed[file] = f"what it uses is unknown, {type(error).__name__}; this is a bug in noctule"
                _LOG.info("unresolved", path=program.paths[file], error=type(error).__name__)
                resolver = Resolver(program, names)
                continue
            yield from _entries(file, edges)


def _entries(user: int, edges: FileEdges) -> Iterator[Entry]:
    for (target, definition), rows in edges.uses.items():
        yield target, definition, user, min(rows.values()), sorted(rows)
    for target, (row, how) in edges.files.items():
        if target != user:
            yield target, FILE, user, how, [row]
