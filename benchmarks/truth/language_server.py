"""A language server on pipes, asked what names mean."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import Any
from urllib.parse import unquote, urlparse

WINDOW = 64
"""So many questions are asked before the first answer is waited for."""
Token = tuple[int, int, str]
"""A line, a column and a name."""


class Server:
    """A language server on pipes."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, object]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._settings = settings
        self._answers: dict[int, Any] = {}
        self._arrived = Condition()
        self._numbers = itertools.count(1)
        self._notices: set[str] = set()
        self._ended = False
        Thread(target=self._read, daemon=True).start()

    def notify(self, method: str, params: object) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, questions: Sequence[object]) -> list[Any]:
        """Return the answers to some questions."""
        numbers: list[int] = []
        for params in questions:
            numbers.append(next(self._numbers))
            self._send({"id": numbers[-1], "method": method, "params": params})
            if len(numbers) > WINDOW:
                self._await(numbers[-WINDOW - 1])
        for number in numbers:
            self._await(number)
        return [self._answers.pop(number) for number in numbers]

    def await_notice(self, method: str, seconds: float) -> None:
        """Wait until the server has told something."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._ended or method in self._notices, seconds)

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()

    def _await(self, number: int) -> None:
        with self._arrived:
            self._arrived.wait_for(lambda: self._ended or number in self._answers)
            if number not in self._answers:
                raise SystemExit("the language server ended")

    def _send(self, message: Mapping[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        out = self._process.stdout
        assert out is not None
        while line := out.readline():
            length = 0
            while line not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length"):
                    length = int(line.split(b":")[1])
                line = out.readline()
            message = json.loads(out.read(length) or b"{}")
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items", ())
                settings = [self._settings.get(item.get("section"), {}) for item in items]
                self._send({"id": message["id"], "result": settings or None})
            elif "id" in message:
                with self._arrived:
                    self._answers[message["id"]] = message.get("result") or []
                    self._arrived.notify_all()
            else:
                with self._arrived:
                    self._notices.add(message["method"])
                    self._arrived.notify_all()
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()


def greet(server: Server, root: Path, **options: object) -> None:
    """Open a folder in a server, with its own options."""
    capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
    folders = [{"uri": root.as_uri(), "name": root.name}]
    hello = {"processId": os.getpid(), "rootUri": root.as_uri(), "workspaceFolders": folders}
    server.ask("initialize", [{**hello, "capabilities": capabilities, "initializationOptions": options}])
    server.notify("initialized", {})


def find_meanings(
    server: Server, root: Path, path: str, language: str, tokens: Sequence[Token], asked_for: str = "definition"
) -> Iterator[tuple[int, str, list[tuple[str, int]]]]:
    """Yield (line, name, the places that it means) for some names of a file; or those of its types."""
    text = (root / path).read_text("utf-8", "replace")
    uri = (root / path).as_uri()
    document = {"uri": uri, "languageId": language, "version": 1, "text": text}
    server.notify("textDocument/didOpen", {"textDocument": document})
    asked = [{"textDocument": {"uri": uri}, "position": {"line": n, "character": c}} for n, c, _ in tokens]
    for (line, _, name), said in zip(tokens, server.ask(f"textDocument/{asked_for}", asked), strict=True):
        yield line, name, [_place(root, one) for one in (said if isinstance(said, list) else [said])]
    server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def _place(root: Path, said: Mapping[str, Any]) -> tuple[str, int]:
    file = Path(unquote(urlparse(said.get("uri") or said["targetUri"]).path)).resolve()
    line = (said.get("range") or said["targetSelectionRange"])["start"]["line"]
    return (str(file.relative_to(root)), line) if file.is_relative_to(root) else ("", 0)
