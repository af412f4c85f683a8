"""`python -m benchmarks.truth.pyright SERVER PYTHON REQUEST ANSWER`: resolve each identifier with pyright.

Asks the language server for the definition of each name that is known; see oracle.py for both files. What imports mean
is worked out from Python's own syntax trees.
"""

from __future__ import annotations

import ast
import io
import itertools
import json
import keyword
import os
import re
import subprocess
import sys
import time
import tokenize
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import Any
from urllib.parse import unquote, urlparse

WINDOW = 64
"""So many questions are asked before the first answer is waited for."""
Token = tuple[int, int, str]


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
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()


def find_tokens(text: str, names: frozenset[str]) -> list[Token]:
    """Return (line, column, name) of the names that stand in a text, also in the fields of its f-strings."""
    found: list[Token] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            line, column = token.start[0] - 1, token.start[1]
            if token.type == tokenize.NAME and token.string in names and not keyword.iskeyword(token.string):
                found.append((line, column, token.string))
            elif token.type == tokenize.STRING and "f" in token.string[:2].lower() and line == token.end[0] - 1:
                for field in re.finditer(r"\{([^{}]*)\}", token.string):
                    for word in re.finditer(r"[A-Za-z_]\w+", field[1]):
                        if word[0] in names:
                            found.append((line, column + field.start(1) + word.start(), word[0]))
    except (tokenize.TokenError, SyntaxError):
        pass  # what was found before it counts
    return found


def find_imports(root: Path, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (importer, imported) as Python's own rules have it, from the folders that could be on its path."""
    known = frozenset(paths)
    for path in paths:
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse((root / path).read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            for level, module, names in _modules(node):
                for folder in _folders(path, level, known):
                    one = _find_module(folder, module, known)
                    parts = [_find_module(folder, ".".join(filter(None, (module, name))), known) for name in names]
                    found = {target for target in (one, *parts) if target and target != path}
                    if one or found:
                        yield from ((path, target) for target in sorted(found))
                        break


def _modules(node: ast.AST) -> Iterator[tuple[int, str, list[str]]]:
    if isinstance(node, ast.Import):
        yield from ((0, alias.name, []) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.level, node.module or "", [alias.name for alias in node.names]


def _folders(path: str, level: int, known: frozenset[str]) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    if level:
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        yield folder
        return
    yield from ("", "src", folder)
    while folder:
        if f"{folder}/__init__.py" not in known:
            yield folder
            return
        folder = folder.rpartition("/")[0]


def _find_module(folder: str, module: str, known: frozenset[str]) -> str:
    start = "/".join(part for part in (folder, *module.split(".")) if part)
    endings = ("/__init__.py",) if not module else (".py", "/__init__.py", ".pyi")
    return next((start + ending for ending in endings if start + ending in known), "")


def main() -> None:
    """Ask pyright."""
    program, python, request, answer = sys.argv[1:]
    asked = json.loads(Path(request).read_text())
    root, names = Path(asked["root"]), frozenset(asked["names"])
    analysis = {
        "diagnosticMode": "openFilesOnly",
        "typeCheckingMode": "off",
        "useLibraryCodeForTypes": True,
        "autoSearchPaths": True,
        "extraPaths": [str(root), str(root / "src")],
    }
    settings = {"python": {"pythonPath": python, "analysis": {}}, "python.analysis": analysis}
    # A file of the repository may keep its tests out of the checker's sight; ours stands in for it.
    config = root / "pyrightconfig.json"
    config.write_text(json.dumps({"include": ["."], "exclude": [], "extraPaths": ["src", "."]}))
    server = Server(["node", "--max-old-space-size=6000", program, "--stdio"], settings)
    try:
        _ask(server, root, asked["paths"], names, Path(answer))
    finally:
        server.close()
        config.unlink()


def _ask(server: Server, root: Path, paths: Sequence[str], names: frozenset[str], answer: Path) -> None:
    capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
    folders = [{"uri": root.as_uri(), "name": root.name}]
    hello = {"processId": os.getpid(), "rootUri": root.as_uri(), "workspaceFolders": folders}
    server.ask("initialize", [{**hello, "capabilities": capabilities}])
    server.notify("initialized", {})
    time.sleep(2)  # it takes the configuration first, and says nothing when it has
    with answer.open("w") as out:
        for path in paths:
            if path.endswith((".py", ".pyi")):
                for line, name, means in _resolve(server, root, path, names):
                    out.write(json.dumps(["use", path, line, name, means]) + "\n")
        for pair in find_imports(root, paths):
            out.write(json.dumps(["import", *pair]) + "\n")


def _resolve(server: Server, root: Path, path: str, names: frozenset[str]) -> Iterator[tuple[int, str, list[object]]]:
    text = (root / path).read_text("utf-8", "replace")
    tokens = find_tokens(text, names)
    uri = (root / path).as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    server.notify("textDocument/didOpen", {"textDocument": document})
    asked = [{"textDocument": {"uri": uri}, "position": {"line": n, "character": c}} for n, c, _ in tokens]
    for (line, _, name), said in zip(tokens, server.ask("textDocument/definition", asked), strict=True):
        yield line, name, [_place(root, one) for one in (said if isinstance(said, list) else [said])]
    server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def _place(root: Path, said: Mapping[str, Any]) -> tuple[str, int]:
    file = Path(unquote(urlparse(said.get("uri") or said["targetUri"]).path)).resolve()
    line = (said.get("range") or said["targetSelectionRange"])["start"]["line"]
    return (str(file.relative_to(root)), line) if file.is_relative_to(root) else ("", 0)


if __name__ == "__main__":
    main()
