"""Agents that work in a folder with several repositories get one answer over all of them."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
from mcp import Client

from noctule.indexer.tokens import count
from tests.e2e.test_watch import AT_ONCE
from tests.e2e.test_workspace import BUTTON, INVOICE, make_pair
from tests.lsp_server.mcp.conftest import Noctule, server, talk, text_of
from tests.repositories import Repository

STOCK = "package stock\n\nfunc CountItems(items []string) int {\n\treturn len(items)\n}\n"
REFUND = "def refund_order(order):\n    return -order.total\n"
TASK = "send_invoice should round the total of make_invoice and renderButton should show it"


def test_tools_answer_over_all_and_follow_the_branch_of_each(noctule: Noctule, tmp_path: Path) -> None:
    folder = tmp_path / "team"
    billing = Repository(folder / "billing")
    billing.commit("Send invoices", {"src/invoice.py": INVOICE})
    Repository(folder / "web/shop").commit("Show buttons", {"src/button.ts": BUTTON})
    Repository(folder / "stock").commit("Count items", {"count.go": STOCK})
    billing.git("checkout", "-q", "-b", "next")
    billing.commit("Refund", {"src/refund.py": REFUND})
    for name in ("billing", "web/shop", "stock"):
        noctule.ok("sleep", folder / name)

    async def body(client: Client) -> None:
        async def call(tool: str, **arguments: object) -> str:
            return text_of(await client.call_tool(tool, dict(arguments)))

        both = await call("context", task=TASK, budget=800)
        notes = await call("notes", subject="web/shop/src/button.ts")
        forecast = await call("predict", files=["billing/src/invoice.py"])
        there = await call("context", task="refund_order is wrong")
        billing.git("checkout", "-q", "main")
        gone = await call("context", task="refund_order is wrong")
        status = await client.read_resource("noctule://status")

        assert [name in both for name in ("Repository billing/:", "Repository web/shop/:", "stock/")] == [
            True,
            True,
            False,
        ]
        assert count(both) <= 800
        assert "Repository web/shop/:" in notes
        assert "stock" not in forecast
        assert "refund.py" in there
        assert "refund.py" not in gone
        assert set(json.loads(status.contents[0].text)["repositories"]) == {"billing", "stock", "web/shop"}

    talk(server(noctule, "--no-sleep", cwd=folder), body)


def test_a_repository_that_comes_or_goes_while_the_server_runs_is_answered_or_dropped(
    noctule: Noctule, tmp_path: Path
) -> None:
    folder, elsewhere = tmp_path / "team", tmp_path / "elsewhere"
    Repository(folder / "web").commit("Show buttons", {"src/button.ts": BUTTON})
    Repository(folder / "stock").commit("Count items", {"count.go": STOCK})
    billing = Repository(elsewhere / "billing")
    billing.commit("Send invoices", {"src/invoice.py": INVOICE})
    for root in (folder / "web", folder / "stock", billing.root):
        noctule.ok("sleep", root)

    async def body(client: Client) -> None:
        async def ask() -> tuple[str, set[str]]:
            said = text_of(await client.call_tool("context", {"task": TASK}))
            status = await client.read_resource("noctule://status")
            return said, set(json.loads(status.contents[0].text)["repositories"])

        before = await ask()
        billing.git("clone", "-q", str(billing.root), str(folder / "billing"))
        noctule.ok("sleep", folder / "billing")
        (folder / "stock").rename(elsewhere / "stock")
        after = await ask()
        for name in ("web", "billing"):
            (folder / name).rename(elsewhere / f"{name}-moved")
        nothing = await client.call_tool("context", {"task": TASK})
        (elsewhere / "web-moved").rename(folder / "web")
        again = await ask()

        assert [("send_invoice" in said, names) for said, names in (before, after, again)] == [
            (False, {"web", "stock"}),
            (True, {"web", "billing"}),
            (False, {"web"}),
        ]
        assert nothing.is_error
        assert "holds no repository" in text_of(nothing)

    talk(server(noctule, "--no-sleep", cwd=folder), body)


def test_a_server_that_began_in_an_empty_folder_answers_over_what_is_cloned_into_it(
    noctule: Noctule, tmp_path: Path
) -> None:
    folder = tmp_path / "team"
    folder.mkdir()

    async def body(client: Client) -> None:
        async def ask() -> str:
            return text_of(await client.call_tool("context", {"task": TASK}))

        nothing = await ask()
        Repository(folder / "billing").commit("Send invoices", {"src/invoice.py": INVOICE})
        Repository(folder / "web").commit("Show buttons", {"src/button.ts": BUTTON})
        for name in ("billing", "web"):
            noctule.ok("sleep", folder / name)
        both = await ask()

        assert "not started in a git repository" in nothing
        assert "Repository billing/:" in both
        assert "Repository web/:" in both

    talk(server(noctule, "--no-sleep", cwd=folder), body)


def test_an_agent_is_told_what_changes_in_another_repository_as_soon_as_that_is_learned(
    noctule: Noctule, tmp_path: Path
) -> None:
    folder = tmp_path / "team"
    for one in make_pair(folder):
        noctule.ok("sleep", one.root)

    async def body(client: Client) -> None:
        async def predict() -> str:
            return text_of(await client.call_tool("predict", {"files": ["api/api/schema.py"]}))

        before = await predict()
        noctule.ok("sleep", folder)
        after = await predict()

        assert "web/src/types.ts" not in before
        assert "web/src/types.ts" in after

    talk(server(noctule, "--no-sleep", cwd=folder), body)


def test_a_server_that_sleeps_learns_what_changes_in_another_repository(noctule: Noctule, tmp_path: Path) -> None:
    make_pair(tmp_path / "team")
    to = server(noctule, cwd=tmp_path / "team")

    async def body(client: Client) -> None:
        while "web/src/types.ts" not in text_of(await client.call_tool("predict", {"files": ["api/api/schema.py"]})):
            await anyio.sleep(5)  # each question holds sleep awake

    talk(to.model_copy(update={"env": {**(to.env or {}), **AT_ONCE}}), body)
