from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread

import platformdirs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noctule.indexer.errors import StoreDamaged, StoreEmpty, StoreTooNew, StoreUnavailable
from noctule.indexer.files.scan import Stat
from noctule.indexer.store import store as stores
from noctule.indexer.store.connection import BUSY_S, KIND, is_suspect
from noctule.indexer.store.lease import lease
from noctule.indexer.store.location import store_folder
from noctule.indexer.store.rows import MOST_IN_ROW, BlobRow, decode_imports
from noctule.indexer.store.store import MOST_REVISION_VIEWS, Store, open_for_sleep, set_aside

OID = "ab" * 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = Store(folder)
    yield store
    store.close()


def blob(oid: str = OID, *, hint: str = "python", first_unit: int = 0, units: int = 2) -> BlobRow:
    return BlobRow(
        oid=oid,
        hint=hint,
        language=hint,
        size=10,
        status="text",
        generated=False,
        broken=False,
        line_hashes=array("I", [1, 2, 3]).tobytes(),
        first_unit=first_unit,
        unit_definitions=array("i", [-1, 0]).tobytes(),
        unit_lengths=array("H", [5] * units).tobytes(),
        defined_names=b"",
        used_names=b"",
        imports='[["os",["path"],3]]',
    )


# Content


def test_blobs_are_known_by_their_content_and_language(store: Store) -> None:
    with store.transaction():
        store.add_blobs([(1, blob()), (2, blob(hint="ruby", first_unit=2)), (3, blob("cd" * 20, first_unit=4))], [])

    assert store.blob_ids([(OID, "python"), (OID, "ruby"), (OID, "go"), ("ef" * 20, "python")]) == {
        (OID, "python"): 1,
        (OID, "ruby"): 2,
    }
    assert store.blobs([3, 1, 9], "first_unit, language") == {1: (0, "python"), 3: (4, "python")}
    assert decode_imports(store.blobs([1], "imports")[1][0]) == [("os", ("path",), 3)]
    assert (store.next_blob(), store.next_unit()) == (4, 6)


def test_blobs_are_found_among_more_than_a_query_can_name(store: Store) -> None:
    oids = [f"{n:040x}" for n in range(6000)]
    with store.transaction():
        store.add_blobs([(n, blob(oid, first_unit=2 * n)) for n, oid in enumerate(oids, 1)], [])

    for some in (oids[::7], oids):
        wanted = [(oid, "python") for oid in some]
        assert store.blob_ids(wanted) == {key: int(key[0], 16) + 1 for key in wanted}
        ids = [int(oid, 16) + 1 for oid in some]
        assert store.blobs(ids, "first_unit") == {n: (2 * n,) for n in ids}


def test_a_blob_without_units_takes_no_numbers(store: Store) -> None:
    with store.transaction():
        store.add_blobs([(1, blob(units=3)), (2, blob("01" * 20, first_unit=3, units=0))], [])
    assert store.next_unit() == 3

    with store.transaction():
        store.add_blobs([(3, blob("02" * 20, first_unit=3, units=1))], [])
    assert store.next_unit() == 4


def test_names_are_numbered_once(store: Store) -> None:
    with store.transaction():
        first = store.intern(["b", "a", "b"])
    with store.transaction():
        second = store.intern(["c", "a"])

    assert first == {"a": 1, "b": 2}
    assert second == {"a": 1, "c": 3}
    assert store.names([1, 3, 9]) == {1: "a", 3: "c"}


