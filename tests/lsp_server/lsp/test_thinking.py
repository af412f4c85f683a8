"""A model that is named in the editor thinks while nobody works, and no longer when the editor takes it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import truthful
from tests.e2e.conftest import Noctule
from tests.e2e.repositories import make_shop
from tests.lsp_server.lsp.editor import AT_ONCE, editing
from tests.openai_server import OpenAIServer
from tests.patience import PATIENCE_S

KEY = "sk-editor-0a1b2c3d4e5f"


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with OpenAIServer(answers=truthful.answer) as server:
        yield server


async def soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.05)
    return True


@pytest.mark.asyncio
async def test_what_the_editor_names_thinks_with_the_editors_key(
    noctule: Noctule, model: OpenAIServer, tmp_path: Path
) -> None:
    shop = make_shop(tmp_path / "shop", commits=60)
    noctule.ok("sleep", shop.path)
    environment = {**AT_ONCE, "NO_PROXY": "127.0.0.1"}
    async with editing(noctule, shop.path, env=environment) as editor:
        nothing_yet = not model.requests
        chosen = {"think": "openai/scripted", "address": model.url}
        assert (await editor.ask("noctule/user", {"model": chosen, "key": KEY}))["taken"]
        asked = await soon(lambda: bool(model.requests))
        await editor.ask("noctule/user", {"model": {"think": "", "check": ""}})

    assert nothing_yet
    assert asked
    assert any(KEY in value for value in model.headers[0].values())
