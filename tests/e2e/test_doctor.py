"""What noctule takes and whether it finds what it needs; and that looking changes nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer.runtime.ledger import Ledger, Spent
from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo
from tests.e2e.test_bad_input import without_root_rights
from tests.patience import PATIENCE_S

CHECKS = [
    "noctule",
    "git",
    "repository",
    "settings",
    "cache folder",
    "store",
    "SQLite",
    "grammars",
    "file events",
    "background",
    "idle detection",
    "model",
    "clients",
]
FOOTPRINT = ["memory", "watches", "open files", "disk", "CPU today", "time today", "tokens today", "dollars today"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, without settings."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / "home"


def examined(noctule: Noctule, *args: str | Path, **how: Any) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code, and all measures and checks by name."""
    ran = noctule("doctor", *args, "--json", **how)
    found = json.loads(ran.out)
    by_name = {one["name"]: one for one in (*found["footprint"], *found["checks"])}
    assert found["faults"] == sum(one["state"] == "fault" for one in by_name.values())
    assert ran.code == (1 if found["faults"] else 0)
    # Each fault comes with what to do about it.
    assert [name for name, one in by_name.items() if one["state"] == "fault" and not one["fix"]] == []
    return ran.code, by_name


def faults(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [name for name, one in found.items() if one["state"] == "fault"]


def test_a_healthy_repository_has_no_fault(known: Known) -> None:
    ran = known.noctule("doctor", known.repo.path)
    _, found = examined(known.noctule, known.repo.path)

    assert (ran.code, ran.err) == (0, "")
    begun = [line for line in ran.out.splitlines() if line and line[0] != " "]  # the others go on with a long one
    assert [line.split("  ")[0] for line in begun][:-1] == [*FOOTPRINT, *CHECKS]
    assert ran.out.endswith("\nno fault found\n")
    assert list(found) == [*FOOTPRINT, *CHECKS]
    assert found["disk"]["used"] > 10_000
    assert found["memory"]["used"] is None
    assert str(known.noctule.cache) in found["cache folder"]["detail"]


def test_in_a_plain_folder_there_is_no_fault(noctule: Noctule, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()

    code, found = examined(noctule, cwd=tmp_path / "plain")

    assert code == 0
    assert "plain folder" in found["repository"]["detail"]


def test_in_a_folder_of_repositories_one_of_them_is_named(noctule: Noctule, tmp_path: Path) -> None:
    for name in ("api", "web"):
        Repo.make(tmp_path / "work" / name).commit("Start", {"a.py": "a = 1\n"})

    found = {check["name"]: check for check in noctule.json("doctor", tmp_path / "work")["checks"]}

    assert "holds 2 repositories" in found["repository"]["detail"]
    assert str(tmp_path / "work/api") in found["repository"]["fix"]


def test_a_broken_repository_is_a_fault_beside_which_all_else_is_checked(noctule: Noctule, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/.git").write_text("gitdir: /nowhere\n")

    code, found = examined(noctule, tmp_path / "broken")
    ran = noctule("doctor", tmp_path / "broken")

    assert (code, faults(found)) == (1, ["repository"])
    assert found["repository"]["fix"].startswith("run `git worktree repair`")
    assert "fix: run `git worktree repair`" in ran.out
    assert ran.out.endswith("\n1 fault found\n")


def test_a_shallow_clone_is_a_remark(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    shop.git("clone", "--quiet", "--depth=1", shop.path.as_uri(), str(tmp_path / "shallow"))

    code, found = examined(noctule, tmp_path / "shallow")

    assert (code, found["repository"]["state"], found["repository"]["fix"]) == (0, "remark", "git fetch --unshallow")


def test_a_path_that_is_no_folder_is_wrong_usage(noctule: Noctule, tmp_path: Path) -> None:
    ran = noctule("doctor", tmp_path / "missing")

    assert (ran.code, "missing" in ran.complaint) == (2, True)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (None, "git cannot be started: No such file or directory"),
        ("echo git version 2.20.1", "2.20.1 is too old"),
        ("echo nonsense", "`git --version` prints 'nonsense'"),
    ],
)
def test_a_git_that_is_missing_or_too_old_is_a_fault(
    noctule: Noctule, shop: Repo, tmp_path: Path, script: str | None, says: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    if script is not None:
        (programs / "git").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "git").chmod(0o755)

    _, found = examined(noctule, shop.path, env={"PATH": str(programs)})

    assert (found["git"]["state"], found["git"]["detail"]) == ("fault", says)
    assert found["git"]["fix"] == "install git 2.31 or later"


def test_settings_that_cannot_be_used_are_a_fault_that_names_the_file(noctule: Noctule, shop: Repo, home: Path) -> None:
    file = home / ".config/noctule/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[limits]\ncpu_per_day = 5\n")
    _, found = examined(noctule, shop.path)

    file.write_text("[limits]\ncpu_s_per_day = 5\n")
    _, correct = examined(noctule, shop.path)

    assert faults(found) == ["settings"]
    assert found["settings"]["detail"] == f"{file}: unknown setting 'cpu_per_day' in [limits]"
    assert found["settings"]["fix"] == "did you mean 'cpu_s_per_day'?"
    assert (correct["settings"]["detail"], correct["CPU today"]["limit"]) == (str(file), 5.0)


def test_where_nothing_can_be_written_that_is_the_fault(noctule: Noctule, shop: Repo, home: Path) -> None:
    noctule.ok("sleep", shop.path)
    folders = [home, noctule.cache, *(p for p in noctule.cache.rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        _, found = examined(noctule, shop.path, before=without_root_rights)
    finally:
        for folder in folders:
            folder.chmod(0o755)

    assert faults(found) == ["cache folder"]
    assert found["cache folder"]["detail"] == f"{noctule.cache} is not writable"
    assert "NOCTULE_CACHE_DIR" in found["cache folder"]["fix"]


def test_a_cache_folder_that_is_no_folder_is_a_fault(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for place in (tmp_path / "file", tmp_path / "file/below"):
        _, found = examined(noctule, shop.path, env={"NOCTULE_CACHE_DIR": str(place)})
        assert found["cache folder"]["detail"] == f"{tmp_path}/file is not a folder"


def test_a_cache_folder_that_is_not_there_yet_is_no_fault_and_is_not_made(
    noctule: Noctule, shop: Repo, tmp_path: Path
) -> None:
    code, _ = examined(noctule, shop.path, env={"NOCTULE_CACHE_DIR": str(tmp_path / "a/b/c")})

    assert code == 0
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("damage", ["noise", "emptied", "met", "later version"])
def test_a_store_that_cannot_be_used_is_a_fault(noctule: Noctule, shop: Repo, damage: str) -> None:
    noctule.ok("sleep", shop.path)
    store = noctule.store_file()
    match damage:
        case "noise":
            store.write_bytes(b"no database" * 1000)
        case "emptied":
            store.write_bytes(b"")
        case "met":
            (store.parent / "suspect").touch()
        case "later version":
            with sqlite3.connect(store) as db:
                db.execute("PRAGMA journal_mode = DELETE")
                db.execute("PRAGMA user_version = 999")
            db.close()

    _, found = examined(noctule, shop.path)

    assert faults(found) == ["store"]
    assert str(store) in found["store"]["detail"]


def test_more_on_disk_than_allowed_is_a_fault(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)

    _, found = examined(noctule, shop.path, env={"NOCTULE_FOOTPRINT_DISK_MB": "0.001"})

    assert faults(found) == ["disk"]
    assert "noctule forget" in found["disk"]["fix"]


def test_what_was_spent_today_stands_beside_its_limit(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    ledger = Ledger(noctule.store_file().parent)
    ledger.add(Spent("history", "", "done", cpu_s=120.0, wall_s=60.0, tokens=2000, dollars=0.5))
    ledger.add(Spent("history", "", "done", cpu_s=7000.0, at=time.time() - 3 * 86_400))
    env = {"NOCTULE_LIMITS_DOLLARS_PER_DAY": "0.25", "NOCTULE_LIMITS_TOKENS_PER_DAY": "inf"}

    code, found = examined(noctule, shop.path, env=env)
    shown = noctule("doctor", shop.path, env=env).out

    assert code == 0
    assert (found["CPU today"]["used"], found["CPU today"]["limit"]) == (120.0, 7200.0)
    assert (found["tokens today"]["used"], found["tokens today"]["limit"]) == (2000.0, None)
    assert (found["dollars today"]["state"], found["dollars today"]["used"]) == ("remark", 0.5)
    assert "120 s of 7,200 s    2% of the daily limit" in shown
    assert "$0.50 of $0.25" in shown


def test_looking_changes_nothing(noctule: Noctule, shop: Repo, tmp_path: Path, home: Path) -> None:
    noctule.ok("sleep", shop.path)
    noctule.ok("pause", shop.path)
    damaged = tmp_path / "cache2"
    shutil.copytree(noctule.cache, damaged)
    (store,) = damaged.rglob("store.db")
    store.write_bytes(store.read_bytes()[:5000])
    before = Repo(tmp_path).listing()

    examined(noctule, shop.path)
    examined(noctule, shop.path, env={"NOCTULE_CACHE_DIR": str(damaged)})
    noctule("doctor", shop.path)
    noctule("doctor", home)

    assert Repo(tmp_path).listing() == before


def test_a_process_that_sleeps_is_measured(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    with noctule.start("watch", shop.path) as watching:
        try:
            until = time.monotonic() + PATIENCE_S
            found: dict[str, dict[str, Any]] = {}
            while not (found and found["watches"]["used"]) and time.monotonic() < until:
                _, found = examined(noctule, shop.path)
            _, narrow = examined(noctule, shop.path, env={"NOCTULE_FOOTPRINT_MEMORY_MB": "1"})
        finally:
            watching.terminate()
            watching.communicate(timeout=PATIENCE_S)

    assert 5e6 < found["memory"]["used"] < 500e6
    assert f"process {watching.pid}" in found["memory"]["detail"]
    assert 1 <= found["watches"]["used"] < 1000
    assert 3 <= found["open files"]["used"] < 500
    assert found["background"]["detail"].startswith(f"process {watching.pid}: ")
    assert narrow["memory"]["state"] in ("fault", "remark")  # a remark while it works


def test_a_pause_is_kept_until_it_is_resumed(noctule: Noctule, shop: Repo) -> None:
    paused = noctule.json("pause", shop.path)
    _, found = examined(noctule, shop.path)
    resumed = noctule.json("resume", shop.path)

    assert (paused["paused"], paused["until"], resumed["paused"]) == (True, None, False)
    assert found["background"]["detail"] == "background indexing is paused until 'noctule resume'"
    assert noctule.ok("resume", shop.path).out == f"{shop.path}: background work was not paused\n"


def test_a_pause_has_a_length(noctule: Noctule, shop: Repo) -> None:
    for length, seconds in (("2h", 7200), ("1h30m", 5400), ("45", 45), ("1d", 86_400), ("90M", 5400)):
        until = noctule.json("pause", shop.path, "--for", length)["until"]
        assert seconds - 60 < until - time.time() < seconds + 60

    assert noctule.ok("pause", shop.path, "--for", "2h").out.startswith(
        f"{shop.path}: background indexing is paused until "
    )


@pytest.mark.parametrize("length", ["", "0", "2x", "h", "-1h", "1.5h", "400d", "9" * 50, "2h 1d"])
def test_what_is_no_length_of_time_is_refused(noctule: Noctule, shop: Repo, length: str) -> None:
    ran = noctule("pause", shop.path, f"--for={length}")

    assert (ran.code, "is not a length of time such as" in ran.complaint) == (2, True)


def test_all_work_trees_of_a_repository_are_paused_together(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    shop.git("worktree", "add", "--quiet", str(tmp_path / "second"))
    noctule.ok("pause", shop.path)

    _, found = examined(noctule, tmp_path / "second")

    assert "is paused" in found["background"]["detail"]


def test_a_pause_that_cannot_be_kept_is_said(noctule: Noctule, shop: Repo) -> None:
    noctule.cache.chmod(0o555)
    try:
        ran = noctule("pause", shop.path, before=without_root_rights)
    finally:
        noctule.cache.chmod(0o755)

    assert (ran.code, "cannot save the pause" in ran.complaint) == (3, True)
