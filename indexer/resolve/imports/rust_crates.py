"""How the files of Rust belong together: crates by `Cargo.toml`, and modules by `mod`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from noctule.indexer.parse.facts.model import CLASS
from noctule.indexer.parse.languages.language import resolve_relative
from noctule.indexer.resolve.slots import Slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot


class RustCrates:
    """The crates of a program, with the files and modules of each."""

    def __init__(self, program: ProgramSnapshot) -> None:
        self._program = program
        self._roots: dict[int, int] = {}
        self._inline: dict[int, dict[str, int]] = {}

    @cached_property
    def files(self) -> list[int]:
        """The files of Rust."""
        return [f for f, head in enumerate(self._program.heads) if head is not None and head.language == "rust"]

    @cached_property
    def libraries(self) -> dict[str, int]:
        """The root file of each library of the repository, by the names that it is used under."""
        found: dict[str, int] = {}
        renamed: list[tuple[str, str]] = []
        for path, text in self._program.texts.items():
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
            file = self._program.position.get(root or "")
            if file is not None and self._program.heads[file] is not None:
                found[name] = file
        return {**{new: found[name] for new, name in renamed if name in found}, **found}

    @cached_property
    def parents(self) -> dict[int, tuple[int, str]]:
        """The file that names each file as its module, and the modules in place around that."""
        found: dict[int, tuple[int, str]] = {}
        for file in sorted(self.files, key=lambda f: not self._program.paths[f].endswith("lib.rs")):
            for imported in self._program.of(file).imports:
                if imported.module.startswith("mod:"):
                    child = self.child(file, imported.module)
                    if child is not None and child != file:
                        found.setdefault(child, (file, imported.module[4:].rpartition("::")[0]))
        return found

    def child(self, file: int, module: str) -> int | None:
        """Return the file of `mod name;`."""
        *around, name = module[4:].split("::")
        path = self._program.paths[file]
        folder, _, last = path.rpartition("/")
        position = self._program.position
        if name.startswith("<"):
            inner = "/".join([*around, name[1:-1]])
            return position.get(resolve_relative(path, inner) or "")
        own = f"{folder}/{last.removesuffix('.rs')}".lstrip("/")
        bases = [folder, own] if last in {"mod.rs", "lib.rs", "main.rs"} else [own, folder]
        for base in bases:
            stem = "/".join(part for part in (base, *around, name) if part)
            for whole in (f"{stem}.rs", f"{stem}/mod.rs"):
                child = position.get(whole)
                if child is not None and child != file and self._program.heads[child] is not None:
                    return child
        return None

    def root(self, file: int) -> int:
        """Return the root file of the crate that a file belongs to."""
        found = self._roots.get(file)
        if found is None:
            found, seen = file, {file}
            while found in self.parents:
                found = self.parents[found][0]
                if found in seen:
                    break
                seen.add(found)
            self._roots[file] = found
        return found

    def inline_scopes(self, file: int) -> dict[str, int]:
        """Return the classes of the modules that a file writes in place, by their paths."""
        found = self._inline.get(file)
        if found is None:
            found = self._inline[file] = {}
            facts = self._program.of(file)
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

    def inline_slots(self, file: int, path: str, name: str) -> list[Slot]:
        """Return what a module in place binds itself; of the file, where the path is empty."""
        if not path:
            return self._program.top(file, name)
        class_ = self.inline_scopes(file).get(path)
        if class_ is None:
            return []
        facts = self._program.of(file)
        scope = facts.classes[class_].scope
        return [Slot(file, scope, b) for b in facts.scopes[scope].names.get(name, ())]


def _dependencies(manifest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    workspace = manifest.get("workspace")
    for table in (manifest, workspace if isinstance(workspace, dict) else {}):
        for key in ("dependencies", "dev-dependencies", "build-dependencies"):
            listed = table.get(key)
            if isinstance(listed, dict):
                yield from listed.items()
