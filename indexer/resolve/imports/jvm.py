"""What imports of Java and Kotlin mean: packages as files declare them, wherever their folders lie."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, IMPORT, IS_PRIVATE, Expr
from noctule.indexer.resolve.imports.extending import ExtendingPolicy
from noctule.indexer.resolve.imports.policy import Type, find_tests
from noctule.indexer.resolve.slots import Slot, external, module_slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

_ANY = "Any"
"""What all types of Kotlin and Scala are."""
_ITERABLE = ("Collection", "Iterable")
_BASES = {
    "List": _ITERABLE,
    "Set": _ITERABLE,
    "Collection": _ITERABLE[1:],
    "MutableList": ("List", "MutableCollection", *_ITERABLE),
    "MutableSet": ("Set", "MutableCollection", *_ITERABLE),
    "ArrayList": ("MutableList", "List", *_ITERABLE),
    "MutableMap": ("Map",),
    "HashMap": ("MutableMap", "Map"),
    "String": ("CharSequence", "Comparable"),
    **dict.fromkeys(("Int", "Long", "Short", "Byte", "Float", "Double"), ("Number", "Comparable")),
}
"""What types of Kotlin's library inherit."""
_LANGUAGES = frozenset({"java", "kotlin", "scala"})
_SOURCE_SET = re.compile(r"(?:^|/)src/([a-z][A-Za-z0-9]*?)(?:Main|(?:Unit|Instrumented)?Test)/")
_ONLY_SET = re.compile(r"(?:^|/)src/(?:main|test|androidTest)/(?:java|kotlin)/")
"""Sources of a module for one platform: that of Java."""
_PLATFORMS = frozenset({"jvm", "android", "js", "wasmJs", "wasmWasi", "native"})
"""Platforms whose sources no sources of another one use. Those for all name what each of them has (`expect`)."""
_ON_JVM = frozenset({"jvm", "android"})
"""Platforms that run Java's code; none of what lies in `nonJvmMain`."""

_IMPORTED, _OF_PACKAGE, _IN_STAR, _UNSEEN, _IS_MEMBER = 3, 2, 1, 0, -1
"""How near an extension is: imported by its name, of the same package, or imported with its package."""


