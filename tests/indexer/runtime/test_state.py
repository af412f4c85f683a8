"""The database beside the store: kills, races, damage, and readers that wait for nobody and write nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest

from noctule.indexer.errors import StoreDamaged, StoreTooNew, StoreUnavailable
from noctule.indexer.runtime import state
from noctule.indexer.runtime.database import Busy
from tests.patience import PATIENCE_S

PROGRAM = """
import os, sys; from pathlib import Path; from noctule.indexer.runtime import state
folder, name = Path(sys.argv[1]), sys.argv[2]
"""
DISMISSED = "SELECT hint FROM dismissed ORDER BY hint"


def running(folder: Path, name: str, program: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM + program, str(folder), name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def dismiss(folder: Path, hint: str) -> None:
    with state.transaction(folder) as db:
        db.execute("INSERT INTO dismissed VALUES (?)", (hint,))


def test_processes_that_make_it_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    program = """
print("ready", flush=True); sys.stdin.readline()
for n in range(50):
    with state.transaction(folder) as db: db.execute("INSERT INTO dismissed VALUES (?)", (f"{name} {n}",))
"""
    writers = [running(folder, str(number), program) for number in range(3)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=PATIENCE_S)
        assert writer.returncode == 0

    assert {hint for (hint,) in state.rows(folder, DISMISSED)} == {f"{w} {n}" for w in range(3) for n in range(50)}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_a_kill_in_the_middle_takes_back_what_was_not_committed_and_holds_nobody_up(tmp_path: Path) -> None:
    dismiss(tmp_path, "before")
    program = """
with state.transaction(folder) as db:
    db.execute("DELETE FROM dismissed"); db.execute("INSERT INTO dismissed VALUES ('during')")
    print("written", flush=True); sys.stdin.read()
"""
    with running(tmp_path, "", program) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        assert state.rows(tmp_path, DISMISSED) == [("before",)]
        writer.kill()

    assert state.rows(tmp_path, DISMISSED) == [("before",)]
    dismiss(tmp_path, "behind")
    assert state.rows(tmp_path, DISMISSED) == [("before",), ("behind",)]


def test_what_was_committed_outlives_a_kill_at_any_moment(tmp_path: Path) -> None:
    program = """
for n in range(100_000):
    with state.transaction(folder) as db: db.execute("INSERT INTO dismissed VALUES (?)", (f"{name} {n}",))
    print(f"{name} {n}", flush=True)
"""
    said: list[str] = []
    for turn in range(3):
        with running(tmp_path, str(turn), program) as writer:
            assert writer.stdout is not None
            said += [writer.stdout.readline().strip() for _ in range(15 * (turn + 1))]
            writer.kill()
            said += writer.stdout.read().split("\n")[:-1]

    assert {hint for (hint,) in state.rows(tmp_path, DISMISSED)} >= set(said)


def test_a_reader_waits_for_no_writer_that_is_stopped(tmp_path: Path) -> None:
    dismiss(tmp_path, "before")
    program = """
with state.transaction(folder) as db:
    db.execute("INSERT INTO dismissed VALUES ('during')"); print("written", flush=True); sys.stdin.read()
