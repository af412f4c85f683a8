"""What is kept of a repository is its user's alone, and nothing is written through somebody else's links."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.runtime.private_folder import make_private_folder, refuse_foreign_folder
from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.e2e.test_bad_input import TASK


def test_nobody_else_can_read_what_is_kept(noctule: Noctule, shop: Repo) -> None:
    before = os.umask(0o022)
    try:
        noctule.ok("sleep", shop.path)
        noctule.ok("context", shop.path, "--task", TASK)
        noctule.ok("pause", shop.path)
    finally:
        os.umask(before)

    folder = noctule.store_file().parent
    kept = [folder, *folder.rglob("*")]
    assert [path for path in kept if stat.S_IMODE(path.lstat().st_mode) & 0o077] == []


@pytest.mark.parametrize("name", ["sleeper.lock", "store.db", "store.db-wal", "state.db", "suspect"])
def test_no_link_is_followed_to_write(noctule: Noctule, shop: Repo, tmp_path: Path, name: str) -> None:
    noctule.ok("sleep", shop.path)
    folder, precious = noctule.store_file().parent, tmp_path / "precious"
    precious.write_text("precious\n")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(precious)
    (shop.path / "shop/added.py").write_text("def added():\n    return 1\n")

    for command in (("sleep",), ("context", "--task", TASK)):
        noctule(command[0], shop.path, *command[1:])

    assert precious.read_text() == "precious\n"


def test_a_folder_that_others_may_enter_is_closed_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "cache/shop"
    folder.mkdir(parents=True, mode=0o755)
    make_private_folder(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "shop").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreUnavailable, match="is a link"):
        refuse_foreign_folder(tmp_path / "shop")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    folder = noctule.store_file().parent
    os.chown(folder, 65534, 65534)
    try:
        ran = noctule("status", shop.path)
    finally:
        os.chown(folder, os.geteuid(), os.getegid())

    assert (ran.code, "belongs to another user" in ran.complaint) == (3, True)