def test_definitions_are_found_by_blob_and_by_name(store: Store) -> None:
    with store.transaction():
        number = store.intern(["Cart", "total"])
        rows = [
            (2, 0, number["Cart"], "Cart", "class", 0, 9, "class Cart:", "A cart.", -1),
            (2, 1, number["total"], "Cart.total", "method", 3, 5, "def total(self):", "", 0),
            (7, 0, number["total"], "total", "function", 0, 2, "def total():", "", -1),
            (9, 1, number["total"], "Cart.total", "field", 3, 4, "self.total = 0", "", 0),
        ]
        store.add_blobs([(9, blob())], rows)

    found = store.definitions([2, 5])
    assert [(d.qualname, d.name, d.position, d.parent) for d in found[2]] == [
        ("Cart", "Cart", 0, -1),
        ("Cart.total", "total", 1, 0),
    ]
    assert found[5] == []
    assert [d.qualname for d in store.definitions([2, 9], ("class",))[2]] == ["Cart"]
    named = store.find_named("total", [2, 7, 8])
    assert {blob: [d.qualname for d in defined] for blob, defined in named.items()} == {2: ["Cart.total"], 7: ["total"]}
    assert store.find_named("none", [2]) == {}
    assert sorted(store.find_definitions(["total", "none"])) == [("total", 2, 1), ("total", 7, 0), ("total", 9, 1)]
    assert sorted(store.find_definitions(["total"], fields=False)) == [("total", 2, 1), ("total", 7, 0)]
    assert store.find_names([2, 5]) == {"Cart", "total"}


def test_references_of_several_segments_are_found_by_name(store: Store) -> None:
    def row(name: int, uses: dict[int, list[int]]) -> tuple[int, bytes, bytes, bytes]:
        lines = array("H", [line for each in uses.values() for line in each])
        return name, array("I", uses).tobytes(), array("I", map(len, uses.values())).tobytes(), lines.tobytes()

    with store.transaction():
        number = store.intern(["total", "other"])
        store.add_references([row(number["total"], {1: [3, 9], 2: [0]}), row(number["other"], {1: [1]})])
        store.add_segment(0, [])
    with store.transaction():
        store.add_references([row(number["total"], {5: [65535]})])
        store.add_segment(7, [])

    assert [(b, lines.tolist()) for b, lines in store.find_uses("total")] == [(1, [3, 9]), (2, [0]), (5, [65535])]
    assert (store.find_uses("none"), store.find_users(["none"])) == ([], {})
    assert store.find_users(["total"]) == {"total": [1, 2, 5]}


def test_what_many_units_and_blobs_say_comes_back_whole_from_small_rows(store: Store) -> None:
    units, counts = array("H", range(0, 3_000, 3)).tobytes(), bytes(n % 255 + 1 for n in range(1_000))
    wide = array("I", range(0, 700_000, 7_000)).tobytes()
    uses = [(blob, list(range(blob % 40 + 1))) for blob in range(1, 300)]
    columns = (array("I", [b for b, _ in uses]), array("I", [len(at) for _, at in uses]))
    lines = array("H", [line for _, at in uses for line in at])
    number = store.intern({"total"})["total"]
    with store.transaction():
        store.add_references([(number, *(column.tobytes() for column in columns), lines.tobytes())])
        store.add_segment(5, [("cart", units, counts), ("tax", wide, b"\1" * 100)])

    assert store.postings(["cart", "tax"]) == {"cart": [(5, units, counts)], "tax": [(5, wide, b"\1" * 100)]}
    assert [(blob, at.tolist()) for blob, at in store.find_uses("total")] == uses
    assert store.find_users(["total"]) == {"total": [blob for blob, _ in uses]}
    assert max(len(u) + len(c) for _, _, u, c in store.read_postings([0])) <= MOST_IN_ROW
    assert max(len(b) + len(c) for _, _, b, c, _ in store.read_references([0])) <= MOST_IN_ROW


@pytest.mark.parametrize("first", [1, 65_400, 2**31])
@pytest.mark.parametrize("most", [1, 255, 256, 40_000])
def test_uses_come_back_however_many_blobs_and_lines_there_are(store: Store, first: int, most: int) -> None:
    uses = [(first + n, [n] * (most if n % 50 == 7 else 1)) for n in range(200)]
    columns = (array("I", [b for b, _ in uses]), array("I", [len(at) for _, at in uses]))
    lines = array("H", [line for _, at in uses for line in at])
    number = store.intern({"total"})["total"]
    with store.transaction():
        store.add_references([(number, *(column.tobytes() for column in columns), lines.tobytes())])
        store.add_segment(0, [])

    assert [(blob, at.tolist()) for blob, at in store.find_uses("total")] == uses
    assert store.find_users(["total"]) == {"total": [blob for blob, _ in uses]}
    read = list(store.read_references([0]))
    assert b"".join(row[2] for row in read) == columns[0].tobytes()
    assert b"".join(row[3] for row in read) == columns[1].tobytes()


