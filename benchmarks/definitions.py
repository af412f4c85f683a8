"""Counts functions, methods and types beside Universal Ctags, by file, kind and name.

    python -m benchmarks.definitions CLONE... [--examples N]

prints one line for each clone: what is found here, by ctags, by both, and by one of the two alone. Needs `ctags` on the
path. Headers are read as C++ by both. Kinds that only one of the two has are left out: modules of Rust, namespaces,
`use` of PHP, anonymous definitions, types inside of functions of C and C++, what is generated or vendored.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from noctule.indexer.files.roles import MADE_ELSEWHERE, classify_role
from noctule.indexer.parse.extract import extract_symbols
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.symbols import TYPES

_CTAGS = {
    "python": ("Python", "fm", "c"),
    "go": ("Go", "fn", "ista"),
    "java": ("Java", "m", "acgi"),
    "rust": ("Rust", "fP", "sgit"),
    "php": ("PHP", "f", "cit"),
    "ruby": ("Ruby", "fS", "cm"),
    "c": ("C", "fp", "sgut"),
    "cpp": ("C++", "fp", "csgut"),
    "javascript": ("JavaScript", "fgm", "c"),
    "typescript": ("TypeScript", "fmG", "ciga"),
    "tsx": ("TypeScript", "fmG", "ciga"),
    "csharp": ("C#", "m", "cgist"),
}
"""The language of ctags, its letters for what is called, and for types."""
_CALLABLE = frozenset({"function", "method"})
_CALLED_THERE = frozenset(
    {"function", "func", "method", "member", "methodSpec", "singletonMethod", "generator", "prototype"}
)
_RUBY_TYPES = TYPES | {"module"}
_CALLED, _TYPE = "function", "type"
Found = Counter[tuple[str, str, str]]
"""How often each (path, "function" or "type", name) is defined."""


def main() -> None:
    """Print the counts of some clones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE")
    parser.add_argument("--examples", type=int, default=0, metavar="N", help="print N of what only one of them finds")
    args = parser.parse_args()
    print(f"{'':16}{'here':>8}{'ctags':>8}{'both':>8}{'only ctags':>16}{'only here':>16}")
    for clone in args.clones:
        here, ctags = count(clone)
        both, left, right = (here & ctags).total(), ctags - here, here - ctags
        share = f"{left.total()} ({left.total() / max(ctags.total(), 1):.1%})"
        other = f"{right.total()} ({right.total() / max(ctags.total(), 1):.1%})"
        print(f"{clone.name:16}{here.total():8}{ctags.total():8}{both:8}{share:>16}{other:>16}", flush=True)
        for said, found in (("ctags", left), ("here", right)):
            spread = sorted(found)[:: max(len(found) // args.examples, 1)] if args.examples else []
            for path, kind, name in spread[: args.examples]:
                print(f"    only {said}: {path} {kind} {name}")


def count(clone: Path) -> tuple[Found, Found]:
    """Return what is found here and by ctags."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=clone, check=True, capture_output=True).stdout
    by_language: dict[str, list[str]] = {}
    here: Found = Counter()
    for path in filter(None, listed.decode("utf-8", "surrogateescape").split("\0")):
        language = detect_language(path)
        file = clone / path
        if language is None or language.name not in _CTAGS or not file.is_file() or file.is_symlink():
            continue
        if classify_role(path) in MADE_ELSEWHERE:
            continue
        by_language.setdefault(language.name, []).append(path)
        types = _RUBY_TYPES if language.name == "ruby" else TYPES
        for one in extract_symbols(file.read_bytes(), language).definitions:
            kind = _CALLED if one.kind in _CALLABLE else _TYPE if one.kind in types else None
            if kind is not None and _is_named(one.name):
                here[path, kind, _bare(one.name)] += 1
    ctags: Found = Counter()
    for name, paths in by_language.items():
        ctags.update(_tags(clone, name, paths))
    return here, ctags


def _tags(clone: Path, language: str, paths: list[str]) -> Iterator[tuple[str, str, str]]:
    name, called, types = _CTAGS[language]
    command = [
        "ctags",
        "--output-format=json",
        "--sort=no",
        "--fields=NFksZ",
        f"--language-force={name}",
        "-L",
        "-",
        "-f",
        "-",
    ]
    command.insert(1, f"--kinds-{name}={called}{types}")
    output = subprocess.run(
        command, cwd=clone, check=True, capture_output=True, input="\n".join(paths).encode("utf-8", "surrogateescape")
    ).stdout
    for line in output.decode("utf-8", "replace").splitlines():
        tag = json.loads(line)
        is_local = name in {"C", "C++"} and tag.get("scopeKind") == "function"
        if _is_named(tag["name"]) and not is_local:
            yield tag["path"], _CALLED if tag["kind"] in _CALLED_THERE else _TYPE, _bare(tag["name"])


def _is_named(name: str) -> bool:
    return bool(name) and not name.startswith("__anon") and not name.startswith(("anonymous", "Anonymous"))


def _bare(name: str) -> str:
    """Return a name without its owner, `self.` of Ruby and blanks."""
    return name.replace(" ", "").removeprefix("self.").rpartition("::")[2].rpartition(".")[2]


if __name__ == "__main__":
    main()
