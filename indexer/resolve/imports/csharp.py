"""What C#'s names mean: types by the namespaces around and those that `using` names, parts of types, extensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, Binding, Expr, ImportedName
from noctule.indexer.resolve.imports.policy import Policy, Type, find_tests
from noctule.indexer.resolve.slots import Slot, external, make_slots, module_slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

Ref = tuple[int, int]


_OBJECT = "object"
_COLLECTION = ("ICollection", "IReadOnlyCollection", "IEnumerable")
_BASES = {
    "List": ("IList", "IReadOnlyList", *_COLLECTION),
    "IList": _COLLECTION,
    "IReadOnlyList": _COLLECTION[1:],
    "ICollection": _COLLECTION[2:],
    "IReadOnlyCollection": _COLLECTION[2:],
    "Array": ("IList", "IReadOnlyList", *_COLLECTION),
    "HashSet": ("ISet", *_COLLECTION),
    "ISet": _COLLECTION,
    "Queue": _COLLECTION[1:],
    "Stack": _COLLECTION[1:],
    "IQueryable": _COLLECTION[2:],
    "Dictionary": ("IDictionary", "IReadOnlyDictionary", *_COLLECTION),
}
"""What types of C#'s library inherit."""


class _PartialTypes:
    """Types that are written in several parts; `find` gives what is declared in the namespace around a scope."""

    def __init__(self, program: ProgramSnapshot, find: Callable[[int, int, str], Sequence[Slot]]) -> None:
        self._program = program
        self._find = find
        self._parts: dict[Ref, list[Ref]] = {}
        self._members: dict[Ref, dict[str, list[Slot]]] = {}
        """What such types declare, by their first part."""

    def find_parts(self, owner: Ref) -> list[Ref]:
        """Return all parts of a type, this one among them; none of a type that is written whole."""
        known = self._parts.get(owner)
        if known is None:
            known = self._parts[owner] = self._find_parts(owner)
        return known

    def _find_parts(self, owner: Ref) -> list[Ref]:
        class_ = self._program.of(owner[0]).classes[owner[1]]
        if class_.kind != "partial" or class_.scope < 0:
            return []
        parent = self._program.of(owner[0]).scopes[class_.scope].parent
        count = len(class_.parameters)
        name = f"type`{count} {class_.name}" if count else class_.name
        parts = [(slot.file, slot.binding.value) for slot in self._find(owner[0], parent, name)]
        return [part for part in parts if self._program.of(part[0]).classes[part[1]].kind == "partial"]

    def find_members(self, owner: Ref, name: str) -> list[Slot]:
        """Return what the other parts of a type declare under a name."""
        parts = self.find_parts(owner)
        if len(parts) < 2:
            return []
        found = self._members.get(parts[0])
        if found is None:
            found = self._members[parts[0]] = {}
            for file, position in parts:
                facts = self._program.of(file)
                scope = facts.classes[position].scope
                for member, bindings in facts.scopes[scope].names.items():
                    found.setdefault(member, []).extend(make_slots(file, scope, bindings))
        own = owner[0], self._program.of(owner[0]).classes[owner[1]].scope
        return [slot for slot in found.get(name, ()) if slot[:2] != own]


