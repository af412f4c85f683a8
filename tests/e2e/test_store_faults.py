"""The store under attack: no room, no right, no sense, no end, and several at once."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo, make_wide
from tests.e2e.test_bad_input import TASK, without_root_rights
from tests.patience import PATIENCE_S, soon

WIDE_TASK = "step_7 scales by the wrong value in module_42"


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository that takes a moment to learn. Not to be changed."""
    return make_wide(tmp_path_factory.mktemp("wide") / "wide")


Ranking = list[tuple[str, float]]


def ranking(noctule: Noctule, repo: Repo) -> Ranking:
    pack = noctule.json("context", repo.path, "--task", WIDE_TASK)
    return [(file["path"], file["score"]) for file in pack["files"]]


@pytest.fixture(scope="session")
def undisturbed(wide: Repo, tmp_path_factory: pytest.TempPathFactory) -> Ranking:
    """What is answered where nothing came between."""
    noctule = Noctule(tmp_path_factory.mktemp("undisturbed") / "cache")
    noctule.cache.mkdir()
    return ranking(noctule, wide)


def test_a_cache_folder_without_permission_is_said_and_nothing_is_lost(noctule: Noctule, shop: Repo) -> None:
    noctule.cache.chmod(0o555)
    try:
        for command, code in ((["sleep"], 3), (["context", "--task", TASK], 0)):  # a small one is answered all the same
            ran = noctule(command[0], shop.path, *command[1:], before=without_root_rights)
            assert ran.code == code
            assert str(noctule.cache) in ran.err.splitlines()[-1]
    finally:
        noctule.cache.chmod(0o755)


def leave_journal(file: Path) -> None:
    """Write to a database as a process does that is killed before it folds its journal."""
    program = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA wal_autocheckpoint = 0")
db.execute("INSERT INTO meta VALUES ('of a test', 1)")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", program, file], check=True)


@pytest.mark.parametrize("journal", ["none", "with its index", "without its index"])
def test_what_is_known_is_served_from_a_store_that_cannot_be_written(
    noctule: Noctule, shop: Repo, journal: str
) -> None:
    noctule.ok("sleep", shop.path)
    expected = noctule.ok("context", shop.path, "--task", TASK).out
    folder = noctule.store_file().parent
    if journal != "none":
        leave_journal(noctule.store_file())
        assert (folder / "store.db-wal").stat().st_size > 0
    if journal == "without its index":
        (folder / "store.db-shm").unlink()
    files = [folder, *folder.iterdir(), noctule.cache]
    for file in files:
        file.chmod(0o555 if file.is_dir() else 0o444)
    try:
        ran = noctule.ok("context", shop.path, "--task", TASK, before=without_root_rights)
        status = noctule.ok("status", shop.path, before=without_root_rights)
    finally:
        for file in files:
            if file.exists():
                file.chmod(0o755 if file.is_dir() else 0o644)

    assert ran.out == expected
    assert "up to date" in status.out


