"""What Go's imports mean: modules by `go.mod`, packages by folder; a package is one scope over its files."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import TAGGED
from noctule.indexer.parse.languages.go import module_name
from noctule.indexer.resolve.imports.policy import Policy
from noctule.indexer.resolve.slots import Slot, external, module_slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

Package = tuple[str, str]
"""A folder, and the name that its files give the package."""


class GoPolicy(Policy):
    """Go. The key of a module is its package."""

    family = "go"
    adds_members = True
    own_scope_sees_members = False

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._packages: dict[Package, list[int]] = {}
        self._in_folder: dict[str, list[str]] = {}
        self._top: dict[Package, dict[str, list[Slot]]] = {}
        self._methods: dict[Package, dict[str, dict[str, list[Slot]]]] = {}
        self._names: dict[int, dict[str, str]] = {}
        self._modules: dict[str, str] = {}
        self._folders: dict[tuple[str, str], str | None] = {}
        for path, text in program.texts.items():
            if path == "go.mod" or path.endswith("/go.mod"):
                name = module_name(text.encode())
                if name:
                    self._modules[path.rpartition("/")[0]] = name
        for file, head in enumerate(program.heads):
            if head is not None and head.language == "go":
                folder = program.paths[file].rpartition("/")[0]
                self._packages.setdefault((folder, head.package), []).append(file)
        for folder, name in self._packages:
            self._in_folder.setdefault(folder, []).append(name)

    def _package(self, file: int) -> Package:
        head = self.program.heads[file]
        return (self.program.paths[file].rpartition("/")[0], head.package if head is not None else "")

    def _scope(self, package: Package) -> dict[str, list[Slot]]:
        """Return what all files of a package bind at their tops."""
        found = self._top.get(package)
        if found is None:
            found = self._top[package] = {}
            variants: dict[str, list[Slot]] = {}
            for file in self._packages.get(package, ()):
                names = self.program.of(file).scopes[0].names
                into = variants if TAGGED in names else found
                for name, bindings in names.items():
                    into.setdefault(name, []).extend(Slot(file, 0, b) for b in bindings if not b.scoped)
            for name, slots in variants.items():
                found.setdefault(name, slots)  # what a plain build holds stands for its variants
        return found

    def extra_members(self, owner: tuple[int, int], name: str) -> list[Slot]:
        """Return the methods of that name which the package of a type declares for it."""
        class_ = self.program.of(owner[0]).classes[owner[1]]
        if not class_.name:
            return []
        return self._find_methods(self._package(owner[0])).get(class_.name, {}).get(name, [])

    def _find_methods(self, package: Package) -> dict[str, dict[str, list[Slot]]]:
        found = self._methods.get(package)
        if found is None:
            found = self._methods[package] = {}
            for file in self._packages.get(package, ()):
                for type_, method, binding in self.program.of(file).members:
                    if isinstance(type_, str):
                        found.setdefault(type_, {}).setdefault(method, []).append(Slot(file, 0, binding))
        return found

    # Imports

    def _folder(self, file: int, module: str) -> str | None:
        """Return the folder of the repository that an import path means; None for a library's."""
        path = self.program.paths[file]
        key = (path.rpartition("/")[0], module)
        if key not in self._folders:
            self._folders[key] = self._find(path, module)
        return self._folders[key]

    def _find(self, path: str, module: str) -> str | None:
        parts = module.split("/")
        best: tuple[int, int, str] | None = None
        for folder, name in self._modules.items():
            if module == name or module.startswith(name + "/"):
                inner = module[len(name) + 1 :]
                whole = "/".join(p for p in (folder, inner) if p)
                if whole in self._in_folder:
                    shared = sum(
                        1
                        for _ in takewhile(
                            lambda p: p[0] == p[1], zip(folder.split("/"), path.split("/"), strict=False)
                        )
                    )
                    rank = (len(name), shared, whole)
                    best = max(best, rank) if best is not None else rank
        if best is not None:
            return best[2]
        if not self._modules and "." in parts[0] and len(parts) > 2:
            for start in range(1, len(parts)):
                whole = "/".join(parts[start:])
                if whole in self._in_folder:
                    return whole
        return None

    def _imports(self, file: int) -> dict[str, str]:
        """Return the names of a file's imports in that file."""
        found = self._names.get(file)
        if found is None:
            found = self._names[file] = {}
            for imported in self.program.of(file).imports:
                if imported.exported in {"_", "."}:
                    continue
                found[imported.exported or self._follow_calls(file, imported.module)] = imported.module
        return found

    def _follow_calls(self, file: int, module: str) -> str:
        folder = self._folder(file, module)
        for name in self._in_folder.get(folder, ()) if folder is not None else ():
            if not name.endswith("_test"):
                return name
        parts = module.split("/")
        last = parts[-2] if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]) else parts[-1]
        return re.sub(r"\.v\d+$", "", last).removeprefix("go-").replace("-", "_")

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return the package that an import binds."""
        folder = self._folder(file, module)
        if folder is None:
            return [external(module)]
        names = [n for n in self._in_folder[folder] if not n.endswith("_test")]
        return [module_slot(("go", (folder, n))) for n in names[:1]]

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name in the package, or as the name of an import."""
        module = self._imports(file).get(name)
        if module is not None:
            return self.resolve_import(file, module, None)
        found = self._scope(self._package(file)).get(name)
        if found:
            return found
        for imported in self.program.of(file).imports:
            if imported.exported == ".":
                folder = self._folder(file, imported.module)
                for package in self._in_folder.get(folder or "", ()) if folder is not None else ():
                    found = self._scope((folder or "", package)).get(name)
                    if found:
                        return found
        return []

    def member(self, module: tuple[str, Package], name: str) -> list[Slot]:
        """Return what `package.Name` means."""
        return self._scope(module[1]).get(name, [])
