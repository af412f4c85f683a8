"""Where a program starts: commands that manifests declare, and main functions. Manifests in, entry points out."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from noctule.indexer.notes.view_facts import ViewFacts

MOST_MANIFESTS = 12

DEEPEST = 4
"""Through so many modules that pass a function on is it followed."""

_FUNCTION = re.compile(r"\s*([A-Za-z_][\w.]*)\s*:\s*(\w+)")
_SCRIPT = re.compile(r"([\w.-]+)\s*=\s*([A-Za-z_][\w.]*)\s*:\s*(\w+)")
_BESIDE = re.compile(r"(?:\A|[_.-])(?:tests?|testing|testdata|fuzz\w*|bench\w*|examples?)(?:\Z|[_.-])")
_PARTS = {"example": "examples", "fuzz": "fuzzing", "bench": "benchmarks", "test": "tests", "vendored": "copied code"}
_STARTS_IN_MAIN = frozenset({"go", "rust", "c", "cpp"})


class EntryFunction(NamedTuple):
    """A function by the module that it can be taken from."""

    module: str
    name: str


Target = tuple[str, EntryFunction | str, int]
"""A command, the function or the file that it starts in, and the line of the manifest (from zero)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, the file that it starts in, and the line (from zero, as learned) of the manifest that says so."""

    command: str
    file: int
    manifest: int
    line: int


def declared_commands(ground: ViewFacts) -> list[Entry]:
    """Return the commands that the manifests nearest to the top declare as they did when they were learned."""
    manifests = [f for f, p in enumerate(ground.index.paths) if p.rpartition("/")[2] in _READERS]
    manifests = [f for f in manifests if ground.is_there(f) and not _beside(ground, f)]
    manifests.sort(key=lambda f: (ground.path(f).count("/"), ground.path(f)))
    found = []
    for manifest in manifests[:MOST_MANIFESTS]:
        found.extend(_read_manifest(ground, manifest, ground.live_lines(manifest)))
    return found


def _beside(ground: ViewFacts, file: int) -> bool:
    """Tell whether a file belongs to what is no part of the program: tests, examples, fuzzing."""
    folders = ground.path(file).lower().split("/")[:-1]
    return ground.role(file) in ("test", "vendored", "example") or any(map(_BESIDE.search, folders))


def _read_manifest(ground: ViewFacts, manifest: int, lines: Sequence[str]) -> list[Entry]:
    folder, _, name = ground.path(manifest).rpartition("/")
    entries = []
    for command, target, here in _READERS[name](lines):
        line = ground.find_learned_line(manifest, here)
        if line is None:
            continue
        if isinstance(target, EntryFunction):
            file = _find_function(ground, folder, target)
        else:
            file = ground.position.get(f"{folder}/{target}".lstrip("/"))
        if file is not None and not _beside(ground, file):
            entries.append(Entry(command, file, manifest, line))
    return entries


def _find_function(ground: ViewFacts, folder: str, target: EntryFunction) -> int | None:
    """Return the file that defines a function of a module, wherever the module takes it from."""
    stem = target.module.replace(".", "/")
    for candidate in (f"{stem}.py", f"{stem}/__init__.py", f"src/{stem}.py", f"src/{stem}/__init__.py"):
        file = ground.position.get(f"{folder}/{candidate}".lstrip("/"))
        if file is not None:
            return _find_definer(ground, file, target.name)
    return None


def _find_definer(ground: ViewFacts, file: int, name: str, deepest: int = DEEPEST) -> int | None:
    """Return the file that defines a name of a file: one that it is imported from before the file itself.

    What is imported and defined too is defined for where the import fails.
    """
    for _, names, _, targets in ground.imports(file) if deepest else ():
        if name in names or "*" in names:
            for target in targets:
                found = _find_definer(ground, target, name, deepest - 1)
                if found is not None:
                    return found
    defines = any(d.name == name and d.parent < 0 for d in ground.file_definitions(file))
    return file if defines else None


def _pyproject(lines: Sequence[str]) -> Iterator[Target]:
    import tomllib  # only for a file of this kind

    try:
        manifest = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return
    project, tool = manifest.get("project"), manifest.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    tables = [
        table.get(name)
        for table, name in ((project, "scripts"), (project, "gui-scripts"), (poetry, "scripts"))
        if isinstance(table, dict)
    ]
    for table in tables:
        for command, said in table.items() if isinstance(table, dict) else ():
            match = _FUNCTION.match(said) if isinstance(said, str) else None
            if match is not None:
                key = re.compile(rf"""(?:\A|[.\s"'{{,]){re.escape(command)}["']?\s*=""")
                here = next((n for n, line in enumerate(lines) if said in line and key.search(line)), None)
                if here is not None:
                    yield command, EntryFunction(match[1], match[2]), here


def _setup(lines: Sequence[str]) -> Iterator[Target]:
    """Read the console scripts of a setup.py or setup.cfg: lines or strings `command = module:function`."""
    inside = False
    for number, line in enumerate(lines):
        if "console_scripts" in line or "gui_scripts" in line:
            inside = True
        elif inside and (line.strip().startswith(("]", "[", ")")) or (line.strip() and not line[0].isspace())):
            inside = False
        if inside:
            for match in _SCRIPT.finditer(line):
                yield match[1], EntryFunction(match[2], match[3]), number


def _node(lines: Sequence[str]) -> Iterator[Target]:
    try:
        manifest = json.loads("\n".join(lines))
    except ValueError:
        return
    commands = manifest.get("bin") if isinstance(manifest, Mapping) else None
    if isinstance(commands, str):
        commands = {str(manifest.get("name", "")).rpartition("/")[2]: commands}
    for command, target in commands.items() if isinstance(commands, Mapping) else ():
        if isinstance(target, str):
            yield str(command), posixpath.normpath(target), _find_line(lines, target)


def _cargo(lines: Sequence[str]) -> Iterator[Target]:
    import tomllib  # only for a file of this kind

    try:
        manifest = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return
    declared = [program for program in manifest.get("bin", ()) if isinstance(program, dict)]
    paths = set()
    for program in declared:
        name, path = program.get("name"), program.get("path")
        if isinstance(name, str):
            target = path if isinstance(path, str) else f"src/bin/{name}.rs"
            paths.add(target)
            yield name, target, _find_line(lines, f'"{name}"')
    package = manifest.get("package")
    name = package.get("name") if isinstance(package, dict) else None
    if isinstance(name, str) and "src/main.rs" not in paths and name not in [p.get("name") for p in declared]:
        yield name, "src/main.rs", _find_line(lines, f'"{name}"')


def _find_line(lines: Sequence[str], text: str) -> int:
    return next((n for n, line in enumerate(lines) if text in line), 0)


_READERS: Mapping[str, Callable[[Sequence[str]], Iterator[Target]]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup,
    "setup.py": _setup,
    "package.json": _node,
    "Cargo.toml": _cargo,
}


def mains(ground: ViewFacts) -> tuple[list[tuple[int, int]], dict[int, str]]:
    """Return the functions that the language starts a program in, and the files with others.

    These are (file, first line from zero), and for each file what it belongs to that is no part of the program.
    """
    found: list[tuple[int, int]] = []
    left_out: dict[int, str] = {}
    places = ground.defining(["main"])["main"]
    definitions = ground.definitions({f for f, _ in places if ground.language(f) in _STARTS_IN_MAIN})
    for file, position in places:
        path = ground.path(file)
        if ground.language(file) == "rust" and not path.endswith("main.rs") and "/bin/" not in f"/{path}":
            continue  # any other is a function like others
        if file not in definitions or definitions[file][position].parent >= 0:
            continue
        if ground.role(file) != "source" or _beside(ground, file):
            left_out[file] = _name_part(ground, file)
        elif ground.language(file) != "go" or _is_program(ground.live_lines(file)):
            found.append((file, definitions[file][position].start))
    found += [
        (f, 0) for f, p in enumerate(ground.index.paths) if p.endswith("/__main__.py") and ground.role(f) == "source"
    ]
    return sorted(found, key=lambda e: (ground.path(e[0]).count("/"), ground.path(e[0]))), left_out


def _name_part(ground: ViewFacts, file: int) -> str:
    """Return what a file belongs to that is no part of the program, in the plural."""
    parts = [ground.role(file), *ground.path(file).lower().split("/")[:-1]]
    return next((name for word, name in _PARTS.items() if any(word in part for part in parts)), "other code")


def _is_program(lines: Sequence[str]) -> bool:
    """Tell whether a Go file belongs to a program, and is built with it."""
    for line in lines:
        if line.startswith(("//go:build ignore", "// +build ignore", "//go:build tools")):
            return False
        if line.startswith("package "):
            return line.split()[1] == "main"
    return False
