"""Files that were read in part: status says which, and why."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.parse.limits import MOST_PROSE
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

BROKEN = "def sound():\n    return 1\n\n\ndef broken(:\n    return ((\n"


def test_status_names_what_was_read_in_part(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    made.commit("All", {"tax.py": BROKEN, "api.yaml": "path: x\n" * (MOST_PROSE // 8 + 1), "note.txt": "short\n"})
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()

        assert repository.status().left_out_examples == {
            "in part: only the first 200 kB are searched": ("api.yaml",),
            "in part: the grammar does not follow all of it": ("tax.py",),
        }
