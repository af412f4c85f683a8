"""A session over standard input and output, answered without the SDK while its client says what nearly all say.

That is the handshake of the revisions that have one, the lists, and calls of the tools that read. The SDK's imports are
half of the time until a first answer. Whatever else a client says, and all that follows, is the SDK's: it gets the
handshake that it has missed before that. A test holds the answers of both to be the same.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TextIO

from noctule.lsp_server.mcp import reply
from noctule.lsp_server.mcp.agent_clients import is_program
from noctule.lsp_server.mcp.arguments import Arguments
from noctule.lsp_server.mcp.calls import CALLS, ServedCall
from noctule.lsp_server.mcp.failures import failure_text
from noctule.lsp_server.mcp.learner import Learner, NothingKnown, is_from_parts
from noctule.lsp_server.mcp.offers import LISTS, NUMBERS, SERVER
from noctule.lsp_server.mcp.tools import NAMED

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

REVISIONS = frozenset({"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
"""Those whose handshake is answered here; to others the SDK says which it speaks."""
REPLAYED = "noctule/replayed"
"""The id of the handshake that the SDK is given; its answer to this one is nobody's."""
LAST_ANSWERS_S = 10.0
"""So long a client that says no more is still answered."""
_REQUEST = frozenset({"jsonrpc", "id", "method", "params"})
_LARGEST_ID = 1 << 53

Message = dict[str, Any]


class OpeningSession:
    """Answers the lines of a client, and stops at the first one that is not its own."""

    def __init__(self, learner: Learner, wire: int) -> None:
        self._learner = learner
        self._wire = wire
        self._heard: list[str] = []
        self._is_program = False
        self._calls: dict[int | str, Future[ServedCall] | None] = {}
        self._threads: list[Thread] = []
        self._lock = Lock()

    def serve(self, lines: Iterable[str]) -> list[str] | None:
        """Answer a client until it closes its end; return what the SDK is to hear where it has to go on. OSError."""
        for line in lines:
            if line.strip() and not self._take(_read(line)):
                for thread in self._threads:
                    thread.join()  # two that write at once would write into each other's lines
                return [*self._heard, line]
        until = time.monotonic() + LAST_ANSWERS_S
        for thread in self._threads:  # what was asked is answered, as for `noctule mcp < questions`
            thread.join(max(until - time.monotonic(), 0.0))
        return None

    def _take(self, said: Message) -> bool:
        """Answer a message; False where that is the SDK's business."""
        method, params, is_request = said.get("method"), said.get("params", {}), "id" in said
        own_id: int | str = said.get("id", "")
        if not self._heard:
            if not (is_request and method == "initialize" and _is_handshake(params)):
                return False
            self._heard.append(json.dumps({**said, "id": REPLAYED}) + "\n")
            self._is_program = is_program(params["clientInfo"]["name"])
            self._answer(own_id, {**SERVER, "protocolVersion": params["protocolVersion"]})
        elif method == "notifications/initialized" and not is_request and not params:
            self._heard[1:] = [json.dumps(said) + "\n"]
        elif len(self._heard) == 1:
            return False
        elif method == "notifications/cancelled" and not is_request:
            self._cancel(params.get("requestId"))
        elif not is_request or own_id in self._calls or not _is_plain(params):
            return False
        elif method == "tools/call" and _is_call(params):
            self._calls[own_id] = None
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            call = own_id, params["name"], params.get("arguments") or {}
            self._threads.append(Thread(target=self._call, args=call, name="call", daemon=True))
            self._threads[-1].start()
        elif params.keys() <= {"_meta"} and (method == "ping" or method in LISTS):
            self._answer(own_id, LISTS.get(str(method), {}))
        else:
            return False
        return True

    def _cancel(self, own_id: Any) -> None:  # noqa: ANN401 - whatever a client sends
        """Answer a call no more; a question whose turn has not come is never put."""
        if isinstance(own_id, int | str):
            with self._lock:
                question = self._calls.pop(own_id, None)
            if question is not None:
                question.cancel()

    def _call(self, own_id: int | str, name: str, given: Mapping[str, object]) -> None:
        try:
            made = self._reply(own_id, name, given)
            result = {"content": [_text(made.text)], "isError": False, "_meta": {NUMBERS: made.numbers}}
            if self._is_program:
                result["structuredContent"] = made.structured
        except Exception as error:  # noqa: BLE001 - the outermost loop of a call: its agent is told
            result = {"content": [_text(failure_text(error))], "isError": True} if own_id in self._calls else {}
        with self._lock:
            is_wanted = own_id in self._calls
            self._calls.pop(own_id, None)
        if is_wanted:
            with contextlib.suppress(OSError):  # the client is gone
                self._answer(own_id, result)

    def _reply(self, own_id: int | str, name: str, given: Mapping[str, object]) -> reply.ToolReply:
        learner, arguments = self._learner, Arguments(NAMED[name], given)
        relayed = learner.relay(name, given)
        if relayed is not None:
            return relayed
        question = learner.ask(CALLS[name](arguments, learner.learning))
        with self._lock:
            if own_id in self._calls:
                self._calls[own_id] = question
            else:
                question.cancel()
        try:
            served = question.result()
        except NothingKnown as nothing:
            return learner.answer_unknown(name, arguments, nothing)
        learner.note(lambda repository: _record(repository, served))
        return learner.choose_reply(name, arguments, served) if is_from_parts(served) else served.reply

    def _answer(self, own_id: Any, result: Mapping[str, object]) -> None:  # noqa: ANN401 - a number or a text
        line = json.dumps({"jsonrpc": "2.0", "id": own_id, "result": result}, ensure_ascii=False) + "\n"
        left = memoryview(line.encode("utf-8", "replace"))
        with self._lock:
            while left:
                left = left[os.write(self._wire, left) :]


