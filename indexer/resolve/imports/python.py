"""What Python's imports mean: packages by their folders, names through `__init__`, `__all__` and wildcards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.resolve.imports.policy import Policy
from noctule.indexer.resolve.slots import Slot, external, module_slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

_ENDINGS = (".py", ".pyi", ".pyx")


class PythonPolicy(Policy):
    """Python. A module's key is its path without ending: of a package, its folder."""

    family = "python"
    sets_inherited = True

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._modules: dict[str, int] = {}
        self._folders: set[str] = set()
        self._stubs: dict[int, int] = {}
        """The stub of a module, by the module's file."""
        for file, path in enumerate(program.paths):
            stem, dot, ending = path.rpartition(".")
            if dot + ending not in _ENDINGS:
                continue
            stem = stem.removesuffix("/__init__")
            if ending == "pyi" and stem in self._modules:
                self._stubs[self._modules[stem]] = file
                continue
            self._modules[stem] = file
            folder = stem.rpartition("/")[0]
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
        self._known: dict[tuple[str, str], list[str]] = {}
        self._stars: dict[int, list[int]] = {}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Paths of modules and of folders by their last name."""
        found: dict[str, list[str]] = {}
        for key in sorted({*self._modules, *self._folders}):
            found.setdefault(key.rpartition("/")[2], []).append(key)
        return found

    def _is_package(self, folder: str) -> bool:
        file = self._modules.get(folder)
        return file is not None and self.program.paths[file].rpartition("/")[2].startswith("__init__.")

    def _keys(self, file: int, module: str) -> list[str]:
        """Return the keys of the modules that a spelled module may mean, seen from a file."""
        path = self.program.paths[file]
        folder = path.rpartition("/")[0]
        known = self._known.get((folder, module))
        if known is None:
            known = self._known[folder, module] = self._find(path, module)
        return known

    def _find(self, path: str, module: str) -> list[str]:
        dotted = module.lstrip(".")
        up = len(module) - len(dotted)
        inner = dotted.replace(".", "/")
        if up:
            folder = path.split("/")[:-up]
            if up > path.count("/") + 1:
                return []
            key = "/".join([*folder, inner] if inner else folder)
            return [key] if key in self._modules or key in self._folders or (not key and up) else []
        first = dotted.partition(".")[0]
        roots = []
        for key in self._by_name.get(first, ()):
            root = key[: -len(first)].rstrip("/")
            whole = f"{root}/{inner}" if root else inner
            if (whole in self._modules or whole in self._folders) and not self._is_package(root):
                roots.append((root, whole))
        if not roots:
            return []
        best = min(
            roots,
            key=lambda r: (-_common_folders(r[0], path), whole_rank(r[1] in self._modules), r[0].count("/"), r[0]),
        )
        if whole_rank(best[1] in self._modules) and any(w in self._modules for _, w in roots):
            best = next(r for r in sorted(roots) if r[1] in self._modules)
        if best[0] and not path.startswith(best[0] + "/") and best[0].count("/") > 1:
            return []  # deep inside of something that the importer is no part of
        return [best[1]]

    def modules(self, file: int, module: str) -> list[int]:
        """Return the files that importing a module runs, the packages around it aside."""
        return [self._modules[key] for key in self._keys(file, module) if key in self._modules]

    def is_way(self, file: int, module: str, name: str) -> bool:
        """Tell whether `from package import name` takes a module of the package."""
        keys = self._keys(file, module) if name not in {"", "*"} else []
        return bool(keys) and all(
            self._take(key, name, file) == [module_slot(("python", f"{key}/{name}" if key else name))] for key in keys
        )

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return what `import module` or `from module import name` binds."""
        keys = self._keys(file, module)
        if not keys:
            return [external(name or module)]
        if name is None:
            return [module_slot(("python", key)) for key in keys]
        return [slot for key in keys for slot in self._take(key, name, file)]

    def _take(self, key: str, name: str, importer: int = -1) -> list[Slot]:
        file = self._modules.get(key)
        if file is not None and file != importer:
            found = self._find_named(file, name, set())
            stub = self._stubs.get(file)
            if stub is not None and stub != importer:
                found = [*found, *self._find_named(stub, name, set())]
            if found:
                return found
        inner = f"{key}/{name}" if key else name
        if inner in self._modules or inner in self._folders:
            return [module_slot(("python", inner))]
        return []

    def member(self, module: tuple[str, str], name: str) -> list[Slot]:
        """Return what `module.name` means."""
        return self._take(module[1], name)

    def module_file(self, module: tuple[str, str]) -> int:
        """Return the file of a module, or -1 for a folder without one."""
        return self._modules.get(module[1], -1)

    def _find_named(self, file: int, name: str, seen: set[int]) -> list[Slot]:
        if file in seen or self.program.heads[file] is None:
            return []
        seen.add(file)
        found = self.program.top(file, name)
        if found:
            return found
        for starred in self._find_starred(file):
            if self._passes(starred, name):
                found = self._find_named(starred, name, seen)
                if found:
                    return found
        return []

    def _passes(self, file: int, name: str) -> bool:
        exports = self.program.of(file).exports
        if exports is not None:
            return name in exports
        return not name.startswith("_")

    def _find_starred(self, file: int) -> Sequence[int]:
        """Return the modules whose names a file takes over whole, the last first: it replaces what others gave."""
        found = self._stars.get(file)
        if found is None:
            self._stars[file] = []
            found = self._stars[file] = [
                target
                for imported in self.program.of(file).imports
                if imported.name == "*"
                for target in self.modules(file, imported.module)
                if self.program.heads[target] is not None
            ][::-1]
        return found

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return what wildcard imports bring."""
        for starred in self._find_starred(file):
            if self._passes(starred, name):
                found = self._find_named(starred, name, {file})
                if found:
                    return found
        return []


def whole_rank(is_file: bool) -> int:
    """Rank a module's file before a folder without one."""
    return 0 if is_file else 1


def _common_folders(root: str, path: str) -> int:
    """Count the folders of a root where the importer lies below it; of others, none."""
    if not root:
        return 0
    return root.count("/") + 1 if path.startswith(root + "/") else 0
