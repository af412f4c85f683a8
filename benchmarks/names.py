"""Functions named by a participle or ending in a preposition, and class names with two meanings: counts and the list.

    python -m benchmarks.names [FOLDER ...]

A function is a verb or a question. `told` or `kept_lines` says what was done to something, and `lines_of` stops before
its object. Questions (`is_kept`, `has_changed`) are fine, and so are methods that a library or Python calls.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("indexer", "lsp_server", "evals")
QUESTIONS = frozenset("is are was were has have had can may must should does did".split())
PREPOSITIONS = frozenset(
    "about above after against along among around at before behind below beside between beyond by down for from in "
    "inside into near of off on onto out outside over past per since through to toward towards under until up upon "
    "via with within without".split()
)
IRREGULAR = frozenset(
    "become begun bent born bound bought broken brought built cast caught chosen come cut dealt done drawn "
    "driven eaten fallen felt found frozen given gone grown heard held hidden hung kept known laid led left "
    "lent lost made meant met paid put said seen sent set shown shut sold spelt spent split spoken stood stuck "
    "sung sunk sworn taken taught told torn thought thrown understood woken won worn written lain risen read".split()
)
NOT_PARTICIPLES = frozenset(
    "need feed seed speed shed bed red embed proceed exceed succeed read set put cut split cast".split()
)
VERBS_FIRST = frozenset("read set put cut split cast shut come become".split())


@dataclass(frozen=True, slots=True)
class Function:
    """One function: where it stands and what is wrong with its name, if anything."""

    path: str
    line: int
    name: str
    fault: str


def is_participle(word: str) -> bool:
    """Say whether a word is a past participle, as far as its form tells."""
    return word not in NOT_PARTICIPLES and (word in IRREGULAR or (word.endswith("ed") and len(word) > 3))


def fault_of(name: str) -> str:
    """Say what is wrong with a function's name: "participle", "preposition", or nothing."""
    words = [word for word in name.strip("_").split("_") if word]
    if not words or words[0] in QUESTIONS or name.startswith("__"):
        return ""
    if len(words) > 1 and words[-1] in PREPOSITIONS:
        return "preposition"
    if is_participle(words[0]) or (is_participle(words[-1]) and words[-1] not in VERBS_FIRST):
        return "participle"
    return ""


def functions_in(folder: Path) -> Iterator[Function]:
    """Find all functions and methods below a folder."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(str(path), node.lineno, node.name, fault_of(node.name))


def classes_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Find all classes below a folder: name and place."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                yield node.name, f"{path}:{node.lineno}"


def twice_defined(folders: list[Path]) -> dict[str, list[str]]:
    """Find class names that are defined in more than one place; private ones count only within their module."""
    places: dict[str, list[str]] = {}
    for folder in folders:
        for name, place in classes_in(folder):
            if not name.startswith("_"):
                places.setdefault(name, []).append(place)
    return {name: where for name, where in sorted(places.items()) if len(where) > 1}


def main() -> int:
    folders = [Path(name) for name in sys.argv[1:] or FOLDERS]
    functions = [function for folder in folders for function in functions_in(folder)]
    for fault in ("participle", "preposition"):
        found = [function for function in functions if function.fault == fault]
        for function in found:
            print(f"{function.path}:{function.line}: {function.name}")
        print(f"{fault}: {len(found)} of {len(functions)} functions, {100 * len(found) / len(functions):.1f}%\n")
    for name, places in twice_defined(folders).items():
        print(f"class {name}: {', '.join(places)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
