"""`python -m benchmarks.truth.intelephense PROGRAM REQUEST ANSWER`: resolve each identifier of PHP files.

Asks the language server for the definition of each name that is known; see oracle.py for both files.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.truth.language_server import Server, Token, find_meanings, greet
from noctule.indexer.parse.extract import read
from noctule.indexer.parse.languages import by_name

LARGEST = 1_000_000
CONSTRUCTOR = "__construct"
ENDED = "indexingEnded"
INDEXED_WITHIN_S = 600


def find_tokens(text: str, names: frozenset[str]) -> Iterator[Token]:
    """Yield (line, column in UTF-16 units, name) of the names that stand in a text."""
    source = text.encode()
    _, tree = read(source, by_name("php"))
    lines = source.split(b"\n")
    stack = [tree]
    while stack:
        node = stack.pop()
        stack.extend(reversed(node.children))
        if node.type == "name" and node.text is not None and (name := node.text.decode()) in names:
            line, column = node.start_point
            before = lines[line][:column].decode()
            yield line, len(before.encode("utf-16-le")) // 2, name


class Declarations:
    """Where what is declared in PHP files begins: the server names the first line of the comment above it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, list[tuple[int, str]]] = {}

    def correct(self, name: str, place: object) -> object:
        """Return a place with the line of the declaration that it means."""
        path, line = place  # type: ignore[misc]
        if not path.endswith(".php"):
            return place
        if path not in self._known:
            symbols, _ = read((self._root / path).read_bytes(), by_name("php"))
            self._known[path] = sorted((d.span.start, d.name) for d in symbols.definitions)
        after = [(start, other) for start, other in self._known[path] if start >= line]
        return path, next((start for start, other in after if other == name), after[0][0] if after else line)

    def is_constructor(self, place: object) -> bool:
        """Tell whether a place is that of a constructor, which the server also means by the name of its class."""
        path, line = place  # type: ignore[misc]
        return (line, CONSTRUCTOR) in self._known.get(path, ())


def main() -> None:
    """Ask intelephense."""
    program, request, answer = sys.argv[1:]
    asked = json.loads(Path(request).read_text())
    root, names = Path(asked["root"]), frozenset(asked["names"])
    files = {"maxSize": LARGEST, "exclude": ["**/.git/**"]}
    settings = {"intelephense": {"files": files, "environment": {"includePaths": []}}}
    server = Server(["node", "--max-old-space-size=6000", program, "--stdio"], settings)
    try:
        with tempfile.TemporaryDirectory() as kept, Path(answer).open("w") as out:
            greet(server, root, storagePath=kept, globalStoragePath=kept, clearCache=True)
            server.await_notice(ENDED, INDEXED_WITHIN_S)
            declared = Declarations(root)
            for path in asked["paths"]:
                tokens = list(find_tokens((root / path).read_text("utf-8", "replace"), names))
                for line, name, means in find_meanings(server, root, path, "php", tokens):
                    right = [declared.correct(name, place) for place in means]
                    for said in {name, *(CONSTRUCTOR for one in right if declared.is_constructor(one))}:
                        out.write(json.dumps(["use", path, line, said, right]) + "\n")
    finally:
        server.close()


if __name__ == "__main__":
    main()
