"""What an editor's own views ask for: how sleep stands, recipes, places, the checkup; and without being counted."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo, import_history
from tests.lsp_server.lsp.editor import AT_ONCE, editing
from tests.lsp_server.lsp.test_requests import failure

pytestmark = pytest.mark.asyncio


async def test_a_status_line_hears_how_sleep_stands_in_a_word(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path) as editor:
        await editor.told("fresh")
        await editor.ask("noctule/pause", {"seconds": 600})
        paused = await editor.ask("noctule/sleep")
        await editor.ask("noctule/resume")
        resumed = await editor.ask("noctule/sleep")

    assert (paused["schema"], paused["root"], paused["known"]) == (1, str(shop.path), True)
    assert (paused["paused"], paused["spent"], paused["failing"]) == (True, [], {})
    assert paused["until"] > 0
    assert (resumed["paused"], resumed["until"]) == (False, None)


async def test_a_budget_that_is_used_up_is_named(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path, env={"NOCTULE_LIMITS_WALL_S_PER_DAY": "0.5"}) as editor:
        state = await editor.ask("noctule/sleep")

    assert state["spent"] == ["wall_s"]


async def test_sleep_can_be_asked_for_at_once(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path) as editor:
        await editor.told("fresh")
        editor.changes.clear()
        shop.commit("Vouchers", {"shop/voucher.py": "def redeem_voucher(code):\n    return code\n"})
        await editor.told("fresh")
        await editor.ask("noctule/sleepNow")
        await editor.told("job")


async def test_where_sleep_is_switched_off_it_cannot_be_asked_for(known: Known) -> None:
    async with editing(known.noctule, known.repo.path, options={"sleep": False}) as editor:
        code, why = await failure(editor, "noctule/sleepNow", {})
        state = await editor.ask("noctule/sleep")

    assert (code, "noctule.sleep" in why) == (-32803, True)
    assert (state["state"], state["text"]) == ("", "background indexing is off")


async def test_what_a_view_asks_aside_neither_counts_nor_wakes(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    uri = (shop.path / "shop/cart.py").as_uri()
    async with editing(noctule, shop.path, options={"sleep": False}) as editor:
        aside = await editor.ask("noctule/predict", {"aside": True})
        await editor.ask("noctule/notes", {"uri": uri, "aside": True})
        ledger = await editor.ask("noctule/ledger")
        plain = await editor.ask("noctule/predict")
        code, _ = await failure(editor, "noctule/predict", {"aside": 1})

    assert ledger["served"] == {}
    assert aside["change_points"] == plain["change_points"]
    assert code == -32602


async def test_views_that_renew_themselves_do_not_hold_sleep_awake(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path, env=AT_ONCE | {"NOCTULE_IDLE_AFTER_S": "2"}) as editor:
        await editor.told("state", state="resting")
        editor.changes.clear()
        for _ in range(3):
            await editor.ask("noctule/predict", {"aside": True})
            await editor.ask("noctule/notes", {"aside": True})
            await editor.ask("noctule/recipes")
        state = await editor.ask("noctule/sleep")

    assert (state["state"], state["signal"]) == ("resting", "")


async def test_where_a_cursor_stands_on_nothing_the_definition_around_it_is_meant(known: Known) -> None:
    uri = (known.repo.path / "shop/cart.py").as_uri()
    blank = {"uri": uri, "position": {"line": 13, "character": 2}}
    async with editing(known.noctule, known.repo.path) as editor:
        code, _ = await failure(editor, "noctule/notes", blank)
        around = await editor.ask("noctule/notes", {**blank, "enclosing": True})

    assert code == -32803
    assert around["subject"] == "shop/cart.py:Cart.add"


async def test_a_spot_follows_unsaved_text(known: Known) -> None:
    cart = known.repo.path / "shop/cart.py"
    async with editing(known.noctule, known.repo.path) as editor:
        there = await editor.ask("noctule/spot", {"subject": "shop/cart.py:total_price"})
        file = await editor.ask("noctule/spot", {"subject": "shop/cart.py"})
        editor.open(cart.as_uri(), "\n\n" + cart.read_text())
        moved = await editor.ask("noctule/spot", {"subject": "shop/cart.py:total_price"})
        folder, _ = await failure(editor, "noctule/spot", {"subject": "shop"})
        nothing, _ = await failure(editor, "noctule/spot", {})

    assert (there["path"], there["symbol"], there["kind"]) == ("shop/cart.py", "Cart.total_price", "method")
    assert (moved["start_line"], moved["end_line"]) == (there["start_line"] + 2, there["end_line"] + 2)
    assert (file["symbol"], file["start_line"]) == (None, None)
    assert (folder, nothing) == (-32803, -32602)


async def test_recipes_say_how_changes_are_made_here(noctule: Noctule, shop: Repo) -> None:
    history = [("Begin", {"plugins/__init__.py": "ALL = []\n", "README.md": "# Plugins\n"})]
    for number in range(12):
        files = {
            f"plugins/plugin_{number}.py": f"def run_{number}(): ...\n",
            "plugins/__init__.py": f"ALL = {number}\n",
        }
        history.append((f"Add plugin {number}", files))
    repo = import_history(shop.path.parent / "plugged", history)
    noctule.ok("sleep", repo.path)
    async with editing(noctule, repo.path, options={"sleep": False}) as editor:
        book = await editor.ask("noctule/recipes")

    assert (book["schema"], book["revision"]) == (1, repo.git("rev-parse", "HEAD").strip())
    assert book["recipes"][0]["folder"] == "plugins"
    assert book["recipes"][0]["touched"] == ["plugins/__init__.py"]
    assert "12 of the last 13" in book["recipes"][0]["text"]
    assert all(repo.git("cat-file", "-t", commit).strip() == "commit" for commit in book["recipes"][0]["commits"])


async def test_the_checkup_is_that_of_the_command_line(known: Known) -> None:
    printed = known.noctule.json("doctor", cwd=known.repo.path)
    async with editing(known.noctule, known.repo.path, options={"sleep": False}) as editor:
        found = await editor.ask("noctule/doctor")

    assert found["root"] == str(known.repo.path)
    assert [check["name"] for check in found["checks"]] == [check["name"] for check in printed["checks"]]
    assert {measure["name"] for measure in found["footprint"]} >= {"memory", "disk", "CPU today"}


async def test_longer_work_says_how_far_it_is(noctule: Noctule, shop: Repo) -> None:
    async with editing(noctule, shop.path) as editor:
        await editor.told("renewed")

    told = [(change["done"], change["total"]) for change in editor.changes if change["event"] == "progress"]
    assert told
    assert all(done <= total for done, total in told if total)


async def test_an_editor_is_asked_for_uses_and_then_for_others(known: Known) -> None:
    async with editing(known.noctule, known.repo.path) as editor:
        first = await editor.ask("noctule/references", {"aside": True})
        uses = [path.as_uri() for path in known.repo.path.rglob("*.py")]
        second = await editor.ask("noctule/references", {"subject": first["subject"], "uses": uses, "aside": True})

    lines = (known.repo.path / first["path"]).read_text().splitlines()
    assert first["name"] in lines[first["line"] - 1]
    assert second["subject"] not in ("", first["subject"]) or second["subject"] == ""
