"""Named tests against a coverage database whose contents are known."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.evals.experiments.affected_tests import read_coverage
from noctule.indexer.errors import BadTask
from tests.evals.conftest import Ran
from tests.repositories import Repository

FILES = {
    "shop/__init__.py": "",
    "shop/price.py": "def discounted(amount):\n    return amount / 2\n\n\ndef taxed(amount):\n    return amount * 2\n",
    "tests/test_price.py": "from shop.price import discounted\n\n\ndef test_it():\n    assert discounted(2) == 1\n",
    "tests/test_other.py": "def test_other():\n    assert True\n",
}


def write_coverage(database: Path, executed: dict[tuple[str, str], list[int]]) -> None:
    """Write a database as coverage.py does."""
    with sqlite3.connect(database) as db:
        db.executescript(
            "CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT); CREATE TABLE context (id INTEGER PRIMARY KEY, "
            "context TEXT); CREATE TABLE line_bits (file_id, context_id, numbits BLOB); "
            "CREATE TABLE arc (file_id, context_id, fromno, tono);"
        )
        for number, ((path, context), lines) in enumerate(executed.items()):
            db.execute("INSERT INTO file VALUES (?, ?)", (number, path))
            db.execute("INSERT INTO context VALUES (?, ?)", (number, context))
            bits = sum(1 << line for line in lines).to_bytes(4, "little")
            db.execute("INSERT INTO line_bits VALUES (?, ?, ?)", (number, number, bits))


def test_the_named_tests_are_held_against_those_that_ran(evaluate: Callable[..., Ran], tmp_path: Path) -> None:
    made = Repository(tmp_path / "shop")
    made.commit("Start", FILES)
    price = str(made.root / "shop/price.py")
    database = tmp_path / "coverage"
    write_coverage(
        database,
        {
            (price, ""): [1, 5],
            (price, "tests/test_price.py::test_it|run"): [2],
            (price, "tests/test_other.py::test_other|run"): [6],  # through something that nobody can see
        },
    )

    said = evaluate("tests", made.root, "--coverage", str(database)).said

    assert read_coverage(database, made.root)["shop/price.py"] == {
        2: {"tests/test_price.py"},
        6: {"tests/test_other.py"},
    }
    assert "2 functions edited" in said
    assert "2 test files, 50.0% of them execute the function: 50.0% of these are named" in said


def test_what_is_no_run_with_contexts_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "coverage"
    with pytest.raises(BadTask, match="not a coverage database"):
        read_coverage(database, tmp_path)
    write_coverage(database, {(str(tmp_path / "a.py"), ""): [1]})
    with pytest.raises(BadTask, match="says of no test"):
        read_coverage(database, tmp_path)
