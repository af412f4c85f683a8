"""No module and no class is longer than what a reader can hold in the head."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("indexer", "lsp_server", "evals")
LONGEST_MODULE = 450
LONGEST_CLASS = 300


def oversized(root: Path) -> Iterator[str]:
    """Yield the modules and classes that are too long, with their numbers of lines."""
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        name, source = path.relative_to(root), path.read_bytes()
        lines = source.count(b"\n")
        if lines > LONGEST_MODULE:
            yield f"{name} has {lines} lines, more than {LONGEST_MODULE}"
        if lines < LONGEST_CLASS:
            continue
        classes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef))
        for node in classes:
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_CLASS:
                yield f"{name}: class {node.name} has {length} lines, more than {LONGEST_CLASS}"


def test_no_module_and_no_class_is_too_long() -> None:
    assert list(oversized(ROOT)) == []


def test_what_is_too_long_is_found_and_named(tmp_path: Path) -> None:
    body = "    x = 1\n"
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals/fine.py").write_text("class Fine:\n" + body * (LONGEST_CLASS - 1) + "x = 1\n" * 150)
    (tmp_path / "evals/long.py").write_text("class Long:\n" + body * LONGEST_CLASS + "x = 1\n" * 150)

    assert list(oversized(tmp_path)) == [
        "evals/long.py has 451 lines, more than 450",
        "evals/long.py: class Long has 301 lines, more than 300",
    ]
