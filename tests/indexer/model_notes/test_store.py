"""Notes of a model are kept whole, through crashes and beside other writers."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.model_notes.store import ModelNote, NoteStore, Proof, VerifiedClaim
from noctule.indexer.runtime import state
from tests.patience import PATIENCE_S

CLAIM = VerifiedClaim("`a` calls `b`.", "invariant", (Proof("a.py", 3, (1, 2)), Proof("", 0, (), "f" * 40)), 0.75, 2)
NOTE = ModelNote(
    key="k1",
    subject="a.py",
    subject_kind="file",
    claims=(CLAIM,),
    queries=("how is a changed?",),
    model="openai/gpt",
    checker="openai/mini",
    prompt="1",
    effort="low",
    thoughts=2,
    revision="e" * 40,
    at=17.5,
    tokens=1200,
    dollars=0.0125,
    refused={"no evidence": 2},
)


def test_what_was_put_is_there_for_another_process(tmp_path: Path) -> None:
    NoteStore(tmp_path).put(NOTE)

    assert NoteStore(tmp_path).notes() == (NOTE,)
    assert NoteStore(tmp_path).get("k1") == NOTE


def test_the_newest_note_comes_first(tmp_path: Path) -> None:
    note_store = NoteStore(tmp_path)
    note_store.put(NOTE)
    note_store.put(replace(NOTE, key="k2", at=20.0))

    assert [note.key for note in note_store.notes()] == ["k2", "k1"]


@pytest.mark.parametrize("content", ["[]", "7", '{"key": 1}', "null", "[" * 100_000, "{"])
def test_what_is_no_note_is_passed_over(tmp_path: Path, content: str) -> None:
    NoteStore(tmp_path).put(NOTE)
    with state.transaction(tmp_path) as db:
        db.execute("INSERT INTO note VALUES ('k0', 'a.py', '', 99.0, ?, NULL)", (content,))

    assert NoteStore(tmp_path).notes() == (NOTE,)


def test_a_path_that_is_no_text_has_notes_too(tmp_path: Path) -> None:
    note = replace(NOTE, subject="b\udcff.py")
    NoteStore(tmp_path).put(note)

    assert NoteStore(tmp_path).notes() == (note,)


def test_nothing_is_there_where_nothing_was_put(tmp_path: Path) -> None:
    assert NoteStore(tmp_path).notes() == ()
    assert list(tmp_path.iterdir()) == []


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from dataclasses import replace; from pathlib import Path;"
        "from noctule.indexer.model_notes.store import ModelNote, NoteStore; import json;"
        "note = ModelNote.from_json(json.loads(sys.argv[2]));"
        "note_store = NoteStore(Path(sys.argv[1]));"
        "[note_store.put(replace(note, key=f'{sys.argv[3]}-{n}', queries=('why ' * 3_000,))) for n in range(10)]"
    )
    command = [sys.executable, "-c", program, str(tmp_path), json.dumps(NOTE.to_json())]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    for writer in writers:
        assert writer.wait(PATIENCE_S) == 0

    assert len(NoteStore(tmp_path).notes()) == 30


def test_a_writer_that_is_killed_loses_nothing_that_it_said_was_kept(tmp_path: Path) -> None:
    program = (
        "import sys; from dataclasses import replace; from pathlib import Path; import json;"
        "from noctule.indexer.model_notes.store import ModelNote, NoteStore;"
        "note = ModelNote.from_json(json.loads(sys.argv[2])); notes = NoteStore(Path(sys.argv[1]));"
        "[(notes.put(replace(note, key=str(n))), print(n, flush=True)) for n in range(10_000)]"
    )
    command = [sys.executable, "-c", program, str(tmp_path), json.dumps(NOTE.to_json())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip() for _ in range(20)]
        writer.kill()
        said += writer.stdout.read().split()

    assert {note.key for note in NoteStore(tmp_path).notes()} >= set(said)
    NoteStore(tmp_path).put(NOTE)
    assert NoteStore(tmp_path).get("k1") == NOTE


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / state.FILE).mkdir()

    with pytest.raises(StoreUnavailable, match="cannot be used"):
        NoteStore(tmp_path).put(NOTE)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_what_is_read_is_a_note_or_refused(value: object) -> None:
    for name in NOTE.to_json():
        written = {**NOTE.to_json(), name: value}
        try:
            note = ModelNote.from_json(written)
        except ValueError:
            continue
        assert ModelNote.from_json(json.loads(json.dumps(note.to_json()))) == note
