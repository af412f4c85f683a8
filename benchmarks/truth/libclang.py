"""`python libclang.py REQUEST ANSWER`: resolve each identifier of a known name with libclang.

Run by a Python that has libclang. See oracle.py for both files. Declarations and definitions are joined by their USR.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from ctypes import c_void_p, cast
from pathlib import Path
from typing import Any

import clang.cindex as clang  # of the environment that runs this

Place = tuple[str, int]
Node = Any
"""A cursor or translation unit: libclang has no types."""
Kind = clang.CursorKind
DECLARING = {
    *(Kind.FUNCTION_DECL, Kind.VAR_DECL, Kind.STRUCT_DECL, Kind.UNION_DECL, Kind.ENUM_DECL, Kind.ENUM_CONSTANT_DECL),
    *(Kind.TYPEDEF_DECL, Kind.FIELD_DECL, Kind.MACRO_DEFINITION),
    *(Kind.CLASS_DECL, Kind.CLASS_TEMPLATE, Kind.CXX_METHOD, Kind.FUNCTION_TEMPLATE),
    *(Kind.TYPE_ALIAS_DECL, Kind.TYPE_ALIAS_TEMPLATE_DECL, Kind.CONSTRUCTOR),
}
TYPES = {Kind.STRUCT_DECL, Kind.UNION_DECL, Kind.ENUM_DECL, Kind.CLASS_DECL, Kind.CLASS_TEMPLATE}
PARTS = {Kind.FIELD_DECL, Kind.ENUM_CONSTANT_DECL, Kind.TYPEDEF_DECL}
USING = {
    *(Kind.DECL_REF_EXPR, Kind.MEMBER_REF_EXPR, Kind.TYPE_REF, Kind.MACRO_INSTANTIATION, Kind.MEMBER_REF),
    *(Kind.OVERLOADED_DECL_REF, Kind.TEMPLATE_REF),
}
UNRESOLVED = {Kind.CALL_EXPR, Kind.UNEXPOSED_EXPR}
TOLD = DECLARING | USING | UNRESOLVED | {Kind.INCLUSION_DIRECTIVE}
MAKERS = frozenset({"make_unique", "make_shared"})
KEEP_GOING = 0x200
"""A header that is not found ends nothing."""
DEPENDENT = {Kind.MEMBER_REF_EXPR, Kind.DECL_REF_EXPR}
_CONDITION = re.compile(rb"^[ \t]*#[ \t]*(?:el)?if(?:n?def)?\b(?P<asked>(?:[^\n\\]|\\\r?\n|\\.)*)", re.MULTILINE)
_UNKNOWN = re.compile(r"^#[ \t]*(?:cmakedefine|define[ \t]+\w+[ \t]+@).*$", re.MULTILINE)
_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_WORD = re.compile(rb"(?<![\w\"])[A-Za-z_]\w*")
_LAST = re.compile(r"(?:->|\.|::)\s*(?:template\s+)?([A-Za-z_]\w*)\s*(?:<.*)?$", re.DOTALL)
PLUS_PLUS = (".cc", ".cpp", ".cxx")
SYSTEM = ("usr/lib/gcc/*/*/include", "usr/lib/llvm*/lib/clang/*/include")
"""Where the headers of a compiler lie, which the package does not bring; the last folder counts."""


class Unit:
    """What all translation units of a repository say together."""

    def __init__(self, root: Path, names: set[str]) -> None:
        self.root = root
        self.names = names
        self.done: set[str] = set()
        """Headers of C++ that need not be read again: what they mean hangs on no one who includes them."""
        self.declared: dict[str, set[Place]] = {}
        self.here: dict[str, set[Place]] = {}
        """The same of the unit that is read alone."""
        self.own: list[tuple[set[Place], str]] = []
        """What uses mean that is known within a unit: types, fields and the like."""
        self.linked: list[tuple[set[Place], str]] = []
        """The other uses of a unit: which declaration is meant, its headers say; which definition, all units do."""
        self.bodies: dict[str, set[Place]] = {}
        self.macros: dict[str, set[Place]] = {}
        """Where the macros of the unit are defined that is read."""
        self.guessed: dict[tuple[str, int, str], set[Place]] = {}
        self.announced: dict[str, set[Place]] = {}
        """Where types are named that are defined elsewhere: `class Name;` is no file's own."""
        self.defined: set[str] = set()
        self.used: dict[tuple[str, int, int, str], tuple[set[Place], set[str]]] = {}
        self.imports: set[tuple[str, str]] = set()
        self._files: dict[int | None, str] = {}
        """The paths of the files of a unit, by where libclang has them."""
        self._texts: dict[str, bytes] = {}
        self._relative: dict[str, str] = {}

    def relative(self, file: str) -> str:
        """Return a path below the root; nothing outside."""
        if file not in self._relative:
            full = Path(file).resolve()
            self._relative[file] = str(full.relative_to(self.root)) if full.is_relative_to(self.root) else ""
        return self._relative[file]

    def take(self, unit: Node) -> None:
        """Take down one translation unit."""
        for included in unit.get_includes():
            pair = self.relative(included.source.name), self.relative(included.include.name)
            if all(pair):
                self.imports.add(pair)
        seen: set[str] = set()
        self.here, self.own, self.linked = {}, [], []
        self.macros = {}
        self._files = {}
        for cursor, path in self._cursors(unit.cursor):
            seen.add(path)
            self._look(cursor, path)
        written: dict[str, set[Place]] = {}
        for path in seen:
            for name, line in self._find_defines(path):
                written.setdefault(name, set()).add((path, line))
        for path in seen:
            self._note_conditions(path, written)
        if unit.spelling.endswith(PLUS_PLUS):
            self.done |= seen
        seen_here = self.declared if unit.spelling.endswith(PLUS_PLUS) else self.here  # which leaves out what is done
        for places, symbol in self.linked:
            places.update(seen_here.get(symbol, ()))
        for places, symbol in self.own:
            declared = self.here if symbol in self.here else self.declared
            means, announced = declared.get(symbol, set()), self.announced.get(symbol, set())
            places.difference_update(announced)
            places.update((means - announced) or means)

    def _cursors(self, top: Node) -> Iterator[tuple[Node, str]]:
        """Yield the cursors of the files that are read, each with the path of its file."""
        stack = [top]
        while stack:
            for child in stack.pop().get_children():
                file = child.location.file
                path = "" if file is None else self._find_path(file)
                if file is None or (path and path not in self.done):
                    stack.append(child)
                    if file is not None:
                        yield child, path
                elif child.kind in (Kind.UNEXPOSED_DECL, Kind.LINKAGE_SPEC):
                    stack.append(child)

    def _find_path(self, file: Node) -> str:
        """Return the path of a file of the unit that is read: its name is asked for once."""
        address = cast(file.obj, c_void_p).value
        path = self._files.get(address)
        if path is None:
            path = self._files[address] = self.relative(file.name)
        return path

    def _note_import(self, file: str, included: str) -> None:
        if file and included:
            self.imports.add((file, included))

    def _find_name(self, cursor: Node) -> str:
        """Return the name that an expression ends with; of what depends on a template libclang says none."""
        extent = cursor.extent
        if extent.start.file is None or extent.start.file.name != cursor.location.file.name:
            return ""
        text = self._read(extent.start.file.name)
        found = _LAST.search(text[extent.start.offset : extent.end.offset].decode("utf-8", "replace"))
        return found[1] if found else ""

    def _read(self, file: str) -> bytes:
        text = self._texts.get(file)
        if text is None:
            text = self._texts[file] = Path(file).read_bytes()
        return text

    def _find_defines(self, path: str) -> Iterator[tuple[str, int]]:
        """Yield the macros that a file defines, also where this build leaves them out, with their lines."""
        text = self._read(str(self.root / path)) if (self.root / path).is_file() else b""
        for match in _DEFINE.finditer(text):
            name = match[1].decode()
            if name in self.names:
                yield name, text.count(b"\n", 0, match.start(1))

    def _note_conditions(self, path: str, written: dict[str, set[Place]]) -> None:
        """Take down the macros that conditions of a file ask for: libclang tells no use there.

        One that other builds define is guessed to be what is `written`.
        """
        text = self._read(str(self.root / path)) if (self.root / path).is_file() else b""
        for condition in _CONDITION.finditer(text):
            line = text.count(b"\n", 0, condition.start())
            for word in set(_WORD.findall(condition["asked"])):
                name = word.decode()
                if name in self.macros:
                    places = {place for place in self.macros[name] if place[0] == path or not place[0].endswith(".c")}
                    self.used.setdefault((path, line, -1, name), (set(), set()))[0].update(places or {("", 0)})
                    if self.macros[name] - places:  # a file says it to the headers that it includes
                        self.guessed.setdefault((path, line, name), set()).update(self.macros[name] - places)
                elif name in written:
                    self.guessed.setdefault((path, line, name), set()).update(written[name])

    def _look(self, cursor: Node, file: str) -> None:
        if cursor.kind not in TOLD:
            return
        line = cursor.location.line - 1
        if cursor.kind == Kind.INCLUSION_DIRECTIVE:  # also of what is included already, and so left out
            with suppress(AssertionError):  # raised for a file that is not found
                self._note_import(file, self.relative(cursor.get_included_file().name))
            return
        if cursor.kind in DECLARING and cursor.spelling in self.names:
            if cursor.kind == Kind.MACRO_DEFINITION:
                self.macros.setdefault(cursor.spelling, set()).add((file, line))
            for declared in (self.declared, self.here):
                declared.setdefault(cursor.get_usr(), set()).add((file, line))
            if cursor.is_definition():
                self.bodies.setdefault(cursor.get_usr(), set()).add((file, line))
            if cursor.kind in TYPES and cursor.is_definition():
                self.defined.add(cursor.get_usr())
            elif cursor.kind in TYPES:
                self.announced.setdefault(cursor.get_usr(), set()).add((file, line))
        if cursor.kind == Kind.CALL_EXPR and cursor.spelling in MAKERS:
            self._note_maker(cursor, file, line)
        elif cursor.kind in UNRESOLVED and cursor.referenced is None:
            self._note_unknown(cursor, file, line)
        if cursor.kind not in USING and not _is_construction(cursor):
            return
        name = cursor.spelling.rpartition(" ")[2].rpartition("::")[2]
        if not name and cursor.kind in DEPENDENT:
            name = self._find_name(cursor)
        if name not in self.names:
            return
        places, symbols = self.used.setdefault((file, line, cursor.location.column, name), (set(), set()))
        for meant in _meanings(cursor):
            if meant.location.file is None:
                places.add(("", 0))
                continue
            places.add((self.relative(meant.location.file.name), meant.location.line - 1))
            if meant.kind in PARTS or (meant.kind in TYPES and meant.get_definition() is not None):
                self.own.append((places, meant.get_usr()))  # other units may have others of that name
            else:
                symbols.add(meant.get_usr())
                self.linked.append((places, meant.get_usr()))

    def _find_defined(self, symbol: str) -> set[Place]:
        """Return where what a symbol stands for is defined; all places that declare it, where none does."""
        return self.bodies.get(symbol) or self.declared.get(symbol, set())

    def _note_maker(self, cursor: Node, file: str, line: int) -> None:
        """Take down that `make_unique<Type>(...)` runs a constructor of the type: which one, the library decides."""
        made = cursor.type.get_canonical().get_template_argument_type(0).get_declaration()
        name = made.spelling
        if name in self.names:
            places, symbols = self.used.setdefault((file, line, cursor.location.column, name), (set(), set()))
            for one in _constructors(made):
                places.add((self.relative(one.location.file.name), one.location.line - 1))
                symbols.add(one.get_usr())

    def _note_unknown(self, cursor: Node, file: str, line: int) -> None:
        """Take down that a call which hangs on a template, or on what is not here, may make what is named in it."""
        for child in cursor.get_children():
            for inner in [child, *child.get_children()]:
                name = inner.spelling.rpartition(" ")[2].rpartition("::")[2]
                if inner.kind in (Kind.TYPE_REF, Kind.TEMPLATE_REF) and name in self.names:
                    self.used.setdefault((file, line, -1, name), (set(), set()))

    def write(self, answer: Path) -> None:
        """Write all of it."""
        with answer.open("w") as out:
            for (file, line, _, name), (places, symbols) in self.used.items():
                means = places.union(*(self._find_defined(symbol) for symbol in symbols if symbol))
                others = set[Place]().union(*(self.declared.get(symbol, set()) for symbol in symbols if symbol))
                for symbol in symbols & self.defined:
                    means -= self.announced.get(symbol, set())
                    others -= self.announced.get(symbol, set())
                out.write(json.dumps(["use", file, line, name, sorted(means)]) + "\n")
                if not others <= means:  # headers that the unit does not see may belong to other systems
                    out.write(json.dumps(["guess", file, line, name, sorted(others - means)]) + "\n")
            for (file, line, name), may_mean in self.guessed.items():
                out.write(json.dumps(["guess", file, line, name, sorted(may_mean)]) + "\n")
            for pair in sorted(self.imports):
                out.write(json.dumps(["import", *pair]) + "\n")


