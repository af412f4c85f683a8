"""What Ruby's constants mean: by the modules around, over all files; and which file a `require` opens."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import CLASS, Expr
from noctule.indexer.parse.languages.language import resolve_relative
from noctule.indexer.resolve.imports.policy import Policy, Type, find_tests, group_by_name
from noctule.indexer.resolve.slots import NO_FILE, Slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

Ref = tuple[int, int]
_CORE = frozenset(
    "Array BasicObject Class Comparable Complex Data Date DateTime Dir Encoding Enumerable Enumerator ENV Exception "
    "FalseClass Fiber File Float Hash IO Integer Kernel Method Module NilClass Numeric Object ObjectSpace Pathname "
    "Proc Process Random Range Rational Regexp Set StandardError String StringIO Struct Symbol Thread Time TrueClass "
    "UnboundMethod URI".split()
)
"""Classes and modules of the language that a repository may add to: their names mean none of its files."""
MOST_OPENED = 30
"""Of a module that more files write, nobody looks for those that write something in it."""
MOST_PARTS = 3
"""A module that more files than these write is a namespace: its name says nothing of any of them."""


class RubyPolicy(Policy):
    """Ruby. Files are no modules; a namespace is its full name."""

    same_members = frozenset({"tap()"})
    family = "ruby"
    adds_members = True
    merges_types = True
    sees_members = True

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._full: dict[int, dict[int, str]] = {}
        self._reached: dict[int, frozenset[int]] = {}
        self._bodies: dict[str, dict[str, list[Slot]]] = {}
        self._bases: dict[str, list[tuple[int, int, Expr]]] = {}

    @cached_property
    def _files(self) -> list[int]:
        return [f for f, head in enumerate(self.program.heads) if head is not None and head.language == "ruby"]

    @cached_property
    def _constants(self) -> dict[str, list[Slot]]:
        """What all files declare, by full names."""
        found: dict[str, list[Slot]] = {}
        for file in self._files:
            for owner, name, binding in self.program.outline(file).members:
                full = f"{owner[1]}::{name}" if owner[1] else name
                if full not in _CORE:
                    found.setdefault(full, []).append(Slot(file, 0, binding))
        return {full: self._without_spaces(self._prefer_sources(slots)) for full, slots in found.items()}

    @cached_property
    def _tests(self) -> frozenset[int]:
        return find_tests(self.program.paths, self._files)

    def _prefer_sources(self, slots: list[Slot]) -> list[Slot]:
        """Leave out what tests add to a class of the sources."""
        found = [slot for slot in slots if slot.file not in self._tests] if len(slots) > 1 else slots
        return found or slots

    def _without_spaces(self, slots: list[Slot]) -> list[Slot]:
        """Leave out files that write a module only for what lies in it; of what many write, no file is meant."""
        files = {slot.file for slot in slots}
        if 1 < len(files) <= MOST_OPENED:
            filled = [slot for slot in slots if self._is_filled(slot)]
            slots = filled or slots
            files = {slot.file for slot in slots}
        if len(files) <= MOST_PARTS:
            return slots
        return [slots[0]._replace(binding=slots[0].binding._replace(definition=NO_FILE))]

    def _is_filled(self, slot: Slot) -> bool:
        """Tell whether a class or module binds more at its place than other classes and modules."""
        if slot.binding.tag != CLASS:
            return True
        facts = self.program.of(slot.file)
        scope = facts.classes[slot.binding.value].scope
        names = facts.scopes[scope].names.values() if scope >= 0 else ()
        return any(binding.tag != CLASS for bindings in names for binding in bindings)

    def can_see(self, file: int, target: int) -> bool:
        """Tell whether a file may use another one: sources use no tests, which may add to classes of libraries."""
        return target not in self._tests or file in self._tests or target in self._reach(file)

    @cached_property
    def _parts(self) -> dict[str, list[Ref]]:
        """Where each class and module is written."""
        found: dict[str, list[Ref]] = {}
        for file in self._files:
            for position, full in self._names(file).items():
                found.setdefault(full, []).append((file, position))
        return found

    def _all_members(self, full: str) -> dict[str, list[Slot]]:
        """Return what all parts of a class bind."""
        found = self._bodies.get(full)
        if found is None:
            found = self._bodies[full] = {}
            for file, position in self._parts.get(full, ()):
                facts = self.program.of(file)
                scope = facts.classes[position].scope
                for name, bindings in facts.scopes[scope].names.items() if scope >= 0 else ():
                    found.setdefault(name, []).extend(Slot(file, scope, b) for b in bindings)
        return found

    def _names(self, file: int) -> dict[int, str]:
        """Return the full names of the classes that a file writes."""
        found = self._full.get(file)
        if found is None:
            found = self._full[file] = {
                binding.value: f"{owner[1]}::{name}" if owner[1] else name
                for owner, name, binding in self.program.outline(file).members
                if binding.tag == CLASS
            }
        return found

    def find_outer(self, file: int, scope: int, name: str, _row: int) -> list[Slot]:
        """Return the meanings of a constant in the enclosing modules, then at the top; else a method of the top."""
        if name.endswith("()"):
            return self._top_methods(file, name)
        if name.startswith("::"):
            return self._constants.get(name[2:], [])
        scopes = self.program.of(file).scopes
        names = self._names(file)
        while scope >= 0:
            class_ = scopes[scope].class_
            if class_ >= 0:
                found = self._constants.get(f"{names.get(class_, '')}::{name}")
                if found:
                    return found
                found = self._base_members((file, class_), name)
                if found:
                    return found
            scope = scopes[scope].parent
        return self._constants.get(name, [])

    def _base_members(self, owner: Ref, name: str) -> list[Slot]:
        return [] if self.program.members_of is None else self.program.members_of(owner, name)

    def _top_methods(self, file: int, name: str) -> list[Slot]:
        """Return a method that a file declares outside of all classes, where this file opens that one."""
        found = [slot for slot in self._tops.get(name, ()) if slot.file in self._reach(file)]
        return found if len({slot.file for slot in found}) == 1 else []

    @cached_property
    def _tops(self) -> dict[str, list[Slot]]:
        found: dict[str, list[Slot]] = {}
        for file in self._files:
            for name in self.program.of(file).scopes[0].names:
                if name.endswith("()"):
                    found.setdefault(name, []).extend(self.program.top(file, name))
        return found

    def _reach(self, file: int) -> frozenset[int]:
        known = self._reached.get(file)
        if known is None:
            seen, waiting = {file}, [file]
            while waiting:
                at = waiting.pop()
                for imported in self.program.outline(at).imports:
                    for target in self.modules(at, imported.module):
                        if target not in seen and self.program.heads[target] is not None:
                            seen.add(target)
                            waiting.append(target)
            known = self._reached[file] = frozenset(seen)
        return known

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        return group_by_name(self.program.paths, self._files)

    def modules(self, file: int, module: str) -> list[int]:
        """Return the file that a `require` opens: beside this one, or under a `lib`."""
        ending = module if module.endswith(".rb") else f"{module}.rb"
        if ending.startswith("."):
            path = resolve_relative(self.program.paths[file], ending)
            found = self.program.position.get(path or "")
            return [found] if found is not None and self.program.heads[found] is not None else []
        near = [
            f
            for f in self._by_name.get(ending.rpartition("/")[2], ())
            if self.program.paths[f] in {f"lib/{ending}", ending, f"test/{ending}", f"spec/{ending}"}
            or self.program.paths[f].endswith(f"/lib/{ending}")
        ]
        return near if len(near) == 1 else []

    def member(self, module: tuple[str, str], name: str) -> list[Slot]:
        """Return what lies in a namespace."""
        full = f"{module[1]}::{name}"
        return self._constants.get(full, [])

    def extra_members(self, owner: Ref, name: str) -> list[Slot]:
        """Return what other files write of a class, and the constants in it."""
        full = self._names(owner[0]).get(owner[1])
        if full is None:
            return []
        written = [slot for slot in self._all_members(full).get(name, ()) if slot.file != owner[0]]
        return [*self._constants.get(f"{full}::{name}", ()), *written]

    def library_members(self, file: int, type_: str, name: str) -> list[Slot]:
        """Return what the repository writes of a class of the library."""
        return self._all_members(type_).get(name, []) if type_ in self._parts else []

    def extra_bases(self, owner: Ref) -> list[tuple[int, int, Expr]]:
        """Return the bases that other files give a class."""
        full = self._names(owner[0]).get(owner[1], "")
        found = self._bases.get(full)
        if found is None:
            found = self._bases[full] = []
            for file, position in self._parts.get(full, ()):
                class_ = self.program.of(file).classes[position]
                found += [(file, max(class_.scope, 0), base) for base in class_.bases]
        return found

    def unknown(self, name: str) -> Type:
        """Return a library's type."""
        return ("k", name.removeprefix("::"), ()) if name.lstrip(":")[:1].isupper() else None
