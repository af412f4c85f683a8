"""Times parsing alone: every source file of a work tree through its tree-sitter grammar, in one process, tree dropped.

The yardstick of the speed ratios: nothing that reads symbols out of source can be quicker than this on one core.
Uses the grammar wheels directly and nothing of Noctule, so that a slow-down of ours cannot hide in it.

    python benchmarks/parse_only.py PATH

prints {"seconds": of parsing, "cpu_seconds": ..., "read_seconds": of reading, "files": ..., "bytes": ...} as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

from tree_sitter import Language, Parser

# Extension -> wheel, and the function in it that gives the grammar.
GRAMMARS = {
    ".py": ("tree_sitter_python", "language"),
    ".pyi": ("tree_sitter_python", "language"),
    ".js": ("tree_sitter_javascript", "language"),
    ".jsx": ("tree_sitter_javascript", "language"),
    ".mjs": ("tree_sitter_javascript", "language"),
    ".cjs": ("tree_sitter_javascript", "language"),
    ".ts": ("tree_sitter_typescript", "language_typescript"),
    ".mts": ("tree_sitter_typescript", "language_typescript"),
    ".cts": ("tree_sitter_typescript", "language_typescript"),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
    ".go": ("tree_sitter_go", "language"),
    ".rs": ("tree_sitter_rust", "language"),
    ".java": ("tree_sitter_java", "language"),
    ".c": ("tree_sitter_c", "language"),
    ".h": ("tree_sitter_c", "language"),
    ".cc": ("tree_sitter_cpp", "language"),
    ".cpp": ("tree_sitter_cpp", "language"),
    ".cxx": ("tree_sitter_cpp", "language"),
    ".hh": ("tree_sitter_cpp", "language"),
    ".hpp": ("tree_sitter_cpp", "language"),
    ".cs": ("tree_sitter_c_sharp", "language"),
    ".rb": ("tree_sitter_ruby", "language"),
    ".php": ("tree_sitter_php", "language_php"),
    ".kt": ("tree_sitter_kotlin", "language"),
    ".kts": ("tree_sitter_kotlin", "language"),
    ".swift": ("tree_sitter_swift", "language"),
    ".scala": ("tree_sitter_scala", "language"),
    ".sh": ("tree_sitter_bash", "language"),
    ".bash": ("tree_sitter_bash", "language"),
}
LARGEST = 1_500_000


def source_files(root: Path) -> list[Path]:
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "-c", "-o", "--exclude-standard"], capture_output=True, check=True
    )
    paths = [root / name.decode("utf-8", "surrogateescape") for name in listing.stdout.split(b"\0") if name]
    return [p for p in paths if p.suffix in GRAMMARS and p.is_file() and not p.is_symlink()]


def main() -> None:
    started = time.perf_counter()
    sources = [(path.suffix, path.read_bytes()) for path in source_files(Path(sys.argv[1]))]
    sources = [(suffix, source) for suffix, source in sources if len(source) <= LARGEST]
    read_s = time.perf_counter() - started

    parsers: dict[str, Parser] = {}
    for suffix in {suffix for suffix, _ in sources}:
        module, function = GRAMMARS[suffix]
        parsers[suffix] = Parser(Language(getattr(import_module(module), function)()))

    started, worked = time.perf_counter(), time.process_time()
    for suffix, source in sources:
        parsers[suffix].parse(source)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - worked
    size = sum(len(source) for _, source in sources)
    times = {"seconds": round(seconds, 3), "cpu_seconds": round(cpu_s, 3), "read_seconds": round(read_s, 3)}
    print(json.dumps({**times, "files": len(sources), "bytes": size}))


if __name__ == "__main__":
    main()
