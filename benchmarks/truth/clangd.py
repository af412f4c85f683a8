"""`python -m benchmarks.truth.clangd PROGRAM REQUEST ANSWER`: ask clangd what libclang could not say.

libclang says nothing of a name that depends on a template. clangd looks into the template, and otherwise guesses. It is
asked for the names without an answer alone, and adds to ANSWER what it says, as guesses: they may confirm a claim, and
deny none. See oracle.py for both files.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.truth.language_server import Server, Token, find_meanings, greet

OPTIONS = ("--background-index=0", "--clang-tidy=0", "-j=2", "--log=error")
_SKIPPED = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
Key = tuple[str, int, str]
"""A path, a line and a name."""


def find_tokens(text: str, names: frozenset[str]) -> Iterator[Token]:
    """Yield (line, column in UTF-16 units, name) of the names that stand in a text, but for comments and strings."""
    plain = _SKIPPED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for row, line in enumerate(plain.split("\n")):
        for found in _NAME.finditer(line):
            if found[0] in names:
                yield row, len(line[: found.start()].encode("utf-16-le")) // 2, found[0]


def main() -> None:
    """Ask clangd."""
    program, request, answer = sys.argv[1:]
    asked = json.loads(Path(request).read_text())
    root, names = Path(asked["root"]), frozenset(asked["names"])
    said = [json.loads(line) for line in Path(answer).read_text().splitlines()]
    uses: list[tuple[Key, bool]] = [((use[1], use[2], use[3]), bool(use[4])) for use in said if use[0] == "use"]
    unknown = {key for key, is_known in uses if not is_known} - {key for key, is_known in uses if is_known}
    options = [re.sub("^-I", f"-I{root}/", option) for option in asked["options"]]
    server = Server([program, *OPTIONS], {})
    found: dict[Key, set[tuple[str, int]]] = defaultdict(set)
    try:
        greet(server, root, fallbackFlags=["-std=c++17", *options])
        for path in sorted({path for path, _, _ in unknown}):
            text = (root / path).read_text("utf-8", "replace")
            tokens = [token for token in find_tokens(text, names) if (path, token[0], token[2]) in unknown]
            for line, name, means in find_meanings(server, root, path, "cpp", tokens):
                found[path, line, name].update(means)  # type: ignore[arg-type]
    finally:
        server.close()
    with Path(answer).open("a") as out:
        for (path, row, name), places in sorted(found.items()):
            if places:
                out.write(json.dumps(["guess", path, row, name, sorted(places)]) + "\n")


if __name__ == "__main__":
    main()
