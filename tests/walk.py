"""A random walk over a made-up repository: `make walk STEPS=1000 SEED=1`. Edits, renames, removals, commits, switches.

Every name is used once in a walk, so a sentence is false as soon as it holds a name that no file defines. Beside the
walk one server sleeps on the repository and another one only answers; both are killed now and then, as sleeps are.

A long walk is made of stages, each on a repository of its own, so that no step costs more than the ones before. After
each step one of the library and the servers, drawn by lot, is asked one thing, also drawn.
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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from noctule.indexer.errors import NotIndexed, UnknownSubject
from noctule.indexer.results import RankedSymbol
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

NAME = re.compile(r"\b(?:Class|make|test|module)_\d+\b")
COMMAND = (sys.executable, "-m", "noctule.lsp_server.cli.main")
EXPECTED_ERROR = re.compile(
    "no such (file|folder|directory|subject)|was deleted|is not (indexed|in the index)|more is known"
)
REBUILD_EVERY = 200
STAGE_STEPS = 2000
SAY_EVERY = 100
MOST_FILES = 24
ACTIONS = {  # how often each is taken, of 100; to start a server takes as long as twenty other steps
    "add": 20,
    "rename name": 22,
    "quote": 11,
    "remove": 10,
    "rename file": 10,
    "commit": 12,
    "switch": 8,
    "sleep": 5,
    "kill": 2,
}


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
        text = answer["content"][0]["text"]
        if answer.get("isError"):
            assert EXPECTED_ERROR.search(text), text
            return "", None
        return text, numbers.get("freshness")

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.communicate()


@dataclass
class Walk:
    """One walk, and what it found wrong."""

    folder: Path
    seed: int
    with_servers: bool = True
    actions: Mapping[str, float] = field(default_factory=ACTIONS.copy)
    wrong: list[str] = field(default_factory=list)
    fresh: int = 0
    said: int = 0
    spans: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.made = Made(self.folder / "walk")
        self.cache = self.folder / "cache"
        self.number = 0
        self.branches = ["main"]
        self.defined: dict[bytes, set[str]] = {}
        for _ in range(4):
            self._add_file()
        self.made.commit("Begin")
        self.repository = Repository.open(self.made.root, cache=self.cache)
        self.repository.sleep()
        self.servers = [self._start(0), self._start(1)] if self.with_servers else []

    def _start(self, which: int) -> Server:
        return Server(self.made.root, self.cache, *(["--no-sleep"] if which else []))

    # The files

    def _next(self) -> int:
        self.number += 1
        return self.number

    def files(self) -> list[str]:
        """Return the paths of the source files that are there."""
        folders = [f"{name}/" for name in ("part", "tests") if (self.made.root / name).is_dir()]
        found = (
            (folder, entry.name) for folder in ("", *folders) for entry in os.scandir(f"{self.made.root}/{folder}")
        )
        return sorted(folder + name for folder, name in found if name.endswith(".py"))

    def names(self) -> set[str]:
        """Return what the files define, and their own names."""
        found: set[str] = set()
        for file in map(self.made.root.joinpath, self.files()):
            found.add(file.stem)
            text = file.read_bytes()
            if text not in self.defined:
                self.defined[text] = _definitions(text)
            found |= self.defined[text]
        return found

    def _add_file(self) -> None:
        made = self._next()
        others = [path for path in self.files() if not path.rpartition("/")[2].startswith("test_")]
        head = body = ""
        if others:
            other = self.chance.choice(others)
            functions = re.findall(r"^def (make_\d+)", (self.made.root / other).read_text(), re.MULTILINE)
            if functions:
                source = other.removesuffix(".py").replace("/", ".")
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
        file = self.made.root / self.chance.choice(files) if files else None
        (action,) = self.chance.choices(list(self.actions), list(self.actions.values()))
        if action == "add" and len(files) >= MOST_FILES:
            action = "remove"
        match action:
            case "add":
                self._add_file()
            case "rename name" if file:
                self._rename_in(file)
            case "quote" if file:
                text = file.read_text()
                quoted = text.startswith('"""\n')
                file.write_text(text.removeprefix('"""\n').removesuffix('"""\n') if quoted else f'"""\n{text}"""\n')
            case "remove" if file and len(files) > 3:
                file.unlink()
            case "rename file" if file:
                file.rename(file.with_name(f"module_{self._next()}.py"))
            case "commit":
                self.made.commit(f"Change {self._next()}")
            case "switch":
                self._switch()
            case "sleep":
                self.repository.close()
                self.repository.sleep()
            case "kill":
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
        if self.servers and self.chance.random() < 0.5:
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
        """Hold an answer against the files."""
        there = self.names()
        path = self.chance.choice(self.files())
        subject = self.chance.choice(["", path, path, path.rpartition("/")[0]])
        task = f"{self.chance.choice(sorted(there))} is wrong in {path}" if self.chance.random() < 0.5 else None
        which = self.chance.randrange(-1, len(self.servers))
        who = "library" if which < 0 else f"server {which}"
        known = self._known()
        said, freshness = self._ask(which, subject, task)
        for one in said:
            self._hold(at, who, one, there)
        self._hold_freshness(at, who, freshness, known)

    def _ask(self, which: int, subject: str, task: str | None) -> tuple[list[str], object]:
        """Return what is said of a task, or else of a subject, line by line, and how fresh it is called."""
        if which >= 0:
            server = self.servers[which]
            text, freshness = server.ask("notes", subject=subject) if task is None else server.ask("context", task=task)
            return [line for line in text.splitlines() if line.startswith("- " if task is None else "==")], freshness
        repository = self.repository
        repository.refresh()
        if task is None:
            try:
                note = repository.notes(subject)
            except (UnknownSubject, NotIndexed):
                return [], None
            return [claim.text for claim in note.claims], note.freshness.state
        pack = repository.context(task)
        for symbol in pack.symbols:
            self._hold_span(symbol)
        heads = [line for line in pack.text.splitlines() if line.startswith("==")]
        said = [*(claim.text for claim in pack.claims), *(symbol.symbol for symbol in pack.symbols), *heads]
        return said, pack.freshness.state

    def _hold(self, at: int, who: str, said: str, there: set[str]) -> None:
        self.said += 1
        if gone := set(NAME.findall(said)) - there:
            self.wrong.append(f"step {at}, {who}: {sorted(gone)} in {said[:200]!r}")

    def _hold_span(self, symbol: RankedSymbol) -> None:
        """The first line of a definition is the one that names it."""
        self.spans += 1
        first = (self.made.root / symbol.path).read_text().split("\n")[symbol.start_line - 1 :][:1]
        if not first or symbol.symbol.rpartition(".")[2] not in first[0]:
            self.wrong.append(f"{symbol.path}:{symbol.start_line} is {first}, not {symbol.symbol}")

    def _known(self) -> float | None:
        """Return when what is known was learned."""
        store = self.repository.open_store()
        try:
            view = store.view(self.repository.view_name)
            return None if view is None else view.learned_at
        finally:
            store.close()

    def _hold_freshness(self, at: int, who: str, state: object, known: float | None) -> None:
        """What is called fresh is what another process calls fresh that looks at this moment.

        What was learned of files that were changed back may take the place of what is `known` after the answer.
        """
        word = state.get("state") if isinstance(state, dict) else state
        if word not in ("fresh", "up to date"):  # as the library and the server say it
            return
        self.fresh += 1
        with Repository.open(self.made.root, cache=self.cache) as cold:
            if cold.knows() and (found := cold.reader.freshness).state != "fresh" and self._known() == known:
                self.wrong.append(f"step {at}, {who}: fresh, though {found.pending_count} files are not known")

    def check_rebuild(self, at: int) -> None:
        """Compare the notes and packs after a sleep with those of a store that was made anew."""
        self.repository.close()
        self.repository.sleep()
        paths = self.files()
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

    def run(self, steps: int, *, check_every: int = 1, rebuild_every: int = REBUILD_EVERY) -> Iterator[int]:
        """Walk so many steps; yield each."""
        try:
            for at in range(1, steps + 1):
                self.step()
                if not self.files():
                    self._add_file()
                if at % check_every == 0:
                    self.check(at)
                if at % rebuild_every == 0:
                    self.check_rebuild(at)
                yield at
        finally:
            self.repository.close()
            for server in self.servers:
                server.kill()