@contextlib.contextmanager
def claim_output() -> Iterator[int]:
    """Take standard output away from whatever else prints, for as long as this lasts."""
    own = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    os.dup2(2, 1)
    try:
        yield own
    finally:
        os.dup2(own, 1)
        os.close(own)


def claim_input() -> TextIO:
    """Take standard input away from what this process starts, and return its lines."""
    own = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return open(own, encoding="utf-8", errors="replace")  # noqa: PTH123


def _record(repository: Repository, served: ServedCall) -> None:
    from noctule.indexer.serve.usage import record_serving  # nobody waits for it

    record_serving(repository, served.answer, served.took_ms)


def _read(line: str) -> Message:
    """Return the request or notification of a line; nothing where it is neither, or the SDK would have to mend it."""
    try:
        said = json.loads(line)
        line.encode() if "\\" not in line else json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict) or not said.keys() <= _REQUEST or said.get("jsonrpc") != "2.0":
        return {}
    own_id = said.get("id", 0)
    is_id = isinstance(own_id, str) or (type(own_id) is int and abs(own_id) < _LARGEST_ID)
    return said if is_id and isinstance(said.get("method"), str) and isinstance(said.get("params", {}), dict) else {}


def _is_handshake(params: Mapping[str, Any]) -> bool:
    client, capabilities = params.get("clientInfo"), params.get("capabilities")
    return (
        params.keys() == {"protocolVersion", "capabilities", "clientInfo"}
        and isinstance(params["protocolVersion"], str)
        and params["protocolVersion"] in REVISIONS
        and isinstance(client, dict)
        and isinstance(client.get("name"), str)
        and isinstance(client.get("version"), str)
        and isinstance(capabilities, dict)
        and all(isinstance(value, dict) for value in capabilities.values())
    )


def _is_plain(params: Mapping[str, Any]) -> bool:
    about = params.get("_meta", {})
    return (
        params.keys() <= {"_meta", "name", "arguments"}
        and isinstance(about, dict)
        and isinstance(about.get("progressToken", 0), int | str)
    )


def _is_call(params: Mapping[str, Any]) -> bool:
    name, given = params.get("name"), params.get("arguments")
    return isinstance(name, str) and name in NAMED and (given is None or isinstance(given, dict))


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
