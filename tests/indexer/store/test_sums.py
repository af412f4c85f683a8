"""Checksums of the pages of a store: damage is told from what writers do."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from noctule.indexer.errors import StoreDamaged
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store import sums
from noctule.indexer.store.store import Store, is_suspect
from tests.repositories import Repository as Made

FLIPS = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = Made(tmp_path / "shop")
    made.commit("Carts", {f"cart_{n}.py": f"def total_{n}():\n    return {n}\n" for n in range(20)})
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        return repository.folder


def test_each_flipped_bit_is_found_and_left_word_of(folder: Path) -> None:
    database, chance = folder / "store.db", random.Random(7)
    sound = database.read_bytes()
    missed = []
    for n in range(FLIPS):
        data = bytearray(sound)
        at = chance.randrange(100 if n % 10 == 0 else len(data))
        data[at] ^= 1 << chance.randrange(8)
        database.write_bytes(data)
        if sums.is_sound(database):
            missed.append(at)

    assert missed == []
    with pytest.raises(StoreDamaged):
        Store(folder, read_only=True)
    assert is_suspect(folder)


def test_a_file_that_was_touched_and_holds_the_same_is_sound(folder: Path) -> None:
    database = folder / "store.db"
    database.write_bytes(database.read_bytes())

    assert sums.is_sound(database)
    assert sums.is_recorded(database)


def test_what_a_writer_does_is_no_damage_at_any_moment(folder: Path) -> None:
    database = folder / "store.db"
    writer, reader = Store(folder), Store(folder, read_only=True)
    for n in range(3):
        with writer.transaction():
            writer.add_cost("sleep", 1.0, 1.0, n)
            assert sums.is_sound(database)
        assert sums.is_sound(database)
        writer.fold_journal(wait=False)
        assert sums.is_sound(database)
    writer.close()
    assert sums.is_sound(database)
    reader.close()
    Store(folder).close()

    assert sums.is_sound(database)
    assert sums.is_recorded(database)


def test_what_another_program_writes_is_no_damage(folder: Path) -> None:
    database = sqlite3.connect(folder / "store.db")
    database.execute("PRAGMA user_version = 1000")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()

    assert sums.is_sound(folder / "store.db")


def test_checksums_that_are_damaged_themselves_say_nothing(folder: Path) -> None:
    record = folder / sums.FILE
    data = bytearray(record.read_bytes())
    data[-1] ^= 1
    record.write_bytes(data)

    assert sums.is_sound(folder / "store.db", anew=True)


def test_a_flipped_bit_beside_a_journal_is_found(folder: Path) -> None:
    database = folder / "store.db"
    server = Store(folder, fold=False)
    with server.transaction():
        server.add_cost("sleep", 1.0, 1.0, 1)
    before = sums.is_sound(database, anew=True)
    data = bytearray(database.read_bytes())
    data[sums.PAGE + 7] ^= 1
    database.write_bytes(data)

    assert (before, (folder / "store.db-wal").stat().st_size > 0) == (True, True)
    assert not sums.is_sound(database)


def test_checksums_that_a_writer_left_behind_say_nothing(folder: Path) -> None:
    database, record = folder / "store.db", folder / sums.FILE
    kept = record.read_bytes()
    server, reader = Store(folder, fold=False), Store(folder, read_only=True)
    with server.transaction():
        server.add_cost("sleep", 1.0, 1.0, 1)
    server.fold_journal(wait=False)
    record.write_bytes(kept)

    assert sums.is_sound(database, anew=True)
    reader.close()
    server.close()
