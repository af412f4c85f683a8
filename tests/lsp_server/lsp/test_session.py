"""How a server begins and ends, and what it makes of an editor that does not keep to the protocol."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest

from noctule.indexer.runtime.machine import family
from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo
from tests.indexer.runtime.processes import lives
from tests.lsp_server.lsp.editor import AT_ONCE, Line, on_the_line
from tests.patience import soon


def hover(known: Known) -> dict[str, object]:
    """Return the parameters of a hover on the use of `round_half_up` in the cart."""
    uri = (known.repo.path / "shop/cart.py").as_uri()
    return {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 25}}


def leave(line: Line) -> None:
    line.request("bye", "shutdown")
    assert line.answer("bye")["result"] is None
    line.notify("exit")


def test_it_says_what_it_can_do_and_nothing_that_shadows_another_server(known: Known) -> None:
    with on_the_line(known.noctule) as line:
        capabilities = line.initialize(known.repo.path)["result"]["capabilities"]
        leave(line)

        assert line.ended(0)
    assert capabilities["positionEncoding"] == "utf-16"
    assert capabilities["textDocumentSync"] == {"openClose": True, "change": 2, "save": True}
    assert capabilities["workspace"]["textDocumentContent"] == {"schemes": ["noctule"]}
    assert not capabilities.keys() & {
        "completionProvider",
        "referencesProvider",
        "renameProvider",
        "documentSymbolProvider",
        "diagnosticProvider",
    }


def test_exit_without_shutdown_ends_it_with_1(known: Known) -> None:
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        line.notify("exit")

        assert line.ended(1)


def test_an_editor_that_closes_its_end_ends_it(known: Known) -> None:
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        line.stdin.close()

        assert line.ended(1)


def test_it_ends_with_the_process_that_the_editor_named(noctule: Noctule, shop: Repo) -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor,
        on_the_line(noctule, AT_ONCE) as line,
    ):
        line.initialize(shop.path, process=editor.pid)
        assert soon(lambda: len(family([line.process.pid])) > 2)
        tree = family([line.process.pid])
        editor.kill()
        editor.wait()

        assert soon(lambda: not any(map(lives, tree - {line.process.pid})))
        assert line.ended(75)


def test_nothing_is_left_of_it_after_a_kill(noctule: Noctule, shop: Repo) -> None:
    with on_the_line(noctule, AT_ONCE) as line:
        line.initialize(shop.path)
        assert soon(lambda: len(family([line.process.pid])) > 2)
        tree = family([line.process.pid])
        line.process.kill()
        line.process.wait()

        assert soon(lambda: not any(map(lives, tree)))


def test_what_comes_too_early_or_too_late_is_refused(known: Known) -> None:
    with on_the_line(known.noctule) as line:
        line.request(1, "textDocument/hover", hover(known))
        early = line.answer(1)
        line.initialize(known.repo.path)
        line.request(2, "initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        twice = line.answer(2)
        line.request(3, "shutdown")
        line.answer(3)
        line.request(4, "textDocument/hover", hover(known))
        late = line.answer(4)

    assert [answer["error"]["code"] for answer in (early, twice, late)] == [-32002, -32600, -32600]


@pytest.mark.parametrize(
    ("body", "code", "number"),
    [
        (b"{", -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"[" * 100_000, -32700, None),
        (b"[]", -32600, None),
        (b"7", -32600, None),
        (b'{"jsonrpc": "2.0", "id": 5, "method": "textDocument/hover", "params": {"position": 7}}', -32602, 5),
        (b'{"jsonrpc": "2.0", "id": "a", "method": "textDocument/hover"}', -32602, "a"),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "textDocument/hover"}', -32600, None),
        (b'{"id": 6, "method": "shutdown"}', -32600, 6),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "textDocument/nothing", "params": {}}', -32601, 7),
        (b'{"jsonrpc": "2.0", "id": 8, "method": "noctule/notes", "params": [1]}', -32602, 8),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_and_the_next_one_is_answered(
    known: Known, body: bytes, code: int, number: object
) -> None:
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        line.raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        refused = line.answer(number)
        line.request(99, "textDocument/hover", hover(known))

        assert refused["error"]["code"] == code
        assert line.answer(99)["result"] is not None


def test_what_asks_for_no_answer_gets_none_whatever_it_is(known: Known) -> None:
    uri = (known.repo.path / "shop/cart.py").as_uri()
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        line.notify("textDocument/nothing", {})
        line.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 3}, "contentChanges": []})
        line.notify("textDocument/didClose", {"textDocument": {"uri": "untitled:none"}})
        line.notify("textDocument/didOpen", {"textDocument": 7})
        line.notify("$/cancelRequest", {"id": 12345})
        line.notify("$/setTrace", {"value": "verbose"})
        line.send({"jsonrpc": "2.0", "id": 777, "result": None})
        line.send({"jsonrpc": "2.0", "id": 777, "error": {"code": 1, "message": "no"}})
        line.send({"jsonrpc": "2.0"})
        line.request(1, "textDocument/hover", hover(known))

        assert line.answer(1)["result"] is not None


def test_headers_are_read_as_any_client_writes_them(known: Known) -> None:
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "noctule/notes", "params": {"subject": ""}}'
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        line.raw(b"content-type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:%d\r\n\r\n" % len(body))
        line.raw(body)

        assert line.answer(1)["result"]["subject_kind"] == "repository"


def test_a_message_beyond_all_measure_is_passed_over(known: Known) -> None:
    size = (64 << 20) + 1
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        line.raw(b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(64):
            line.raw(bytes(1 << 20))
        line.raw(b"x")
        refused = line.answer(None)
        line.request(1, "textDocument/hover", hover(known))

        assert refused["error"]["code"] == -32600
        assert line.answer(1)["result"] is not None


def test_what_is_no_protocol_at_all_ends_it(known: Known) -> None:
    with on_the_line(known.noctule) as line:
        with contextlib.suppress(BrokenPipeError):
            line.raw(b"x" * 100_000)

        assert line.ended(1)


def test_a_thousand_requests_in_flight_are_all_answered_though_nobody_reads_meanwhile(known: Known) -> None:
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        for number in range(1, 1001):
            if number % 10:
                line.request(number, "textDocument/hover", hover(known))
            else:
                line.request(number, "noctule/context", {"task": "the discount is taken off twice"})
        answered: dict[int, dict[str, object]] = {}
        while len(answered) < 1000:
            message = line.received()
            if "method" not in message:
                answered[message["id"]] = message
        leave(line)

        assert line.ended(0)
    assert sorted(answered) == list(range(1, 1001))
    assert all(message.get("result") is not None for message in answered.values())


def test_what_is_cancelled_is_answered_as_such_and_a_hover_overtakes_what_can_wait(known: Known) -> None:
    with on_the_line(known.noctule) as line:
        line.initialize(known.repo.path)
        for number in range(1, 201):
            line.request(number, "noctule/context", {"task": "the discount is taken off twice", "budgetTokens": 2000})
        for number in range(101, 201):
            line.notify("$/cancelRequest", {"id": number})
        line.request("hover", "textDocument/hover", hover(known))
        order = []
        codes = {}
        while len(order) < 201:
            message = line.received()
            if "method" not in message:
                order.append(message["id"])
                codes[message["id"]] = message.get("error", {}).get("code")

    assert {codes[number] for number in range(150, 201)} == {-32800}
    assert {codes[number] for number in range(1, 50)} == {None}
    assert order.index("hover") < order.index(100)
