"""A server on loopback that answers as Anthropic does, as a stream: a second protocol to hold things against.

Each answer is a list of events, made by `said`, or an error status.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Event = Mapping[str, Any]


def said(
    text: str = "", tool: tuple[str, str] | None = None, stop: str = "end_turn", **usage: int
) -> tuple[Event, ...]:
    """Return the events of one answer: text, a call of a tool with its arguments' text, and the usage that is told."""
    written = usage.pop("output_tokens", 10)
    message = {"id": "msg-1", "type": "message", "role": "assistant", "model": "played", "content": []}
    events: list[Event] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "usage": {**usage, "output_tokens": 1}}}
    ]
    if text:
        events += _block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": text})
    if tool is not None:
        begun = {"type": "tool_use", "id": "toolu-1", "name": tool[0], "input": {}}
        events += _block(len(text) > 0, begun, {"type": "input_json_delta", "partial_json": tool[1]})
    told = {"stop_reason": stop, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": told, "usage": {"output_tokens": written}})
    return (*events, {"type": "message_stop"})


def _block(index: int, begun: Event, delta: Event) -> list[Event]:
    return [
        {"type": "content_block_start", "index": int(index), "content_block": begun},
        {"type": "content_block_delta", "index": int(index), "delta": delta},
        {"type": "content_block_stop", "index": int(index)},
    ]


class AnthropicServer:
    """Plays answers in order and keeps what it was asked."""

    def __init__(self, *answers: tuple[Event, ...] | int) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
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


def _handler(server: AnthropicServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the terminal."""

        def do_POST(self) -> None:
            server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            server.keys.append(self.headers["x-api-key"])
            answer = server.answers.pop(0)
            failed = isinstance(answer, int)
            self.send_response(answer if isinstance(answer, int) else 200)
            self.send_header("Content-Type", "application/json" if failed else "text/event-stream")
            self.end_headers()
            if isinstance(answer, int):
                error = {"type": "overloaded_error", "message": "Overloaded"}
                self.wfile.write(json.dumps({"type": "error", "error": error}).encode())
                return
            for event in answer:
                self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

    return Handler
