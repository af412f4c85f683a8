"""Prints how true the relations are that Noctule tells, judged by type checkers and compilers.

    make truth [CLONES=DIR] [ONLY="flask jq"] [ARGS="--examples 20"]

Each repository is laid out at its pinned commit below --work, learned by a sleep, and held against the answers of its
language's oracle, which are kept there. What this machine lacks is named in one line each and left out.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.truth.claims import BY_NAME, collect
from benchmarks.truth.oracle import ORACLES
from benchmarks.truth.repositories import PINNED, Pinned, Unavailable, check_out
from benchmarks.truth.score import FALSE, RELATED, TRUE, Score, score, share
from noctule.indexer.resolve import types

HEAD = (
    "| language (repositories) | definitions and users: precision lenient / worst | recall | pairs "
    "| pairs of files: precision / recall |"
)
WAYS = {
    getattr(types, name): name.lower()
    for name in ("PRECISE NAMED QUALIFIED OWN OWNER DECLARED MADE RETURNED DERIVED EXPANDED").split()
} | {BY_NAME: "a name alone"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("--clones", type=Path, metavar="DIR", help="holds clones, as NAME or OWNER/NAME")
    parser.add_argument("--work", type=Path, metavar="DIR", default=Path("build/truth"), help="default: build/truth")
    parser.add_argument("--only", nargs="*", metavar="NAME", default=(), help="repositories to measure")
    parser.add_argument("--examples", type=int, metavar="N", default=0, help="show N of what is false or missed")
    parser.add_argument("--ways", action="store_true", help="print the share that is true by the way it was resolved")
    parser.add_argument("--each", action="store_true", help="print a line for each repository, too")
    args = parser.parse_args()
    unknown = set(args.only) - {pinned.short for pinned in PINNED}
    if unknown:
        parser.error(f"there are {', '.join(pinned.short for pinned in PINNED)}")
    chosen = [pinned for pinned in PINNED if not args.only or pinned.short in args.only]
    scores: dict[str, tuple[list[str], Score]] = {}
    for pinned in chosen:
        try:
            found = measure(pinned, args.clones, args.work.resolve())
        except Unavailable as missing:
            print(f"left out: {pinned.short}: {missing}", file=sys.stderr)
            continue
        print(f"{pinned.short}: {found.verdicts.total():,} claims judged", file=sys.stderr)
        names, total = scores.setdefault(pinned.language, ([], Score()))
        names.append(pinned.short)
        total.add(found)
        if args.each:
            scores[f"- {pinned.short}"] = ([], found)
    print("\n".join(table(scores)))
    if args.ways:
        print("\n" + "\n".join(ways_table(scores)))
    for language, (_, total) in scores.items():
        print("".join(f"\n{line}" for line in examples(language, total, args.examples)), end="")


def measure(pinned: Pinned, clones: Path | None, work: Path) -> Score:
    """Learn a repository, ask its oracle, and judge. Unavailable."""
    tree = check_out(pinned, clones, work / "repositories")
    with tempfile.TemporaryDirectory(prefix="noctule-truth-") as cache:  # an earlier version may have learned otherwise
        claims = collect(tree, Path(cache))
    oracle = ORACLES[pinned.language]
    return score(claims, oracle.answers(pinned, claims, work), oracle.languages)


def table(scores: dict[str, tuple[list[str], Score]]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield HEAD
    yield "|---|---|---|---|---|"
    for language, (names, total) in scores.items():
        of = f" ({', '.join(names)})" if names else ""
        yield (
            f"| {language}{of} | {percent(total.lenient)} / {percent(total.worst)} | {percent(total.recall)} "
            f"| {total.verdicts.total():,} told, {total.known:,} known "
            f"| {percent(total.files_precision)} / {percent(total.files_recall)} |"
        )


def ways_table(scores: Mapping[str, tuple[list[str], Score]]) -> Iterator[str]:
    """Yield the lines of the table of how sure each way to resolve a use is: definitions, then files."""
    yield "| way | " + " | ".join(scores) + " | all |"
    yield "|---" * (len(scores) + 2) + "|"
    found = [score for _, score in scores.values()]
    whole = Score()
    for one in found:
        whole.add(one)
    for told, counts in (("", [s.ways for s in (*found, whole)]), ("files: ", [s.file_ways for s in (*found, whole)])):
        for way in sorted({way for way, _ in counts[-1]}):
            shares = []
            for one in counts:
                good, bad = one[way, TRUE] + one[way, RELATED], one[way, FALSE]
                shares.append(f"{percent(share(good, good + bad))} ({good + bad:,})")
            yield f"| {told}{WAYS.get(way, str(way))} | " + " | ".join(shares) + " |"


def examples(language: str, total: Score, most: int) -> Iterator[str]:
    """Yield some of what is wrong, drawn at random but always the same."""
    for kind, found in total.examples.items():
        drawn: Sequence[str] = random.Random(1).sample(sorted(found), min(most, len(found)))
        if drawn:
            yield f"{language}, {kind} ({len(found):,}):"
            yield from (f"  {one}" for one in drawn)


def percent(value: float | None) -> str:
    """Return a share as the table has it."""
    return "-" if value is None else f"{100 * value:.1f}"


if __name__ == "__main__":
    main()