class CSharpPolicy(Policy):
    """C#. The key of a module is the name of a namespace."""

    family = "csharp"
    adds_members = True
    merges_types = True
    is_sequential = False
    sees_members = True
    library_bases = _BASES

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._around: dict[int, dict[int, str]] = {}
        self._lists: dict[tuple[int, int], list[str]] = {}
        self._found: dict[tuple[int, str, str], list[Slot]] = {}
        self._known_spaces: dict[int, set[str]] = {}
        self._partial = _PartialTypes(program, self._find_declared)
        self._imports: dict[tuple[int, str], tuple[list[dict[str, list[Slot]]], list[list[Slot]]]] = {}

    @cached_property
    def _files(self) -> list[int]:
        return [f for f, head in enumerate(self.program.heads) if head is not None and head.language == "csharp"]

    @cached_property
    def _tests(self) -> frozenset[int]:
        return find_tests(self.program.paths, self._files)

    @cached_property
    def _types(self) -> dict[str, dict[str, list[Slot]]]:
        """What each namespace declares, over all files; namespaces around others are there too."""
        found: dict[str, dict[str, list[Slot]]] = {"": {}}
        for file in self._files:
            for owner, name, binding in self.program.outline(file).members:
                if owner[0] != "#":
                    continue
                names = found.setdefault(owner[1], {})
                if name:
                    names.setdefault(name, []).append(Slot(file, owner[2], binding))
        for space in list(found):
            for outer in _around(space):
                found.setdefault(outer, {})
        return found

    @cached_property
    def _global(self) -> dict[str, list[ImportedName]]:
        """What is imported for all files of a project, by its folder."""
        found: dict[str, list[ImportedName]] = {}
        for file in self._files:
            for imported in self.program.outline(file).imports:
                if imported.exported.startswith("global"):
                    found.setdefault(self._project(file), []).append(imported)
        return found

    @cached_property
    def _projects(self) -> frozenset[str]:
        return frozenset(path.rpartition("/")[0] for path in self.program.paths if path.endswith(".csproj"))

    def _project(self, file: int) -> str:
        """Return the folder of the project that a file belongs to; empty where none is around it."""
        folder = self.program.paths[file].rpartition("/")[0]
        while folder and folder not in self._projects:
            folder = folder.rpartition("/")[0]
        return folder

    def _imported(self, file: int) -> list[ImportedName]:
        """Return the imports of a file and of its project."""
        return [*self.program.of(file).imports, *self._global.get(self._project(file), ())]

    @cached_property
    def _extensions(self) -> dict[str, list[tuple[int, Expr, Binding]]]:
        found: dict[str, list[tuple[int, Expr, Binding]]] = {}
        for file in self._files:
            for owner, name, binding in self.program.outline(file).members:
                if owner[0] == "this":
                    found.setdefault(name, []).append((file, owner, binding))
        return found

    def _find_declared(self, file: int, scope: int, name: str) -> list[Slot]:
        """Return what the namespace around a scope declares under a name."""
        return self._types.get(self._spaces(file, scope)[0], {}).get(name, [])

    def _in_space(self, space: str, name: str) -> list[Slot]:
        """Return what `namespace.name` means: types before namespaces."""
        found = self._types.get(space, {}).get(name)
        if found:
            return found
        inner = f"{space}.{name}" if space else name
        return [module_slot(("csharp", inner))] if inner in self._types else []

    def _spaces(self, file: int, scope: int) -> list[str]:
        """Return the namespaces around a scope, the innermost first; the last is that of all."""
        key = (file, scope)
        found = self._lists.get(key)
        if found is None:
            found = self._lists[key] = self._find_spaces(file, scope)
        return found

    def _find_spaces(self, file: int, scope: int) -> list[str]:
        known = self._around.get(file)
        if known is None:
            members = self.program.of(file).members
            known = self._around[file] = {owner[2]: owner[1] for owner, _, _ in members if owner[0] == "#"}
        scopes = self.program.of(file).scopes
        while scope > 0 and scope not in known:
            scope = scopes[scope].parent
        space = known.get(scope, "")
        return [space, *_around(space)]

    def _find_path(self, name: str) -> list[Slot]:
        """Return the namespace, or the type in it, that a dotted name means."""
        parts = name.split(".")
        slots = [module_slot(("csharp", ""))]
        for position, part in enumerate(parts):
            is_last = position + 1 == len(parts)
            slots = [s for slot in slots for s in self._step(slot, part, f"type {part}" if is_last else part)]
        return slots

    def _step(self, slot: Slot, name: str, type_: str) -> list[Slot]:
        if slot.file == -1:
            return self._in_space(slot.binding[1], type_) or self._in_space(slot.binding[1], name)
        return self.program.find_members([slot], type_) if slot.file >= 0 else []

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return the meanings of an alias."""
        whole = module if name is None else f"{module}.{name}" if module else name
        return self._find_path(whole) or [external(whole.rpartition(".")[2])]

    def find_outer(self, file: int, scope: int, name: str, _row: int) -> list[Slot]:
        """Return the meanings of a name in the enclosing namespaces, then in the imported ones."""
        if name.startswith("attribute "):
            return self._attribute(file, scope, name[len("attribute ") :])
        spaces = self._spaces(file, scope)
        key = (file, spaces[0], name)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find_name(file, spaces, name)
        return found

    def _find_name(self, file: int, spaces: list[str], name: str) -> list[Slot]:
        for space in spaces:
            found = self._in_space(space, name)
            if found and (found[0].file >= 0 or not name.startswith("type")):
                return found
        tables, owners = self._find_imports(file, spaces)
        for table in tables:
            if name in table:
                return table[name]
        for owner in owners:
            found = self.program.find_members(owner, name)
            if found:
                return found
        return []

    def _attribute(self, file: int, scope: int, name: str) -> list[Slot]:
        """Return the type of an attribute: the one whose name ends so, where there is one."""
        if not name.endswith("Attribute") and self.program.lookup(file, scope, f"type {name}Attribute", 1 << 30):
            return []
        return self.program.lookup(file, scope, f"type {name}", 1 << 30)

    def _find_imports(self, file: int, spaces: list[str]) -> tuple[list[dict[str, list[Slot]]], list[list[Slot]]]:
        """Return the declarations of the namespaces that a file imports, and the types whose members it imports."""
        key = (file, spaces[0])
        if key not in self._imports:
            tables, owners = [], []
            for imported in self._imported(file):
                if imported.name != "*":
                    continue
                if imported.exported.endswith("static"):
                    owners.append([s for s in self._find_path(imported.module) if s.file >= 0])
                else:  # a namespace may be named from within one around it
                    names = (f"{space}.{imported.module}" if space else imported.module for space in spaces)
                    tables += [self._types[name] for name in names if name in self._types]
            self._imports[key] = (tables, [owner for owner in owners if owner])
        return self._imports[key]

    def member(self, module: tuple[str, str], name: str) -> list[Slot]:
        """Return what lies in a namespace."""
        return self._in_space(module[1], name)

    def unknown(self, name: str) -> Type:
        """Return a library's type."""
        return ("k", name.rpartition(" ")[2], ())

    # Parts of types, and extensions

    def extra_members(self, owner: Ref, name: str) -> list[Slot]:
        """Return what other parts of a type declare, else the methods that extend it."""
        others = self._partial.find_members(owner, name)
        if others:
            return others
        found: list[Slot] = []
        for file, given, binding in self._extensions.get(name, ()):
            type_ = given[1]
            while isinstance(type_, tuple) and type_[0] == "i":
                type_ = type_[1]
            if owner in self._classes(file, given[2], type_):
                found.append(Slot(file, given[2], binding))
        return found

    def _classes(self, file: int, scope: int, path: Expr) -> list[Ref]:
        return [
            (s.file, s.binding.value) for s in self._path(file, scope, path) if s.file >= 0 and s.binding.tag == CLASS
        ]

    def _path(self, file: int, scope: int, path: Expr) -> list[Slot]:
        if isinstance(path, str):
            slots = self.program.lookup(file, scope, path, 1 << 30)
        elif path[0] == "a":
            outer = self._path(file, scope, path[1])
            slots = [s for o in outer for s in self._step(o, path[2], path[2])]
        else:
            slots = []
        return [end for slot in slots for end in self.program.follow(slot)]

    def library_members(self, file: int, type_: str, name: str) -> list[Slot]:
        """Return the methods that extend a library's type, as far as the file sees their namespaces."""
        if name not in self._extensions:
            return []
        for wanted in (type_, *self.library_bases.get(type_, ()), _OBJECT):
            found = [
                Slot(at, given[2], binding)
                for at, given, binding in self._extensions[name]
                if _name(_target(given)) == wanted
                and given[3] in self._open_spaces(file)
                and not self._path(at, given[2], _target(given))
            ]
            if found:
                return found
        return []

    def members_of_all(self, name: str) -> list[Slot]:
        """Return the methods that extend all types under a name, where one file alone has such."""
        found = [
            Slot(at, given[2], b) for at, given, b in self._extensions.get(name, ()) if _name(_target(given)) == _OBJECT
        ]
        return found if len({slot.file for slot in found}) == 1 else []

    @cached_property
    def _of_all(self) -> frozenset[tuple[int, int]]:
        """The methods that extend all types, by their files and functions."""
        listed = [entry for entries in self._extensions.values() for entry in entries]
        return frozenset((at, b.value) for at, given, b in listed if _name(_target(given)) == _OBJECT)

    @cached_property
    def _extension_spaces(self) -> dict[tuple[int, int], str]:
        """The namespaces of methods that extend types, by their files and functions."""
        listed = [entry for entries in self._extensions.values() for entry in entries]
        return {(at, b.value): given[3] for at, given, b in listed}

    def select_members(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Leave out methods that extend all types unseen, and others where there are some that the file sees.

        A namespace may be opened by the project, whose file is not read.
        """
        seen = [slot for slot in slots if self.sees_member(file, slot)]
        return seen or [slot for slot in slots if (slot.file, slot.binding.value) not in self._of_all]

    def can_see(self, file: int, target: int) -> bool:
        """Tell whether a file may use another one: sources use no tests."""
        return target not in self._tests or file in self._tests

    def sees_member(self, file: int, slot: Slot) -> bool:
        """Tell whether a file sees the namespace of a method that extends a type."""
        is_function = slot.file >= 0 and slot.binding.tag == FUNCTION
        space = self._extension_spaces.get((slot.file, slot.binding.value)) if is_function else None
        return space is None or slot.file == file or space in self._open_spaces(file)

    def _open_spaces(self, file: int) -> set[str]:
        """Return the namespaces that a file is in, or imports."""
        found = self._known_spaces.get(file)
        if found is None:
            spaces = set(self._spaces(file, 0)).union(*(self._spaces(file, scope) for scope in self._around[file]))
            opened = {f"{space}.{i.module}" if space else i.module for i in self._imported(file) for space in spaces}
            found = self._known_spaces[file] = spaces | opened
        return found

    def extra_bases(self, owner: Ref) -> list[tuple[int, int, Expr]]:
        """Return the bases that other parts of a type name."""
        found = []
        for file, position in self._partial.find_parts(owner):
            if (file, position) == owner:
                continue
            class_ = self.program.of(file).classes[position]
            found += [(file, class_.scope, base) for base in class_.bases]
        return found


def _target(given: Expr) -> Expr:
    """Return the type that a method extends, without its arguments."""
    return given[1][1] if isinstance(given[1], tuple) and given[1][0] in {"i", "l"} else given[1]


def _name(type_: Expr) -> str:
    return type_.rpartition(" ")[2] if isinstance(type_, str) else ""


def _around(space: str) -> list[str]:
    """Return the namespaces around one, that of all last."""
    found = []
    while space:
        space = space.rpartition(".")[0]
        found.append(space)
    return found
