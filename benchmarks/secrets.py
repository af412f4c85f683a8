"""Plants made-up secrets and counts those that stand in what noctule says and keeps; counts false alarms.

    python -m benchmarks.secrets [--seeds 1 2 3] [--many 500] [--false-alarms FOLDER ...] [--show]

Each secret stands in a function of its own, which is asked about; some stand in commit messages, and one in the name of
the branch. A false alarm is a line of a repository that would be withheld, files of secrets aside.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.made_up_secrets import COMMENTS, ENDINGS, LANGUAGES, Secret, secrets
from noctule.indexer.files.redaction import mask_secrets
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.serve.repository import Repository

A_FILE = 5
BUDGET = 8_000
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
_FUNCTIONS = {
    "python": ("def {name}(x):", "    return x"),
    "javascript": ("export function {name}(x) {{", "  return x;\n}}"),
    "go": ("func {name}(x int) int {{", "\treturn x\n}}"),
    "java": ("  public int {name}(int x) {{", "    return x;\n  }}"),
    "php": ("function {name}($x) {{", "  return $x;\n}}"),
    "ruby": ("def {name}(x)", "  x\nend"),
    "rust": ("pub fn {name}(x: i64) -> i64 {{", "    x\n}}"),
    "shell": ("{name}() {{", "  echo $1\n}}"),
}
_AROUND = {"go": ("package shop\n", ""), "java": ("public class Shop {", "}"), "php": ("<?php", "")}


def name_of(number: int) -> str:
    """Return the name of the function that a secret stands in."""
    return f"unlock_vault_{number}"


def files_of(planted: Sequence[Secret]) -> dict[str, str]:
    """Return the files of a repository that holds the secrets, some in each file."""
    by_language: dict[str, list[tuple[int, Secret]]] = {}
    for number, secret in enumerate(planted):
        by_language.setdefault(secret.language, []).append((number, secret))
    found = {"README.md": "A shop.\n"}
    for language, mine in by_language.items():
        for at in range(0, len(mine), A_FILE):
            first, last = _AROUND.get(language, ("", ""))
            parts = [first, *(_function(language, number, secret) for number, secret in mine[at : at + A_FILE]), last]
            found[f"{language}/vault{at}.{ENDINGS[language]}"] = "\n".join(filter(None, parts)) + "\n"
    return found


def _function(language: str, number: int, secret: Secret) -> str:
    body = "\n".join(f"    {line}" for line in secret.lines)
    if language not in LANGUAGES:
        mark = COMMENTS.get(language, "//")
        return f"{mark} {name_of(number)}\n" + "\n".join(secret.lines)
    begins, ends = (part.format(name=name_of(number)) for part in _FUNCTIONS[language])
    return f"{begins}\n{body}\n{ends}\n"


def make_repository(root: Path, planted: Sequence[Secret], told: Sequence[Secret], branch: str) -> None:
    """Write and commit the files; `told` are said in messages, and `branch` is what is checked out."""
    root.mkdir(parents=True)
    _git(root, "init", "-q", "-b", "main")
    for path, text in files_of(planted).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    _commit(root, "Begin the shop")
    for number, secret in enumerate(told):
        (root / "README.md").write_text(f"A shop, edition {number}.\n")
        _commit(root, f"Rotate the vault of the shop\n\n{secret.lines[0].strip()}")
    _git(root, "checkout", "-q", "-b", branch)


def _commit(root: Path, message: str) -> None:
    _git(root, "add", "-A")
    _git(root, *IDENTITY, "commit", "-q", "--cleanup=verbatim", "-m", message)


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def said_about(root: Path, cache: Path, many: int) -> dict[str, str]:
    """Learn a repository and return all that is said about it, by the kind of answer."""
    repository = Repository.open(root, cache=cache)
    repository.sleep()
    packs, notes = [], []
    for path in sorted(p.relative_to(root).as_posix() for p in root.glob("[!.]*/*")):
        packs.append(_json(repository.context(f"{path}: vaults are unlocked twice", BUDGET)))
        notes.append(_json(repository.notes(path)))
    for number in range(0, many, A_FILE):
        packs.append(_json(repository.context(f"{name_of(number)} is called twice", BUDGET)))
    likely = repository.likely(BUDGET)
    said = {
        "packs": "\n".join(packs) + (_json(likely) if likely is not None else ""),
        "notes": "\n".join((*notes, _json(repository.notes()))),
        "forecast": _json(repository.predict()),
        "status": _json(repository.status()),
    }
    repository.refresh()
    return said


def _json(answer: object) -> str:
    """Return the texts of an answer, as they are before JSON escapes them."""

    def texts(value: object) -> Iterable[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for name, part in value.items():
                yield str(name)
                yield from texts(part)
        elif isinstance(value, list | tuple):
            for part in value:
                yield from texts(part)

    return "\n".join(texts(answer.to_json()))  # type: ignore[attr-defined]


def kept_in(cache: Path) -> bytes:
    """Return all bytes that are kept, in lower case, as search terms are."""
    return b"\n".join(file.read_bytes() for file in sorted(cache.rglob("*")) if file.is_file()).lower()


def leaks(planted: Sequence[Secret], said: dict[str, str], kept: bytes) -> dict[str, list[Secret]]:
    """Return which secrets stand in which kind of answer, and in what is kept."""
    found = {kind: [s for s in planted if any(v in text for v in s.values)] for kind, text in said.items()}
    return found | {"store": [s for s in planted if any(v.lower().encode() in kept for v in s.values)]}


def false_alarms(folder: Path) -> tuple[int, list[str]]:
    """Return how many lines a repository has, and those that would be withheld; files of secrets aside."""
    listed = subprocess.run(["git", "-C", str(folder), "ls-files", "-z"], capture_output=True, check=True).stdout
    lines, found = 0, []
    for name in listed.decode("utf-8", "surrogateescape").split("\0"):
        path = folder / name
        if not name or path.is_symlink() or not path.is_file() or may_hold_secrets(name):
            continue
        text = path.read_bytes()
        if b"\0" in text[:8000]:
            continue
        lines += text.count(b"\n")
        for number, (mine, clean) in enumerate(zip(text.split(b"\n"), mask_secrets(text).split(b"\n"), strict=True), 1):
            if mine != clean:
                found.append(f"{name}:{number}: {mine.decode('utf-8', 'replace').strip()[:160]}")
    return lines, found


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.secrets", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3], help="one repository for each")
    parser.add_argument("--many", type=int, default=500, help="secrets in each repository")
    parser.add_argument(
        "--false-alarms", type=Path, nargs="*", default=[], metavar="FOLDER", help="repositories to scan"
    )
    parser.add_argument("--show", action="store_true", help="list what leaked and what was withheld wrongly")
    args = parser.parse_args(given)
    for seed in args.seeds:
        planted = list(secrets(seed, args.many))
        with tempfile.TemporaryDirectory() as folder:
            branch = f"rotate-{next(s for s in secrets(seed + 10_000, args.many) if s.kind == 'github').values[0]}"
            make_repository(Path(folder, "shop"), planted, planted[:40], branch)
            said = said_about(Path(folder, "shop"), Path(folder, "cache"), args.many)
            kept = kept_in(Path(folder, "cache"))
        shown = sum(name_of(number) in said["packs"] for number in range(len(planted)))
        found = leaks([*planted, Secret("branch", "", (branch.partition("-")[2],), ())], said, kept)
        print(f"seed {seed}: {len(planted)} planted, {shown} of their functions in packs; they stand in", end=" ")
        print(json.dumps({where: len(those) for where, those in found.items()}))
        if args.show:
            for where, those in found.items():
                print("".join(f"  {where}: {s.kind}, {s.language}: {s.lines[:1]}\n" for s in those), end="")
            print("  ", dict(Counter(s.kind for those in found.values() for s in those)))
    for folder_ in args.false_alarms:
        started = time.process_time()
        lines, alarms = false_alarms(folder_)
        took = time.process_time() - started
        rate = 1e5 * len(alarms) / max(lines, 1)
        print(f"{folder_.resolve().name}: {len(alarms)} of {lines} lines, {rate:.1f} in 100,000; {took:.1f} s")
        if args.show:
            print("".join(f"  {alarm}\n" for alarm in alarms), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