def _definitions(text: bytes) -> set[str]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return set()
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def main() -> int:
    """Walk as the environment says; print how it goes, and at once what is found."""
    steps, seed = int(os.environ.get("STEPS", "1000")), int(os.environ.get("SEED", "1"))
    done = said = spans = fresh = wrong = 0
    since = time.monotonic()
    for stage in range(0, steps, STAGE_STEPS):
        with tempfile.TemporaryDirectory(prefix="noctule-walk-") as folder:
            walk = Walk(Path(folder), seed + stage)
            for at in walk.run(min(STAGE_STEPS, steps - stage)):
                done += 1
                if walk.wrong:
                    wrong += len(walk.wrong)
                    print(*(f"seed {seed + stage}, {line}" for line in walk.wrong), sep="\n", flush=True)
                    walk.wrong.clear()
                if done % SAY_EVERY == 0 or done == steps:
                    counted = f"{said + walk.said:,} sentences and heads, {spans + walk.spans:,} spans, "
                    counted += f"{fresh + walk.fresh:,} called fresh"
                    rate = done / (time.monotonic() - since)
                    where = f"seed {seed}, stage of seed {seed + stage} at {at:,}"
                    print(f"{done:,} of {steps:,} steps ({rate:.1f}/s; {where}): {counted}, {wrong} wrong", flush=True)
            said, spans, fresh = said + walk.said, spans + walk.spans, fresh + walk.fresh
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
