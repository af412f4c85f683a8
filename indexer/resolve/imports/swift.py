"""What Swift's names mean: what the files of a module declare, then those of others; and what extensions give."""

from __future__ import annotations

from functools import cached_property

from noctule.indexer.parse.facts.model import FUNCTION, IMPORT, IS_PRIVATE, Expr
from noctule.indexer.resolve.imports.extending import ExtendingPolicy, Ref
from noctule.indexer.resolve.imports.policy import Type
from noctule.indexer.resolve.slots import Slot

_SOURCES = frozenset({"Sources", "Tests", "Source"})
_LIBRARY = frozenset(
    "append insert remove removeAll removeFirst removeLast contains first last map filter reduce forEach sorted index "
    "joined split prefix suffix reversed dropFirst dropLast allSatisfy compactMap flatMap min max".split()
)
"""Members of the library that an extension of the same type may add another form of, which a call then may not mean."""


_SEQUENCE = ("Collection", "Sequence")
_BASES = {
    "Array": ("RangeReplaceableCollection", "MutableCollection", "RandomAccessCollection", *_SEQUENCE),
    "Set": _SEQUENCE,
    "Dictionary": _SEQUENCE,
    "String": ("StringProtocol", *_SEQUENCE),
    **dict.fromkeys(("Int", "Int64", "Int32"), ("BinaryInteger", "Numeric", "Comparable")),
    **dict.fromkeys(("Double", "Float"), ("BinaryFloatingPoint", "FloatingPoint", "Numeric", "Comparable")),
}
"""What types of Swift's library conform to."""


class SwiftPolicy(ExtendingPolicy):
    """Swift. A module is a folder below `Sources` or `Tests`, else the first one of a path."""

    family = "swift"
    adds_members = True
    is_sequential = False
    sees_members = True
    library_bases = _BASES

    def extending_files(self) -> list[int]:
        """Return all files."""
        return [f for f, head in enumerate(self.program.heads) if head is not None and head.language == "swift"]

    @cached_property
    def _names(self) -> dict[str, list[Slot]]:
        found: dict[str, list[Slot]] = {}
        for file in self.extending_files():
            for name, bindings in self.program.of(file).scopes[0].names.items():
                found.setdefault(name, []).extend(Slot(file, 0, b) for b in bindings if b.tag != IMPORT)
        return found

    def _module(self, file: int) -> str:
        parts = self.program.paths[file].split("/")
        for position, part in enumerate(parts[:-2]):
            if part in _SOURCES and position + 2 < len(parts):
                return parts[position + 1]
        return parts[0]

    def can_see(self, file: int, target: int) -> bool:
        """Tell whether a file may use another one: no other module sees tests, no sources see tools and examples."""
        own = self._module(target)
        if own == self._module(file):
            return True
        folders = self.program.paths[target].split("/")
        return "Tests" not in folders and (not _is_source(self.program.paths[file]) or not _SOURCES.isdisjoint(folders))

    def sees_extension(self, file: int, other: int, name: str) -> bool:
        """Tell whether a file sees a member that another one adds to a type of a library."""
        return self.can_see(file, other) and name.removesuffix("()") not in _LIBRARY

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name in its module, else in the only other module that declares it."""
        named = self._names.get(name, ())
        found = [s for s in named if s.file == file or (not self._is_private(s) and self.can_see(file, s.file))]
        own = self._module(file)
        near = [slot for slot in found if self._module(slot.file) == own]
        if near or not found:
            return near
        modules = {self._module(slot.file) for slot in found}
        imported = {i.module for i in self.program.of(file).imports} & modules
        kept = imported or modules
        return [s for s in found if self._module(s.file) in kept] if len(kept) == 1 else []

    def _is_private(self, slot: Slot) -> bool:
        binding = slot.binding
        if binding.tag != FUNCTION:
            return False
        return bool(self.program.of(slot.file).functions[binding.value].flags & IS_PRIVATE)

    def select_members(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return the members that a file may mean after a dot."""
        return self.choose_extensions(file, super().select_members(file, slots))

    def choose_extensions(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Leave out what is private in another file; of what several modules add to a type, all but the own module's.

        Else that of the only one that is imported.
        """
        seen = [s for s in slots if s.file < 0 or s.file == file or not self._is_private(s)]
        added = [self._added_by(slot) for slot in seen]
        modules = {module for module in added if module}
        if len(modules) < 2:
            return seen
        own = {self._module(file)} & modules
        kept = own or {imported.module for imported in self.program.of(file).imports} & modules
        kept = kept if len(kept) == 1 else set()
        return [slot for slot, module in zip(seen, added, strict=True) if not module or module in kept]

    def _added_by(self, slot: Slot) -> str:
        """Return the module that adds a function to a type; empty for what else there is."""
        is_function = slot.file >= 0 and slot.binding.tag == FUNCTION
        is_added = is_function and self.find_owner(slot.file, slot.binding.value) is not None
        return self._module(slot.file) if is_added else ""

    def extra_members(self, owner: Ref, name: str) -> list[Slot]:
        """Return what extensions give a type."""
        return self.find_extensions(owner, name) if name else []

    def extra_bases(self, owner: Ref) -> list[tuple[int, int, Expr]]:
        """Return the protocols that extensions name for a type."""
        return [(slot.file, slot.scope, slot.binding.value) for slot in self.find_extensions(owner, "")]

    def unknown(self, name: str) -> Type:
        """Return a library's type."""
        return ("k", name.removesuffix("()"), ())


def _is_source(path: str) -> bool:
    """Tell whether a file belongs to a library or program itself, not to its tests or tools."""
    return not _SOURCES.isdisjoint(path.split("/")) and "Tests" not in path.split("/")
