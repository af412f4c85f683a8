"""A random walk over a made-up repository: `make walk STEPS=1000 SEED=1`. Edits, renames, removals, commits, switches.

Every name is used once in a walk, so a sentence is false as soon as it holds a name that no file defines. Beside the
walk one server sleeps on the repository and another one only answers; both are killed now and then, as sleeps are.
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from noctule.indexer.errors import NoctuleError, UnknownSubject
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

NAME = re.compile(r"\b(?:Class|make|test|module)_\d+\b")
COMMAND = (sys.executable, "-m", "noctule.lsp_server.cli.main")
REBUILD_EVERY = 50


class Server:
    """`noctule mcp` on its standard streams."""

    def __init__(self, root: Path, cache: Path, *options: str) -> None:
        environment = {**os.environ, "NOCTULE_CACHE_DIR": str(cache), "NOCTULE_IDLE_AFTER_S": "0.1"}
        self._number = 0
        self._process = subprocess.Popen(
            [*COMMAND, "mcp", *options],
            cwd=root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "walk", "version": "1"}}
        self._call("initialize", client)

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self._number += 1
        stdin.write(json.dumps({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}) + "\n")
        stdin.flush()
        while True:
            answer = json.loads(stdout.readline())
            if answer.get("id") == self._number:
                return dict(answer["result"])

    def ask(self, tool: str, **arguments: object) -> tuple[str, object]:
        """Return the answer of a tool, and how fresh it says that it is; empty where it has none."""
        answer = self._call("tools/call", {"name": tool, "arguments": arguments})
        numbers = (answer.get("_meta") or {}).get("noctule/answer", {})
        return ("" if answer.get("isError") else answer["content"][0]["text"]), numbers.get("freshness")

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.communicate()


@dataclass
class Walk:
    """One walk, and what it found wrong."""

    folder: Path
    seed: int
    wrong: list[str] = field(default_factory=list)
    fresh: int = 0
    said: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.made = Made(self.folder / "walk")
        self.cache = self.folder / "cache"
        self.number = 0
        self.branches = ["main"]
        for _ in range(4):
            self._add_file()
        self.made.commit("Begin")
        self.repository = Repository.open(self.made.root, cache=self.cache)
        self.repository.sleep()
        self.servers = [self._start(0), self._start(1)]

    def _start(self, which: int) -> Server:
        return Server(self.made.root, self.cache, *(["--no-sleep"] if which else []))

    # The files

    def _next(self) -> int:
        self.number += 1
        return self.number

    def files(self) -> list[Path]:
        """Return the source files that are there."""
        return sorted(self.made.root.rglob("*.py"))

    def names(self) -> set[str]:
        """Return what the files define, and their own names."""
        found: set[str] = set()
        for file in self.files():
            found.add(file.stem)
            try:
                tree = ast.parse(file.read_bytes())
            except SyntaxError:
                continue
            kinds = (ast.FunctionDef, ast.ClassDef)
            found.update(node.name for node in ast.walk(tree) if isinstance(node, kinds))
        return found

    def _add_file(self) -> None:
        made = self._next()
        others = [file for file in self.files() if not file.stem.startswith("test_")]
        head = body = ""
        if others:
            other = self.chance.choice(others)
            functions = re.findall(r"^def (make_\d+)", other.read_text(), re.MULTILINE)
            if functions:
                folder = ".".join(other.relative_to(self.made.root).parent.parts)
                source = f"{folder}.{other.stem}" if folder else other.stem
                head, body = f"from {source} import {functions[0]}\n\n\n", f"{functions[0]}(value)"
        name = self.chance.choice([f"module_{made}.py", f"part/module_{made}.py", f"tests/test_{made}.py"])
        kind = "test" if "tests/" in name else "make"
        text = (
            f"{head}def {kind}_{self._next()}(value):\n    return {body or 'value'}\n\n\nclass Class_{self._next()}:\n"
        )
        text += f"    def make_{self._next()}(self):\n        return {made}\n"
        self.made.write(name, text)

    def step(self) -> None:
        """Change something."""
        files = self.files()
        file = self.chance.choice(files) if files else None
        match self.chance.randrange(11):
            case 0 | 1:
                self._add_file()
            case 2 | 3 if file:
                self._rename_in(file)
            case 4 if file:
                text = file.read_text()
                quoted = text.startswith('"""\n')
                file.write_text(text.removeprefix('"""\n').removesuffix('"""\n') if quoted else f'"""\n{text}"""\n')
            case 5 if file and len(files) > 3:
                file.unlink()
            case 6 if file:
                file.rename(file.with_name(f"module_{self._next()}.py"))
            case 7:
                self.made.commit(f"Change {self._next()}")
            case 8:
                self._switch()
            case 9:
                self.repository.close()
                self.repository.sleep()
            case _:
                self._kill()

    def _rename_in(self, file: Path) -> None:
        text = file.read_text()
        found = re.findall(r"(?:def|class) ((?:Class|make|test)_\d+)", text)
        if found:
            old = self.chance.choice(found)
            file.write_text(re.sub(rf"\b{old}\b", f"{old.rpartition('_')[0]}_{self._next()}", text))

    def _switch(self) -> None:
        self.made.commit(f"Leave {self._next()}")
        if len(self.branches) < 3:
            self.branches.append(f"branch-{self._next()}")
            self.made.git("checkout", "-q", "-b", self.branches[-1])
        else:
            self.made.git("checkout", "-q", self.chance.choice(self.branches))

    def _kill(self) -> None:
        if self.chance.random() < 0.5:
            which = self.chance.randrange(2)
            self.servers[which].kill()
            self.servers[which] = self._start(which)
            return
        environment = {**os.environ, "NOCTULE_CACHE_DIR": str(self.cache)}
        command = [*COMMAND, "sleep", str(self.made.root)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sleep:
            time.sleep(self.chance.random())
            sleep.send_signal(signal.SIGKILL)

    # The answers

    def check(self, at: int) -> None:
        """Hold what is said against the files."""
        there = self.names()
        file = self.chance.choice(self.files())
        path = file.relative_to(self.made.root).as_posix()
        task = f"{self.chance.choice(sorted(there))} is wrong in {path}"
        self.repository.refresh()
        for said in self._say(self.repository, path, task):
            self._hold(at, "library", said, there)
        for which, server in enumerate(self.servers):
            (note, freshness), (pack, _) = server.ask("notes", subject=path), server.ask("context", task=task)
            lines = [line for line in note.splitlines() if line.startswith("- ")]
            for said in [*lines, *(line for line in pack.splitlines() if line.startswith("=="))]:
                self._hold(at, f"server {which}", said, there)
            self._hold_freshness(at, f"server {which}", freshness)

    def _say(self, repository: Repository, path: str, task: str) -> Iterator[str]:
        for subject in ("", path, path.rpartition("/")[0]):
            try:
                note = repository.notes(subject)
            except (UnknownSubject, NoctuleError):
                continue
            self._hold_freshness(-1, "library", note.freshness.state)
            yield from (claim.text for claim in note.claims)
        pack = repository.context(task)
        yield from (claim.text for claim in pack.claims)
        yield from (symbol.symbol for symbol in pack.symbols)
        yield from (line for line in pack.text.splitlines() if line.startswith("=="))

    def _hold(self, at: int, who: str, said: str, there: set[str]) -> None:
        self.said += 1
        if gone := set(NAME.findall(said)) - there:
            self.wrong.append(f"step {at}, {who}: {sorted(gone)} in {said[:200]!r}")

    def _hold_freshness(self, at: int, who: str, state: object) -> None:
        """What is called fresh is what another process calls fresh that looks at this moment."""
        word = state.get("state") if isinstance(state, dict) else state
        if word not in ("fresh", "up to date"):  # as the library and the server say it
            return
        self.fresh += 1
        with Repository.open(self.made.root, cache=self.cache) as cold:
            if cold.knows() and (found := cold.notes().freshness).state != "fresh":
                self.wrong.append(f"step {at}, {who}: fresh, though {found.pending_count} files are not known")

    def check_rebuild(self, at: int) -> None:
        """Compare the notes and packs after a sleep with those of a store that was made anew."""
        self.repository.close()
        self.repository.sleep()
        paths = [file.relative_to(self.made.root).as_posix() for file in self.files()]
        with tempfile.TemporaryDirectory() as other, Repository.open(self.made.root, cache=other) as anew:
            anew.sleep()
            for path in paths:
                kept, made = ([claim.text for claim in r.notes(path).claims] for r in (self.repository, anew))
                if kept != made:
                    self.wrong.append(f"step {at}, {path}: {kept} is not {made}")
                task = f"{Path(path).stem} is wrong"
                packs = [r.context(task).text for r in (self.repository, anew)]
                if packs[0] != packs[1]:
                    self.wrong.append(f"step {at}, pack of {task!r}: {packs[0]!r} is not {packs[1]!r}")

    def run(self, steps: int) -> None:
        """Walk so many steps."""
        try:
            for at in range(1, steps + 1):
                self.step()
                if not self.files():
                    self._add_file()
                self.check(at)
                if at % REBUILD_EVERY == 0:
                    self.check_rebuild(at)
        finally:
            self.repository.close()
            for server in self.servers:
                server.kill()


def main() -> int:
    """Walk as the environment says; print what was found."""
    steps, seed = int(os.environ.get("STEPS", "1000")), int(os.environ.get("SEED", "1"))
    with tempfile.TemporaryDirectory(prefix="noctule-walk-") as folder:
        walk = Walk(Path(folder), seed)
        walk.run(steps)
    print(*walk.wrong, sep="\n")
    counted = f"{walk.said} sentences and heads, {walk.fresh} called fresh, {len(walk.wrong)} wrong"
    print(f"{steps} steps, seed {seed}: {counted}")
    return bool(walk.wrong)


if __name__ == "__main__":
    sys.exit(main())
