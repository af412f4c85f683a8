"""Members that are written outside of their type: functions with a receiver, and extensions. Knows no imports."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, Binding, Expr
from noctule.indexer.resolve.imports.policy import Policy
from noctule.indexer.resolve.slots import Slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

Ref = tuple[int, int]
Entry = tuple[int, Expr, Binding]


class ExtendingPolicy(Policy):
    """A language where a file lists members as ("@", type, scope)."""

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._owners: dict[int, dict[int, Expr]] = {}
        self._extended: dict[tuple[int, Expr], Ref | None] = {}

    def extending_files(self) -> Iterable[int]:
        """Return the files that may list members."""
        raise NotImplementedError

    @cached_property
    def _extensions(self) -> dict[str, dict[str, list[Entry]]]:
        """Members by the last names of the types that they extend, and by their own."""
        found: dict[str, dict[str, list[Entry]]] = {}
        for file in self.extending_files():
            for owner, name, binding in self.program.outline(file).members:
                last = owner[1] if isinstance(owner[1], str) else owner[1][2]
                found.setdefault(last, {}).setdefault(name, []).append((file, owner, binding))
        return found

    @cached_property
    def _extension_names(self) -> frozenset[str]:
        return frozenset(name for members in self._extensions.values() for name in members)

    def find_extensions(self, owner: Ref, name: str) -> list[Slot]:
        """Return what extends a type under a name."""
        if name not in self._extension_names:
            return []
        spelled = self.program.of(owner[0]).classes[owner[1]].name
        listed = self._extensions.get(spelled, {}).get(name, ()) if spelled else ()
        return [Slot(f, given[2], b) for f, given, b in listed if self._owner(f, given) == owner]

    def library_members(self, file: int, type_: str, name: str) -> list[Slot]:
        """Return what extends a type of a library, in files that this one sees the extensions of."""
        if name not in self._extension_names:
            return []
        for extended in (type_, *self.library_bases.get(type_, ())):
            found = [
                Slot(f, given[2], b)
                for f, given, b in self._extensions.get(extended, {}).get(name, ())
                if self._owner(f, given) is None and self.sees_extension(file, f, name)
            ]
            if found:
                return found
        return []

    def sees_extension(self, file: int, other: int, name: str) -> bool:
        """Tell whether a file sees a member that another one adds to a type of a library."""
        return self.can_see(file, other)

    def _owner(self, file: int, owner: Expr) -> Ref | None:
        """Return the type that a member is listed for."""
        key = (file, owner)
        if key not in self._extended:
            self._extended[key] = None  # while it is looked up, which may ask again
            for slot in self._path(file, owner[2], owner[1]):
                if slot.file >= 0 and slot.binding.tag == CLASS:
                    self._extended[key] = (slot.file, slot.binding.value)
                    break
        return self._extended[key]

    def _path(self, file: int, scope: int, path: Expr) -> list[Slot]:
        if not isinstance(path, str):
            slots = self._path(file, scope, path[1]) if path[0] == "a" else []
            found = [s for slot in slots if slot.file == -1 for s in self.member(slot.binding, path[2])]
            return found + self.program.find_members([s for s in slots if s.file >= 0], path[2])
        return [end for s in self.program.lookup(file, scope, path, 1 << 30) for end in self.program.follow(s)]

    def find_owner(self, file: int, function: int) -> Ref | None:
        """Return the type that a function extends."""
        owners = self._owners.get(file)
        if owners is None:
            owners = self._owners[file] = {
                b.value: owner for owner, _, b in self.program.of(file).members if b.tag == FUNCTION
            }
        owner = owners.get(function)
        return None if owner is None else self._owner(file, owner)
