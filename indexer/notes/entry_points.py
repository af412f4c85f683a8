"""Where a program starts: commands that manifests declare, and main functions. Manifests in, entry points out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noctule.indexer.notes.view_facts import ViewFacts

MANIFESTS = frozenset({"pyproject.toml", "setup.cfg", "setup.py", "package.json", "Cargo.toml"})
MOST_MANIFESTS = 12

_SCRIPT = re.compile(r"""^\s*["']?([\w.-]+)\s*["']?\s*=\s*["']?\s*([A-Za-z_][\w.]*):([\w.]+)\s*["']?,?\s*$""")
_STARTS_IN_MAIN = frozenset({"go", "rust", "c", "cpp"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, the file that it starts in, and the line (from zero, as learned) of the manifest that says so."""

    command: str
    file: int
    manifest: int
    line: int


def declared_commands(ground: ViewFacts) -> list[Entry]:
    """Return the commands that the manifests nearest to the top declare as they did when they were learned."""
    manifests = [f for f, p in enumerate(ground.index.paths) if p.rpartition("/")[2] in MANIFESTS]
    manifests = [f for f in manifests if ground.is_there(f) and not _beside(ground, f)]
    manifests.sort(key=lambda f: (ground.path(f).count("/"), ground.path(f)))
    found = []
    for manifest in manifests[:MOST_MANIFESTS]:
        found.extend(_read_manifest(ground, manifest, ground.live_lines(manifest)))
    return found


def _beside(ground: ViewFacts, file: int) -> bool:
    """Tell whether a file belongs to what is no part of the program: tests, examples, fuzzing."""
    folders = ground.path(file).lower().split("/")[:-1]
    return ground.role(file) in ("test", "vendored", "example") or any(
        word in folder for folder in folders for word in ("test", "fuzz", "bench", "example")
    )


def _read_manifest(ground: ViewFacts, manifest: int, lines: Sequence[str]) -> list[Entry]:
    folder, _, name = ground.path(manifest).rpartition("/")
    if name == "package.json":
        targets = _node(lines)
    elif name == "Cargo.toml":
        targets = _cargo(lines)
    else:
        targets = [
            (m[1], (f"{stem}.py", f"{stem}/__init__.py", f"src/{stem}.py", f"src/{stem}/__init__.py"), n)
            for n, line in enumerate(lines)
            if (m := _SCRIPT.match(line)) and (stem := m[2].replace(".", "/"))
        ]
    entries = []
    for command, candidates, here in targets:
        line = ground.find_learned_line(manifest, here)
        if line is None:
            continue
        for candidate in candidates:
            file = ground.position.get(f"{folder}/{candidate}".lstrip("/"))
            if file is not None and not _beside(ground, file):
                entries.append(Entry(command, file, manifest, line))
                break
    return entries


def _node(lines: Sequence[str]) -> list[tuple[str, tuple[str, ...], int]]:
    try:
        manifest = json.loads("\n".join(lines))
    except ValueError:
        return []
    commands = manifest.get("bin") if isinstance(manifest, Mapping) else None
    if isinstance(commands, str):
        commands = {str(manifest.get("name", "")): commands}
    if not isinstance(commands, Mapping):
        return []
    pairs = [(str(c), target.removeprefix("./")) for c, target in commands.items() if isinstance(target, str)]
    return [(c, (target,), _find_line(lines, target)) for c, target in pairs]


def _cargo(lines: Sequence[str]) -> list[tuple[str, tuple[str, ...], int]]:
    try:
        manifest = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return []
    found: list[tuple[str, tuple[str, ...], int]] = []
    bins = manifest.get("bin")
    for program in bins if isinstance(bins, list) else []:
        name, path = program.get("name"), program.get("path")
        if isinstance(name, str):
            target = path if isinstance(path, str) else f"src/bin/{name}.rs"
            found.append((name, (target,), _find_line(lines, f'"{name}"')))
    return found


def _find_line(lines: Sequence[str], text: str) -> int:
    return next((n for n, line in enumerate(lines) if text in line), 0)


def mains(ground: ViewFacts) -> list[tuple[int, int]]:
    """Return (file, first line from zero) of the functions that the language starts a program in."""
    found = []
    places = ground.defining(["main"])["main"]
    definitions = ground.definitions({f for f, _ in places if ground.language(f) in _STARTS_IN_MAIN})
    for file, position in places:
        path = ground.path(file)
        if ground.language(file) == "rust" and not path.endswith("main.rs") and "/bin/" not in f"/{path}":
            continue  # any other is a function like others
        if (
            ground.role(file) == "source"
            and not _beside(ground, file)
            and file in definitions
            and definitions[file][position].parent < 0
        ):
            found.append((file, definitions[file][position].start))
    found += [
        (f, 0) for f, p in enumerate(ground.index.paths) if p.endswith("/__main__.py") and ground.role(f) == "source"
    ]
    return sorted(found, key=lambda e: (ground.path(e[0]).count("/"), ground.path(e[0])))
