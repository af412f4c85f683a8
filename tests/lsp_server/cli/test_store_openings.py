"""A command opens the store of what was learned once, however many questions it puts to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

COUNTING = """
import sys
opened = []
def hear(event, details):
    if event == "sqlite3.connect" and "store.db" in str(details[0]):
        opened.append(details[0])
sys.addaudithook(hear)
from noctule.lsp_server.cli.main import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(f"opened: {len(opened)}", file=sys.stderr)
sys.exit(code)
"""
COMMANDS = {
    "context": ("context", "--task", "the cart's total is wrong", "."),
    "context of a likely task": ("context", "."),
    "notes": ("notes", ".", "shop/cart.py"),
    "predict": ("predict", ".", "--given", "shop/cart.py"),
    "status": ("status", "."),
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned")
    made = Made(folder / "shop")
    made.commit("Round the total of a cart", {"shop/cart.py": "def cart_total(items):\n    return sum(items)\n"})
    with Repository.open(made.root, cache=folder / "cache") as repository:
        repository.sleep()
    return folder


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_opens_the_store_once(learned: Path, command: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", COUNTING, *command],
        cwd=learned / "shop",
        env={**os.environ, "NOCTULE_CACHE_DIR": str(learned / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout
    assert ran.stderr.splitlines()[-1] == "opened: 1"
