"""Which file each module of Rust is: crates by `Cargo.toml`, modules by `mod`, and modules in place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from noctule.indexer.parse.facts.model import CLASS, Expr
from noctule.indexer.parse.languages.language import resolve_relative
from noctule.indexer.resolve.imports.policy import Policy
from noctule.indexer.resolve.slots import Slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

Ref = tuple[int, int]


class RustModulePolicy(Policy):
    """The part of the policy of Rust that knows files."""

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._roots: dict[int, int] = {}
        self._inline: dict[int, dict[str, int]] = {}
        self._owners: dict[int, dict[int, Expr]] = {}
        self._refs: dict[tuple[int, int, Expr], Ref | None] = {}
        self._known: dict[tuple[int, str, str | None], list[Slot]] = {}
        self._outer: dict[tuple[int, str, str], list[Slot]] = {}

    @cached_property
    def _files(self) -> list[int]:
        return [f for f, head in enumerate(self.program.heads) if head is not None and head.language == "rust"]

    @cached_property
    def _crates(self) -> dict[str, int]:
        """The root file of each library of the repository, by the names that it is used under."""
        found: dict[str, int] = {}
        renamed: list[tuple[str, str]] = []
        for path, text in self.program.texts.items():
            if path.rpartition("/")[2] != "Cargo.toml":
                continue
            try:
                manifest = tomllib.loads(text)
            except tomllib.TOMLDecodeError:
                continue
            package, library = manifest.get("package"), manifest.get("lib")
            for name, value in _dependencies(manifest):
                if isinstance(value, dict) and isinstance(value.get("package"), str):
                    renamed.append((name.replace("-", "_"), value["package"].replace("-", "_")))
            if not isinstance(package, dict) or not isinstance(package.get("name"), str):
                continue
            library = library if isinstance(library, dict) else {}
            name = str(library.get("name") or package["name"]).replace("-", "_")
            root = resolve_relative(path, str(library.get("path") or "src/lib.rs"))
            file = self.program.position.get(root or "")
            if file is not None and self.program.heads[file] is not None:
                found[name] = file
        return {**{new: found[name] for new, name in renamed if name in found}, **found}

    @cached_property
    def _parents(self) -> dict[int, tuple[int, str]]:
        """The file that names each file as its module, and the modules in place around that."""
        found: dict[int, tuple[int, str]] = {}
        for file in sorted(self._files, key=lambda f: not self.program.paths[f].endswith("lib.rs")):
            for imported in self.program.outline(file).imports:
                if imported.module.startswith("mod:"):
                    child = self._child(file, imported.module)
                    if child is not None and child != file:
                        found.setdefault(child, (file, imported.module[4:].rpartition("::")[0]))
        return found

    def _child(self, file: int, module: str) -> int | None:
        """Return the file of `mod name;`."""
        *around, name = module[4:].split("::")
        path = self.program.paths[file]
        folder, _, last = path.rpartition("/")
        position = self.program.position
        if name.startswith("<"):
            inner = "/".join([*around, name[1:-1]])
            return position.get(resolve_relative(path, inner) or "")
        own = f"{folder}/{last.removesuffix('.rs')}".lstrip("/")
        bases = [folder, own] if last in {"mod.rs", "lib.rs", "main.rs"} else [own, folder]
        for base in bases:
            stem = "/".join(part for part in (base, *around, name) if part)
            for whole in (f"{stem}.rs", f"{stem}/mod.rs"):
                child = position.get(whole)
                if child is not None and child != file and self.program.heads[child] is not None:
                    return child
        return None

    def _root(self, file: int) -> int:
        found = self._roots.get(file)
        if found is None:
            found, seen = file, {file}
            while found in self._parents:
                found = self._parents[found][0]
                if found in seen:
                    break
                seen.add(found)
            self._roots[file] = found
        return found

    def _inline_scopes(self, file: int) -> dict[str, int]:
        """Return the classes of the modules that a file writes in place, by their paths."""
        found = self._inline.get(file)
        if found is None:
            found = self._inline[file] = {}
            facts = self.program.of(file)
            waiting = [("", 0)]
            while waiting:
                around, scope = waiting.pop()
                for name, bindings in facts.scopes[scope].names.items():
                    for binding in bindings:
                        if binding.tag == CLASS and facts.classes[binding.value].kind == "module":
                            path = f"{around}::{name}" if around else name
                            found[path] = binding.value
                            waiting.append((path, facts.classes[binding.value].scope))
        return found

    def _inline_slots(self, file: int, path: str, name: str) -> list[Slot]:
        """Return what a module in place binds itself; of the file, where the path is empty."""
        if not path:
            return self.program.top(file, name)
        class_ = self._inline_scopes(file).get(path)
        if class_ is None:
            return []
        facts = self.program.of(file)
        scope = facts.classes[class_].scope
        return [Slot(file, scope, b) for b in facts.scopes[scope].names.get(name, ())]


def _dependencies(manifest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    workspace = manifest.get("workspace")
    for table in (manifest, workspace if isinstance(workspace, dict) else {}):
        for key in ("dependencies", "dev-dependencies", "build-dependencies"):
            listed = table.get(key)
            if isinstance(listed, dict):
                yield from listed.items()