def _meanings(cursor: Node) -> Iterator[Node]:
    """Yield what a cursor refers to: each overload that may be meant, and the template that something was made of."""
    library = clang.conf.lib
    if cursor.kind == Kind.OVERLOADED_DECL_REF:
        found = [
            library.clang_getOverloadedDecl(cursor, at) for at in range(library.clang_getNumOverloadedDecls(cursor))
        ]
    else:
        found = [cursor.referenced] if cursor.referenced is not None else []
    for one in found:
        yield one
        if one.kind == Kind.CONSTRUCTOR:  # as of other overloads, which one of them is not asked
            yield from _constructors(one.semantic_parent)
        template = library.clang_getSpecializedCursorTemplate(one)
        if template is not None and not template.kind.is_invalid():
            yield template


def _constructors(class_: Node) -> Iterator[Node]:
    """Yield the constructors of a class that are written down."""
    for one in class_.get_children():
        if one.kind == Kind.CONSTRUCTOR and one.location.file is not None:
            yield one


def _is_construction(cursor: Node) -> bool:
    """Tell whether a call makes an object, by a constructor that is written down."""
    if cursor.kind != Kind.CALL_EXPR or cursor.referenced is None or cursor.referenced.kind != Kind.CONSTRUCTOR:
        return False
    return cursor.referenced.location.file is not None


