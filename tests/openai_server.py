"""A server on loopback that speaks the OpenAI chat-completions protocol and plays what it was told, faults included.

It keeps every request and what it billed for each, so that an account can be held against the other side's books. It
answers in one piece or as a stream, as it is asked.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

PIECE = 7
"""Characters in a piece of a stream."""


@dataclass(frozen=True)
class Say:
    """An answer and the usage to bill; `usage` False says nothing of it.

    `commands` are calls of the tool "bash"; `calls` are of any tool, with arguments or with text in their place.
    """

    commands: tuple[str, ...] = ()
    text: str = "I look."
    prompt: int = 100
    cached: int = 0
    output: int = 10
    usage: bool = True
    choices: bool = True
    calls: tuple[tuple[str, Mapping[str, Any] | str], ...] = ()
    finish: str = ""
    refusal: str = ""
    reasoned: int = 0
    after_s: float = 0.0

    def tool_calls(self, number: int) -> list[dict[str, Any]]:
        named = [("bash", {"command": c}) for c in self.commands] + [*self.calls]
        return [
            {
                "id": f"call-{number}-{at}",
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for at, (name, given) in enumerate(named)
        ]

    def finish_reason(self, number: int) -> str:
        return self.finish or ("tool_calls" if self.tool_calls(number) else "stop")

    def told_usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.output,
            "total_tokens": self.prompt + self.output,
            "prompt_tokens_details": {"cached_tokens": self.cached},
            "completion_tokens_details": {"reasoning_tokens": self.reasoned},
        }

    def body(self, number: int) -> dict[str, Any]:
        calls = self.tool_calls(number)
        message = {"role": "assistant", "content": self.text, **({"tool_calls": calls} if calls else {})}
        if self.refusal:
            message |= {"content": None, "refusal": self.refusal}
        choice = {"index": 0, "finish_reason": self.finish_reason(number), "message": message}
        answer: dict[str, Any] = {"id": f"chat-{number}", "object": "chat.completion", "created": 1, "model": "played"}
        answer["choices"] = [choice] if self.choices else []
        if self.usage:
            answer["usage"] = self.told_usage()
        return answer

    def pieces(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the answer as the pieces of a stream."""

        def piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
            choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
            return {"id": f"chat-{number}", "object": "chat.completion.chunk", "created": 1, "model": "played"} | {
                "choices": choices
            }

        if self.choices:
            yield piece({"role": "assistant", "content": ""})
            if self.refusal:
                yield piece({"refusal": self.refusal})
            text = "" if self.refusal else self.text
            for start in range(0, len(text), PIECE):
                yield piece({"content": text[start : start + PIECE]})
            for at, call in enumerate(self.tool_calls(number)):
                function = call["function"]
                yield piece({"tool_calls": [{**call, "index": at, "function": {**function, "arguments": ""}}]})
                for start in range(0, len(function["arguments"]), PIECE):
                    part = {"arguments": function["arguments"][start : start + PIECE]}
                    yield piece({"tool_calls": [{"index": at, "function": part}]})
            yield piece({}, self.finish_reason(number))
        if self.usage:
            yield {**piece({}), "choices": [], "usage": self.told_usage()}


@dataclass(frozen=True)
class Status:
    """An error status, with a Retry-After header where the provider asks for patience, and what it says."""

    code: int
    retry_after: str | None = None
    message: str = ""
    kind: str | None = None


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


@dataclass(frozen=True)
class Stalled:
    """An answer that begins and then falls silent for so long."""

    seconds: float


@dataclass(frozen=True)
class Endless:
    """An answer that never ends, whatever was asked for; it stops when nobody listens any more, or at `most_bytes`.

    Each piece is followed by its number, unless it repeats itself to the letter.
    """

    text: str = "and so on "
    to_the_letter: bool = False
    most_bytes: int = 50_000_000


Turn = Say | Status | Broken | Cut | Late | Stalled | Endless

SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


