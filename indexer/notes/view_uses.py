"""Who uses what in a view: what was resolved, and what a SCIP index adds. Knows no live file."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping
from functools import cached_property

from noctule.indexer.arrays import unpack
from noctule.indexer.resolve.relations import FILE, NONE, Relations

PARTS = ("relations", "precise")
Denied = Callable[[int, int], Collection[int]]
"""Which files do not use a definition of a file after all."""


def nobody(_file: int, _definition: int) -> Collection[int]:
    """Deny no use."""
    return ()


class ViewUses:
    """The uses of a view, from its PARTS."""

    def __init__(self, parts: Mapping[str, bytes], denied: Denied = nobody) -> None:
        self._parts = parts
        self._denied = denied

    @cached_property
    def resolved(self) -> Relations:
        """What the resolver found."""
        return self._read("relations")

    @cached_property
    def precise(self) -> Relations:
        """What a SCIP index says."""
        return self._read("precise")

    def _read(self, name: str) -> Relations:
        part = self._parts.get(name)
        return Relations.of_columns(unpack(part)) if part else NONE

    def uses(self, file: int, definition: int) -> dict[int, array[int]]:
        """Return which files use a definition, and on which lines (from zero)."""
        found = self.resolved.uses(file, definition)
        if self.precise:
            for user, lines in self.precise.uses(file, definition).items():
                found[user] = array("i", sorted({*found.get(user, ()), *lines}))
        for user in self._denied(file, definition):
            found.pop(user, None)
        return found

    def used_in(self, user: int, start: int, stop: int) -> dict[tuple[int, int], None]:
        """Return (file, definition) of what some lines of a file (from zero) use."""
        found = dict.fromkeys(self.resolved.used_in(user, start, stop))
        return found | dict.fromkeys(self.precise.used_in(user, start, stop)) if self.precise else found

    def first_lines(self, file: int) -> dict[int, int]:
        """Return which files use anything of a file, and the first line (from zero) that does."""
        found = self.precise.uses(file, FILE) | self.resolved.uses(file, FILE)
        return {user: lines[0] for user, lines in found.items()}
