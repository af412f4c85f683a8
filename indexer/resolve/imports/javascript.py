"""What imports of JavaScript and TypeScript mean: relative files, `paths` of tsconfig, packages of the workspace."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from noctule.indexer.parse.facts.model import AUGMENTS, CLASS, ELEMENTS, FUNCTION, IMPORT, Expr
from noctule.indexer.parse.languages.language import resolve_relative
from noctule.indexer.resolve.imports.policy import Policy
from noctule.indexer.resolve.slots import MOST_STEPS, Slot, external, module_slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from noctule.indexer.resolve.slots import ProgramSnapshot

_LANGUAGES = frozenset({"javascript", "typescript", "tsx"})
_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro", ".json")
_COMPILED = {".js": (".ts", ".tsx", ".d.ts", ".jsx"), ".jsx": (".tsx",), ".mjs": (".mts", ".d.mts"), ".cjs": (".cts",)}
_MAINS = ("source", "types", "typings", "module", "main")
_WHOLE = frozenset({"module", "default"})
"""What a file exports as its one value; other names may stand beside it."""
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING = re.compile(r",(\s*[}\]])")


def read_json(text: str) -> dict[str, Any]:
    """Read a JSON object that may hold comments and trailing commas; empty where it cannot be read."""
    try:
        plain = _TRAILING.sub(r"\1", _COMMENT.sub(lambda m: m[1] or "", text))
        found = json.loads(plain)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class JavaScriptPolicy(Policy):
    """JavaScript and TypeScript, one family. A module's key is its file."""

    family = "javascript"
    namespaces_are_scopes = True
    own_scope_sees_members = False

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._known: dict[tuple[str, str], int] = {}
        self._exports: dict[tuple[int, str], list[Slot]] = {}
        self._added: dict[str, dict[tuple[int, int], list[tuple[Slot, bool]]]] = {}
        self._packages: dict[str, str] = {}
        self._mains: dict[str, list[str]] = {}
        self._paths: list[tuple[str, str, list[str], str]] = []
        self._bases: list[tuple[str, str]] = []
        for path, text in program.texts.items():
            folder, _, name = path.rpartition("/")
            if name == "package.json" and "node_modules/" not in path:
                self._read_package(folder, read_json(text))
            elif re.fullmatch(r"[tj]sconfig[\w.-]*\.json", name):
                self._read_config(folder, read_json(text).get("compilerOptions"))
        self._paths.sort(key=lambda p: (-p[0].count("/"), -len(p[1])))

    def _read_package(self, folder: str, package: dict[str, Any]) -> None:
        name = package.get("name")
        if isinstance(name, str) and name:
            self._packages[name] = folder
        told = [package.get(key) for key in _MAINS]
        mains = [m.removeprefix("./") for m in (*told, *_targets(package.get("exports"))) if isinstance(m, str)]
        self._mains[folder] = [m for m in dict.fromkeys(mains) if m.strip("./")]

    def _read_config(self, folder: str, told: object) -> None:
        if not isinstance(told, dict):
            return
        base_url = told.get("baseUrl")
        base = _within(folder, base_url) if isinstance(base_url, str) else folder
        if base is None:
            return
        if isinstance(base_url, str):
            self._bases.append((folder, base))
        paths = told.get("paths")
        for pattern, targets in paths.items() if isinstance(paths, dict) else ():
            if isinstance(targets, list):
                self._paths.append((folder, pattern, [t for t in targets if isinstance(t, str)], base))

    # Files

    def file(self, importer: int, module: str) -> int:
        """Return the file that a spelled module means, seen from a file; -1 for one of a library."""
        path = self.program.paths[importer]
        key = (path.rpartition("/")[0], module)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._find(path, module)
        return found

    def _find(self, path: str, module: str) -> int:
        module = module.partition("?")[0]
        if module.startswith("."):
            whole = resolve_relative(path, module)
            return -1 if whole is None else self._at(whole)
        if module.startswith("/"):
            return self._at(module[1:])
        for folder, pattern, targets, base in self._paths:
            if folder and not path.startswith(folder + "/"):
                continue
            head, star, tail = pattern.partition("*")
            if star and module.startswith(head) and module.endswith(tail) and len(module) >= len(head) + len(tail):
                rest = module[len(head) : len(module) - len(tail)]
            elif module == pattern:
                rest = ""
            else:
                continue
            for target in targets:
                whole = _within(base, target.replace("*", rest))
                found = -1 if whole is None else self._at(whole)
                if found >= 0:
                    return found
        name = "/".join(module.split("/")[: 2 if module.startswith("@") else 1])
        if name in self._packages:
            return self._in_package(self._packages[name], module[len(name) + 1 :])
        for folder, base in self._bases:
            if not folder or path.startswith(folder + "/"):
                found = self._at(f"{base}/{module}" if base else module)
                if found >= 0:
                    return found
        return -1

    def _in_package(self, folder: str, rest: str) -> int:
        head = f"{folder}/" if folder else ""
        if rest:
            tried: tuple[str, ...] = (f"{head}{rest}", f"{head}src/{rest}")
        else:
            mains = self._mains.get(folder, [])
            sources = [re.sub(r"^(?:dist|lib|build|out)/", "src/", m) for m in mains]
            tried = (f"{head}src/index", *(head + m for m in (*mains, *sources)), f"{head}index", f"{head}src/main")
        for path in tried:
            found = self._at(path)
            if found >= 0:
                return found
        return -1

    def _at(self, path: str) -> int:
        """Return the file that a path without ending, or of a folder, means."""
        position = self.program.position
        stem, dot, ending = path.rpartition(".")
        for other in _COMPILED.get(dot + ending, ()):
            if stem + other in position:
                return position[stem + other]
        if path in position:
            return position[path]
        for tried in _ENDINGS:
            if path + tried in position:
                return position[path + tried]
        folder = f"{path}/" if path else ""
        for main in self._mains.get(path, ()):
            found = self._at(folder + main)
            if found >= 0:
                return found
        for tried in _ENDINGS[:8]:
            if f"{folder}index{tried}" in position:
                return position[f"{folder}index{tried}"]
        return -1

    # Names

    @cached_property
    def _augmented(self) -> dict[str, list[tuple[int, str]]]:
        """Where files add to interfaces of other modules, by the names of these: (file, module)."""
        found: dict[str, list[tuple[int, str]]] = {}
        for file, head in enumerate(self.program.heads):
            if head is not None and head.package == AUGMENTS:
                for imported in self.program.of(file).imports:
                    if imported.exported == AUGMENTS:
                        found.setdefault(imported.name, []).append((file, imported.module))
        return found

    def extra_bases(self, owner: tuple[int, int]) -> list[tuple[int, int, Expr]]:
        """Return what `declare module` of other files adds to an interface."""
        class_ = self.program.of(owner[0]).classes[owner[1]]
        if class_.kind != "interface":
            return []
        return [
            (slot.file, 0, ("k", slot.binding.value))
            for slot, _ in self._additions(class_.name).get(owner, ())
            if (slot.file, slot.binding.value) != owner
        ]

    def _additions(self, name: str) -> Mapping[tuple[int, int], list[tuple[Slot, bool]]]:
        """Return what `declare module` adds to each interface of a name, and whether it becomes one with it.

        It does not where the module passes the interface on by its name.
        """
        known = self._added.get(name)
        if known is None:
            known = self._added[name] = {}
            for file, module in self._augmented.get(name, ()):
                scopes = self.program.of(file).scopes
                target = self.file(file, module)
                if target < 0 or self.program.heads[target] is None:
                    continue
                is_one = not self.program.top(target, f"={name}")
                parts = [
                    (Slot(file, at, b), is_one)
                    for at, scope in enumerate(scopes)
                    for b in scope.names.get(name, ())
                    if b.tag == CLASS
                ]
                for slot in self._find_export(target, name):
                    for end in self.program.follow(slot):
                        if end.file >= 0 and end.binding.tag == CLASS:
                            known.setdefault((end.file, end.binding.value), []).extend(parts)
        return known

    def top(self, file: int, name: str, found: list[Slot]) -> list[Slot]:
        """Return the meanings of a name at the top of a file, with the additions of other files to an interface."""
        return self._merge(name, found) if name in self._augmented else found

    def _merge(self, name: str, found: list[Slot]) -> list[Slot]:
        added = self._additions(name)
        more = [
            slot
            for end in found
            if end.file >= 0 and end.binding.tag == CLASS
            for slot, is_one in added.get((end.file, end.binding.value), ())
            if is_one
        ]
        return [*found, *more] if more else found

    @cached_property
    def _ambient(self) -> dict[str, list[Slot]]:
        """What declaration files say of names that exist everywhere."""
        return _find_ambient(self.program)

    @cached_property
    def _elements(self) -> list[Slot]:
        """The interfaces that say which elements there are (JSX)."""
        return _find_elements(self.program)

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name that declaration files declare for all files; `exports` is the file itself."""
        if name == "exports" and self._is_common(file):
            return [module_slot(("javascript", file))]
        slots = self._elements if name == ELEMENTS else self._ambient.get(name, [])
        if len({slot.file for slot in slots}) < 2 or name == ELEMENTS:
            return slots
        # Packages beside each other declare the same globals, each for itself.
        nearest = self.find_nearest(file, slots)
        return nearest if len({slot.file for slot in nearest}) == 1 else []

    def find_owner(self, file: int, function: int) -> tuple[int, int] | None:
        """Return the type that a function of a prototype, or one set on an object, belongs to."""
        class_ = self.program.of(file).functions[function].class_
        return (file, class_) if class_ >= 0 else None

    def modules(self, file: int, module: str) -> list[int]:
        """Return the file that an import depends on."""
        found = self.file(file, module)
        return [found] if found >= 0 else []

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return the meanings that an import binds; an empty module is the file itself."""
        if not module:
            return self.program.top(file, name or "") or self.outer(file, name or "")
        target = self.file(file, module)
        if target < 0:
            return [external(name or module)]
        if name is None:
            whole = self._whole(target)
            if whole and not any(name.startswith("=") and name[1:] not in _WHOLE for name in self._top_names(target)):
                return whole
            return [*whole, module_slot(("javascript", target))]
        found = self._find_export(target, name)
        if name in self._augmented:
            return self._merge(name, [end for slot in found for end in self.program.follow(slot)])
        return found

    def _whole(self, target: int) -> list[Slot]:
        """Return what `module.exports = ...` of a file gives, if it has such."""
        return [] if self.program.heads[target] is None else self.program.top(target, "=module")

    def _is_common(self, file: int) -> bool:
        """Tell whether a file exports as CommonJS does, under names."""
        head = self.program.heads[file]
        return head is not None and head.package != "module" and any(n.startswith("=") for n in self._top_names(file))

    def assigned_members(self, file: int, name: str, binding: int, member: str) -> list[Slot]:
        """Return a member that is set on a class or function: `A.b = c`, or `exports.b = c` where `exports` is `A`."""
        found = self.program.top(file, f"{name}.{member}")
        if found or not name:
            return found
        for slot in self._whole(file):
            for end in self.program.follow(slot):
                if end.file == file and end.binding.tag in {CLASS, FUNCTION} and end.binding.value == binding:
                    return self.program.top(file, f"={member}")
        return []

    def _top_names(self, file: int) -> Iterable[str]:
        return self.program.of(file).scopes[0].names

    def _find_export(self, file: int, name: str) -> list[Slot]:
        known = self._exports.get((file, name))
        if known is None:
            known = self._exports[file, name] = self._load_ahead(file, name, frozenset())
        return known

    def _load_ahead(self, file: int, name: str, seen: frozenset[int]) -> list[Slot]:
        if self.program.heads[file] is None or file in seen or len(seen) > MOST_STEPS:
            return []
        found = self.program.top(file, f"={name}")
        whole = [] if found else self._whole(file)
        if whole:
            found = whole if name == "default" else self.program.find_members(whole, name)
        imported_here: list[Slot] = []
        if not found and name != "default":
            bound = self.program.top(file, name)
            found = [slot for slot in bound if slot.file != file or slot.binding.tag != IMPORT]
            imported_here = bound if not found else []  # which mostly is for the file's own use
        if found:
            return found
        for imported in self.program.of(file).imports:
            if imported.name == "*" and imported.exported == "*" and name != "default":
                target = self.file(file, imported.module)
                if target >= 0:
                    found = self._load_ahead(target, name, seen | {file})
                    if found:
                        return found
        if name == "default" and self._is_common(file):
            return [module_slot(("javascript", file))]
        return [] if seen else imported_here

    def member(self, module: tuple[str, int], name: str) -> list[Slot]:
        """Return what `namespace.name` means."""
        return self._find_export(module[1], name)

    def module_file(self, module: tuple[str, int]) -> int:
        """Return the file of a module."""
        return module[1]


def _targets(exports: object) -> Iterator[str]:
    """Yield the files that `exports` of a package names for the package itself."""
    if isinstance(exports, str):
        yield exports
    elif isinstance(exports, dict):
        for inner in [exports["."]] if "." in exports else exports.values():
            yield from _targets(inner)


def _within(folder: str, relative: str) -> str | None:
    return resolve_relative(f"{folder}/x" if folder else "x", relative)


def _find_ambient(program: ProgramSnapshot) -> dict[str, list[Slot]]:
    """Return what declaration files that are no modules bind."""
    found: dict[str, list[Slot]] = {}
    for file, path in enumerate(program.paths):
        head = program.heads[file]
        if head is not None and path.endswith(".d.ts") and not head.package:
            for name in program.of(file).scopes[0].names:
                found.setdefault(name, []).extend(program.top(file, name))
    return found


def _find_elements(program: ProgramSnapshot) -> list[Slot]:
    """Return the interfaces of a program that say which elements there are (JSX)."""
    files = [f for f, head in enumerate(program.heads) if head is not None and head.language in _LANGUAGES]
    listed = [(file, *member[1:]) for file in files for member in program.outline(file).members]
    return [Slot(file, 0, binding) for file, name, binding in listed if name == ELEMENTS]