def main() -> None:
    """Ask libclang."""
    asked = json.loads(Path(sys.argv[1]).read_text())
    root = Path(asked["root"])
    headers = [folder for pattern in SYSTEM for folder in sorted(Path("/").glob(pattern))]
    system = ["-isystem", str(headers[-1])] if headers else []
    # Headers that a build makes: "made:header=template"; what it would find out is among the options.
    made = [said.removeprefix("made:").split("=") for said in asked["options"] if said.startswith("made:")]
    unsaved = [(str(root / header), _UNKNOWN.sub("", (root / template).read_text())) for header, template in made]
    options = [
        f"-I{(root / option.removeprefix('-I')).resolve()}" if option.startswith("-I") else option
        for option in asked["options"]
        if not option.startswith(("made:", "also:"))
    ]
    # What other builds of the same files say, "also:-UA -DB", may be meant as well.
    others = [said.removeprefix("also:").split() for said in asked["options"] if said.startswith("also:")]
    unit, other = Unit(root, set(asked["names"])), Unit(root, set(asked["names"]))
    index = clang.Index.create()
    detailed = clang.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD | KEEP_GOING
    for path in asked["paths"]:
        if path.endswith((".c", *PLUS_PLUS)):
            spelled = ["-std=c++17"] if path.endswith(PLUS_PLUS) else []
            for into, build in ((unit, []), *((other, said) for said in others)):
                into.take(
                    index.parse(
                        str(root / path),
                        args=[*system, f"-iquote{(root / path).parent}", *options, *build, *spelled],
                        unsaved_files=unsaved,
                        options=detailed,
                    )
                )
    answer = Path(sys.argv[2])
    if others:
        other.write(answer)
        told = [json.loads(line) for line in answer.read_text().splitlines()]
    unit.write(answer)
    if others:
        with answer.open("a") as out:
            out.writelines(json.dumps(["guess", *rest]) + "\n" for kind, *rest in told if kind == "use" and rest[3])


if __name__ == "__main__":
    main()
