"""What an agent may ask for when a page that it has read tells it what to ask for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from tests.lsp_server.mcp.conftest import Known, server, talk, text_of
from tests.patience import PATIENCE_S

MARK = "outside-of-the-repository"


def test_no_argument_reaches_past_the_repository_or_becomes_an_option_of_git(
    known: Known, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(f"def leak():\n    return '{MARK}'\n")
    written = tmp_path / "written"
    link = known.repo.path / "shop/link.py"
    link.symlink_to(outside)
    request.addfinalizer(link.unlink)  # other tests read the same repository
    names = [
        str(outside),
        "../outside.py",
        "shop/../../outside.py",
        "shop/link.py",
        "../../../../../../etc/passwd",
        f"--output={written}",
        f"HEAD --output={written}",
        f"--upload-pack=touch {written}",
        f"$(touch {written})",
        "HEAD:shop/cart.py",
        "shop/cart.py\n--all",
        ":(top,exclude)*",
        "~root",
        "x" * 4_096,
    ]
    said: list[str] = []

    async def call(client: Client, tool: str, arguments: dict[str, Any]) -> None:
        try:
            said.append(text_of(await client.call_tool(tool, arguments)))
        except MCPError as error:
            said.append(str(error))

    async def body(client: Client) -> None:
        for name in names:
            await call(client, "notes", {"subject": name})
            await call(client, "predict", {"files": [name]})
            await call(client, "context", {"task": f"fix {name} leak"})
            with pytest.raises(MCPError):
                await client.read_resource(f"noctule://notes/{name}")
        assert "lead to `shop/cart.py`" in text_of(
            await client.call_tool("context", {"task": "total_price discount_percent"})
        )

    talk(server(known.noctule, "--no-sleep", cwd=known.repo.path), body)

    assert len(said) == 3 * len(names)
    assert not any(MARK in text or "root:" in text for text in said)
    assert not written.exists()
    assert outside.exists()


@pytest.mark.parametrize("value", ["a\0b", "x" * 1_000_000, ["shop/cart.py\0"], {"path": "x"}, 7])
def test_what_is_no_name_is_refused_and_the_next_question_is_answered(known: Known, value: Any) -> None:
    async def body(client: Client) -> None:
        for tool, argument in (("notes", "subject"), ("predict", "files")):
            try:
                refused = (await client.call_tool(tool, {argument: value})).is_error
            except MCPError:
                refused = True
            assert refused, tool
        assert not (await client.call_tool("notes", {"subject": "shop/cart.py"})).is_error

    talk(server(known.noctule, "--no-sleep", cwd=known.repo.path), body)


def test_a_server_writes_no_text_to_its_standard_error(known: Known) -> None:
    asked = "total_price of zebra_in_the_kitchen"
    start = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    messages = [
        {"id": 1, "method": "initialize", "params": start},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "context", "arguments": {"task": asked}}},
        {"id": 3, "method": "tools/call", "params": {"name": "notes", "arguments": {"subject": asked}}},
    ]
    process = known.noctule.start("mcp", "--no-sleep", cwd=known.repo.path, stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            process.stdin.flush()
            if "id" in message:
                answer = process.stdout.readline()
        _, said = process.communicate(timeout=PATIENCE_S)

    assert b"zebra_in_the_kitchen" in answer
    for text in (b"zebra_in_the_kitchen", b"total_price", b"def "):
        assert text not in said
