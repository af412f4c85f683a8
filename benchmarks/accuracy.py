"""File-level Acc@1/5/10 of the pack against plain BM25 in the same run, for each repository.

    python -m benchmarks.accuracy TASKS.jsonl --clones DIR [--repo OWNER/NAME ...] [--limit N] [--out RUN] [--json]

The run is `noctule eval swebench`: each issue at its base commit, with nothing later seen. Here its answers are only
counted. An instance counts when all gold files are in the first k; one without an answer is a miss.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.subject import NOCTULE
from benchmarks.table import Row, rendered
from noctule.evals.run_folder import Results
from noctule.evals.scorers.localization import file_acc

CUTS = (1, 5, 10)
LEAST_ACC = 72.0
LEAST_GAIN = 12.0
LEAST_INSTANCES, LEAST_REPOSITORIES = 100, 5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("tasks", metavar="TASKS.jsonl", help="issues with their patches, in the form of SWE-bench")
    parser.add_argument("--clones", metavar="DIR", required=True, help="a folder with a clone of each: OWNER__NAME")
    parser.add_argument("--repo", metavar="OWNER/NAME", nargs="+", default=[], help="only these repositories")
    parser.add_argument("--limit", metavar="N", help="only the first N tasks")
    parser.add_argument("--out", metavar="RUN", help="keep the run in this folder; it goes on from there")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the tables")
    return parser.parse_args()


def answered(args: argparse.Namespace, folder: Path) -> Results:
    """Ask both, and return everything that the folder of the run holds."""
    command = [NOCTULE, "eval", "swebench", args.tasks, "--clones", args.clones, "--solver", "pack", "bm25"]
    command += ["--out", folder, *(["--repo", *args.repo] if args.repo else [])]
    command += ["--limit", args.limit] if args.limit else []
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return Results.read(folder)


def percent(results: Results, solver: str, tasks: Sequence[str], k: int) -> float:
    """Return Acc@k over these tasks."""
    answers = results.answers.get(solver, {})
    hits = sum(bool(file_acc(answers[t], results.gold[t], k)) for t in tasks if t in answers)
    return 100 * hits / len(tasks)


def by_repository(results: Results) -> dict[str, list[str]]:
    """Return the tasks that have a gold file at their base, all and by repository."""
    found: dict[str, list[str]] = {"all": []}
    for task in sorted(results.tasks):
        if task in results.gold and results.gold[task].files:
            found["all"].append(task)
            found.setdefault(results.tasks[task].repository, []).append(task)
    return found


def lines(results: Results, groups: dict[str, list[str]]) -> Iterator[str]:
    """Yield the table: one line for each repository, the percentages of the pack and of BM25."""
    yield f"{'repository':32}{'n':>5}  " + "".join(f"{f'Acc@{k}':>8}{'BM25':>7}" for k in CUTS)
    for name, tasks in [*sorted(groups.items(), key=lambda group: group[0] == "all")]:
        pairs = ((percent(results, "pack", tasks, k), percent(results, "bm25", tasks, k)) for k in CUTS)
        yield f"{name:32}{len(tasks):>5}  " + "".join(f"{pack:>8.1f}{plain:>7.1f}" for pack, plain in pairs)


def rows(results: Results, groups: dict[str, list[str]]) -> Iterator[Row]:
    """Hold Acc@5 against its bounds, which are for many instances of several repositories."""
    tasks = groups["all"]
    enough = len(tasks) >= LEAST_INSTANCES and len(groups) > LEAST_REPOSITORIES
    said = f"n = {len(tasks)}" if enough else f"n = {len(tasks)}: too few for a verdict"
    pack, plain = (percent(results, solver, tasks, 5) for solver in ("pack", "bm25"))
    least, gain = (LEAST_ACC, LEAST_GAIN) if enough else (None, None)
    yield Row("accuracy", "Acc@5 over files", pack, "%", least, said, more_is_better=True)
    yield Row("accuracy", "Acc@5 over plain BM25", pack - plain, "points", gain, said, more_is_better=True)


def told(results: Results, groups: dict[str, list[str]], found: Iterable[Row]) -> dict[str, object]:
    """Return all of it as one document."""
    table = {
        name: {
            "n": len(tasks),
            **{s: {f"acc@{k}": percent(results, s, tasks, k) for k in CUTS} for s in ("pack", "bm25")},
        }
        for name, tasks in groups.items()
    }
    return {"rows": [row.to_json() for row in found], "repositories": table, "failed": len(results.failed)}


def main() -> int:
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="noctule-accuracy-") as scratch:
        try:
            results = answered(args, Path(args.out or scratch))
        except subprocess.CalledProcessError as failure:
            return failure.returncode
    groups = by_repository(results)
    if not groups["all"]:
        print("no task could be asked: no clone, or no file of a patch is there at its base", file=sys.stderr)
        return 1
    found = list(rows(results, groups))
    if args.json:
        print(json.dumps(told(results, groups, found), indent=2))
        return 0
    print("\n".join(lines(results, groups)))
    print(rendered(found), end="")
    if results.failed:
        print(f"{len(results.failed)} answers failed and count as misses; the first: {results.failed[0].error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