class JvmPolicy(ExtendingPolicy):
    """Java and Kotlin, one family. The key of a module is the name of a package."""

    family = "jvm"
    adds_members = True
    is_sequential = False
    sees_members = True
    library_bases = _BASES

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._files: dict[str, list[int]] = {}
        self._outer: dict[tuple[int, str], list[Slot]] = {}
        self._held: dict[str, dict[str, list[Slot]]] = {}
        for file, head in enumerate(program.heads):
            if head is not None and head.language in _LANGUAGES:
                self._files.setdefault(head.package, []).append(file)

    def _package(self, package: str) -> dict[str, list[Slot]]:
        """Return the declarations of a package, over all files that belong to it."""
        found = self._held.get(package)
        if found is None:
            found = self._held[package] = {}
            for file in self._files.get(package, ()):
                for name, bindings in self.program.of(file).scopes[0].names.items():
                    found.setdefault(name, []).extend(Slot(file, 0, b) for b in bindings if b.tag != IMPORT)
        return found

    @cached_property
    def _parents(self) -> set[str]:
        """Each package and those it lies in."""
        found: set[str] = set()
        for package in self._files:
            outer = package
            while outer and outer not in found:
                found.add(outer)
                outer = outer.rpartition(".")[0]
        return found

    def _in_package(self, package: str, name: str, file: int) -> list[Slot]:
        found = [s for s in self._package(package).get(name, ()) if s.file == file or not self._is_private(s)]
        if not found and name.endswith("()"):  # a type is made by calling it
            called = self._package(package).get(name[:-2], ())
            found = [s for s in called if s.binding.tag == CLASS and self.program.of(s.file).language == "java"]
        if len({slot.file for slot in found}) > 1 and any(slot.binding.tag == CLASS for slot in found):
            # The same package twice, of two modules: the nearer one.
            found = self.find_nearest(file, found)
        return found

    def _is_private(self, slot: Slot) -> bool:
        binding = slot.binding
        return bool(binding.tag == FUNCTION and self.program.of(slot.file).functions[binding.value].flags & IS_PRIVATE)

    def _type(self, dotted: str, file: int) -> list[Slot]:
        """Return the type that a dotted name means: its package, then types inside of each other."""
        parts = dotted.split(".")
        for length in range(len(parts) - 1, -1, -1):
            package = ".".join(parts[:length])
            if package not in self._files:
                continue
            slots = self._in_package(package, parts[length], file)
            for name in parts[length + 1 :]:
                slots = self.program.find_members(slots, name)
            if slots:
                return slots
        return []

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return the type, or the member of a type, that an import names."""
        if name is None:
            return self._type(module, file) or [external(module)]
        if module in self._files:
            found = self._in_package(module, name, file) or self._extending(module, name)
            if found:
                return found
        owner = self._type(module, file)
        if owner:
            return self.choose_extensions(file, self.program.find_members(owner, name))
        return [external(name.removesuffix("()"))]

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name in the package, or by wildcard imports; else it may begin a package's name."""
        key = (file, name)
        found = self._outer.get(key)
        if found is None:
            found = self._outer[key] = self._find_outer(file, name)
        return found

    def _find_outer(self, file: int, name: str) -> list[Slot]:
        facts = self.program.of(file)
        found = self._in_package(facts.package, name, file)
        if found:
            return found
        for imported in facts.imports:
            if imported.name != "*":
                continue
            if imported.module in self._files:
                found = self._in_package(imported.module, name, file)
            else:
                owner = self._type(imported.module, file)
                found = self.program.find_members(owner, name) if owner else []
            if found:
                return found
        return [module_slot(("jvm", name))] if name in self._parents else []

    def can_see(self, file: int, target: int) -> bool:
        """Tell whether a file may use another one: sources use no tests, and a platform nothing of another one."""
        if target in self._tests and file not in self._tests:
            return False
        own, other = self._platform(file), self._platform(target)
        if not own and _ONLY_SET.search(self.program.paths[file]):
            own = "jvm"
        if other in _PLATFORMS:
            return own in {other, "", "common"} or (own in _ON_JVM and other == "jvm")
        apart = {own, "jvm"} if own in _ON_JVM else {own} & _PLATFORMS
        return not any(other.lower() == f"non{platform}" for platform in apart)

    @cached_property
    def _tests(self) -> frozenset[int]:
        return find_tests(self.program.paths, self.extending_files())

    def _platform(self, file: int) -> str:
        """Return the platform that the sources of a folder are for (`src/jvmMain`); empty where it is for all."""
        found = _SOURCE_SET.search(self.program.paths[file])
        return found[1] if found is not None else ""

    def member(self, module: tuple[str, str], name: str) -> list[Slot]:
        """Return what lies in a package: a type, or a package."""
        found = self._package(module[1]).get(name)
        if found:
            return found
        inner = f"{module[1]}.{name}"
        return [module_slot(("jvm", inner))] if inner in self._parents else []

    def extending_files(self) -> list[int]:
        """Return all files."""
        return [file for files in self._files.values() for file in files]

    def sees_extension(self, file: int, other: int, name: str) -> bool:
        """Tell whether an extension is of the same package or imported: by its name, or all of its package."""
        facts, package = self.program.of(file), self.program.of(other).package
        bare = name.removesuffix("()")
        return facts.package == package or any(
            imported.module == package and imported.name in {bare, name, "*"} for imported in facts.imports
        )

    def library_members(self, file: int, type_: str, name: str) -> list[Slot]:
        """Return what extends a type of a library, or all types, as far as a file sees it."""
        found = self.choose_extensions(file, super().library_members(file, type_, name))
        return found or [slot for slot in self.members_of_all(name) if self.sees_member(file, slot)]

    def members_of_all(self, name: str) -> list[Slot]:
        """Return what extends all types under a name, where one file alone does."""
        found = self._of_all.get(name, ())
        return list(found) if len({slot.file for slot in found}) == 1 else []

    @cached_property
    def _of_all(self) -> dict[str, list[Slot]]:
        """Extensions of all types, by their names."""
        return {
            name: [Slot(file, owner[2], b) for file, owner, b in listed if self._owner(file, owner) is None]
            for name, listed in self._extensions.get(_ANY, {}).items()
        }

    @cached_property
    def _names_of_all(self) -> dict[tuple[int, int], str]:
        """The names of extensions of all types, by their files and lines."""
        slots = [(name, slot) for name, found in self._of_all.items() for slot in found]
        return {(slot.file, slot.binding.row): name for name, slot in slots if slot.binding.definition >= 0}

    def sees_member(self, file: int, slot: Slot) -> bool:
        """Tell whether a file is no Java, or a member no extension of Kotlin: Java calls those as static methods.

        What extends all types is seen where its package is, or where it is imported.
        """
        head = self.program.heads[file]
        name = self._names_of_all.get((slot.file, slot.binding.row)) if slot.file >= 0 and self._of_all else None
        if name is not None:
            is_open = file == slot.file or not self._is_private(slot)
            is_java = head is not None and head.language == "java"
            return is_open and not is_java and self.sees_extension(file, slot.file, name)
        if head is None or head.language != "java" or slot.file < 0 or slot.binding.tag != FUNCTION:
            return True
        return self.find_owner(slot.file, slot.binding.value) is None

    def extra_members(self, owner: tuple[int, int], name: str) -> list[Slot]:
        """Return what extends a type under a name; of Java, the accessor that Kotlin names as a property."""
        class_ = self.program.of(owner[0]).classes[owner[1]]
        if not class_.name:
            return []
        slots = self.find_extensions(owner, name)  # which of them is meant, `choose_extensions` says
        return slots or (self._accessor(owner, class_.scope, name) if self._is_mixed else [])

    def select_members(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return the members that a file may mean after a dot: of extensions, those that are nearest by its imports."""
        return self.choose_extensions(file, super().select_members(file, slots))

    def choose_extensions(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Leave out the extensions that a file does not see, and those that a nearer one hides.

        A name that is imported hides the same one of the own package, and this what a package is imported whole for.
        Where several files are left that are not the same for other platforms, none can be told to be meant.
        """
        reached = [self._reach(file, slot) for slot in slots]
        best = max((reach for reach in reached if reach != _IS_MEMBER), default=_IS_MEMBER)
        if best == _IS_MEMBER:
            return slots
        extending = [slot for slot, reach in zip(slots, reached, strict=True) if reach == best > _UNSEEN]
        files = {slot.file for slot in extending if self.can_see(file, slot.file)}
        is_told = len(files) <= 1 or len({self._platform(at) for at in files}) == len(files)
        kept = [slot for slot in extending if slot.file in files] if is_told else []
        return [s for s, reach in zip(slots, reached, strict=True) if reach == _IS_MEMBER or s in kept]

    def _reach(self, file: int, slot: Slot) -> int:
        """Return how near an extension is to a file, by imports."""
        key = (slot.file, slot.binding.tag, slot.binding.row) if slot.file >= 0 else None
        name = self._extending_names.get(key) if key is not None else None
        if name is None:
            return _IS_MEMBER
        if slot.file == file:
            return _OF_PACKAGE
        if self._is_private(slot):
            return _UNSEEN
        head = self.program.heads[slot.file]
        if slot.scope > 0 or head is None or head.language != "kotlin":
            return _OF_PACKAGE  # other languages see them otherwise, and so it is with those inside of a type
        facts = self.program.of(file)
        names = {imported.name.removesuffix("()") for imported in facts.imports if imported.module == head.package}
        if name in names:
            return _IMPORTED
        return _OF_PACKAGE if facts.package == head.package else _IN_STAR if "*" in names else _UNSEEN

    @cached_property
    def _extending_names(self) -> dict[tuple[int, int, int], str]:
        """The names of all extensions, by their files, tags and lines."""
        return {
            (file, binding.tag, binding.row): name.removesuffix("()")
            for members in self._extensions.values()
            for name, listed in members.items()
            for file, _, binding in listed
        }

    @cached_property
    def _is_mixed(self) -> bool:
        """Whether Java and Kotlin may call the accessors and properties of each other."""
        return {"java", "kotlin"} <= {head.language for head in self.program.heads if head is not None}

    def _accessor(self, owner: tuple[int, int], scope: int, name: str) -> list[Slot]:
        facts = self.program.of(owner[0])
        if scope < 0 or not name:
            return []
        names = facts.scopes[scope].names
        # A property begins with a small letter: what begins with a capital is a type, which Java names as well.
        if facts.language == "java" and name[0].islower() and not name.endswith(")"):
            accessors = [f"{prefix}{name[:1].upper()}{name[1:]}()" for prefix in ("get", "is")]
            return [Slot(owner[0], scope, b) for accessor in accessors for b in names.get(accessor, ())]
        if facts.language == "kotlin" and name.endswith("()") and name[:3] in {"get", "set"} and name[3:4].isupper():
            spelled = name[3:4].lower() + name[4:-2]
            return [Slot(owner[0], scope, b) for b in names.get(spelled, ()) if b.tag != IMPORT]
        return []

    def _extending(self, package: str, name: str) -> list[Slot]:
        """Return the extensions of a package under a name; none where files have them for different types."""
        found = self._all_extending(package, name)
        types = {owner[1] if isinstance(owner[1], str) else owner[1][2] for owner, _ in found}
        files = {slot.file for _, slot in found}
        return [slot for _, slot in found] if len(types) <= 1 or len(files) <= 1 else []

    def find_overloads(self, file: int, module: str, name: str) -> list[Slot]:
        """Return the extensions that an import names, of which a file uses one or another."""
        if self._extending(module, name):
            return []
        return [slot for _, slot in self._all_extending(module, name)]

    def _all_extending(self, package: str, name: str) -> list[tuple[Expr, Slot]]:
        """Return the extensions that a package declares under a name, each with the type that it extends."""
        return [
            (owner, Slot(file, owner[2], binding))
            for file in self._files.get(package, ())
            for owner, member, binding in self.program.of(file).members
            if member == name
        ]

    def unknown(self, name: str) -> Type:
        """Return a library's type."""
        return ("k", name.removesuffix("()"), ())


def add_accessors(names: Iterable[str]) -> frozenset[str]:
    """Add the names that Kotlin and Java use for the accessors and properties of each other."""
    known = frozenset(names)
    found = set(known)
    for name in known:
        bare = name[3:] if name.startswith("get") else name[2:] if name.startswith("is") else ""
        if bare[:1].isupper():
            found.add(bare[:1].lower() + bare[1:])
        elif name[:1].islower():
            found.update(f"{prefix}{name[:1].upper()}{name[1:]}" for prefix in ("get", "set"))
    return frozenset(found)
