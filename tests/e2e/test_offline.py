"""Servers that stay: nothing of theirs connects to anything, and what an answer would wait for is loaded before.

Every Python process of theirs is watched through an audit hook, which also refuses what it notes. Where the system lets
them have a network of their own, they get one without any connection.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcp import Client

from tests.e2e.conftest import ROOT, Noctule, noctule, pristine_shop, shop
from tests.e2e.repositories import Repo
from tests.lsp_server.lsp.editor import AT_ONCE, editing
from tests.lsp_server.mcp.conftest import server, talk, text_of, until_ready
from tests.patience import PATIENCE_S

__all__ = ["noctule", "pristine_shop", "shop"]  # the fixtures

HOOK = """\
import sys
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg")
def watch(event, args):
    # A socket of the file system, by which processes of one user on one machine talk, leads to no network.
    if event == "socket.connect" and isinstance(args[1], (str, bytes)):
        return
    if event in NETWORK or (event == "import" and args[0].endswith("secret_scan.lines")):
        with open({seen!r}, "a") as seen:
            seen.write(f"{{event}} {{args[-1]!r}}\\n")
        if event in NETWORK:
            raise OSError(f"{{event}} is not allowed")
sys.addaudithook(watch)
with open({seen!r}, "a") as seen:
    seen.write("watched\\n")
"""


class Watched:
    """What the hook noted, and the environment in which it is in force."""

    def __init__(self, folder: Path) -> None:
        self._seen = folder / "seen"
        hooks = folder / "hooks"
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(HOOK.format(seen=str(self._seen)))
        self.environment = {**AT_ONCE, "PYTHONPATH": os.pathsep.join([str(hooks), str(ROOT)])}

    def noted(self) -> list[str]:
        return [line.split()[0] for line in self._seen.read_text().splitlines()]

    async def until_warm(self) -> None:
        """Wait until the scanner for secrets is loaded, though no line of the repository looks like one."""
        until = time.monotonic() + PATIENCE_S
        while "import" not in self.noted():
            assert time.monotonic() < until, self.noted()
            await asyncio.sleep(0.1)


def cut_off() -> list[str]:
    """Return the command that runs another one without any network; nothing where the system does not allow it."""
    way: list[str] = ["unshare", "--user", "--map-root-user", "--net"]
    allowed = shutil.which(way[0]) and subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0
    return way if allowed else []


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_whoever_connects_is_noted_and_refused(watched: Watched) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"

    ran = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **watched.environment}, capture_output=True, check=False
    )

    assert b"is not allowed" in ran.stderr
    assert watched.noted() == ["watched", "socket.getaddrinfo"]


@pytest.mark.asyncio
async def test_the_language_server_connects_to_nothing(watched: Watched, shop: Repo, noctule: Noctule) -> None:
    async with editing(noctule, shop.path, env=watched.environment, through=cut_off()) as editor:
        await editor.until(lambda: any(change["state"] == "resting" for change in editor.changes))
        assert await editor.hover((shop.path / "shop/cart.py").as_uri(), 5, 8)
        pack = await editor.ask("noctule/context", {"task": "total_price is wrong"})
        await watched.until_warm()

    assert "shop/cart.py" in str(pack)
    assert set(watched.noted()) == {"watched", "import"}
    assert watched.noted().count("watched") > 1  # its children are watched too


def test_the_server_for_agents_connects_to_nothing(watched: Watched, shop: Repo, noctule: Noctule) -> None:
    async def body(client: Client) -> None:
        await until_ready(client)
        assert "lead to `shop/cart.py`" in text_of(await client.call_tool("context", {"task": "total_price is wrong"}))
        assert not (await client.call_tool("notes", {"subject": "shop/cart.py"})).is_error
        await watched.until_warm()

    to = server(noctule, cwd=shop.path)
    whole = [*cut_off(), to.command, *to.args]
    environment = {**(to.env or {}), **watched.environment}
    to = to.model_copy(update={"command": whole[0], "args": whole[1:], "env": environment})
    talk(to, body)

    assert set(watched.noted()) == {"watched", "import"}
    assert watched.noted().count("watched") > 1
