"""Measures time, memory and size against their bounds, as ratios in one run; docs/benchmarks.md says how.

    make bench SYMPY=path OTHER=path AIDER=path/to/python ARGS="--json"

The command that is measured is the installed one beside this Python. Exit code 0 also where a bound is missed.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import again, asked, changed, cold, faces, large, random_words, served, switched
from benchmarks.process import CommandFailed
from benchmarks.subject import NOCTULE, ROOT, Subject
from benchmarks.table import Row, Skipped, insert_table, rendered

MEASURED = ("indexer", "lsp_server", "evals", "noctule")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    given = os.environ.get
    parser.add_argument("--sympy", metavar="PATH", default=given("SYMPY"), help="a work tree of sympy (or set SYMPY)")
    parser.add_argument(
        "--other", metavar="PATH", default=given("OTHER"), help="a work tree of 500 files or more (or set OTHER)"
    )
    parser.add_argument(
        "--aider", metavar="PYTHON", default=given("AIDER"), help="a Python that has aider-chat (or set AIDER)"
    )
    parser.add_argument(
        "--made-up",
        metavar="FILES",
        type=int,
        default=int(given("MADE_UP") or 50_000),
        help="the size of the made-up repository; 0: leave it out (or set MADE_UP; default: 50000)",
    )
    parser.add_argument(
        "--random-words",
        metavar="FILES",
        type=int,
        default=int(given("RANDOM_WORDS") or random_words.FILES),
        help="files of random words, 14 kB each; 0: leave them out (or set RANDOM_WORDS; default: 600)",
    )
    parser.add_argument("--write", metavar="PAGE", type=Path, help="put the table between the two marks of this page")
    parser.add_argument("--rounds", metavar="N", type=int, default=3, help="cold sleeps to take the median of")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    return parser.parse_args()


def measured(args: argparse.Namespace, folder: Path) -> Iterator[Row | Skipped]:
    aider = Path(args.aider) if args.aider else None
    if aider is None:
        yield Skipped("aider's map", "set AIDER=path/to/a/python that has aider-chat")
    if args.sympy:
        subject = Subject.cloned("sympy", Path(args.sympy), folder, args.rounds)
        yield from of_repository(subject, aider, cold.LARGE)
    else:
        yield Skipped("sympy", "set SYMPY=path/to/a/work/tree of sympy")
    if args.other:
        other = Path(args.other).resolve()
        yield from of_repository(Subject.cloned(other.name, other, folder, args.rounds), aider, cold.SMALL)
    else:
        yield Skipped("another repository", "set OTHER=path/to/a/work/tree of 500 files or more")
    if args.random_words:
        yield from random_words.rows(folder, args.random_words)
    if args.made_up:
        name = f"made-up-{args.made_up}"
        yield from large.rows(Subject(name, folder / name, folder / f"{name}.cache", args.rounds), args.made_up)


def of_repository(subject: Subject, aider: Path | None, limits: cold.Limits) -> Iterator[Row]:
    theirs = aider_map(aider, subject.tree) if aider is not None else None
    yield from cold.rows(subject, theirs, limits)
    yield from again.rows(subject, theirs)
    yield from asked.command_rows(subject, theirs)
    yield from asked.process_rows(subject)
    yield from served.rows(subject)
    yield from faces.rows(subject)
    yield from changed.rows(subject)
    yield from switched.rows(subject)


def aider_map(python: Path, tree: Path) -> dict[str, Any]:
    command = [python, ROOT / "benchmarks" / "aider_map.py", tree]
    return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def machine() -> dict[str, object]:
    version = subprocess.run([NOCTULE, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "noctule": version.partition(" ")[2],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def main() -> int:
    args = arguments()
    if not NOCTULE.exists():
        print(f"there is no {NOCTULE}: run 'make setup' first", file=sys.stderr)
        return 1
    for folder in MEASURED:  # as an installation has it: where nobody may write byte code, each command compiles anew
        compileall.compile_dir(ROOT / folder, quiet=1)
    if args.write is not None:
        insert_table(args.write.read_text(), "")  # a page without a place for it is found out before hours of work
    about = machine() | {"rounds": args.rounds}
    rows: list[Row] = []
    skipped: list[Skipped] = []
    try:
        with tempfile.TemporaryDirectory(prefix="noctule-bench-") as folder:
            for found in measured(args, Path(folder)):
                if isinstance(found, Row):
                    rows.append(found)
                else:
                    skipped.append(found)
                print(f"{found.what}: {getattr(found, 'detail', 'skipped')}", file=sys.stderr)
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    about["load_after"] = round(os.getloadavg()[0], 2)
    if args.json:
        told = {
            "machine": about,
            "rows": [r.to_json() for r in rows],
            "skipped": [f"{s.what}: {s.why}" for s in skipped],
        }
        print(json.dumps(told, indent=2))
    else:
        lines = [", ".join(f"{name} {value}" for name, value in about.items()), rendered(rows).rstrip("\n")]
        lines += [f"Skipped {left_out.what}: {left_out.why}." for left_out in skipped]
        text = "\n".join(lines) + "\n"
        print(text, end="")
        if args.write is not None:
            args.write.write_text(insert_table(args.write.read_text(), text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
