"""A server on loopback that speaks the OpenAI chat-completions protocol and plays what it was told, faults included.

It keeps every request and what it billed for each, so that an account can be held against the other side's books.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Say:
    """An answer: commands to call, and the usage to bill; `usage` False says nothing of it."""

    commands: tuple[str, ...] = ()
    text: str = "I look."
    prompt: int = 100
    cached: int = 0
    output: int = 10
    usage: bool = True
    choices: bool = True

    def body(self, number: int) -> dict[str, Any]:
        calls = [
            {"id": f"call-{number}-{at}", "type": "function", "function": {"name": "bash", "arguments": arguments}}
            for at, arguments in enumerate(json.dumps({"command": c}) for c in self.commands)
        ]
        message = {"role": "assistant", "content": self.text, **({"tool_calls": calls} if calls else {})}
        choice = {"index": 0, "finish_reason": "tool_calls" if calls else "stop", "message": message}
        answer: dict[str, Any] = {"id": f"chat-{number}", "object": "chat.completion", "created": 1, "model": "played"}
        answer["choices"] = [choice] if self.choices else []
        if self.usage:
            answer["usage"] = {
                "prompt_tokens": self.prompt,
                "completion_tokens": self.output,
                "total_tokens": self.prompt + self.output,
                "prompt_tokens_details": {"cached_tokens": self.cached},
            }
        return answer


@dataclass(frozen=True)
class Status:
    """An error status, with a Retry-After header where the provider asks for patience."""

    code: int
    retry_after: str | None = None


@dataclass(frozen=True)
class Broken:
    """An answer of status 200 that is not JSON."""


@dataclass(frozen=True)
class Cut:
    """An answer whose connection is cut in the middle."""


@dataclass(frozen=True)
class Late:
    """An answer that comes after the caller has lost its patience."""

    seconds: float


Turn = Say | Status | Broken | Cut | Late

SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


@dataclass
class OpenAIServer:
    """Plays its turns in order, whoever asks; a request beyond them is answered with status 400 and counted."""

    turns: list[Turn] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    billed: list[Say] = field(default_factory=list)
    beyond: int = 0

    def play(self, turns: Iterable[Turn]) -> None:
        self.turns += turns

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def books(self) -> tuple[int, int, int]:
        """Return what was billed: prompt, cached and output tokens."""
        told = [say for say in self.billed if say.usage]
        return sum(s.prompt for s in told), sum(s.cached for s in told), sum(s.output for s in told)

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if kind is None:
            assert self.beyond == 0, f"{self.beyond} requests were not scripted"
            assert self.turns == [], f"not asked for: {self.turns}"

    def take(self, request: dict[str, Any]) -> tuple[Turn | None, int]:
        """Return the next turn and its number."""
        with self._lock:
            self.requests.append(request)
            if not self.turns:
                self.beyond += 1
                return None, len(self.requests)
            turn = self.turns.pop(0)
            if isinstance(turn, Say):
                self.billed.append(turn)
            return turn, len(self.requests)


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the terminal."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            turn, number = server.take(body)
            whole = json.dumps((turn if isinstance(turn, Say) else Say()).body(number)).encode()
            match turn:
                case Say():
                    self.answer(200, whole)
                case Status(code, retry_after):
                    self.answer(code, _error(f"status {code} on purpose"), retry_after)
                case Broken():
                    self.answer(200, whole[: len(whole) // 2])
                case Cut():
                    self.begin(200, len(whole))
                    self.wfile.write(whole[: len(whole) // 2])
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                case Late(seconds):
                    time.sleep(seconds)
                    self.close_connection = True
                case None:
                    self.answer(400, _error("the script is at its end"))

        def begin(self, code: int, length: int, retry_after: str | None = None) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(length))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.end_headers()

        def answer(self, code: int, content: bytes, retry_after: str | None = None) -> None:
            self.begin(code, len(content), retry_after)
            self.wfile.write(content)

    return Handler


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "scripted", "code": None}}).encode()
