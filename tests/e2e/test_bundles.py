"""Notes of a model go from one user's store into a file, and from there into another's, by the real command."""

from __future__ import annotations

import json
from pathlib import Path

from noctule.indexer.model_notes.store import NoteStore
from noctule.indexer.serve.repository import Repository
from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.indexer.think.test_share import GOOD, MONEY, TAX


def shop(path: Path) -> Repo:
    repo = Repo.make(path)
    repo.commit("Shop", {"money.py": MONEY, "tax.py": TAX})
    return repo


def test_a_note_travels_as_a_file(noctule: Noctule, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    (tmp_path / "given.jsonl").write_text(
        json.dumps({"noctule": "notes of a model", "schema": 1}) + "\n" + json.dumps(GOOD) + "\nnonsense\n"
    )
    taken = noctule.ok("notes", repo.path, "--import", tmp_path / "given.jsonl")
    written = noctule.json("notes", repo.path, "--export", tmp_path / "out.jsonl")

    assert taken.out == (
        f"Read 1 note with 1 claim from {tmp_path / 'given.jsonl'}\n  left out: 1 (not a note of a model)\n"
    )
    assert (written["notes"], written["claims"], written["left_out"]) == (1, 1, {})
    (kept,) = NoteStore(Repository.open(repo.path, cache=noctule.cache).folder).notes()
    assert json.loads((tmp_path / "out.jsonl").read_text().splitlines()[1])["key"] == kept.key
    assert kept.imported


def test_what_is_no_bundle_is_refused_in_one_line(noctule: Noctule, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    ran = noctule("notes", repo.path, "--import", repo.path / "tax.py")

    assert ran.code == 2
    assert "is not a file of notes" in ran.complaint


def test_a_bundle_that_cannot_be_written_leaves_nothing_behind(noctule: Noctule, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    noctule.ok("sleep", repo.path)
    ran = noctule("notes", repo.path, "--export", tmp_path / "absent" / "out.jsonl")

    assert ran.code == 2
    assert "No such file or directory" in ran.complaint
    assert not (tmp_path / "absent").exists()
