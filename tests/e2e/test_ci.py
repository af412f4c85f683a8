"""What runs in continuous integration: the script of the GitHub Action, with a `gh` that keeps what it is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import Noctule
from tests.repositories import ENVIRONMENT
from tests.repositories import Repository as Made

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github/actions/review"


def test_a_pull_request_gets_annotations_one_comment_and_the_asked_exit_code(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    use = "from area import area\narea(1, 2)\n"
    made.commit("Start", {"area.py": "def area(w, h):\n    return w * h\n", "use.py": use})
    base = made.git("rev-parse", "HEAD")
    made.commit("Gone", {"area.py": "def volume(w, h, d):\n    return w * h * d\n"})
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/asked\ncase "$*" in *paginate*) cat {tmp_path}/known;; esac\n'
    )
    (tools / "gh").chmod(0o755)
    program = os.environ.get("NOCTULE_COMMAND") or Path(sys.executable).parent / "noctule"
    (tools / "noctule").symlink_to(program)
    environment = ENVIRONMENT | {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "NOCTULE_CACHE_DIR": str(noctule.cache),
        "BASE": base,
        "NUMBER": "7",
        "GITHUB_REPOSITORY": "shop/shop",
        "FAIL_ON": "warning",
    }

    for known in ("", "42\n"):
        (tmp_path / "known").write_text(known)
        ran = subprocess.run(
            ["bash", ACTION / "review.sh"], cwd=made.root, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 4, ran.stderr
        assert "::warning file=use.py,line=2,title=noctule removed::" in ran.stdout
    posted, patched = (line for line in (tmp_path / "asked").read_text().splitlines() if "--method" in line)
    body = "--raw-field body=<!-- noctule review -->"
    assert posted == f"api --method POST repos/shop/shop/issues/7/comments {body}"
    assert patched == f"api --method PATCH repos/shop/shop/issues/comments/42 {body}"


def test_the_inputs_that_the_documents_name_are_those_of_the_action() -> None:
    inputs = (ACTION / "action.yml").read_text().partition("inputs:\n")[2].partition("runs:\n")[0]
    named = set(re.findall(r"^  ([a-z-]+):$", inputs, re.MULTILINE))
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/review.md").read_text(), re.MULTILINE))

    assert named == documented
