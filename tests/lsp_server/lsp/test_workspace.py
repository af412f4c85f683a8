"""Several folders, repositories inside of repositories, work trees, and what changes while the server runs."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo
from tests.e2e.test_workspace import make_pair
from tests.lsp_server.lsp.editor import AT_ONCE, Editor, capabilities, editing
from tests.patience import PATIENCE_S, soon

pytestmark = pytest.mark.asyncio

NOTE = "def borrowed():\n    return 1\n"


def second(tmp_path: Path) -> Repo:
    """Make another repository."""
    repo = Repo.make(tmp_path / "library")
    repo.commit("Start", {"lend.py": NOTE, "desk.py": "from lend import borrowed\n\nBOOKS = borrowed()\n"})
    return repo


def change_folders(editor: Editor, added: list[Path], removed: list[Path]) -> None:
    folders = [[types.WorkspaceFolder(path.as_uri(), path.name) for path in paths] for paths in (added, removed)]
    event = types.WorkspaceFoldersChangeEvent(*folders)
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))


async def hover(editor: Editor, path: Path, line: int = 0, column: int = 5) -> str | None:
    return await editor.hover(path.as_uri(), line, column)


async def test_each_document_is_answered_from_its_own_repository(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    library = second(tmp_path)
    for repo in (shop, library):
        noctule.ok("sleep", repo.path)
    async with editing(noctule, shop.path, library.path, options={"sleep": False}) as editor:
        in_library = await hover(editor, library.path / "lend.py")
        in_shop = await hover(editor, shop.path / "shop/money.py", 3, 5)
        with pytest.raises(JsonRpcException, match="several repositories; give a subject, or the uri"):
            await editor.ask("noctule/notes", {})
        with pytest.raises(JsonRpcException, match="several repositories; give the uri"):
            await editor.ask("noctule/queue", {})
        named = await editor.ask("noctule/notes", {"uri": library.path.as_uri()})

    assert in_library is not None
    assert in_library.startswith("**noctule** `lend.py:borrowed`")
    assert in_shop is not None
    assert in_shop.startswith("**noctule** `shop/money.py:round_half_up`")
    assert named["subject_kind"] == "repository"


async def test_what_names_no_document_is_answered_over_all_repositories(
    noctule: Noctule, shop: Repo, tmp_path: Path
) -> None:
    library = second(tmp_path)
    third = Repo.make(tmp_path / "empty")
    for repo in (shop, library):
        noctule.ok("sleep", repo.path)
    async with editing(noctule, shop.path, library.path, third.path, options={"sleep": False}) as editor:
        editor.open((library.path / "lend.py").as_uri(), NOTE + "\n\ndef hand_back_unsaved():\n    return 2\n")
        pack = await editor.ask("noctule/context", {"task": "borrowed in lend.py returns a wrong number"})
        other = await editor.ask("noctule/context", {"task": "total_price takes the discount off twice"})
        notes = await editor.ask("noctule/notes", {"subject": "lend.py:borrowed"})
        forecast = await editor.ask("noctule/predict", {"given": [f"{shop.path.name}/shop/cart.py"]})

    shop_name, library_name = shop.path.name, library.path.name
    assert (pack["files"][0]["repository"], pack["files"][0]["path"]) == (library_name, f"{library_name}/lend.py")
    assert (other["files"][0]["repository"], other["files"][0]["path"]) == (shop_name, f"{shop_name}/shop/cart.py")
    assert (pack["folder"], set(pack["failed"])) == (str(tmp_path), {third.path.name})
    assert "dirty" in pack["repositories"][0]
    assert [note["repository"] for note in notes["notes"]] == [library_name]
    assert {point["repository"] for point in forecast["change_points"]} <= {shop_name}


async def test_a_server_that_sleeps_learns_what_changes_in_another_repository(noctule: Noctule, tmp_path: Path) -> None:
    folders = [one.root for one in make_pair(tmp_path / "team")]
    until = time.monotonic() + PATIENCE_S
    async with editing(noctule, *folders, env=AT_ONCE) as editor:
        expected: set[str] = set()
        while "web/src/types.ts" not in expected and time.monotonic() < until:
            await asyncio.sleep(5)  # each question holds sleep awake
            try:
                forecast = await editor.ask("noctule/predict", {"given": ["api/api/schema.py"]})
            except JsonRpcException as error:
                if "is not indexed yet" not in str(error):
                    raise
                continue
            expected = {point["path"] for point in forecast["change_points"]}

    assert "web/src/types.ts" in expected


async def test_folders_come_and_go(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    library = second(tmp_path)
    for repo in (shop, library):
        noctule.ok("sleep", repo.path)
    async with editing(noctule, shop.path, env=AT_ONCE) as editor:
        before = await hover(editor, library.path / "lend.py")
        change_folders(editor, [library.path], [])
        added = await hover(editor, library.path / "lend.py")
        await editor.told("fresh", uri=library.path.as_uri())
        change_folders(editor, [], [library.path, tmp_path / "never opened"])
        await editor.told("ended", uri=library.path.as_uri())
        removed = await hover(editor, library.path / "lend.py")
        kept = await hover(editor, shop.path / "shop/money.py", 3, 5)

    assert added is not None
    assert (before, removed) == (None, None)
    assert kept is not None


async def test_a_folder_in_the_middle_of_a_repository_is_that_repository(known: Known) -> None:
    async with editing(known.noctule, known.repo.path / "shop", options={"sleep": False}) as editor:
        inside = await hover(editor, known.repo.path / "shop/money.py", 3, 5)
        outside = await hover(editor, known.repo.path / "tests/test_cart.py", 0, 24)

    assert inside is not None
    assert outside is not None


async def test_a_repository_inside_of_another_is_its_own(noctule: Noctule, shop: Repo) -> None:
    library = second(shop.path)
    noctule.ok("sleep", library.path)
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path, options={"sleep": False}) as editor:
        found = await hover(editor, library.path / "lend.py")

    assert found is not None
    assert found.startswith("**noctule** `lend.py:borrowed`")


async def test_two_work_trees_of_a_repository_are_told_apart(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shop.git("worktree", "add", "--quiet", "-b", "other", str(other))
    (other / "shop/money.py").write_text("def round_half_up(amount):\n    return amount\n\n\ndef only_here(): ...\n")
    for path in (shop.path, other):
        noctule.ok("sleep", path)
    async with editing(noctule, shop.path, other, options={"sleep": False}) as editor:
        here = await editor.ask("noctule/notes", {"uri": other.as_uri(), "subject": "shop/money.py:only_here"})
        with pytest.raises(JsonRpcException, match="no symbol only_here in"):
            await editor.ask("noctule/notes", {"uri": shop.path.as_uri(), "subject": "shop/money.py:only_here"})

    assert here["dirty"] is True
    assert len(list(noctule.cache.glob("*/store.db"))) == 1


async def test_a_folder_without_git_and_one_that_is_not_there_are_no_reason_to_fail(
    noctule: Noctule, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "lend.py").write_text(NOTE)
    (plain / "desk.py").write_text("from lend import borrowed\n\nBOOKS = borrowed()\n")
    noctule.ok("sleep", plain)
    async with editing(noctule, plain, tmp_path / "nowhere", options={"sleep": False}) as editor:
        found = await hover(editor, plain / "lend.py")

    assert found is not None


async def test_a_path_through_a_link_and_a_name_that_is_no_utf_8_are_found(
    noctule: Noctule, shop: Repo, tmp_path: Path
) -> None:
    name = os.fsdecode(b"shop/caf\xe9 #1.py")
    shop.write(name, "from shop.money import round_half_up\n\nONE = round_half_up(1)\n")
    noctule.ok("sleep", shop.path)
    (tmp_path / "link").symlink_to(shop.path)
    async with editing(noctule, tmp_path / "link", options={"sleep": False}) as editor:
        linked = await hover(editor, tmp_path / "link/shop/money.py", 3, 5)
        odd = await hover(editor, shop.path / name, 2, 8)
        note = await editor.ask("noctule/notes", {"uri": (shop.path / name).as_uri()})

    assert linked is not None
    assert odd is not None
    assert note["subject"] == name


async def test_what_an_editor_chooses_holds_at_once(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    money = shop.path / "shop/money.py"
    async with editing(noctule, shop.path, options={"hover": False}, settings={"hover": False}) as editor:
        off = await hover(editor, money, 3, 5)
        await editor.told("fresh")
        editor.choose(hover=True, links="command", sleep=False)
        on = await hover(editor, money, 3, 5)
        await editor.told("ended")
        editor.choose(hover=True, links="none", sleep=True)
        await editor.told("fresh")
        bare = await hover(editor, money, 3, 5)
        editor.choose(hover="yes", links="everywhere")
        await editor.until(lambda: len(editor.client.messages) == 2)
        editor.client.set_configuration({"noctule": {"hover": False}})
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        async with asyncio.timeout(PATIENCE_S):
            while await hover(editor, money, 3, 5) is not None:
                await asyncio.sleep(0.05)

    assert off is None
    assert on is not None
    assert "](command:noctule.showNote?" in on
    assert bare is not None
    assert "](" not in bare
    assert [message.message for message in editor.client.messages] == [
        "noctule.hover must be true or false; it stays True",
        "noctule.links must be one of auto, command, uri, none; it stays 'auto'",
    ] or all(message.message.startswith("noctule: noctule.") for message in editor.client.messages)


async def test_a_repository_cannot_have_budgets_set_by_its_editor_settings(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    options = {"limits": {"cpu_s_per_day": 1e9}, "idle": {"after_s": 0}, "model": "x", "hover": True}
    async with editing(noctule, shop.path, options=options) as editor:
        queue = await editor.ask("noctule/queue")

    assert queue["left"]["cpu_s"] <= 7200


async def test_sleep_shows_as_progress_and_cancelling_it_ends_it_until_it_is_resumed(
    noctule: Noctule, tmp_path: Path
) -> None:
    from tests.e2e.repositories import make_wide

    wide = make_wide(tmp_path / "wide", 400)
    async with editing(noctule, wide.path, env=AT_ONCE) as editor:
        await editor.until(lambda: any(reports for reports in editor.client.progress_reports.values()))
        (token,) = editor.client.progress_reports
        begun = editor.client.progress_reports[token][0]
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        await editor.told("ended")
        status = await editor.ask("noctule/status")
        await editor.ask("noctule/resume")
        await editor.told("fresh")
        known = await editor.ask("noctule/status")

    assert isinstance(begun, types.WorkDoneProgressBegin)
    assert (begun.title, begun.cancellable) == ("noctule: wide", True)
    assert status["sleep"] == {}
    assert known["freshness"]["state"] == "fresh"


async def test_an_editor_without_progress_is_shown_none(noctule: Noctule, tmp_path: Path) -> None:
    library = second(tmp_path)
    async with editing(noctule, library.path, can=capabilities(window=None)) as editor:
        await editor.told("fresh")

    assert editor.client.progress_reports == {}


async def test_two_editors_share_a_repository_and_one_of_them_sleeps(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path) as first:
        await first.told("fresh")
        async with editing(noctule, shop.path) as other:
            waiting = await other.told("waiting")
            shop.write("shop/voucher.py", "from shop.money import exchange\n")
            await first.told("renewed")
            await other.ask("noctule/notes", {"subject": "shop/money.py"})
            await other.told("renewed")
            note = await other.ask("noctule/notes", {"subject": "shop/money.py"})
            first.client._server.kill()  # type: ignore[union-attr] # it runs
            await other.told("fresh")
            first.client.error = RuntimeError("it was killed")  # nothing is to be said to it any more

    assert str(first.pid) in waiting["text"]
    assert [claim["kind"] for claim in note["claims"] if "shop/voucher.py" in claim["text"]] == ["dependents"]
    assert soon(lambda: noctule.json("status", shop.path)["sleep"] == {})