"""
    with running(tmp_path, "", program) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        os.kill(writer.pid, signal.SIGSTOP)
        before = time.monotonic()
        assert state.StateReader(tmp_path).rows(DISMISSED) == [("before",)]
        with pytest.raises(Busy), state.transaction(tmp_path, wait_s=0.1):
            pass
        stop = Event()
        stop.set()
        with pytest.raises(state.Cancelled), state.transaction(tmp_path, stop=stop):
            pass
        assert time.monotonic() - before < state.WAIT_S
        writer.kill()


def test_a_reader_writes_nothing_and_makes_nothing(tmp_path: Path) -> None:
    reader = state.StateReader(tmp_path / "nowhere")
    (tmp_path / "old" / "ledger").mkdir(parents=True)

    assert reader.rows(DISMISSED) == []
    assert state.StateReader(tmp_path / "old").rows(DISMISSED) == []
    assert [path.name for path in tmp_path.rglob("*")] == ["old", "ledger"]


def test_a_reader_that_stays_open_sees_what_is_written_and_what_takes_the_place_of_a_forgotten_one(
    tmp_path: Path,
) -> None:
    reader = state.StateReader(tmp_path)
    seen = [reader.version()]
    dismiss(tmp_path, "first")
    seen.append(reader.version())
    assert reader.rows(DISMISSED) == [("first",)]
    assert reader.version() == seen[-1]
    dismiss(tmp_path, "second")
    seen.append(reader.version())
    assert reader.rows(DISMISSED) == [("first",), ("second",)]
    for path in tmp_path.iterdir():
        path.unlink()
    assert reader.rows(DISMISSED) == []
    dismiss(tmp_path, "third")
    seen.append(reader.version())

    assert reader.rows(DISMISSED) == [("third",)]
    assert len(set(map(repr, seen))) == len(seen)


@pytest.mark.parametrize("content", [b"nonsense" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_one_is_set_aside_by_whoever_writes_next(tmp_path: Path, content: bytes) -> None:
    dismiss(tmp_path, "before")
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / state.FILE).write_bytes(content)

    assert state.rows(tmp_path, DISMISSED) == []
    with pytest.raises(StoreDamaged), state.transaction(tmp_path, repair=False):
        pass
    dismiss(tmp_path, "behind")

    assert state.rows(tmp_path, DISMISSED) == [("behind",)]
    assert (tmp_path / state.DAMAGED).read_bytes() == content


def test_one_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    dismiss(tmp_path, "before")
    with state.transaction(tmp_path) as db:
        db.execute("PRAGMA user_version = 99")

    assert state.rows(tmp_path, DISMISSED) == []
    with pytest.raises(StoreTooNew, match="schema 99, known"), state.transaction(tmp_path):
        pass


def test_a_folder_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreUnavailable, match="cannot be used"), state.transaction(tmp_path / "file"):
        pass


def test_what_goes_wrong_inside_takes_all_of_it_back(tmp_path: Path) -> None:
    dismiss(tmp_path, "before")

    def fail() -> None:
        with state.transaction(tmp_path) as db:
            db.execute("DELETE FROM dismissed")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()

    assert state.rows(tmp_path, DISMISSED) == [("before",)]


def test_what_is_deleted_is_wiped_and_the_journal_is_folded(tmp_path: Path) -> None:
    dismiss(tmp_path, "a secret that goes")
    with state.transaction(tmp_path) as db:
        db.execute("DELETE FROM dismissed")

    state.fold_journal(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [state.FILE]
    assert b"secret" not in (tmp_path / state.FILE).read_bytes()
    assert state.size(tmp_path) == (tmp_path / state.FILE).stat().st_size


def test_a_commit_does_not_wait_for_the_journal_to_be_folded(tmp_path: Path) -> None:
    dismiss(tmp_path, "one")

    assert (tmp_path / f"{state.FILE}-wal").stat().st_size > 0


def test_the_journal_stays_short_though_each_process_writes_once_and_ends(tmp_path: Path) -> None:
    longest = 0
    for number in range(200):
        dismiss(tmp_path, f"{number} " + "long " * 500)
        journal = tmp_path / f"{state.FILE}-wal"
        longest = max(longest, journal.stat().st_size if journal.exists() else 0)

    assert longest < 400_000
    assert len(state.rows(tmp_path, DISMISSED)) == 200


def test_migrations_are_numbered_from_one_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in state.KIND.migrations()]

    assert numbers == list(range(1, len(numbers) + 1))


def test_a_name_that_is_no_text_can_be_stored(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        sqlite3.connect(":memory:").execute("SELECT ?", ("b\udcff.py",))

    dismiss(tmp_path, state.text("b\udcff.py"))

    assert state.rows(tmp_path, DISMISSED) == [("b\\udcff.py",)]
