"""Which commits count as fixes, held to verdicts of a person on commits of forty repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.history.fixes import is_fix

VERDICTS = Path(__file__).parent / "samples" / "fix_subjects.tsv"


def _verdicts() -> list[tuple[bool, str]]:
    rows = (line.split("\t") for line in VERDICTS.read_text().splitlines() if not line.startswith("#"))
    return [(verdict == "fix", subject) for verdict, _, _, subject in rows]


def test_of_the_commits_that_count_as_fixes_nearly_all_mend_a_fault() -> None:
    counted = [fix for fix, subject in _verdicts() if is_fix(subject)]

    assert len(counted) >= 95
    assert sum(counted) >= 0.88 * len(counted)


def test_most_commits_that_mend_a_fault_count_as_fixes() -> None:
    found = [is_fix(subject) for fix, subject in _verdicts() if fix]

    assert sum(found) >= 0.88 * len(found)


@pytest.mark.parametrize(
    "subject",
    [
        "Fix crash in parser",
        "fix(router): redirect without a slash",
        "Fixed a bug where output was logged twice",
        "Fixed #24637 -- Fixed introspection of SQLite",
        "Fix #23: the parser does not stop at a comma",
        "don't crash on an empty list (#12)",
        "net: fix panic in Merge",
        "Restore the order of hooks and fix a crash",
        "Prevent a data race in the cache",
        "Fix the description field being lost",
        "Fix crash in descriptions",
        "fix: parse descriptions",
        "Fix crash in Program.cs",
        "Fix ws connection that is dropped",
        "Fix the parser for cs files",
        "fix!: don't panic on an empty list",
    ],
)
def test_a_mended_fault_is_a_fix(subject: str) -> None:
    assert is_fix(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Improve speed",
        "Add --argjson, fix #648",
        "Add prefix lookup",
        "Fix #314",
        "Fixed #32996 -- Cached the paths of relations",
        "feat: fix the speed of the build",
        "docs(router): fix a wrong link",
        "fix: typo",
        "fix(ci): crash of the runner",
        "fix(deps): bump yaml to 2.0",
        "fix!: Prefer `IntoIterator` over `&[]`",
        "fix(complete)!: Remove CompleteCommand",
        "fix: Deprecate possible_values",
        "fix(engine): rename dynamic to engine",
        "Fix typo in parser",
        "fix golint issues in core/search",
        "Fix flaky test_login",
        "Fix the build on Windows",
        "compiler warning fixes",
        "Update release notes after the fix of a crash",
        'Revert "Fix crash in parser"',
        "fixup! Fix crash in parser",
        "Add regression test for #479",
        "",
        "Fix descriptions",
        "fix: flag descriptions",
        "Fixed some wrong descriptions and examples (#12)",
        "Fix description of the option",
        "Fix help text",
        "Fix CS/WS issue(s)",
        "Fix CS",
        "fix: CS issues",
        "Fixed all WS and CS problems",
        "Fix coding conventions",
        "Fix codestyle",
        "Fix issues identified by PHPStan",
        "Fix phpcs violations",
        "Fix clang-tidy warnings in the parser",
        "Fix complaints of static analysis",
    ],
)
def test_what_mends_no_fault_of_the_program_is_none(subject: str) -> None:
    assert not is_fix(subject)
