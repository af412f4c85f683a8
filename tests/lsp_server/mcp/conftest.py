"""Agents that talk to the real `noctule mcp` with the SDK's own client, over both transports."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from tests.e2e.conftest import Known, Noctule, _command, known, noctule, pristine_shop, shop
from tests.patience import PATIENCE_S

__all__ = ["Known", "Noctule", "known", "noctule", "pristine_shop", "shop"]  # fixtures among them

ERAS = ("legacy", "auto")
"""With the handshake of earlier revisions, and as the latest one has it."""

Body = Callable[[Client], Awaitable[None]]


def server(noctule: Noctule, *args: str | Path, cwd: Path) -> StdioServerParameters:
    """Say how a client starts noctule."""
    (command, *first), extra = _command()
    environment = {k: v for k, v in os.environ.items() if k not in ("NOCTULE_DEBUG", "PYTHONPATH")}
    environment |= {"NOCTULE_CACHE_DIR": str(noctule.cache), **extra}
    return StdioServerParameters(command=command, args=[*first, "mcp", *map(str, args)], env=environment, cwd=cwd)


def talk(to: Any, body: Body, mode: str = "auto", **settings: Any) -> None:
    """Connect an agent, let it talk, and close the connection."""

    async def run() -> None:
        with anyio.fail_after(PATIENCE_S):
            async with Client(to, mode=mode, **settings) as client:
                await body(client)

    anyio.run(run)


def text_of(result: Any) -> str:
    """Return the text of a tool's answer."""
    (content,) = result.content
    return str(content.text)


def numbers_of(result: Any) -> dict[str, Any]:
    """Return the numbers of a tool's answer, which no model is shown."""
    return dict(result.meta["noctule/answer"])


async def state_of(client: Client) -> dict[str, Any]:
    """Return how much the server knows."""
    (contents,) = (await client.read_resource("noctule://status")).contents
    return dict(json.loads(contents.text))  # type: ignore[union-attr]


async def until_ready(client: Client) -> dict[str, Any]:
    """Wait until the server has indexed its repository; return how much it knows."""
    while (state := await state_of(client))["state"] != "ready":
        await anyio.sleep(0.1)
    return state


@contextmanager
def http_server(noctule: Noctule, *args: str | Path, cwd: Path) -> Iterator[str]:
    """Run a server on a free port of this machine; yield its address."""
    process = noctule.start("mcp", "--http", "0", *args, cwd=cwd, stderr=subprocess.PIPE)
    assert process.stderr is not None
    try:
        line = process.stderr.readline().decode()
        match = re.search(r"http://\S+", line)
        assert match is not None, line
        yield match[0]
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)