def test_postings_come_with_the_first_unit_of_their_segment(store: Store) -> None:
    with store.transaction():
        store.add_segment(0, [("cart", b"\0\0", b"\1"), ("tax", b"\1\0", b"\2")])
        store.add_segment(500, [("cart", b"\2\0", b"\3")])

    assert store.postings(["cart", "none"]) == {"cart": [(0, b"\0\0", b"\1"), (500, b"\2\0", b"\3")]}


@given(st.dictionaries(st.text(max_size=5), st.binary(max_size=50), max_size=4))
@settings(max_examples=25)
def test_shared_columns_and_parts_come_back(tmp_path_factory: pytest.TempPathFactory, data: dict[str, bytes]) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    with store.transaction():
        for name, value in data.items():
            store.set_shared(name, value)
        store.put_view("work:x", "key", None, True, data)

    view = store.view("work:x")
    assert view is not None
    assert {name: store.shared(name) for name in data} == data
    assert store.parts(view.id, list(data)) == data
    store.close()


# Views


def test_a_view_is_replaced_and_keeps_the_parts_that_are_not_given(store: Store) -> None:
    with store.transaction():
        store.put_view("work:x", "partial:1", None, True, {"files": b"1", "fitted": b"1"})
    before = store.view("work:x")
    with store.transaction():
        store.put_view("work:x", "2", "c" * 40, False, {"files": b"2"})
    after = store.view("work:x")

    assert before is not None
    assert after is not None
    assert (before.id, before.partial) == (after.id, True)
    assert (after.snapshot, after.revision, after.dirty, after.partial) == ("2", "c" * 40, False, False)
    assert store.parts(after.id, ["files", "fitted", "none"]) == {"files": b"2", "fitted": b"1"}
    assert store.view("work:y") is None


def test_the_oldest_views_of_revisions_make_room_and_take_their_parts_along(store: Store) -> None:
    with store.transaction():
        store.put_view("work:x", "key", None, False, {"files": b""})
        for n in range(MOST_REVISION_VIEWS + 3):
            store.put_view(f"revision:{n}", "key", None, False, {"files": b""})

    assert store.count("view") == store.count("part") == MOST_REVISION_VIEWS + 1
    assert store.view("work:x") is not None
    assert store.view("revision:2") is None
    assert store.view("revision:3") is not None


def test_the_stat_cache_follows_the_work_tree(store: Store) -> None:
    def stat(n: int) -> Stat:
        return Stat(n, n, n, n, OID, n)

    known = {"a": stat(1), "b": stat(2), "odd\udcff\n": stat(3)}
    with store.transaction():
        store.put_stats("root", known, {})
        store.put_stats("other", {"a": stat(9)}, {})
        store.put_stats("root", {"a": stat(1), "odd\udcff\n": stat(4)}, known)

    assert store.stats("root") == {"a": stat(1), "odd\udcff\n": stat(4)}
    assert store.stats("other") == {"a": stat(9)}


def test_what_sleep_cost_adds_up(store: Store) -> None:
    with store.transaction():
        store.add_cost("sleep", 1.5, 2.5, 10)
        store.add_cost("sleep", 0.5, 0.5, 1)

    assert store.costs() == {"sleeps": 2.0, "seconds": 2.0, "cpu_seconds": 3.0}


# Transactions and processes


def test_what_fails_midway_leaves_nothing(store: Store) -> None:
    def interrupted() -> None:
        with store.transaction():
            store.add_blobs([(1, blob())], [])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert store.count("blob") == 0
    with store.transaction():
        store.add_blobs([(1, blob())], [])
    assert store.count("blob") == 1


def test_a_reader_sees_the_state_before_while_another_process_writes(store: Store, folder: Path) -> None:
    with store.transaction():
        store.add_blobs([(1, blob())], [])
    reader = Store(folder, read_only=True)
    started = time.monotonic()
    with store.transaction():
        store.add_blobs([(2, blob("01" * 20))], [])
        during = reader.count("blob")
    after = reader.count("blob")
    reader.close()

    assert (during, after) == (1, 2)
    assert time.monotonic() - started < BUSY_S  # a reader waits for no lock


