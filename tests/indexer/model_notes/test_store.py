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
from noctule.indexer.model_notes.store import FILE, FOLDER, ModelNote, Proof, Proven, Shelf

CLAIM = Proven("`a` calls `b`.", "invariant", (Proof("a.py", 3, (1, 2)), Proof("", 0, (), "f" * 40)), 0.75, 2)
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
    Shelf(tmp_path).put(NOTE)

    assert Shelf(tmp_path).notes() == (NOTE,)
    assert Shelf(tmp_path).get("k1") == NOTE


def test_the_newest_note_comes_first_and_a_dropped_one_not_at_all(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(NOTE)
    shelf.put(replace(NOTE, key="k2", at=20.0))
    shelf.put(replace(NOTE, key="k3", at=19.0))

    shelf.drop(["k3"], "it does not pay")

    assert [note.key for note in shelf.notes()] == ["k2", "k1"]
    assert dict(shelf.dropped()) == {"k3": "it does not pay"}


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(NOTE)
    file = tmp_path / FOLDER / FILE
    file.write_bytes(file.read_bytes() + b'\n{"note": {"key": "torn", "subj')

    shelf.put(replace(NOTE, key="k2"))

    assert {note.key for note in Shelf(tmp_path).notes()} == {"k1", "k2"}


@pytest.mark.parametrize("line", ["[]", "7", '{"note": []}', '{"note": {"key": 1}}', '{"note": null}', "[" * 100_000])
def test_a_line_that_is_no_note_is_passed_over(tmp_path: Path, line: str) -> None:
    Shelf(tmp_path).put(NOTE)
    with (tmp_path / FOLDER / FILE).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    assert Shelf(tmp_path).notes() == (NOTE,)


def test_nothing_is_there_where_nothing_was_put(tmp_path: Path) -> None:
    assert Shelf(tmp_path).notes() == ()
    assert not (tmp_path / FOLDER).exists()


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from dataclasses import replace; from pathlib import Path;"
        "from noctule.indexer.model_notes.store import ModelNote, Shelf; import json;"
        "note = ModelNote.from_json(json.loads(sys.argv[2]));"
        "shelf = Shelf(Path(sys.argv[1]));"
        "[shelf.put(replace(note, key=f'{sys.argv[3]}-{n}', queries=('why ' * 3_000,))) for n in range(10)]"
    )
    command = [sys.executable, "-c", program, str(tmp_path), json.dumps(NOTE.to_json())]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    for writer in writers:
        assert writer.wait(60) == 0

    assert len(Shelf(tmp_path).notes()) == 30


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")

    with pytest.raises(StoreUnavailable, match="cannot be written"):
        Shelf(tmp_path).put(NOTE)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_what_is_read_is_a_note_or_refused(value: object) -> None:
    for name in NOTE.to_json():
        written = {**NOTE.to_json(), name: value}
        try:
            note = ModelNote.from_json(written)
        except ValueError:
            continue
        assert ModelNote.from_json(json.loads(json.dumps(note.to_json()))) == note
