"""CONTRIBUTING.md names every folder of the code, in the order in which they may import each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_floors import FLOORS

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def test_the_floors_are_listed_in_their_order() -> None:
    table = TEXT.partition("| floor of `indexer/`")[2].partition("\n\n")[0]

    assert tuple(re.findall(r"^\| `(\w+)/`", table, re.MULTILINE)) == FLOORS


@pytest.mark.parametrize("package", ["lsp_server", "evals"])
def test_each_folder_is_listed(package: str) -> None:
    table = TEXT.partition(f"| folder of `{package}/`")[2].partition("\n\n")[0]
    folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}

    assert set(re.findall(r"`(\w+)/`", table)) == folders
