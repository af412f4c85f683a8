"""Two to four servers of both kinds on one repository: no answer that is called fresh differs from a cold one.

Edits, moves, removals, commits and switches, and after each a question to a server drawn by lot about a function that
is there or was. What is called fresh is held against the files, and against a store that knew nothing before.

    NOCTULE_SERVERS_EXAMPLES=50 pytest tests/e2e/test_fresh_servers.py     as many repositories as that instead of one
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

EXAMPLES = int(os.environ.get("NOCTULE_SERVERS_EXAMPLES") or 1)
FIRST = int(os.environ.get("NOCTULE_SERVERS_SEED") or 1)
STEPS = 12
WAIT_S = 10.0
COMMAND = (sys.executable, "-m", "noctule.lsp_server.cli.main")
SOON = {"NOCTULE_IDLE_AFTER_S": "0.1", "NOCTULE_IDLE_MOST_CPU_BUSY": "1", "NOCTULE_IDLE_MOST_IO_PRESSURE": "1"}
Spans = set[tuple[str, str, int, int]]
"""Path, name, first and last line, both counted from one."""
LISTED = re.compile(r"(?:==|-) (\S+\.py):(.*)$")
SHOWN = re.compile(r"(?:^|[ ,])(\d+)-(\d+) (\w+)(?=[,;]|$)")


@dataclass(frozen=True)
class Served:
    """What a server showed: functions, files, and the commit up to which it says that history is known."""

    is_fresh: bool
    shown: Spans
    files: set[str]
    history: str | None = None


class Server:
    """A server of one kind on its standard streams; one that does not sleep only answers."""

    def __init__(self, kind: str, root: Path, cache: Path, *, sleeps: bool) -> None:
        self.name = f"{kind} {'that sleeps' if sleeps else 'without sleep'}"
        self._kind = kind
        self._number = 0
        options = ["--no-sleep"] if kind == "mcp" and not sleeps else []
        environment = {**os.environ, **SOON, "NOCTULE_CACHE_DIR": str(cache)}
        self._process = subprocess.Popen(
            [*COMMAND, kind, *options], cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if kind == "mcp":
            client = {"name": "freshness test", "version": "1"}
            self._call("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client})
        else:
            folders = [{"uri": root.as_uri(), "name": "shop"}]
            chosen = {"noctule": {"sleep": sleeps}}
            about: dict[str, Any] = {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": {},
                "workspaceFolders": folders,
            }
            self._call("initialize", {**about, "initializationOptions": chosen})
            self._say({"method": "initialized", "params": {}})

    def ask(self, task: str) -> Served:
        """Return what a pack shows of functions, and whether it is called fresh."""
        if self._kind == "lsp":
            pack = self._call("noctule/context", {"task": task})
            freshness = pack.get("freshness", {"state": "unknown", "history": None})
            shown = {(s["path"], s["symbol"], s["start_line"], s["end_line"]) for s in pack.get("symbols", ())}
            return Served(
                freshness["state"] == "fresh",
                shown,
                {f["path"] for f in pack.get("files", ())},
                pack["freshness"]["history"],
            )
        answer = self._call("tools/call", {"name": "context", "arguments": {"task": task}})
        text, numbers = answer["content"][0]["text"], (answer.get("_meta") or {}).get("noctule/answer", {})
        shown, files = set(), set()
        for line in text.splitlines():
            if listed := LISTED.match(line):
                files.add(listed[1])
                shown |= {(listed[1], name, int(start), int(stop)) for start, stop, name in SHOWN.findall(listed[2])}
        return Served(numbers.get("freshness") == "up to date", shown, files)

    def _say(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(
            data + b"\n" if self._kind == "mcp" else b"Content-Length: %d\r\n\r\n%b" % (len(data), data)
        )
        self._process.stdin.flush()

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._say({"id": self._number, "method": method, "params": params})
        while True:
            said = self._hear()
            if said.get("id") == self._number and "method" not in said:
                return dict(said.get("result") or {})
            if "method" in said and "id" in said:  # a question to the editor
                asked = (said.get("params") or {}).get("items")
                self._say({"id": said["id"], "result": [None] * len(asked) if asked is not None else None})

    def _hear(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        line, size = stream.readline(), 0
        assert line, f"{self.name} has ended"
        if self._kind == "lsp":
            while line.strip():
                size = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else size
                line = stream.readline()
            line = stream.read(size)
        return dict(json.loads(line))

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.communicate()


class Shop:
    """A repository whose functions have each a name of its own."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.made = Made(root)
        self._chance = chance
        self.names: list[str] = []
        for _ in range(6):
            self._write(f"shop/part_{len(self.names)}.py")
        self.made.commit("Parts", {})
        self.made.git("checkout", "-q", "-b", "wide")
        self._write("shop/wide.py")
        self._edit()
        self.made.commit("Wider", {})
        self.made.git("checkout", "-q", "main")

    def files(self) -> list[Path]:
        return sorted(self.made.root.rglob("*.py"))

    def spans(self) -> Spans:
        """Return the functions of all files, as Python's own parser finds them."""
        return {
            (file.relative_to(self.made.root).as_posix(), node.name, node.lineno, node.end_lineno or node.lineno)
            for file in self.files()
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.FunctionDef)
        }

    def step(self) -> str:
        """Do one thing; return what."""
        done = self._chance.choices(
            (self._edit, self._rename, self._add, self._remove, self._commit, self._switch, self._move),
            (6, 4, 2, 2, 3, 3, 2),
        )[0]
        done()
        return done.__name__.strip("_")

    def _name(self) -> str:
        self.names.append(f"make_{len(self.names)}")
        return self.names[-1]

    def _write(self, path: str) -> None:
        bodies = (f"def {self._name()}(value):\n    return value + {n}\n" for n in range(2))
        self.made.write(path, "\n\n".join(bodies))

    def _edit(self) -> None:
        file = self._chance.choice(self.files())
        lines = file.read_text() if self._chance.random() < 0.5 else f"# {len(self.names)}\n\n{file.read_text()}"
        file.write_text(f"{lines}\n\ndef {self._name()}(value):\n    return value\n")

    def _rename(self) -> None:
        """Give a function a name that is as long, so that neither the size nor a line changes."""
        path, name, _, _ = self._chance.choice(sorted(self.spans()))
        self.names.append(other := name[::-1] if name[0] == "m" else name.replace("_ekam", "_emak"))
        file = self.made.root / path
        file.write_text(file.read_text().replace(f"def {name}(", f"def {_as_name(other)}("))
        self.names[-1] = _as_name(other)

    def _add(self) -> None:
        self._write(f"shop/new_{len(self.names)}.py")

    def _remove(self) -> None:
        if len(files := self.files()) > 3:
            self._chance.choice(files).unlink()

    def _move(self) -> None:
        file = self._chance.choice(self.files())
        file.rename(file.with_name(f"moved_{len(self.names)}_{file.name[-12:]}"))

    def _commit(self) -> None:
        self.made.commit(f"Step {len(self.names)}", {})

    def _switch(self) -> None:
        self.made.git("checkout", "-q", "--force", self._chance.choice(["main", "wide"]))


