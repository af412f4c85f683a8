"""Affected tests, held against a coverage run: the test files that execute a function, and those that are named for it.

Runs nothing: it reads the database that coverage.py wrote with one context for each test.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from noctule.indexer.errors import BadTask
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.review.affected_tests import find_affected_tests
from noctule.indexer.review.change import ChangeSet, EditedDefinition, EditedFile

Executed = Mapping[str, Mapping[int, frozenset[str]]]
"""Of each file, by line: the test files that executed it."""
FIRST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class TestsOutcome:
    """How the named test files did over functions: shares are means, `run` is of all test files that ran.

    `found_first` is what is found in the first quarter of all test files, in the order in which they are named.
    """

    functions: int
    test_files: int
    affected: float
    found: float
    found_first: float
    run: float


def read_coverage(database: Path, root: Path) -> Executed:
    """Read which test files executed each line. BadTask."""
    found: defaultdict[str, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            for name, context, line in _executed(db):
                test = context.partition("::")[0]
                path = Path(name)
                if test and path.is_relative_to(root):
                    found[path.relative_to(root).as_posix()][line].add(test)
    except sqlite3.Error as error:
        raise BadTask(f"{database} is not a coverage database: {error}", "name the file .coverage of a run") from error
    if not found:
        raise BadTask(f"{database} says of no test what it executed", "run pytest with --cov-context=test")
    return {name: {line: frozenset(tests) for line, tests in lines.items()} for name, lines in found.items()}


def _executed(db: sqlite3.Connection) -> Iterator[tuple[str, str, int]]:
    names = "FROM {} JOIN file ON file.id = file_id JOIN context ON context.id = context_id"
    for name, context, bits in db.execute("SELECT path, context, numbits " + names.format("line_bits")):
        for at, byte in enumerate(bits):
            yield from ((name, context, 8 * at + bit) for bit in range(8) if byte & 1 << bit)
    for name, context, line in db.execute("SELECT path, context, tono " + names.format("arc")):
        if line > 0:
            yield name, context, line


def measure(ground: ViewFacts, executed: Executed, most: int) -> TestsOutcome | None:
    """Edit each of at most `most` functions, evenly spread, and hold what is named against what ran it."""
    known = {test for lines in executed.values() for tests in lines.values() for test in tests}
    tests = sorted(test for test in known if test in ground.position)
    edits = list(_edits(ground, executed))
    if not edits or not tests:
        return None
    found = found_first = run = affected = 0.0
    chosen = edits[:: max(len(edits) // most, 1)][:most]
    first = max(round(FIRST_SHARE * len(tests)), 1)
    for edit, truth in chosen:
        change = ChangeSet("", "work tree", (EditedFile(edit.path, None, b"", b""),))
        named = [test.path for test in find_affected_tests(ground, change, (edit,)) if test.path in known]
        found += len(truth.intersection(named)) / len(truth)
        found_first += len(truth.intersection(named[:first])) / len(truth)
        run += len(named) / len(tests)
        affected += len(truth) / len(tests)
    count = len(chosen)
    return TestsOutcome(count, len(tests), affected / count, found / count, found_first / count, run / count)


def _edits(ground: ViewFacts, executed: Executed) -> Iterator[tuple[EditedDefinition, frozenset[str]]]:
    """Yield the functions whose inside some test executed, and these tests."""
    for path in sorted(executed):
        file = ground.position.get(path)
        if file is None or ground.is_test(file):
            continue
        lines = executed[path]
        for row in ground.file_definitions(file):
            if row.kind not in ("function", "method"):
                continue
            # Its first line is executed by whoever imports it.
            inside = (lines.get(number, frozenset()) for number in range(row.start + 2, row.stop + 1))
            truth = frozenset(test for tests in inside for test in tests if test in ground.position)
            if truth:
                yield EditedDefinition(path, row.name, row.qualname, row.kind, row.start + 1, "body"), truth