@dataclass
class OpenAIServer:
    """Plays its turns in order, whoever asks; a request beyond them goes to `answers`, which sees it.

    Without `answers` it is answered with status 400 and counted.
    """

    turns: list[Turn] = field(default_factory=list)
    answers: Callable[[dict[str, Any]], Turn] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    billed: list[Say] = field(default_factory=list)
    beyond: int = 0
    at_once: int = 0
    """The most requests that were under way at the same time."""
    endless_bytes: int = 0
    """What was written of endless answers."""

    def play(self, turns: Iterable[Turn]) -> None:
        self.turns += turns

    def forget(self) -> None:
        """Begin anew, with no turns and empty books."""
        with self._lock:
            for told in (self.turns, self.requests, self.headers, self.billed):
                told.clear()
            self.answers = None
            self.beyond = self.at_once = self.endless_bytes = 0

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
        self._under_way = 0
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

    def take(self, request: dict[str, Any], headers: dict[str, str]) -> tuple[Turn | None, int]:
        """Return the next turn and its number."""
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            turn = self.turns.pop(0) if self.turns else self.answers(request) if self.answers is not None else None
            if turn is None:
                self.beyond += 1
            if isinstance(turn, Say):
                self.billed.append(turn)
            return turn, len(self.requests)

    def count(self, change: int) -> None:
        with self._lock:
            self._under_way += change
            self.at_once = max(self.at_once, self._under_way)


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the terminal."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            turn, number = server.take(body, {name.lower(): value for name, value in self.headers.items()})
            server.count(1)
            try:
                self.play(turn, number, streams=body.get("stream") is True)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # whoever asked hung up
            finally:
                server.count(-1)

        def play(self, turn: Turn | None, number: int, *, streams: bool) -> None:
            say = turn if isinstance(turn, Say) else Say()
            if streams:
                whole = b"".join(_event(piece) for piece in say.pieces(number)) + b"data: [DONE]\n\n"
            else:
                whole = json.dumps(say.body(number)).encode()
            match turn:
                case Say():
                    time.sleep(turn.after_s)
                    self.answer(200, whole, streams=streams)
                case Status(code, retry_after, message, kind):
                    self.answer(code, _error(message or f"status {code} on purpose", kind), retry_after)
                case Broken():
                    broken = b'data: {"choices": [{"del\n\n' if streams else whole[: len(whole) // 2]
                    self.answer(200, broken, streams=streams)
                case Cut():
                    self.begin(200, len(whole), streams=streams)
                    self.wfile.write(whole[: len(whole) // 2])
                    self.hang_up()
                case Late(seconds):
                    time.sleep(seconds)
                    self.close_connection = True
                case Stalled(seconds):
                    self.begin(200, len(whole), streams=streams)
                    self.wfile.write(whole[: len(whole) // 2])
                    self.wfile.flush()
                    time.sleep(seconds)
                    self.hang_up()
                case Endless(text, to_the_letter, most_bytes):
                    self.begin(200, most_bytes * 1_000, streams=streams)
                    first = next(iter(say.pieces(number)))
                    while server.endless_bytes < most_bytes:
                        piece = text if to_the_letter else f"{text}{server.endless_bytes}"
                        self.wfile.write(_event(first | {"choices": [_choice(piece)]}))
                        server.endless_bytes += len(piece)
                    self.hang_up()
                case None:
                    self.answer(400, _error("the script is at its end"))

        def begin(self, code: int, length: int, retry_after: str | None = None, *, streams: bool = False) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "text/event-stream" if streams else "application/json")
            self.send_header("Content-Length", str(length))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.end_headers()

        def answer(self, code: int, content: bytes, retry_after: str | None = None, *, streams: bool = False) -> None:
            self.begin(code, len(content), retry_after, streams=streams)
            self.wfile.write(content)

        def hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _choice(text: str) -> dict[str, Any]:
    return {"index": 0, "delta": {"content": text}, "finish_reason": None}


def _event(piece: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(piece)}\n\n".encode()


def _error(message: str, kind: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "type": "scripted", "code": kind}}).encode()
