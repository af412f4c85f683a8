"""What those wait who ask a server: the first answer after its start, and hovers while sleep works at full load.

Full load: beside the server and its own sleeper, one sleep after the other learns the same repository from nothing.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from benchmarks.process import CommandFailed
from benchmarks.subject import NOCTULE, Subject
from benchmarks.table import Row

FIRST_HOVER_MS, FIRST_CALL_MS, FIRST_COLD_MS, HOVER_P95_MS = 300.0, 500.0, 1500.0, 30.0
STARTS = 5
HOVERS = 300
PAUSE_S = 0.05
SEED = 5
IDLE = {
    "NOCTULE_IDLE_AFTER_S": "0.01",  # the server's own sleeper works between any two hovers
    "NOCTULE_IDLE_MOST_CPU_BUSY": "1",
    "NOCTULE_IDLE_MOST_IO_PRESSURE": "1",
    "NOCTULE_IDLE_ON_BATTERY": "true",
    "NOCTULE_LIMITS_CPU_S_PER_DAY": "inf",
    "NOCTULE_LIMITS_WALL_S_PER_DAY": "inf",
}
_WORD = re.compile(r"[^\W\d]\w{3,}")
_SOURCE = (".py", ".go", ".rs", ".js", ".ts", ".java", ".c", ".rb")


class Peer:
    """A server at the other end of two pipes, and the JSON-RPC that it speaks."""

    def __init__(self, subject: Subject, name: str, environment: Mapping[str, str], *, headers: bool) -> None:
        self._headers = headers
        self._numbers = itertools.count(1)
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [NOCTULE, name],
            cwd=subject.tree,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **subject.environment, **environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, method: str, params: object) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: object) -> object:
        """Send a request and wait for its answer; what the server asks meanwhile gets an empty one."""
        number = next(self._numbers)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            said = self._read()
            if said.get("id") == number and "method" not in said:
                if "error" in said:
                    raise CommandFailed(f"{method}: {said['error']}")
                return said["result"]
            if "id" in said and "method" in said:
                self._send({"jsonrpc": "2.0", "id": said["id"], "result": None})

    def _send(self, message: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        body = json.dumps(message).encode()
        head = b"Content-Length: %d\r\n\r\n" % len(body)
        self._process.stdin.write(head + body if self._headers else body + b"\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if self._headers:
            length = 0
            while line.strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
                line = self._process.stdout.readline()
            line = self._process.stdout.read(length)
        if not line:
            raise CommandFailed("the server ended")
        return dict(json.loads(line))


def rows(subject: Subject) -> Iterator[Row]:
    """Measure both servers; the subject has a warm store."""
    places = list(itertools.islice(_places(subject), HOVERS))
    unknown = replace(subject, cache=subject.cache.parent / f"{subject.name}.unknown")
    told = f"median of {STARTS} starts"
    for name, first, most in (("lsp", _first_hover, FIRST_HOVER_MS), ("mcp", _first_call, FIRST_CALL_MS)):
        for about, known, bound in (("known", subject, most), ("unknown", unknown, FIRST_COLD_MS)):
            taken = [first(known, places[0]) for _ in range(STARTS)]
            said = f"{told}, at most {max(taken):,.0f} ms"
            what = f"noctule {name}, first answer, repository {about}"
            yield Row(subject.name, what, statistics.median(taken), "ms", bound, said)
    for about, load in (("", False), (" while sleep works", True)):
        taken = sorted(_hovered(subject, places, load=load))
        said = f"p99 {_percentile(taken, 99):,.1f} ms, at most {taken[-1]:,.1f} ms, of {len(taken)}"
        yield Row(subject.name, f"hover{about}, p50", _percentile(taken, 50), "ms")
        yield Row(subject.name, f"hover{about}, p95", _percentile(taken, 95), "ms", HOVER_P95_MS, said)


def _places(subject: Subject) -> Iterator[tuple[str, int, int]]:
    """Yield places of random words in random source files, always the same: path, line and column from zero."""
    chance = random.Random(SEED)
    paths = [os.fsdecode(p) for p in subject.git("ls-files", "-z").split(b"\0") if p.decode("utf-8", "replace")]
    sources = sorted(path for path in paths if path.endswith(_SOURCE))
    while True:
        path = chance.choice(sources)
        lines = (subject.tree / path).read_text("utf-8", "replace").splitlines()
        words = [(n, match.start()) for n, line in enumerate(lines) for match in _WORD.finditer(line)]
        if words:
            yield (path, *chance.choice(words))


def _opened(subject: Subject, environment: Mapping[str, str]) -> Peer:
    peer = Peer(subject, "lsp", environment, headers=True)
    root = subject.tree.as_uri()
    folders = [{"uri": root, "name": subject.name}]
    peer.ask("initialize", {"processId": os.getpid(), "rootUri": root, "workspaceFolders": folders, "capabilities": {}})
    peer.tell("initialized", {})
    return peer


def _hover(peer: Peer, subject: Subject, place: tuple[str, int, int]) -> None:
    path, line, column = place
    uri = (subject.tree / path).as_uri()
    peer.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}})


def _first_hover(subject: Subject, place: tuple[str, int, int]) -> float:
    """Return how long after its start the language server has answered a hover."""
    with _opened(subject, {"NOCTULE_IDLE_AFTER_S": "3600"}) as peer:
        _hover(peer, subject, place)
        return (time.perf_counter() - peer.started) * 1000


def _first_call(subject: Subject, place: tuple[str, int, int]) -> float:
    """Return how long after its start the server for agents has answered a call; it is to learn nothing meanwhile."""
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    with Peer(subject, "mcp", {"NOCTULE_IDLE_AFTER_S": "3600"}, headers=False) as peer:
        peer.ask("initialize", about)
        peer.tell("notifications/initialized", {})
        peer.ask("tools/call", {"name": "context", "arguments": {"task": f"what {place[0]} does is wrong"}})
        return (time.perf_counter() - peer.started) * 1000


def _hovered(subject: Subject, places: Sequence[tuple[str, int, int]], *, load: bool) -> Iterator[float]:
    """Yield how long each hover took, with a moment's pause between any two."""
    with _opened(subject, IDLE if load else {"NOCTULE_IDLE_AFTER_S": "3600"}) as peer:
        _hover(peer, subject, places[0])  # loads what is known; it is told apart
        time.sleep(3)  # until the sleeper is there
        with _sleeping(subject) if load else _nothing() as alive:
            for place in places:
                time.sleep(PAUSE_S)
                started = time.perf_counter()
                _hover(peer, subject, place)
                yield (time.perf_counter() - started) * 1000
                if not alive():
                    raise CommandFailed("a sleep that was to be the load failed")


@contextmanager
def _nothing() -> Iterator[Callable[[], bool]]:
    yield lambda: True


@contextmanager
def _sleeping(subject: Subject) -> Iterator[Callable[[], bool]]:
    """Have others learn the same repository from nothing, again and again; say whether that goes well."""
    over, failed = threading.Event(), threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def sleep() -> None:
        for number in itertools.count():
            cache = subject.cache.parent / f"{subject.name}.load-{number}"
            environment = {**os.environ, "NOCTULE_CACHE_DIR": str(cache)}
            command: list[str | Path] = [NOCTULE, "sleep", subject.tree]
            running[:] = [
                subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            ]
            code = running[0].wait()
            if over.is_set():
                return
            if code:
                failed.set()
                return

    thread = threading.Thread(target=sleep)
    thread.start()
    try:
        yield lambda: not failed.is_set()
    finally:
        over.set()
        while thread.is_alive():
            for process in running:
                process.terminate()
            thread.join(0.1)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the value that `percent` of all do not pass (nearest rank)."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
