"""Each floor imports only what stands above it, also for types alone and inside of functions; nothing in a circle."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("indexer", "lsp_server", "evals")
WORDS = (
    *(
        "errors",
        "results",
        "reports",
        "defaults",
        "printable",
        "progress",
        "arrays",
        "lru",
        "lazy_pattern",
        "terms",
        "tokens",
    ),
    "symbols",
)
FLOORS = (
    *("runtime", "files", "parse", "resolve", "store", "history", "search", "forecast", "notes", "review"),
    *("llm", "model_notes", "learn", "serve", "think", "share", "watch", "background", "fleet"),
)
"""The order of `indexer`, from the top down; what lies in no folder is `WORDS`, which all may import."""
FOR_OTHERS = ("redaction",)
"""Modules for scripts of others alone: they stand below all, so that nothing of ours imports them."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of one of our modules by another."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer} line {self.line} imports {self.imported}"


def modules_in(root: Path) -> dict[str, Path]:
    """Return our modules by their dotted names, without the name that users import them by."""
    paths = {path.relative_to(root): path for package in PACKAGES for path in (root / package).rglob("*.py")}
    return {".".join(name.with_suffix("").parts).removesuffix(".__init__"): path for name, path in paths.items()}


def imports_in(root: Path) -> Iterator[Import]:
    """Yield every import between our modules, wherever in a file it stands."""
    modules = modules_in(root)
    for importer, path in modules.items():
        for name, line in _names_in(path.read_bytes()):
            ours = name.removeprefix("noctule.")
            imported = ours if ours in modules else ours.rpartition(".")[0]
            if name.startswith("noctule.") and imported in modules:
                yield Import(importer, imported, line)


@cache
def _names_in(source: bytes) -> list[tuple[str, int]]:
    """Return the dotted names that a file imports, with their lines."""
    tree = ast.walk(ast.parse(source))
    statements = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
    return [(name, node.lineno) for node in statements for name in _names(node)]


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the dotted names that a statement imports; a name may be a module or something in one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert node.level == 0, f"a relative import in line {node.lineno}"
    return [f"{node.module}.{alias.name}" for alias in node.names]


def floor_of(module: str) -> tuple[int, int]:
    """Return where a module stands: its package, then its floor in `indexer`."""
    package, _, rest = module.partition(".")
    folder = rest.partition(".")[0]
    if package != "indexer" or folder in (*WORDS, ""):
        return PACKAGES.index(package), -1
    order = (*FLOORS, *FOR_OTHERS)
    assert folder in order, f"{module} lies on no floor: say in this file where it stands"
    return PACKAGES.index(package), order.index(folder)


def faults_in(root: Path) -> list[str]:
    """Return the imports that run up, then the first circle of modules if there is one."""
    found = list(imports_in(root))
    upward = [f"{i}, which stands below it" for i in found if floor_of(i.imported) > floor_of(i.importer)]
    graph: dict[str, set[str]] = {}
    for each in found:
        graph.setdefault(each.importer, set()).add(each.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        upward.append("a circle of imports: " + " -> ".join(circle))
    return upward


def test_no_module_imports_one_that_stands_below_it_and_none_itself_in_a_circle() -> None:
    assert faults_in(ROOT) == []


PLANTED = {
    "at the top": "import noctule.indexer.serve.repository\n",
    "for types": "if TYPE_CHECKING:\n    from noctule.indexer.serve.repository import Repository\n",
    "in a function": "def late():\n    from noctule.indexer.serve import repository\n",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_an_import_of_a_later_floor_is_found_and_named(copy: Path, planted: str) -> None:
    (copy / "indexer/files/roles.py").write_text(planted)
    line = planted.rstrip().count("\n") + 1

    found = faults_in(copy)

    assert f"indexer.files.roles line {line} imports indexer.serve.repository, which stands below it" in found


def test_the_indexer_does_not_import_the_servers(copy: Path) -> None:
    (copy / "indexer/errors.py").write_text("from noctule.lsp_server.settings import Settings\n")

    assert "indexer.errors line 1 imports lsp_server.settings, which stands below it" in faults_in(copy)


def test_a_circle_within_one_floor_is_found_and_named(copy: Path) -> None:
    (copy / "evals/scorers/sets.py").write_text("from noctule.evals.scorers.spans import lines\n")
    (copy / "evals/scorers/spans.py").write_text("from noctule.evals.scorers import sets\n")

    [found] = faults_in(copy)

    assert sorted(found.partition(": ")[2].split(" -> ")[1:]) == ["evals.scorers.sets", "evals.scorers.spans"]