@pytest.mark.parametrize("damage", ["emptied", "noise", "header kept", "cut short", "a folder"])
def test_a_damaged_store_is_rebuilt_without_being_asked_twice(noctule: Noctule, shop: Repo, damage: str) -> None:
    noctule.ok("sleep", shop.path)
    expected = noctule.ok("context", shop.path, "--task", TASK).out
    store = noctule.store_file()
    data = store.read_bytes()
    for beside in store.parent.glob("store.db-*"):
        beside.unlink()
    match damage:
        case "emptied":
            store.write_bytes(b"")
        case "noise":
            store.write_bytes(b"no database " * 1000)
        case "header kept":
            store.write_bytes(data[:100] + os.urandom(len(data) - 100))
        case "cut short":
            store.write_bytes(data[: len(data) // 3])
        case _:
            store.unlink()
            store.mkdir()
            (store / "file").write_text("in the way")

    ran = noctule("context", shop.path, "--task", TASK)

    if damage == "a folder":
        assert ran.code in (0, 3)
    else:
        assert (ran.code, ran.out) == (0, expected)


def test_a_store_of_a_later_version_is_left_untouched(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    store = noctule.store_file()
    with sqlite3.connect(store) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {version + 1000}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    before = store.read_bytes()

    for command in (["sleep"], ["context", "--task", TASK], ["status"], ["predict"], ["notes"]):
        ran = noctule(command[0], shop.path, *command[1:])
        assert (ran.code, "later version" in ran.complaint) == (3, True)

    assert store.read_bytes() == before
    assert noctule.ok("forget", shop.path).out.startswith("Removed ")


def test_a_limit_on_file_size_is_said_in_one_line_and_passes(noctule: Noctule, wide: Repo) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    ran = noctule("sleep", wide.path, before=limit)

    assert ran.code == 3
    assert ran.complaint
    assert noctule.json("sleep", wide.path)["complete"]


def test_a_task_is_answered_though_a_first_sleep_filled_the_disk(noctule: Noctule, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    repo = make_wide(tmp_path / "wide")
    (repo.path / "long.md").write_text("Nothing to see here, at some length.\n" * 20_000)  # with less, all is read
    (repo.path / "sails.py").write_text("def hoist_mainsail(rope):\n    return rope.pull()\n")
    ran = noctule("sleep", repo.path, before=limit)
    answer = noctule("context", repo.path, "--task", "hoist_mainsail pulls the wrong rope", before=limit)

    assert ran.code == 3
    assert (answer.code, "hoist_mainsail" in answer.out) == (0, True)
    assert "First look" in answer.err


def test_a_full_disk_is_said_in_one_line_and_passes(noctule: Noctule, wide: Repo, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk takes root; the limit on file size is tested everywhere")
    try:
        small = Noctule(disk / "cache")
        small.cache.mkdir()
        ran = small("sleep", wide.path, cwd=tmp_path)
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        rest = small.json("sleep", wide.path, cwd=tmp_path)
    finally:
        subprocess.run(["umount", disk], check=True)

    assert ran.code == 3
    assert ran.complaint
    assert rest["complete"]


def test_two_sleeps_at_once_both_end_well(noctule: Noctule, wide: Repo) -> None:
    both = [noctule.start("sleep", wide.path) for _ in range(2)]
    ends = [process.communicate(timeout=PATIENCE_S) for process in both]

    for process, (_, err) in zip(both, ends, strict=True):
        assert (process.returncode, b"Traceback" in err) == (0, False), err
    assert noctule.json("sleep", wide.path)["parsed_blobs"] == 0


def test_questions_are_answered_while_another_process_sleeps(noctule: Noctule, shop: Repo, wide: Repo) -> None:
    noctule.ok("sleep", shop.path)
    for module in wide.path.glob("package_*/*.py"):
        shutil.copy(module, shop.path / module.name)

    with noctule.start("sleep", shop.path) as process:
        assert soon(lambda: bool(psutil.Process(process.pid).children()))
        process.send_signal(signal.SIGSTOP)  # a busy machine might let it end before the question is answered
        try:
            ran = noctule.ok("context", shop.path, "--task", TASK)
        finally:
            process.send_signal(signal.SIGCONT)
        process.communicate(timeout=PATIENCE_S)

    assert "shop/cart.py" in ran.out
    assert process.returncode == 0


@pytest.mark.parametrize("after_s", [0.1, 0.25, 0.5])
def test_a_killed_sleep_loses_at_most_the_step_in_hand(
    noctule: Noctule, wide: Repo, undisturbed: Ranking, after_s: float
) -> None:
    with noctule.start("sleep", wide.path, start_new_session=True) as process:
        time.sleep(after_s)
        process.kill()
        process.communicate(timeout=PATIENCE_S)  # ends only when no child holds the pipes any more

    assert noctule.json("sleep", wide.path)["complete"]
    assert ranking(noctule, wide) == undisturbed


@pytest.mark.true_start
@pytest.mark.parametrize("after_s", [0.15, 0.3, 0.6])
def test_an_interrupted_sleep_says_how_to_go_on(noctule: Noctule, wide: Repo, after_s: float) -> None:
    with noctule.start("sleep", wide.path, start_new_session=True) as process:
        time.sleep(after_s)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)

    if b"Traceback" in err:  # Python was not up yet
        assert re.search(rb'cli/main\.py", line \d+, in main', err) is None
    elif process.returncode not in (-signal.SIGINT, 0):
        assert process.returncode == 130
        assert err.count(b"\n") <= 1
    assert noctule.json("sleep", wide.path)["complete"]
