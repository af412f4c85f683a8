"""How a language looks names up beyond the scopes of a file. Knows paths and facts, and no types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from noctule.indexer.files.paths import count_common_folders
from noctule.indexer.files.roles import classify_role
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.resolve.slots import Key, Slot, external

Type = Any

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot


class Policy:
    """What a language family says; the plain answers here know nothing beyond the file."""

    sees_members = False
    """Whether a name by itself may mean a member of the type around it."""
    namespaces_are_scopes = False
    """Whether a bare name may mean what the namespace around declares."""
    own_scope_sees_members = True
    """Whether the body of a class sees its members by name alone."""
    library_bases: Mapping[str, Sequence[str]] = {}
    """What types of the language's library inherit that the repository may extend."""
    is_sequential = True
    """Whether what stands outside of functions holds from its line on."""
    adds_members = False
    """Whether types may get members elsewhere than inside of them (`extra_members`)."""
    sets_inherited = False
    """Whether a method may set a field that a class above declares, so that it looks like the class's own."""
    merges_types = False
    """Whether a type may be written in several files, each with some of its members."""
    names_constructors = False
    """Whether a constructor is only used where its type is spelled out."""
    family = ""
    leads_on = False
    """Whether the name of a module only leads to what follows it, and is no use of the module's file."""
    same_members: frozenset[str] = frozenset()
    """Members of the library that every object may have, and that give the object itself."""

    passing_members: frozenset[str] = frozenset()
    """Members of the library that every object may have, and that pass it, or its elements, to a function."""

    made_members: frozenset[str] = frozenset()
    """Functions that types may get without a word of them, and that make an object."""

    def __init__(self, program: ProgramSnapshot) -> None:
        self.program = program
        self.busy: set[tuple[int, str, str | None]] = set()
        """What is being looked up: what leads back to it has nothing to add."""
        self.cuts = 0
        """How often something led back: what was found meanwhile may not be all."""

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return the meanings that an import binds: a module, or names from it. By default an import binds no name."""
        return [external(name or module)]

    def find_overloads(self, file: int, module: str, name: str) -> list[Slot]:
        """Return what an import names beside others, where only the uses say which of them is meant."""
        return []

    def modules(self, file: int, module: str) -> list[int]:
        """Return the files that an import of a module depends on; none where names alone say which are needed."""
        return []

    def is_way(self, file: int, module: str, name: str) -> bool:
        """Tell whether an import of a name from a module only leads to another module, and uses nothing of it."""
        return False

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name that no scope of the file binds."""
        return []

    def find_outer(self, file: int, scope: int, name: str, _row: int) -> list[Slot]:
        """Return the meanings of a name that no enclosing scope binds, seen from a scope."""
        return self.outer(file, name)

    def top(self, file: int, name: str, found: list[Slot]) -> list[Slot]:
        """Return the meanings of a name at the top of a file, where other files may add to it."""
        return found

    def member(self, module: Key, name: str) -> list[Slot]:
        """Return the meanings of a name in a module."""
        return []

    def find_nearest(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return those of some slots whose files have the most folders in common with a file."""
        path = self.program.paths[file]
        common = [count_common_folders(self.program.paths[slot.file], path) for slot in slots]
        most = max(common, default=0)
        return [slot for slot, count in zip(slots, common, strict=True) if count == most]

    def extra_members(self, owner: tuple[int, int], name: str) -> list[Slot]:
        """Return members of a type that are written elsewhere than inside of it."""
        return []

    def assigned_members(self, file: int, name: str, binding: int, member: str) -> list[Slot]:
        """Return a member that is set on a class or a function itself: by its file, name and position there."""
        return []

    def extra_bases(self, owner: tuple[int, int]) -> list[tuple[int, int, Expr]]:
        """Return bases of a type that are written elsewhere: (file, scope, expression)."""
        return []

    def can_see(self, file: int, target: int) -> bool:
        """Tell whether a file may use anything of another one at all."""
        return True

    def library_members(self, file: int, type_: str, name: str) -> list[Slot]:
        """Return members that the repository gives a type of a library, as seen from a file."""
        return []

    def members_of_all(self, name: str) -> list[Slot]:
        """Return members that the repository gives all types."""
        return []

    def select_members(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return those of the members of a name that may be meant after a dot in a file."""
        return [slot for slot in slots if self.sees_member(file, slot)]

    def choose_extensions(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Leave out of the members of a name those written outside of their type that a file cannot mean."""
        return slots

    def sees_member(self, file: int, slot: Slot) -> bool:
        """Tell whether a member that a type is given may be meant after a dot in a file."""
        return True

    def find_owner(self, file: int, function: int) -> tuple[int, int] | None:
        """Return the type that a function belongs to which is written outside of it."""
        return None

    def unknown(self, name: str) -> Type:
        """Return the type of a name that nothing in the repository binds: one of a library."""
        return ("k", name, ())

    def is_namespace(self, name: str) -> bool:
        """Tell whether a word of a macro may be a namespace, which says nothing of what has its name."""
        return False

    def module_file(self, module: Key) -> int:
        """Return the file of a module, or -1."""
        return -1


def group_by_name(paths: Sequence[str], files: Iterable[int]) -> dict[str, list[int]]:
    """Return some files by the last part of their paths."""
    found: dict[str, list[int]] = {}
    for file in files:
        found.setdefault(paths[file].rpartition("/")[2], []).append(file)
    return found


def find_tests(paths: Sequence[str], files: Iterable[int]) -> frozenset[int]:
    """Return which of some files are tests: sources use none of them."""
    return frozenset(file for file in files if classify_role(paths[file]) == "test")
