"""What is resolved again when files come and go: the same as if everything were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from noctule.indexer.arrays import unpack
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store import view as views
from noctule.indexer.store.view import NOTHING, Earlier, ViewFiles
from tests.indexer.resolve.test_cases import CASES

PARTS = ("relations", "imports", "graph")


def slept(root: Path, cache: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Sleep; return the parts of the view, and the same where nothing was known before."""
    repository = Repository.open(root, cache=cache)
    repository.sleep()
    store = repository.open_store()
    try:
        view = store.view(repository.view_name)
        assert view is not None
        parts = store.parts(view.id, (*Earlier.PARTS, *PARTS))
        known = Earlier.of(parts)
        width = len(known.oids) // max(len(known.paths), 1)
        oids = [known.oids[n * width : (n + 1) * width].hex() for n in range(len(known.paths))]
        blobs = dict(zip(known.paths, zip(oids, known.rows, strict=True), strict=True))
        return parts, views.graph_part(store, ViewFiles.of(store, blobs), NOTHING)
    finally:
        store.close()


def are_alike(one: dict[str, bytes], other: dict[str, bytes]) -> bool:
    return all(
        np.array_equal(column, unpack(other[part])[name])
        for part in PARTS
        for name, column in unpack(one[part]).items()
    )


@pytest.mark.parametrize("name", list(CASES)[::7])
def test_files_that_come_and_go_leave_what_all_files_give(name: str, tmp_path: Path) -> None:
    files = CASES[name][0]
    root, cache = tmp_path / "repository", tmp_path / "cache"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    slept(root, cache)

    for path, text in files.items():
        (root / path).unlink()
        assert are_alike(*slept(root, cache)), f"without {path}"
        (root / path).write_text(text)
        assert are_alike(*slept(root, cache)), f"with {path} again"


def test_a_test_that_is_added_and_removed_leaves_what_all_files_give(tmp_path: Path) -> None:
    root, cache = tmp_path / "repository", tmp_path / "cache"
    root.mkdir()
    (root / "ship.py").write_text("class Ship:\n    def sail(self):\n        return self\n")
    (root / "yard.py").write_text("from ship import Ship\n\n\ndef build():\n    return Ship().sail()\n")
    slept(root, cache)
    test = root / "test_yard.py"
    test.write_text("from yard import build\n\n\ndef test_build():\n    assert build().sail()\n")

    added = slept(root, cache)
    test.unlink()
    removed = slept(root, cache)

    assert are_alike(*added)
    assert are_alike(*removed)
    assert len(unpack(added[0]["relations"])["users"]) > len(unpack(removed[0]["relations"])["users"])
