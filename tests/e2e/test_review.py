"""`noctule review` and `noctule tests` as people and programs call them; how a review is written is tested apart."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import Noctule
from tests.repositories import Repository as Made


def test_a_change_is_reviewed_and_its_tests_are_run(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    source = "def area(width, height):\n    return width * height\n"
    user = "from area import area\n\n\ndef twice(x):\n    return 2 * area(x, x)\n"
    test = "from area import area\n\n\ndef test_area():\n    assert area(1, 1) == 1\n"
    made.commit("Start", {"area.py": source, "twice.py": user, "test_area.py": test})
    made.commit("A reader", {"README.md": "Areas.\n"})
    root = str(made.root)
    assert "Nothing differs between" in noctule.ok("review", root).out
    made.write("area.py", source.replace("height)", "height, depth)"))

    said = noctule("review", root, "--fail-on", "note")
    committed = noctule("review", root, "HEAD~1..HEAD", "--fail-on", "note", "--json")
    ids = noctule.ok("tests", root, "--ids").out
    ran = noctule("tests", root, "--run", "sh -c 'echo ran $1; exit 7' sh")

    assert said.code == 4
    assert "twice.py:5\n    twice uses area, whose signature this change edits\n" in said.out
    assert "needs past changes on which at least 80% of such hints were right" in said.out
    assert committed.code == 0
    assert json.loads(committed.out)["files"] == ["README.md"]
    assert ids == "test_area.py::test_area\n"
    assert (ran.code, ran.out) == (7, "ran test_area.py\n")