def test_a_reader_cannot_write(store: Store, folder: Path) -> None:
    reader = Store(folder, read_only=True)

    with pytest.raises(StoreUnavailable):
        reader.set_shared("x", b"")
    reader.close()


def test_one_process_has_the_lease_and_a_dead_one_gives_it_back(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from noctule.indexer.store.lease import lease\n"
        "with lease(Path(sys.argv[1])) as mine: print(mine.acquire(), flush=True); sys.stdin.read()\n"
    )
    package = Path(__file__).resolve().parents[3]
    with (
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder)], cwd=package, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other,
        lease(folder) as mine,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        assert not mine.acquire()
        assert mine.owner() == str(other.pid)
        other.kill()
        other.wait()
        assert mine.acquire()
        assert mine.owner() == str(os.getpid())


def test_a_lease_makes_the_folder_and_says_where_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with lease(tmp_path / "a/b") as mine:
        assert mine.acquire()

    with pytest.raises(StoreUnavailable, match="file"), lease(tmp_path / "file/b"):
        pass


# Sound and unsound files


def test_an_empty_file_becomes_a_store(folder: Path) -> None:
    (folder / "store.db").write_bytes(b"")
    with pytest.raises(StoreDamaged, match="empty"):
        Store(folder, read_only=True)

    store = open_for_sleep(folder)

    assert store.version == len(KIND.migrations())
    assert store.count("blob") == 0
    store.close()


def test_who_reads_a_store_that_is_just_being_made_does_not_have_it_made_again(folder: Path) -> None:
    (folder / "store.db").write_bytes(b"")
    with pytest.raises(StoreEmpty):
        Store(folder, read_only=True)

    assert not is_suspect(folder)


def test_a_new_store_is_never_seen_with_a_part_of_its_schema(tmp_path: Path) -> None:
    # A folder for each: a reader of a file that was removed would take the journal of the next one for its own, which
    # SQLite answers with "locking protocol".
    folders = [tmp_path / str(number) for number in range(20)]
    newest = folders[0]
    seen: set[int] = set()
    done = Event()

    def look() -> None:
        while not done.is_set():
            with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{newest}/store.db?mode=ro", uri=True)) as db:
                seen.add(db.execute("PRAGMA user_version").fetchone()[0])

    reader = Thread(target=look)
    reader.start()
    try:
        for newest in folders:
            newest.mkdir()
            Store(newest).close()
    finally:
        done.set()
        reader.join()

    assert seen <= {0, len(KIND.migrations())}


def test_what_was_learned_before_secrets_were_left_out_is_forgotten(folder: Path) -> None:
    secret = "tundra" + "9216"
    with closing(sqlite3.connect(folder / "store.db")) as database:
        database.executescript(f"{KIND.migrations()[0].read_text()}; PRAGMA user_version = 1;")
        database.execute("INSERT INTO name VALUES (1, ?)", (secret,))
        database.execute("INSERT INTO posting VALUES (?, 0, '', '')", (secret,))
        database.commit()

    Store(folder).close()

    assert secret.encode() not in b"".join(file.read_bytes() for file in folder.iterdir())


def test_a_database_of_another_program_is_set_aside(folder: Path) -> None:
    with sqlite3.connect(folder / "store.db") as database:
        database.execute("CREATE TABLE mine (x)")
        database.execute("PRAGMA user_version = 1")
    database.close()

    with pytest.raises(StoreDamaged):
        Store(folder)
    store = open_for_sleep(folder)

    assert store.count("view") == 0
    assert (folder / "damaged.db").exists()
    store.close()


