"""`noctule share` as people and CI call it, with a folder as the place."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.conftest import Noctule
from tests.repositories import Repository


def test_what_is_pushed_is_taken_over_by_a_first_sleep_elsewhere(noctule: Noctule, tmp_path: Path) -> None:
    shop = Repository(tmp_path / "shop")
    shop.commit("Sell", {"till.py": "def pay(sum):\n    return sum\n"})
    shutil.copytree(shop.root, tmp_path / "there")
    to = (tmp_path / "place").as_uri()
    user = Noctule(tmp_path / "other-cache", {"NOCTULE_SHARE_URL": to})

    refused = user("share", "push", shop.root)
    pushed = noctule.json("share", "push", shop.root, "--to", to)
    slept = user.ok("sleep", tmp_path / "there")
    status = user.json("share", "status", tmp_path / "there")
    alone = noctule.ok("share", "status", shop.root)

    assert (refused.code, "publishing is off here" in refused.complaint) == (2, True)
    assert slept.out.startswith(f"Nothing new at {pushed['commit'][:10]}: 1 file and 1 commit are up to date")
    assert slept.err.startswith(f"Took over {pushed['commit'][:10]} of heads/main: 1 file and 1 commit")
    assert (status["published"], status["behind"], status["may_push"]) == (pushed["commit"], 0, False)
    assert status["refs"] == [{"name": "heads/main", "commit": pushed["commit"], "published": 1}]
    assert alone.out.startswith("Nothing is shared: ")
    named = noctule.ok("share", "status", shop.root, "--to", to)
    assert "`noctule share push` publishes only where --to names it (share.push is off)" in named.out


def test_what_goes_wrong_is_one_line_and_a_sleep_goes_on(noctule: Noctule, tmp_path: Path) -> None:
    shop = Repository(tmp_path / "shop")
    shop.commit("Sell", {"till.py": "def pay(sum):\n    return sum\n"})
    (tmp_path / "without/obstore").mkdir(parents=True)
    (tmp_path / "without/obstore/__init__.py").write_text("raise ImportError('not installed')\n")
    bare = {"PYTHONPATH": str(tmp_path / "without")}

    for args, says, env in (
        (("pull", shop.root), "no address to share at is configured", {}),
        (("pull", shop.root, "--to", "ftp://x"), "is not an address to share at", {}),
        (("push", shop.root, "--to", "https://x"), "can only be read", {}),
        (("pull", shop.root, "--to", "s3://x/y"), "install it with: pip install 'noctule[share]'", bare),
        (("pull", shop.root, "--to", (tmp_path / "p").as_uri(), "--ref", "a..b"), "not a valid name of a branch", {}),
    ):
        ran = noctule("share", *args, env=env)
        code = 1 if "pip install" in says else 2
        assert (ran.code, says in ran.complaint) == (code, True), ran.err
    slept = noctule.ok("sleep", shop.root, env={"NOCTULE_SHARE_URL": "ftp://x"})
    assert slept.err.startswith("Nothing was taken over: ")
    assert slept.out.startswith("Indexed ")
