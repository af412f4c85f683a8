"""What PHP's names mean: full names are written in the facts; here lies which file declares them."""

from __future__ import annotations

from functools import cached_property

from noctule.indexer.resolve.imports.policy import Policy, Type
from noctule.indexer.resolve.slots import Slot, external


class PhpPolicy(Policy):
    """PHP. Files are no modules."""

    family = "php"
    is_sequential = False
    own_scope_sees_members = False

    @cached_property
    def _names(self) -> dict[str, list[Slot]]:
        """What all files declare, by full names."""
        found: dict[str, list[Slot]] = {}
        for file, head in enumerate(self.program.heads):
            if head is not None and head.language == "php":
                for name, bindings in self.program.of(file).scopes[0].names.items():
                    if name.startswith("\\"):
                        found.setdefault(name, []).extend(Slot(file, 0, b) for b in bindings)
        return found

    def _find(self, file: int, name: str) -> list[Slot]:
        found = self._names.get(name, [])
        if len({slot.file for slot in found}) > 1:
            found = self.find_nearest(file, found)
        return found

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return what `use` names."""
        return self._find(file, f"{module}\\{name}") or [external(name or module)]

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a full name; a function or constant may be global."""
        if not name.startswith("?"):
            return self._find(file, name)
        return self._find(file, name[1:]) or self._find(file, "\\" + name.rpartition("\\")[2])

    def unknown(self, name: str) -> Type:
        """Return a library's type."""
        return ("k", name.rpartition("\\")[2].removesuffix("()"), ()) if name.startswith(("\\", "?")) else None