@pytest.mark.parametrize("content", [b"no database " * 400, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_set_aside(folder: Path, content: bytes) -> None:
    (folder / "store.db").write_bytes(content)
    with pytest.raises(StoreDamaged):
        Store(folder, read_only=True)

    store = open_for_sleep(folder)

    assert store.count("blob") == 0
    assert (folder / "damaged.db").read_bytes() == content
    store.close()


def test_a_store_of_a_later_version_is_left_as_it_is(folder: Path) -> None:
    Store(folder).close()
    with sqlite3.connect(folder / "store.db") as database:
        database.execute(f"PRAGMA user_version = {len(KIND.migrations()) + 1}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    before = (folder / "store.db").read_bytes()

    for read_only in (True, False):
        with pytest.raises(StoreTooNew):
            Store(folder, read_only=read_only)
    with pytest.raises(StoreTooNew):
        open_for_sleep(folder)

    assert (folder / "store.db").read_bytes() == before
    assert not (folder / "damaged.db").exists()


def test_a_store_that_is_set_aside_takes_its_journal_along(folder: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (folder / f"store.db{suffix}").write_text(suffix)

    set_aside(folder)

    assert {p.name: p.read_text() for p in folder.iterdir()} == {
        "damaged.db": "",
        "damaged.db-wal": "-wal",
        "damaged.db-shm": "-shm",
    }


def test_a_folder_in_the_store_s_place_is_said_in_one_line(folder: Path) -> None:
    (folder / "store.db").mkdir()

    with pytest.raises(StoreUnavailable, match="unable to open") as caught:
        Store(folder)
    assert "\n" not in str(caught.value)


def test_migrations_are_numbered_from_one_without_a_gap() -> None:
    names = sorted(p.name for p in (Path(stores.__file__).parent / "schema").glob("*.sql"))

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


# Where it lies


def test_each_repository_has_a_folder_of_its_own_that_says_which(tmp_path: Path) -> None:
    one, other = store_folder(tmp_path / "a/shop/.git", tmp_path), store_folder(tmp_path / "b/shop/.git", tmp_path)

    assert one != other
    assert one.parent == other.parent == tmp_path
    assert one.name.startswith("shop-")
    assert other.name.startswith("shop-")


@pytest.mark.parametrize("name", ["..", ".git", "wörk tree", "x" * 200, "\udcff", "a\nb"])
def test_a_folder_s_name_holds_nothing_that_a_file_system_may_mind(tmp_path: Path, name: str) -> None:
    folder = store_folder(tmp_path / name, tmp_path / "cache")

    assert folder.parent == tmp_path / "cache"
    assert folder.name.isascii()
    assert folder.name.isprintable()
    assert len(folder.name) < 80


def test_the_cache_folder_is_the_user_s_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOCTULE_CACHE_DIR", str(tmp_path / "chosen"))

    assert store_folder(tmp_path / "shop").parent == tmp_path / "chosen"

    monkeypatch.setenv("NOCTULE_CACHE_DIR", "relative")  # the current folder may be a repository
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store_folder(tmp_path / "shop").parent.is_relative_to(Path(platformdirs.user_cache_dir("noctule", False)))


@pytest.mark.parametrize("home", ["/home/somebody", "/home/some body/", "", "home"])
@pytest.mark.parametrize("cache", [None, "", " ", "/elsewhere", "relative", "~/there"])
def test_the_usual_cache_folder_is_that_of_the_platform(
    home: str, cache: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOCTULE_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if cache is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", cache)

    assert store_folder(tmp_path / "shop").parent == Path(platformdirs.user_cache_dir("noctule", False))


def test_what_is_removed_is_counted(folder: Path) -> None:
    Store(folder).close()
    size = sum(p.stat().st_size for p in folder.iterdir())

    assert stores.remove(folder) == size > 0
    assert not folder.exists()


def test_what_is_asked_while_segments_are_joined_is_all_of_it(folder: Path) -> None:
    with closing(Store(folder)) as store:
        with store.transaction():
            store.add_segment(0, [("cart", b"\0\0", b"\1")])
        asked = Event()

        def join_on_and_on() -> None:
            with closing(Store(folder)) as writer:
                while not asked.is_set():
                    (number, _), *_ = writer.segments()
                    with writer.transaction():
                        writer.drop_segments([number])
                        writer.add_segment(0, [("cart", b"\0\0", b"\1")])

        joining = Thread(target=join_on_and_on)
        joining.start()
        try:
            found = [store.postings(["cart"]) for _ in range(2_000)]
        finally:
            asked.set()
            joining.join()

    assert found == [{"cart": [(0, b"\0\0", b"\1")]}] * len(found)
