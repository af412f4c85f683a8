"""The threat model names a test for every line, and each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/security.md").read_text()
LINES = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| Threat |")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_the_threat_model_names_is_there(file: str, test: str) -> None:
    assert re.search(rf"^(?:async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_each_threat_has_what_is_done_and_a_test() -> None:
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in LINES]

    assert len(cells) > 20
    assert [row for row in cells if len(row) != 3 or not all(row) or "::test_" not in row[2]] == []
