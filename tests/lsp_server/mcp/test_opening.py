"""A session that begins without the SDK is the one that the SDK would have begun, and goes on with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from noctule.lsp_server.mcp.opening import REVISIONS
from tests.lsp_server.mcp.conftest import Known
from tests.lsp_server.mcp.test_incoming import serving
from tests.patience import PATIENCE_S

Message = dict[str, Any]
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def handshake(revision: str, **more: object) -> Message:
    client = {"name": "t", "version": "1"}
    params = {"protocolVersion": revision, "capabilities": {}, "clientInfo": client, **more}
    return {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}


def request(own_id: int | str, method: str, params: object = None) -> Message:
    return {"jsonrpc": "2.0", "id": own_id, "method": method, **({} if params is None else {"params": params})}


def call(own_id: int | str, name: str, **arguments: object) -> Message:
    return request(own_id, "tools/call", {"name": name, "arguments": arguments})


ASKED = (
    request(1, "tools/list"),
    request("two", "resources/list", {}),
    request(3, "resources/templates/list", {"_meta": {"progressToken": 3}}),
    request(4, "prompts/list"),
    request(5, "ping"),
    call(6, "context", task="the total of a cart is wrong \N{BAT}", budget=400),
    call(7, "notes", subject="shop/cart.py"),
    call(8, "predict", files=["shop/cart.py"]),
    call(9, "notes", subject="nowhere.py"),
    call(10, "context", budget=400),
    call(11, "context", task=" "),
    call(12, "predict", files="shop/cart.py", k="2"),
    request(13, "tools/call", {"name": "context"}),
)
"""What is answered without the SDK."""
LEFT = (
    call(20, "nothing"),
    request(21, "resources/read", {"uri": "noctule://notes/shop/cart.py"}),
    request(22, "tools/list", {"cursor": 5}),
    request(23, "noctule/nothing"),
    call(24, "notes", subject="shop/cart.py"),
)
ODD = (
    request(30, "tools/call", {"name": ["context"], "arguments": {"task": "x"}}),
    request(31, "tools/call", {"name": "context", "arguments": ["x"]}),
    request(32, "tools/list", {"_meta": 5}),
    request(36, "tools/list", {"_meta": {"progressToken": []}}),
    {**request(33, "ping"), "extra": {}},
    request(34, "ping", {"task": "x"}),
    {"jsonrpc": "2.0", "id": 35, "method": "ping", "params": None},
)
"""What is left to it."""


def answers(process: subprocess.Popen[str], said: Sequence[Message]) -> dict[int | str, Message]:
    """Say something, and return what is answered to each request, but for how long it took."""
    assert process.stdin is not None
    assert process.stdout is not None
    found: dict[int | str, Message] = {}
    for message in said:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        if "id" in message:
            answer = json.loads(process.stdout.readline())
            found[answer["id"]] = answer
    return found


@contextmanager
def session(known: Known) -> Iterator[subprocess.Popen[str]]:
    with serving(known.repo.path, known.noctule.cache) as process:
        yield process


@pytest.mark.parametrize("revision", sorted(REVISIONS))
def test_each_answer_is_what_the_sdk_would_have_said(known: Known, revision: str) -> None:
    with session(known) as process:
        mine = answers(process, [handshake(revision), READY, *ASKED, *LEFT])
    with session(known) as process:  # of a handshake with more in it than it needs, the SDK knows what it means
        theirs = answers(process, [handshake(revision, _meta={}), READY, *ASKED, *LEFT])

    assert list(mine) == [0, *(message["id"] for message in (*ASKED, *LEFT))]
    assert mine == theirs


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_is_odd_is_answered_as_the_sdk_does(known: Known, odd: Message) -> None:
    begun = [READY, request(1, "ping"), odd, request(99, "ping")]
    with session(known) as process:
        mine = answers(process, [handshake("2025-06-18"), *begun])
    with session(known) as process:
        theirs = answers(process, [handshake("2025-06-18", _meta={}), *begun])

    assert mine == theirs


def test_a_handshake_that_is_odd_is_answered_by_the_sdk(known: Known) -> None:
    with session(known) as process:
        refused = answers(process, [handshake(["2025-06-18"])])  # type: ignore[arg-type]

    assert "error" in refused[0]


@pytest.mark.true_start
def test_no_part_of_the_sdk_is_loaded_until_it_is_needed(known: Known) -> None:
    with session(known) as process:
        answers(process, [handshake("2025-06-18"), READY, *ASKED])
        before = loaded(process)
        answers(process, LEFT[:1])
        after = loaded(process)

    assert (before, after) == (False, True)


def loaded(process: subprocess.Popen[str]) -> bool:
    """Tell whether a process has the library that checks all messages of the SDK."""
    return "pydantic_core" in Path(f"/proc/{process.pid}/maps").read_text()


def test_calls_that_wait_are_answered_each_once_and_in_whole_lines(known: Known) -> None:
    calls = [call(n, "context", task=f"the total of cart {n} is wrong") for n in range(1, 9)]
    last = request(99, "resources/read", {"uri": "noctule://status"})
    with session(known) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = [handshake("2025-06-18"), READY, *calls, last]
        process.stdin.write("".join(json.dumps(message) + "\n" for message in said))
        process.stdin.flush()
        found = [json.loads(process.stdout.readline())["id"] for _ in range(len(calls) + 2)]

    assert sorted(found) == [0, *range(1, 9), 99]
    assert (found[0], found[-1]) == (0, 99)


BREAKS = {
    "nothing odd": "",
    "no JSON": "{no JSON\n",
    "another protocol": '{"jsonrpc": "1.0", "method": "ping"}\n',
    "an unknown notification": '{"jsonrpc": "2.0", "method": "notifications/nothing"}\n',
}
"""Lines that need no answer; all but the first are the SDK's business, and so is what follows them."""


@pytest.mark.parametrize("line", BREAKS.values(), ids=BREAKS)
def test_who_says_no_more_is_answered_what_was_asked(known: Known, line: str) -> None:
    before, after = (
        [call(n, "context", task=f"the total of cart {n} is wrong") for n in ids] for ids in ((1, 2), (3, 4))
    )
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 4}}
    with session(known) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = [
            [json.dumps(m) for m in part] for part in ([handshake("2025-06-18"), READY, *before], [*after, cancelled])
        ]
        process.stdin.write("\n".join(said[0]) + "\n" + line + "\n".join(said[1]) + "\n" + line)
        process.stdin.close()
        found = {answer["id"]: answer for answer in map(json.loads, process.stdout)}

    assert {0, 1, 2, 3} <= found.keys() <= {0, 1, 2, 3, 4}
    assert [n for n in (0, 1, 2, 3) if "result" not in found[n]] == []
    assert process.wait(PATIENCE_S) == 0


def test_what_is_asked_before_the_handshake_is_done_is_left_to_the_sdk(known: Known) -> None:
    with session(known) as process:
        (first, second) = answers(process, [handshake("2025-06-18"), request(1, "ping")]).values()

    assert (first["result"]["protocolVersion"], second["result"]) == ("2025-06-18", {})


def test_a_call_that_is_cancelled_is_not_answered(known: Known) -> None:
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}
    calls = [call(n, "context", task=f"the total of cart {n} is wrong") for n in (1, 2)]
    with session(known) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = [handshake("2025-06-18"), READY, *calls, cancelled, request(3, "ping"), call(4, "notes", subject="")]
        process.stdin.write("".join(json.dumps(message) + "\n" for message in said))
        process.stdin.flush()
        found = {json.loads(process.stdout.readline())["id"] for _ in range(4)}

    assert found == {0, 1, 3, 4}