def _as_name(reversed_name: str) -> str:
    return "k" + reversed_name[1:] if reversed_name[0].isdigit() else reversed_name


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_no_server_calls_fresh_what_a_cold_answer_would_not_say(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    shop, cache = Shop(tmp_path / "shop", chance), tmp_path / "cache"
    root = shop.made.root
    with Repository.open(root, cache=cache) as repository:
        repository.sleep()
    kinds = ["lsp", "mcp", *chance.choices(["lsp", "mcp"], k=chance.randrange(3))]
    servers = [Server(kind, root, cache, sleeps=chance.random() < 0.7) for kind in kinds]
    done: list[str] = []
    called_fresh = compared = 0
    try:
        for step in range(STEPS):
            done.append(shop.step())
            there = shop.spans()
            name = chance.choice([*sorted(span[1] for span in there), chance.choice(shop.names)])
            server = chance.choice(servers)
            task = f"{name} returns a wrong value"
            served = server.ask(task)
            until = time.monotonic() + chance.choice([0, 0, WAIT_S])
            while not served.is_fresh and time.monotonic() < until:
                time.sleep(0.2)
                served = server.ask(task)
            if not served.is_fresh:
                continue
            called_fresh += 1
            what = f"{server.name}, step {step}, after {done}, asked for {name}"
            assert served.shown <= there, what
            assert {span for span in there if span[1] == name} <= served.shown, what
            assert served.files <= {path for path, *_ in there}, what
            if served.history == shop.made.git("rev-parse", "HEAD").strip():
                compared += 1
                with Repository.open(root, cache=tmp_path / f"cold-{step}") as cold:
                    cold.sleep()
                    symbols = cold.context(task).symbols
                assert served.shown == {(s.path, s.symbol, s.start_line, s.end_line) for s in symbols}, what
    finally:
        for server in servers:
            server.kill()
    print(f"seed {seed}: {len(servers)} servers, {called_fresh} of {STEPS} answers called fresh, {compared} compared")
