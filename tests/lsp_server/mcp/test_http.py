"""Several agents that ask one `noctule mcp --http`, and others that should not."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from noctule.lsp_server.mcp.access import BURST
from noctule.lsp_server.mcp.transports import MOST_SESSIONS
from tests.lsp_server.mcp.conftest import Known, Noctule, http_server, numbers_of, server, talk, text_of
from tests.patience import PATIENCE_S

TASK = "The price after the discount_percent is wrong in total_price"
TOKEN = "s3cret-of-the-test-0123456789"
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def post(url: str, headers: dict[str, str], body: bytes | None = None, method: str = "POST") -> tuple[int, str]:
    """Send one request as a web page or a program would; return the status and the start of the body."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    all_headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    try:
        connection.request(method, parts.path, body or json.dumps(CALL).encode(), all_headers)
        answer = connection.getresponse()
        return answer.status, answer.read(2_000).decode()
    except (BrokenPipeError, ConnectionResetError):  # refused before the body was read
        return 413, ""
    finally:
        connection.close()


def test_several_agents_are_served_at_once_and_one_may_be_killed(known: Known, era: str) -> None:
    code = (
        "import anyio, sys\n"
        "from mcp import Client\n"
        "async def main():\n"
        "    async with Client(sys.argv[1], mode=sys.argv[2]) as client:\n"
        "        await client.call_tool('notes', {})\n"
        "        print('ready', flush=True)\n"
        "        await client.call_tool('status', {'wait_s': 60})\n"
        "        await anyio.sleep(1000)\n"
        "anyio.run(main)\n"
    )

    async def one(url: str) -> None:
        async with Client(url, mode=era) as client:
            for _ in range(3):
                answer = await client.call_tool("context", {"task": TASK})
                assert "lead to `shop/cart.py`" in text_of(answer)
                assert "shop/cart.py" in text_of(await client.call_tool("notes", {"subject": "shop/cart.py"}))

    async def several(url: str) -> None:
        with anyio.fail_after(PATIENCE_S):
            async with anyio.create_task_group() as agents:
                for _ in range(4):
                    agents.start_soon(one, url)

    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        with subprocess.Popen([sys.executable, "-c", code, url, era], stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"ready\n"
            other.kill()
        anyio.run(several, url)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:{port}"}, 200),
        ({"Host": "evil.example:{port}"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": "127.0.0.1.evil.example:{port}"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Origin": "https://localhost:{port}"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 421),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_other_hosts_and_origins_are_refused(known: Known, headers: dict[str, str], status: int) -> None:
    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        given = {name: value.format(port=urlsplit(url).port) for name, value in headers.items()}

        assert post(url, given)[0] == status
        if status in (403, 421):
            assert post(url, given, method="GET")[0] == status
            assert post(url, given, method="OPTIONS")[0] == status


def test_a_token_is_asked_for_where_there_is_one(known: Known, tmp_path: Path, era: str) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    async def run(url: str) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with anyio.fail_after(PATIENCE_S):
            async with (
                httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as bearer,
                Client(streamable_http_client(url, http_client=bearer), mode=era) as client,
            ):
                assert not (await client.call_tool("notes", {})).is_error

    with http_server(known.noctule, "--no-sleep", "--token-file", tmp_path / "token", cwd=known.repo.path) as url:
        assert post(url, {})[0] == 401
        assert post(url, {"Authorization": f"Bearer {TOKEN}x"})[0] == 401
        assert post(url, {"Authorization": TOKEN})[0] == 401
        anyio.run(run, url)


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--http", "192.0.2.1:0"), "192.0.2.1 is open to other machines and needs a token"),
        (("--http", "0.0.0.0:0"), "means every address"),
        (("--http", "0", "--token-file", "weak"), "is not valid"),
        (("--http", "0", "--token-file", "absent"), "cannot read the token"),
        (("--http", "everywhere"), "is not a port"),
    ],
)
def test_what_would_leave_the_door_open_is_bad_input(
    known: Known, tmp_path: Path, args: tuple[str, ...], why: str
) -> None:
    (tmp_path / "weak").write_text("1234")
    ran = known.noctule("mcp", "--repo", known.repo.path, *args, cwd=tmp_path)

    assert ran.code == 2
    assert why in ran.complaint


