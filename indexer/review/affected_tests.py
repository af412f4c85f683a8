"""Which tests a change can break, those first that are likeliest to: from uses, names and past commits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from noctule.indexer.files.roles import is_setup, is_test_name
from noctule.indexer.notes.phrases import share
from noctule.indexer.notes.tests import find_tests, is_helper
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.review.callers import find_uses
from noctule.indexer.review.change import ChangeSet, EditedDefinition
from noctule.indexer.review.earlier_uses import EarlierUses
from noctule.indexer.review.results import AffectedTest

ITSELF, USES_DEFINITION, NAMED, USES_FILE, USES_USER = 10.0, 4.0, 2.0, 1.0, 0.5
"""What each link of a test to a change weighs."""
MOST_IDS = 50
_TEST = re.compile(
    r"""(?i)(?<![.\w])(?:test\w*|\w+_test\w*|describe\w*|it|specify|context|suite|scenario|feature|group|property|theory"""
    r"""|fact|expect\w*|assert\w*|should\w*)(?:\.\w+)*!?\s*[({"'`]"""
    r"""|(?:@|\[|#\[(?:\w+::)*|\.)(?:Parameterized|Repeated)?(?:Test\w*|Fact|Theory)\b|\b(?:def|fun|func|function|fn|void|sub)\s+`?test"""
    r"""|\b(?:assert|should)\b|\b(?:TestCase|ExUnit|XCTest\w*|Spec)\b"""
)
"""How tests are written in languages where their names need not say that they are some."""
HOLDS_TESTS = frozenset({"function", "method", "class"})
"""Kinds of what can be a test in Python, or hold some."""


@dataclass
class _Found:
    """A test file in the making."""

    weight: float = 0.0
    reasons: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    def add(self, weight: float, reason: str) -> None:
        self.weight += weight
        self.reasons[reason] = None


def find_affected_tests(
    ground: ViewFacts, change: ChangeSet, edited: Sequence[EditedDefinition], earlier: EarlierUses | None = None
) -> tuple[AffectedTest, ...]:
    """Return the test files that a change touches or that use what it edits, the likeliest to fail first.

    Who used what it removes is asked of `earlier`.
    """
    found: dict[int, _Found] = {}

    def test(file: int) -> _Found:
        return found.setdefault(file, _Found())

    touched = [ground.position[path] for path in change.paths if path in ground.position]
    sources = [file for file in touched if not _holds_tests(ground, file)]
    for file in touched:
        if _holds_tests(ground, file):
            test(file).add(ITSELF, "this change edits it")
    lost: dict[str, set[int]] = {}
    for definition in edited:
        if definition.edit == "removed" and earlier is not None:
            earlier_lines = _earlier_lines(ground, definition, earlier)
            lost.setdefault(definition.path, set()).update(earlier_lines)
            _add_uses(ground, definition, earlier_lines, found)
        elif definition.edit != "added":
            _add_uses(ground, definition, find_uses(ground, definition), found)
    for source in sources:
        partners = list(ground.changes.together([source])) if ground.changes.known else []
        for link in find_tests(ground, source, partners):
            if link.named or link.uses:
                reason = f"has the name of {ground.path(source)}" if link.named else f"uses {ground.path(source)}"
                test(link.test).add(NAMED if link.named else USES_FILE, reason)
            if link.together is not None:
                both = link.together
                reason = f"changed in {share(both.both, both.of, both.rule, ground.path(source))}"
                test(link.test).add(both.share, reason)
        for user in dict.fromkeys([*ground.users(source), *sorted(lost.get(ground.path(source), ()))]):
            for second in ground.users(user) if not _holds_tests(ground, user) else ():
                if ground.is_test(second) and second not in found:
                    test(second).add(USES_USER, f"uses {ground.path(user)}, which uses {ground.path(source)}")
    there = [file for file in found if ground.is_there(file) and ground.language(file) and _holds_tests(ground, file)]
    there.sort(key=lambda f: (-found[f].weight, ground.path(f)))
    return tuple(_affected(ground, file, found[file]) for file in there)


def _holds_tests(ground: ViewFacts, file: int) -> bool:
    """Tell whether a file has tests of its own: a runner that is given one without them may fail, as pytest does."""
    name = ground.path(file).rpartition("/")[2]
    if not ground.is_test(file) or is_setup(name) or is_helper(ground, file):
        return False
    if ground.language(file) != "python":
        return is_test_name(name) or any(map(_TEST.search, ground.live_lines(file)))
    if name == "conftest.py" or is_test_name(name):
        return name != "conftest.py"
    names = (row.qualname.rpartition(".")[2] for row in ground.definitions([file])[file] if row.kind in HOLDS_TESTS)
    return any("test" in name.lower() for name in names)


def _earlier_lines(ground: ViewFacts, definition: EditedDefinition, earlier: EarlierUses) -> dict[int, list[int]]:
    """Return which files used a definition that is gone, and on which lines (from zero)."""
    found: dict[int, list[int]] = {}
    for use in earlier.find(definition):
        if use.path in ground.position:
            found.setdefault(ground.position[use.path], []).append(use.line)
    return found


def _add_uses(
    ground: ViewFacts, definition: EditedDefinition, uses: Mapping[int, Sequence[int]], found: dict[int, _Found]
) -> None:
    """Add the tests that use a definition that is edited or removed."""
    for user, lines in uses.items():
        if not ground.is_test(user):
            continue
        known = found.setdefault(user, _Found())
        known.add(USES_DEFINITION, f"uses {definition.qualname}")
        rows = ground.file_definitions(user)
        for line in lines:
            around = innermost(rows, line)
            if around is not None:
                known.names[around.qualname] = None


def _affected(ground: ViewFacts, file: int, found: _Found) -> AffectedTest:
    path = ground.path(file)
    return AffectedTest(path, round(found.weight, 4), tuple(found.reasons), tuple(found.names)[:MOST_IDS])
