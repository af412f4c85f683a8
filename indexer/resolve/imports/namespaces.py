"""Namespaces of C++: by lines, since their names are those of the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from noctule.indexer.resolve.slots import Slot
from noctule.indexer.resolve.types import LAST

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot


_NAMED = frozenset({"namespace", "inline namespace"})


class Namespaces:
    """The namespaces that some files open."""

    def __init__(self, program: ProgramSnapshot, files: Iterable[int]) -> None:
        self._program = program
        self._listed: dict[int, list[tuple[int, int, str, bool]]] = {}
        self.names = frozenset(n for f in files for owner, n, _ in program.outline(f).members if owner in _NAMED)

    def _list(self, file: int) -> list[tuple[int, int, str, bool]]:
        """Return the lines of each namespace that a file opens, or whose names it takes over whole."""
        known = self._listed.get(file)
        if known is None:
            known = self._listed[file] = [
                (place.row, place.end, name, owner == "namespace")
                for owner, name, place in self._program.outline(file).members
                if owner in {"namespace", "using namespace"}
            ]
        return known

    def find_open(self, file: int, row: int) -> frozenset[str]:
        """Return the namespaces whose names are seen at a line; where no line is known, all of the file."""
        return frozenset(name for start, end, name, _ in self._list(file) if start <= row <= end or row >= LAST)

    def find(self, slot: Slot) -> list[str]:
        """Return the namespaces that a name is declared in, the outermost first."""
        row = slot.binding.row
        return [name for start, end, name, is_own in self._list(slot.file) if is_own and start <= row <= end]