def test_outside_of_a_repository_there_is_nothing_to_serve(tmp_path: Path, noctule: Noctule) -> None:
    (tmp_path / "empty").mkdir()
    ran = noctule("mcp", "--http", "0", cwd=tmp_path / "empty")

    assert ran.code == 2
    assert "noctule mcp --repo PATH" in ran.complaint


def test_large_bodies_are_refused_and_the_next_request_is_served(known: Known) -> None:
    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        assert post(url, {}, b'{"a": "' + b"x" * (2 << 20) + b'"}')[0] == 413
        assert post(url, {}, b"[" * 100_000)[0] == 400
        assert post(url, {})[0] == 200


def test_a_head_that_is_too_large_is_refused(known: Known) -> None:
    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        assert post(url, {"X-Large": "y" * 30_000})[0] in (400, 431)
        assert post(url, {})[0] == 200


@pytest.mark.parametrize(
    "sent", [b"POST /mcp HT", b"POST /mcp HTTP/1.1\r\nContent-Length: 9\r\nHost: {host}\r\n\r\nhalf"]
)
def test_who_does_not_send_a_whole_request_is_left(known: Known, sent: bytes) -> None:
    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        host = urlsplit(url).netloc
        address, port = host.split(":")
        with socket.create_connection((address, int(port)), timeout=PATIENCE_S) as slow:
            slow.sendall(sent.replace(b"{host}", host.encode()))
            while slow.recv(1_000):
                pass

        assert post(url, {})[0] == 200


def test_sessions_that_nobody_uses_give_way_to_new_ones(known: Known) -> None:
    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        begun = []
        for _ in range(MOST_SESSIONS + 5):
            while (answer := post(url, {}))[0] == 429:
                time.sleep(0.1)
            begun.append(answer[0])

        assert set(begun) == {200}


def test_who_asks_too_often_is_told_when_to_ask_again_and_pages_do_not_count(known: Known) -> None:
    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        assert {post(url, {"Origin": "http://evil.example"})[0] for _ in range(BURST + 20)} == {403}
        assert post(url, {})[0] == 200
        parts = urlsplit(url)
        with socket.create_connection(("127.0.0.1", parts.port), timeout=PATIENCE_S) as often:
            often.sendall(
                f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode() * 2_000
            )  # at once: on a busy machine too
            answers = often.makefile("rb")
            refused = next((line for line in answers if line.startswith(b"HTTP/1.1 429")), b"")
            headers = http.client.parse_headers(answers)

    assert refused
    assert int(headers["Retry-After"]) >= 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_a_signal_though_agents_are_connected(known: Known, number: signal.Signals) -> None:
    process = known.noctule.start("mcp", "--http", "0", "--no-sleep", cwd=known.repo.path)
    assert process.stderr is not None
    parts = urlsplit(process.stderr.readline().decode().split()[-1])
    agent = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=PATIENCE_S)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    agent.request("POST", parts.path, json.dumps(CALL).encode(), headers)
    opened = agent.getresponse()
    session = opened.headers["Mcp-Session-Id"]
    opened.read()
    agent.request("GET", parts.path, headers={**headers, "Mcp-Session-Id": session})
    stream = agent.getresponse()  # what the server may say unasked: open as long as the agent lives

    with process:
        process.send_signal(number)
        process.wait(PATIENCE_S)
    stream.close()
    agent.close()

    assert stream.status == 200
    assert process.returncode == 128 + number


def test_it_ends_with_the_process_that_it_is_told_to(known: Known) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor:
        process = known.noctule.start(
            "mcp", "--http", "0", "--no-sleep", "--parent", str(editor.pid), cwd=known.repo.path
        )
        assert process.stderr is not None
        process.stderr.readline()
        editor.kill()

    with process:
        assert process.wait(PATIENCE_S) == 75


def test_the_same_is_served_as_over_standard_input(known: Known) -> None:
    said: list[tuple[str, object]] = []

    async def body(client: Client) -> None:
        answer = await client.call_tool("context", {"task": TASK})
        said.append((text_of(answer), numbers_of(answer)))

    talk(server(known.noctule, "--no-sleep", cwd=known.repo.path), body)
    with http_server(known.noctule, "--no-sleep", cwd=known.repo.path) as url:
        talk(url, body)

    assert said[0] == said[1]
